"""Obligations of a subsystem, whoever its neighbours are."""
