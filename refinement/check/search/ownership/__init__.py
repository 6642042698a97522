"""The search for a difference in ownership of pages."""
