"""The stages as Beam transforms: one stage per module, as little logic as possible."""
