"""The results of a check: reports, and files that show a difference again."""
