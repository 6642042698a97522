"""Tests of the theory of threads and messages."""
