"""The kernel on several cores at once: its own functions, an access a step, under stated locking."""
