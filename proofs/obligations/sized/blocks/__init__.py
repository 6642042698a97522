"""Aligned blocks of pages: their abstract order, its laws, and that these hold of numbers."""
