"""The catalogue: each mechanism of real defects, and the changes that stand for it."""
