"""Searches of packed systems: sets of states, layers, partitions, compiled kernels."""
