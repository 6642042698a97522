"""Logs of running kernels: whether a dialect can explain them, from a state that nobody knows."""
