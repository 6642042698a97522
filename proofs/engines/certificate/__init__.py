"""Refutations that a checker of ours checks."""
