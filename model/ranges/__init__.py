"""Ranges: grant, map and flush of 2^k pages at once, literally and as a theory, on top of address spaces."""
