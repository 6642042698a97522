"""Mutants of the code: small changes, by a fixed list of operators, and who notices each.

The operators are our own, on syntax trees. Those of cosmic-ray and mutmut were looked at first: they change operators,
numbers, keywords and loops in files on disk and start the test command once for each. Neither drops, doubles or swaps
statements, returns early, runs a loop once less or more, asks for truth where ``is not None`` was asked, or takes
another variable of the same kind; neither changes the formulas of a theory, nor asks a solver instead of a test.
"""
