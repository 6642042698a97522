"""Obligations of the machine: formats, walker, buffers, tags and core."""
