"""Obligations of the mapping tree: primitives and loops, executed on a tree without bound."""
