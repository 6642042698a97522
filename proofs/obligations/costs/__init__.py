"""Obligations of costs: the refills of a buffer after a switch (P2), and cycles from cells and prices (C12)."""
