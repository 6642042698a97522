"""Faults: what is wrong on purpose, and who hunts it."""
