"""Obligations about ranges: that they keep every invariant, do what they are for, and are their pages one by one."""
