"""Searches of scopes for a wrong step of threads, ranges, cores or owners: the scopes, and the traces they give."""
