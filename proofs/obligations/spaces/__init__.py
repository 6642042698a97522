"""Obligations of the theory of address spaces."""
