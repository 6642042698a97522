"""Mutants run: one process each, tests and obligations asked one after the other."""
