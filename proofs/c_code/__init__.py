"""What C code does wrong: the path, a least structure before and after, and what the compiled code does there."""
