"""Word lists as package data; callers load them and pass them in."""
