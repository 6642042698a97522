"""What C code does wrong."""
