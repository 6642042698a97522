"""Targets in processes of their own, on this machine or others."""
