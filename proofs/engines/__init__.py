"""Engines: each takes obligations or a model and returns a value. They print nothing and read no global state."""
