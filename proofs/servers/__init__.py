"""Subsystems by what users call them: attacked, executed, explained, and helped to an invariant."""
