"""The systems of section 3, each described as a subsystem, and beside each what a small mistake makes of it."""
