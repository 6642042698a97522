"""Tests of what is proved of threads and messages."""
