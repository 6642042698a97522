"""Protocols of many cores as packed systems: a second description of them, compiled."""
