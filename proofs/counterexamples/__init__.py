"""Shortest counterexamples by name, those of threads and messages among them."""
