"""Trained models and counts as arrays, each with its card: what it was learnt from and how well it does."""
