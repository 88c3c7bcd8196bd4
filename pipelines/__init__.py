"""What is launched: the command line, the configuration, the one graph, the runs and their reports."""
