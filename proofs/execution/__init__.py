"""Execution of Python source on terms: a stated subset of the language, every way through it, and all of it covered."""
