"""Ways to map a range wrongly: what asks before, what clears the places to which pages go, and what maps."""

from collections.abc import Mapping

LOOPS = {
    "crosses": ("at", "at, part = self.next_piece(", ", rights", "self.flush_part(slot, order, rights)"),
    "must_stay": ("at", "at, part = trees.next_part(self.sized, ", "", "self.flush_range(slot, order, rights)"),
    "refuses": ("slot", "slot, part = self.next_piece(", ", rights", "self.flush_range(source, order, rights)"),
    "clear_target": ("slot", "slot, part = self.next_piece(", ", rights", ""),
    "map_pieces": ("slot", "slot, part = self.next_piece(", ", rights", ""),
}
"""Walks along a range: the cursor, the search for the next part, its last argument, and what would change pages."""


Walks = Mapping[str, tuple[str, str, str, str]]


def of_loops(walks: Walks) -> tuple[tuple[str, str, str, str, str], ...]:
    """Return the ways in which walks along a range are wrong."""
    found = []
    for name, (at, search, rights, changes) in walks.items():
        head, goes_on = f"    while {at} < end:", f"        {search}upper({at}, part), end{rights})"
        found += [
            ("passes-over-the-first", "the first is passed over", name, head, f"{goes_on[4:]}\n{head}"),
            ("stays", "the walk does not go on", name, goes_on, goes_on.replace(f"upper({at}, part)", at)),
            ("goes-too-far", "the search goes on behind the end", name, goes_on, goes_on.replace("part)", "part + 1)")),
        ]
        if name in (
            "crosses",
            "must_stay",
        ):  # of the others it takes a range of two pages, for which solvers look too long
            found.append(("stops-at-the-first", "only the first is looked at", name, goes_on, f"        {at} = end"))
        if changes:
            found.append(("changes-pages", "a page changes where it only asks", name, head, f"    {changes}\n{head}"))
            last = f"{goes_on}\n        {changes}"
            found.append(("changes-pages-at-last", "a turn ends with a change of pages", name, goes_on, last))
    return tuple(found)


