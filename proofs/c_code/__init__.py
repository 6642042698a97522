"""Counterexamples of C code: the path, a least structure before and after, and what the compiled code does there."""
