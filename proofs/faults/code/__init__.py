"""Faults of code: the functions under proof with a piece of their text changed."""
