"""Ways to make the steps on page tables wrongly, where ranges are mapped, taken, halved and joined."""

WRITES, RETURNS, LIFTS = "self.write_entry(slot)", "return node", "noted = self.lift_leaf(slot)"

OF_ENTRIES = (
    ("provides-twice", "the mapping is counted twice in its table", "show", "self.provide(slot)",
     "self.provide(slot)\n    self.provide(slot)"),
    ("writes-twice", "entries are written that stand", "show", WRITES, f"{WRITES}\n    {WRITES}"),
    ("narrows-again", "entries grant nothing of a mapping that has rights", "show", WRITES,
     f"{WRITES}\n    self.narrow_entry(slot, 0)"),
    ("lifts-again", "the leaf is lifted that was written", "show", WRITES, f"{WRITES}\n    self.lift_leaf(slot)"),
    ("releases-again", "tables are released of a mapping that stands", "show", WRITES,
     f"{WRITES}\n    self.free_tables(self.release_tables(slot))"),
    ("frees-nothing", "tables that are released are lost", "withdraw", "self.free_tables(detached)", "pass"),
    ("releases-nothing", "tables in which nothing stands any more stay", "withdraw",
     "detached = self.release_tables(slot)", "detached = []"),
    ("frees-first", "tables are free that buffers may hold", "withdraw",
     "self.invalidate(slot)\n    self.free_tables(detached)", "self.free_tables(detached)\n    self.invalidate(slot)"),
    ("releases-first", "tables are released in which entries stand", "withdraw",
     "self.clear_entry(slot)\n    detached = self.release_tables(slot)",
     "detached = self.release_tables(slot)\n    self.clear_entry(slot)"),
    ("narrows-to-nothing", "entries grant nothing of what is left", "narrow", "rights & kept)\n", "0)\n"),
    ("leaves-the-leaf", "the leaf is lifted, and no table takes its place", "divide", "self.divide_leaf(slot, noted)",
     "pass"),
    ("leaves-its-pages", "buffers may hold pages of the leaf when smaller ones stand", "divide",
     "self.invalidate(slot)\n", "pass\n"),
    ("halves-first", "the leaf of half the mapping is taken apart", "divide", LIFTS,
     f"self.halve(node)\n        {LIFTS}"),
    ("divides-no-leaf", "a mapping is halved that one leaf shows", "divide",
     "self.tables.leaf_order(order) == order", "False"),
    ("settles-nothing", "no leaf takes the place of the table", "unite", "    self.settle(first, detached)\n", ""),
    ("settles-first", "a leaf takes the place of the table before the mappings are one", "unite",
     "node = self.join(one, other)\n    self.settle(first, detached)",
     "self.settle(first, detached)\n    node = self.join(one, other)"),
    ("settles-elsewhere", "the leaf stands where the first of the two began", "unite", "self.settle(first,",
     "self.settle(slots[0],"),
    ("leaves-its-pages", "buffers may hold pages of the one mapping when one leaf stands", "unite",
     "for slot in slots:", "for slot in slots[:1]:"),
    ("shows-again", "entries are written once more of what was mapped from", "map_pieces",
     "        slot, part = self.next_piece(upper",
     "        self.show(trees.find(self.sized, slot))\n        slot, part = self.next_piece(upper"),
    ("drops-the-next", "each turn drops the next buddy, with its pages", "merge",
     "node = self.unite(node, other)\n        other = self.buddy(node)",
     "node = self.unite(node, other)\n        other = self.buddy(node)\n        if other != NONE and other != node:\n"
     "            if self.tree.first_child[other] == NONE:\n                self.withdraw(self.tree.slot[other])\n"
     "                self.remove_leaf(other)\n                other = self.buddy(node)"),
)  # fmt: skip
"""Ways to be wrong: a name, words, the method, and a piece of its text that is replaced."""
