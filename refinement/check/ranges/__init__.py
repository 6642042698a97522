"""What calls a target's functions for ranges, and searches what they do for a difference."""
