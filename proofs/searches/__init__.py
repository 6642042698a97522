"""Searches of scopes for a wrong step of threads, messages and ranges, and the shortest traces that they find."""
