"""The search for a difference in ranges, and for the readings that a target has."""