OF_MAPS = (
    *of_loops(LOOPS),
    ("looks-at-none", "what is at NONE is looked at", "is_below", "return ", "self.tree.slot[-1]\n    return "),
    ("flushes", "what is below the upper one is flushed", "is_below", "return ",
     "self.flush_below(upper)\n    return "),
    ("asks-the-other-way", "it asks whether the upper one is below", "is_below", "lower, upper)", "upper, lower)"),
    (
        "passes-over-the-first",
        "the first part is passed over",
        "next_piece",
        "    while slot < end:",
        "    if slot < end:\n        slot, order = trees.next_part(self.sized, upper(slot, order), end)\n"
        "    while slot < end:",
    ),
    ("takes-what-has-none", "what has no right to pass on goes", "next_piece", "!= 0", "== 0"),
    ("takes-the-first", "what is shown goes, whatever its rights are", "next_piece", "rights) != 0",
     "rights) == rights"),
    ("stays", "the search does not go on", "next_piece", "upper(slot, order), end)", "slot, end)"),
    ("goes-too-far", "the search goes on behind the end", "next_piece", "upper(slot, order), end)",
     "upper(slot, order + 1), end)"),
    ("ends-where-it-began", "it returns where it began", "next_piece", "return (end, 0)", "return (start, 0)"),
    ("flushes", "what is found is flushed", "next_piece", "        return (slot, order)",
     "        self.flush_part(slot, order, rights)\n            return (slot, order)"),
    ("flushes-at-last", "a turn ends with a flush", "next_piece",
     "        slot, order = trees.next_part(self.sized, upper(slot, order), end)",
     "        slot, order = trees.next_part(self.sized, upper(slot, order), end)\n"
     "        if slot < end:\n            self.flush_part(slot, order, rights)"),
    ("clears-at-last", "a turn ends with an entry that is cleared", "next_piece",
     "        slot, order = trees.next_part(self.sized, upper(slot, order), end)",
     "        slot, order = trees.next_part(self.sized, upper(slot, order), end)\n        self.clear_entry(slot)"),
    ("looks-at-none", "what is at NONE is looked at", "next_piece", "trees.find(self.sized, slot)", "-1"),
    ("says-the-contrary", "it says the contrary", "is_held", "== ROOTS", "!= ROOTS"),
    ("says-no", "it says that σ0 holds nothing", "is_held", "return ", "return False and "),
    ("flushes-above", "what is below the parent is flushed", "is_held", "return ",
     "self.flush_below(self.tree.parent[trees.find(self.sized, slot)])\n    return "),
    ("flushes", "what is below is flushed", "is_held", "return ",
     "self.flush_below(trees.find(self.sized, slot))\n    return "),
    ("looks-at-none", "what is at NONE is looked at", "is_held", "trees.find(self.sized, slot)", "-1"),
    ("asks-of-one", "a node is asked whether it is below itself", "derives_from", "if node == other:", "if False:"),
    ("takes-any-frames", "pages of other frames are taken for those that derive", "derives_from",
     "if not meet(first, order, shown, size):", "if False:"),
    ("says-no", "it says no where frames meet", "derives_from", "if not meet", "if meet"),
    ("asks-the-other-way", "it asks whether the other block derives", "derives_from", "(node, other)", "(other, node)"),
    ("compares-nodes", "frames of the whole node are compared", "derives_from",
     "trees.frame_at(self.sized, node, slot)",
     "self.tree.frame[node]"),
    ("flushes", "what is below is flushed", "derives_from", "    if node == other:",
     "    self.flush_below(node)\n    if node == other:"),
    ("looks-at-none", "what is at NONE is looked at", "derives_from", "trees.frame_at(self.sized, node, slot)",
     "self.tree.frame[-1]"),
    ("says-no", "it says no where one derives", "crosses", "return True", "return False"),
    ("says-yes", "it says yes where none derives", "crosses", "return False", "return True"),
    ("asks-the-other-way", "it asks whether the block derives from what goes", "crosses", "(at, part, slot, order)",
     "(slot, order, at, part)"),
    ("asks-of-too-much", "it asks of twice as much as is replaced", "crosses", "slot, order)", "slot, order + 1)"),
    ("forgets-frames", "it does not ask whether σ0 holds a page", "must_stay", "self.is_held(at) or ", ""),
    ("forgets-sources", "it does not ask whether a page that goes derives", "must_stay",
     " or self.crosses(at, part, source, size, rights)", ""),
    ("says-no", "it says no where a page has to stay", "must_stay", "return True", "return False"),
    ("says-yes", "it says yes where none has to stay", "must_stay", "return False", "return True"),
    ("asks-of-another", "it asks of the range that goes and not of the block", "must_stay", "self.crosses(at, part, ",
     "self.crosses(source, part, "),
    ("maps-onto-itself", "a range may go to itself", "refuses", "source == target or ", ""),
    ("takes-nothing", "a range goes of which no page goes", "refuses", "source == target or not slot < end",
     "source == target"),
    ("forgets-what-stays", "it asks of nothing whether it has to stay", "refuses",
     "if self.must_stay(moved(slot, source, target), part, source, order, rights):", "if False:"),
    ("asks-of-the-source", "it asks whether the range that goes has to stay", "refuses",
     "moved(slot, source, target)", "slot"),
    ("forgets-frames", "it does not ask the pool", "refuses",
     "return not self.has_frames(source, target, order, rights)", "return False"),
    ("asks-for-all-rights", "it asks for frames for all that has any right", "refuses", "target, order, rights)",
     "target, order, 7)"),
    ("asks-for-others", "it asks for frames for the way back", "refuses", "self.has_frames(source, target,",
     "self.has_frames(target, source,"),
    ("says-no", "it says no where a page has to stay", "refuses", "            return True",
     "            return False"),
    ("leaves-its-own", "what derives from the places goes, and they stay", "clear_target", "own=True", "own=False"),
    ("takes-some-rights", "the places lose the rights that go, and no others", "clear_target", "ALL_RIGHTS", "rights"),
    ("clears-the-source", "the range that goes is flushed", "clear_target", "moved(slot, source, target)", "slot"),
    ("clears-nothing", "nothing is flushed", "clear_target",
     "self.flush_range(moved(slot, source, target), part, ALL_RIGHTS, own=True)", "pass"),
    ("clears-too-much", "twice as much is flushed", "clear_target", "target), part, ", "target), part + 1, "),
    ("returns-its-end", "the end is returned", "clear_target",
     "        slot, part = self.next_piece(upper(slot, part), end, rights)",
     "        slot, part = self.next_piece(upper(slot, part), end, rights)\n    return end"),
    ("ends-at-once", "nothing is done", "clear_target", "    slot, part = self.next_piece(source, end, rights)",
     "    return\n    slot, part = self.next_piece(source, end, rights)"),
    ("merges-first", "it is joined before it has entries", "map_piece", "self.show(made)",
     "self.merge(made)\n    self.show(made)"),
    ("flushes", "what is below is flushed", "map_piece", "self.show(made)",
     "self.show(made)\n    self.flush_below(node)"),
    ("writes-nothing", "no entries are written", "show", "self.write_entry(slot)", "pass"),
    ("provides-nothing", "entries are written where there is no table perhaps", "show", "self.provide(slot)", "pass"),
    ("looks-at-none", "what is at NONE is looked at", "show", "slot = self.tree.slot[node]",
     "slot = self.tree.slot[-1]"),
    ("passes-all", "all rights of the node are passed on", "map_piece", "self.passed_on(node, rights)",
     "self.tree.rights[node]"),
    ("maps-its-first", "the frames that the node begins with are mapped", "map_piece",
     "trees.frame_at(self.sized, node, slot)", "self.tree.frame[node]"),
    ("maps-a-page", "the first page alone is mapped", "map_piece", "target, order, first", "target, order - 1, first"),
    ("maps-too-much", "twice as much is mapped", "map_piece", "target, order, first", "target, order + 1, first"),
    ("maps-the-place", "the node at the place is mapped", "map_piece", "trees.find(self.sized, slot)",
     "trees.find(self.sized, target)"),
    ("maps-beside", "it is mapped from what the node was mapped from", "map_piece", "create_block(node,",
     "create_block(self.tree.parent[node],"),
    ("shows-nothing", "no entries are written", "map_piece", "self.show(made)", "pass"),
    ("clears-again", "entries are cleared when they are written", "show", "self.write_entry(slot)",
     "self.write_entry(slot)\n    self.clear_entry(slot)"),
    ("returns-the-node", "the node is returned", "map_piece", "self.show(made)", "self.show(made)\n    return made"),
    ("looks-at-none", "what is at NONE is looked at", "map_piece", "self.passed_on(node, rights)",
     "self.passed_on(-1, rights)"),
    ("halves-what-stays", "what is mapped from is halved until it shows what is mapped alone", "map_pieces",
     "self.map_piece(slot, part", "self.isolate(slot, part)\n        self.map_piece(slot, part"),
    ("maps-nothing", "nothing is mapped", "map_pieces",
     "self.map_piece(slot, part, moved(slot, source, target), rights)", "pass"),
    ("maps-too-much", "twice as much is mapped", "map_pieces", "(slot, part, moved", "(slot, part + 1, moved"),
    ("returns-its-end", "the end is returned", "map_pieces",
     "        slot, part = self.next_piece(upper(slot, part), end, rights)",
     "        slot, part = self.next_piece(upper(slot, part), end, rights)\n    return end"),
    ("ends-at-once", "nothing is done", "map_pieces", "    slot, part = self.next_piece(source, end, rights)",
     "    return\n    slot, part = self.next_piece(source, end, rights)"),
    ("asks-nothing", "it is never refused", "map_range",
     "if self.refuses(source, target, small, rights):\n        return REFUSED",
     "self.refuses(source, target, small, rights)"),
    ("asks-too-late", "it is refused when the places are cleared", "map_range",
     "    if self.refuses(source, target, small, rights):\n        return REFUSED\n"
     "    self.clear_target(source, target, small, rights)",
     "    self.clear_target(source, target, small, rights)\n"
     "    if self.refuses(source, target, small, rights):\n        return REFUSED"),
    ("clears-nothing", "the places are not cleared", "map_range", "self.clear_target(source, target, small, rights)",
     "pass"),
    ("clears-for-more", "the places of pages go as well that do not go", "map_range",
     "self.clear_target(source, target, small, rights)",
     "self.flush_range(target, small, 7, own=True)"),
    ("joins-nothing", "what has arrived is not joined", "map_range", "self.merge_pieces(target, small)", "pass"),
    ("joins-the-source", "what was mapped is joined, and not what it became", "map_range",
     "self.merge_pieces(target, small)", "self.merge_pieces(source, small)"),
    ("joins-the-window", "what shows the window's first pages is joined", "map_range",
     "self.merge_pieces(target, small)", "self.merge_pieces(dst, small)"),
    ("joins-first", "what is there is joined before anything arrives", "map_range",
     "self.map_pieces(source, target, small, rights)\n    self.merge_pieces(target, small)",
     "self.merge_pieces(target, small)\n    self.map_pieces(source, target, small, rights)"),
    ("maps-nothing", "nothing is mapped", "map_range", "self.map_pieces(source, target, small, rights)", "pass"),
    ("maps-back", "what is at the places is mapped", "map_range", "self.map_pieces(source, target,",
     "self.map_pieces(target, source,"),
    ("is-always-refused", "it is done, and says that it is refused", "map_range", "return DONE", "return REFUSED"),
    ("counts-from-the-window", "of two sizes it takes the larger", "windows", "order > dst_order",
     "dst_order > order"),
    ("forgets-the-offset", "what is smaller lies where the larger begins", "windows",
     "src + cut(offset, dst_order, order)", "src"),
    ("sends-too-much", "the larger of two sizes is sent", "windows", "dst, dst_order)", "dst, order)"),
    ("arrives-unaligned", "the offset is not cut", "windows", "cut(offset, order, dst_order)", "offset"),
    ("swaps-ends", "what goes begins where it arrives", "windows", "return (src, dst +", "return (dst, src +"),
)  # fmt: skip
"""Ways to be wrong: a name, words, the method, and a piece of its text that is replaced."""

OF_SEARCH = (
    ("begins-behind", "the climb begins above the parent", "t.parent[lower], upper, False",
     "t.parent[t.parent[lower]], upper, False"),
    ("begins-leaving", "the walk begins where it ends", "upper, False", "upper, True"),
    ("stays", "the climb stays where it is", "up = t.parent[up]", "up = up"),
    ("climbs-faster", "the climb passes over every second node", "up = t.parent[up]",
     "up = t.parent[up]\n        if up != ROOTS:\n            up = t.parent[up]"),
    ("walks-faster", "the walk makes two steps in a turn", "cursor, leaving = tour_step(t, cursor, leaving)",
     "cursor, leaving = tour_step(t, cursor, leaving)\n        cursor, leaving = tour_step(t, cursor, leaving)"),
    ("says-yes", "it says yes when the walk has come back", "return False\n    return False",
     "return True\n    return False"),
)  # fmt: skip
"""Ways in which the search for a node above another is wrong, likewise."""
