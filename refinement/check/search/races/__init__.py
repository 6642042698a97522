"""The search for races: what is tried, in which order, and how a race is made short."""
