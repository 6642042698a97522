"""Ownership of pages of a target that offers it, compared with the literal model."""
