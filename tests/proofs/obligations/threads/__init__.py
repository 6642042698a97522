"""Tests of the obligations about the code of threads and messages."""
