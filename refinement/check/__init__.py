"""Anybody's mapping database against the model: a shared library, a Python class or a command."""
