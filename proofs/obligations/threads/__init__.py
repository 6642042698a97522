"""Obligations about the code of threads and messages: what it does to its blocks is what the theory says (B.ipc)."""
