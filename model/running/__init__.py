"""Run the model: an evaluator of formulas and a compiler of plain functions. Not part of the trusted reading."""
