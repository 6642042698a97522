"""Tests of the proof about walks and buffers where leaves have several sizes."""
