"""C code proved by its binding."""
