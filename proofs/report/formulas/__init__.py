"""Formulas for readers."""
