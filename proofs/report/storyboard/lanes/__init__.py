"""Storyboards with a lane a core, a thread or a party."""
