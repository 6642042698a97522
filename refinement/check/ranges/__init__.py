"""Call a target's functions for ranges, and search what they do for a difference."""
