"""Obligations: of address spaces, of mapping tree, page tables, kernel and machine."""
