"""Threads and messages on top of the address spaces: section 2 of the paper as a theory of its own."""
