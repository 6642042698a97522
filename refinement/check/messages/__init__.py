"""Threads and messages of a target that offers them, compared with the literal model of section 2."""
