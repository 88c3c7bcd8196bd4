"""What warraq knows about Arabic news: pure functions. No Beam, no clock, no randomness, no files."""
