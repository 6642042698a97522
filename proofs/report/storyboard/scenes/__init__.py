"""Scenes: what is to be seen of a trace, before anybody draws it."""
