"""A mapping database in Python, to be checked: ``MappingDatabase`` is right, ``Forgetful`` and ``Generous`` are not.

It keeps for each page where it was mapped from, and nothing else. It imports nothing of musigma.

    musigma check docs/examples/mapdb.py:MappingDatabase
    musigma check docs/examples/mapdb.py:Forgetful
"""

DONE, REFUSED = 0, 1


class MappingDatabase:
    """Slots are pairs (space, page); a mapping is its parent's slot (or None), its frame and its rights."""

    def __init__(self, spaces, pages, frames):
        self.spaces, self.pages = spaces, pages
        self.mappings = {(0, frame): (None, frame, 7) for frame in range(frames)}

    def map(self, src_space, src_page, dst_space, dst_page, rights):
        src, dst = (src_space, src_page), (dst_space, dst_page)
        if self.refuses(src, dst, rights):
            return REFUSED
        self.remove(dst)
        _, frame, own = self.mappings[src]
        self.mappings[dst] = (src, frame, self.passed_on(own, rights))
        return DONE

    def grant(self, src_space, src_page, dst_space, dst_page, rights):
        src, dst = (src_space, src_page), (dst_space, dst_page)
        if self.refuses(src, dst, rights):
            return REFUSED
        self.remove(dst)
        parent, frame, own = self.mappings.pop(src)
        self.mappings[dst] = (parent, frame, own & rights)
        for child in self.children(src):
            self.mappings[child] = (dst, *self.mappings[child][1:])
        self.take(dst, 7 & ~rights)
        return DONE

    def flush(self, space, page, rights):
        if not self.in_range((space, page), rights):
            return REFUSED
        self.take((space, page), rights)
        return DONE

    def lookup(self, space, page):
        mapping = self.mappings.get((space, page))
        return mapping and mapping[1:]

    def in_range(self, slot, rights):
        return slot[0] < self.spaces and slot[1] < self.pages and rights <= 7

    def refuses(self, src, dst, rights):
        if not self.in_range(src, rights) or not self.in_range(dst, rights):
            return True
        if src == dst or src not in self.mappings or not self.mappings[src][2] & rights:
            return True
        if dst in self.mappings and self.mappings[dst][0] is None:
            return True
        return self.is_ancestor(dst, src)

    def is_ancestor(self, upper, lower):
        while lower is not None and lower != upper:
            lower = self.mappings[lower][0]
        return lower is not None

    def passed_on(self, own, asked):
        return own & asked

    def children(self, slot):
        return [child for child, mapping in self.mappings.items() if mapping[0] == slot]

    def take(self, slot, rights):
        """Whatever was mapped from the slot, directly or not, loses the rights."""
        waiting = self.children(slot)
        while waiting:
            child = waiting.pop()
            waiting += self.children(child)
            parent, frame, own = self.mappings[child]
            self.mappings[child] = (parent, frame, own & ~rights)
        self.mappings = {s: m for s, m in self.mappings.items() if m[2]}

    def remove(self, slot):
        self.take(slot, 7)
        self.mappings.pop(slot, None)


class Forgetful(MappingDatabase):
    """Wrong: what was mapped from a granted page is forgotten, and stays where it is for ever."""

    def children(self, slot):
        return [child for child in super().children(slot) if slot in self.mappings]


class Generous(MappingDatabase):
    """Wrong: map gives the rights that were asked for, whether the source has them or not."""

    def passed_on(self, own, asked):
        return asked
