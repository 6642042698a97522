"""Obligations of page tables: paths, entries, tables taken and given back."""
