"""Formulas as data: read from z3, named, written as SMT-LIB, judged decidable or not."""
