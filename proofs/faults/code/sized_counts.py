"""Ways to ask the pool wrongly whether it has frames for what goes: what is counted, what with, and when."""

from proofs.faults.code.sized_maps import of_loops

LOOPS = {
    "has_frames": ("slot", "slot, part = self.next_piece(", ", rights", "self.flush_range(source, order, rights)"),
    "lacks": ("at", "at, part = trees.next_part(self.sized, ", "", "self.flush_range(slot, order, 7)"),
}
"""As of maps: the cursor, the search for the next part, its last argument, and what would change pages."""

OF_COUNTS = (
    *of_loops(LOOPS),
    ("says-yes", "the pool is not asked", "has_frames", "return needed <= self.tables.spare", "return True"),
    ("says-the-contrary", "it says no where there are frames, and yes where there are none", "has_frames",
     "return needed <=", "return not needed <="),
    ("counts-the-last", "what is needed for the last piece alone is counted", "has_frames", "needed += ", "needed = "),
    ("counts-the-source", "what the pages need where they are is counted", "has_frames", "self.lacks(to, ",
     "self.lacks(slot, "),
    ("counts-too-much", "what a range needs is counted for each piece", "has_frames", "self.lacks(to, part,",
     "self.lacks(to, order,"),
    ("counts-for-the-first", "tables that pieces share are counted again, but for the first page's", "has_frames",
     "last = to", "last = target"),
    ("compares-the-source", "tables are taken for counted that the page needs where it is", "has_frames", "last = to",
     "last = slot"),
    ("forgets-above", "tables from that of the leaves up are not counted", "lacks",
     "self.tables.above(slot, order, last) + self.tables.below(order)", "self.tables.below(order)"),
    ("forgets-promises", "what large leaves promise is not counted", "lacks",
     "self.tables.above(slot, order, last) + self.tables.below(order) - inside",
     "self.tables.above(slot, order, last)"),
    ("forgets-what-is-there", "what is there already below the leaves is counted again", "lacks", " - inside", ""),
    ("counts-again", "the tables of the page before are counted again", "lacks", "above(slot, order, last)",
     "above(slot, order, NONE)"),
    ("shares-nothing", "tables that parts share are taken away for each", "lacks", "(at, part, order, before)",
     "(at, part, order, NONE)"),
    ("takes-the-last", "what is there for the last part alone is taken away", "lacks", "inside += ", "inside = "),
    ("counts-below-parts", "what is there below the leaves of each part alone is taken away", "lacks",
     "(at, part, order, before)", "(at, part, part, before)"),
    ("asks-of-too-much", "what is there is looked for in twice as many pages", "lacks", "upper(slot, order), 0",
     "upper(slot, order + 1), 0"),
    ("forgets-the-larger", "it is counted what a part of a larger mapping needs", "lacks",
     "if node != NONE and self.sized.order[node] >= order:", "if False:"),
    ("looks-at-none", "what is at NONE is looked at", "lacks", "node != NONE and ", ""),
    ("passes-over-the-shown", "a block of which a page is shown is taken for there", "lacks",
     "node != NONE and self.sized.order[node] >= order", "node != NONE"),
)  # fmt: skip
"""Ways to be wrong: a name, words, the method, and a piece of its text that is replaced."""
