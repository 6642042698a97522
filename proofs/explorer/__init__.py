"""The explorer: every reachable state of a packed transition system, above all of the literal model of a scope."""
