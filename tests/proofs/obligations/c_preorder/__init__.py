"""Lists of mappings in pre-order, in C, proved by their binding."""
