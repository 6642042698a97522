"""Obligations of the kernel: its operations simulate the theory, and entries and buffers agree with the tree."""
