"""Tags: names, places, topics, keyphrases and the user's own rules, each with its evidence and its place in the text."""
