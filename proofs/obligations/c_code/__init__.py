"""A mapping database in C: its data bound to the symbols of the mapping tree, its functions to what ours do."""
