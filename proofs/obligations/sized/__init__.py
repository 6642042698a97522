"""Obligations of the code of the mapping tree with sizes: its steps keep every invariant, and do what ranges do."""
