"""Tests of the proof about page tables with leaves on every level."""
