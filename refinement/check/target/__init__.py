"""Anybody's mapping database, behind one interface: a shared library, a process, a Python class."""
