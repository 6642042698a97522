"""Address spaces: the literal model, the theory, their readings, and what ties the two."""
