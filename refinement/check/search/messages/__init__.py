"""The search for a difference among threads and messages."""
