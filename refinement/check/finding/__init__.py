"""What a check found: reports, and files that show it again."""
