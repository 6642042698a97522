"""Obligations of many cores."""
