"""Tests of the kernel's threads and messages."""
