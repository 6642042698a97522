"""A mapping database with ranges in Python, to be checked: ``SizedDatabase`` is right, ``FirstPageOnly`` is not.

It keeps for each page where it was mapped from, and the order of the mapping that it is in. It imports nothing of
musigma.

    musigma check docs/examples/sized.py:SizedDatabase
    musigma check docs/examples/sized.py:FirstPageOnly
"""

DONE, REFUSED = 0, 1


class Mapping:
    """A page: its parent's slot (None: it holds its frame), its frame, its rights, and the order of the mapping."""

    def __init__(self, parent, frame, rights):
        self.parent, self.frame, self.rights, self.order = parent, frame, rights, 0


class SizedDatabase:
    """Slots are pairs (space, page); ranges are triples (space, page, order)."""

    def __init__(self, spaces, pages, frames, orders):
        self.spaces, self.pages, self.orders = spaces, pages, orders
        self.mappings = {(0, frame): Mapping(None, frame, 7) for frame in range(frames)}
        for order in orders:
            for page in range(0, frames + 1 - 2**order, 2**order):
                self.join((0, page, order))

    def map2(self, src, dst, offset, rights):
        pairs = self.going(src, dst, offset, rights)
        passed = [(x, self.mappings[x].frame, self.mappings[x].rights & rights) for x, _ in pairs]
        self.drop([y for _, y in pairs])
        for (_, y), mapping in zip(pairs, passed, strict=True):
            self.mappings[y] = Mapping(*mapping)
        return self.done(pairs, min(src[2], dst[2]))

    def grant2(self, src, dst, offset, rights):
        pairs = self.going(src, dst, offset, rights)
        self.drop([y for _, y in pairs])
        moved = [(y, self.mappings.pop(x)) for x, y in pairs]
        new = dict(pairs)
        for y, mapping in moved:
            self.mappings[y] = Mapping(mapping.parent, mapping.frame, mapping.rights & rights)
        for mapping in self.mappings.values():
            mapping.parent = new.get(mapping.parent, mapping.parent)
        self.take([y for _, y in pairs], 7 & ~rights, False)
        return self.done(pairs, min(src[2], dst[2]))

    def flush2(self, flushed, rights, own):
        if not self.is_range(flushed) or rights > 7:
            return REFUSED
        self.take(self.slots(flushed), rights, own)
        self.split()
        return DONE

    def lookup2(self, space, page):
        mapping = self.mappings.get((space, page))
        return mapping and (mapping.frame, mapping.rights, mapping.order)

    def is_range(self, of):
        space, page, order = of
        fits = space < self.spaces and order in self.orders
        return fits and page % 2**order == 0 and page + 2**order <= self.pages

    def slots(self, of):
        space, page, order = of
        return [(space, page + n) for n in range(2**order)]

    def going(self, src, dst, offset, rights):
        """The pairs of pages that go: none if the operation is refused."""
        if not self.is_range(src) or not self.is_range(dst) or rights > 7:
            return []
        sources, targets = self.slots(src), self.slots(dst)
        small, large = sorted([len(sources), len(targets)])
        at = offset % large // small * small
        if len(sources) > len(targets):
            sources = sources[at : at + small]
        else:
            targets = targets[at : at + small]
        pairs = [
            (x, y)
            for x, y in zip(sources, targets, strict=True)
            if x in self.mappings and self.mappings[x].rights & rights
        ]
        replaced = {y for _, y in pairs}
        for x, y in pairs:
            if y in self.mappings and self.mappings[y].parent is None:
                return []
            if x in replaced or replaced & set(self.ancestors(x)):
                return []
        return pairs

    def ancestors(self, slot):
        while (slot := self.mappings[slot].parent) is not None:
            yield slot

    def below(self, slots):
        """What derives from one of the slots."""
        return [x for x in self.mappings if any(y in slots for y in self.ancestors(x))]

    def drop(self, slots):
        for x in {*self.below(slots), *slots} & set(self.mappings):
            del self.mappings[x]

    def take(self, slots, rights, own):
        """What derives from the slots loses the rights, and so do they themselves if ``own``."""
        for x in {*self.below(slots), *(slots if own else [])} & set(self.mappings):
            self.mappings[x].rights &= ~rights
        self.drop([x for x in self.mappings if not self.mappings[x].rights])

    def done(self, pairs, order):
        """Make one mapping of the pages that have come, and take apart those that lost some."""
        if not pairs:
            return REFUSED
        self.split()
        space, page = pairs[0][1]
        self.join((space, page - page % 2**order, order))
        return DONE

    def is_one(self, of):
        """Whether a mapping can show the range: one frame after another, with the same rights."""
        pages = [self.mappings.get(x) for x in self.slots(of)]
        first = pages[0]
        return all(x and (x.frame, x.rights) == (first.frame + n, first.rights) for n, x in enumerate(pages))

    def join(self, of):
        if self.is_one(of):
            for x in self.slots(of):
                self.mappings[x].order = of[2]

    def split(self):
        """Take apart the mappings of which not all pages are left."""
        for (space, page), mapping in self.mappings.items():
            order = mapping.order
            block = (space, page - page % 2**order, order)
            if not self.is_one(block) or any(self.mappings[x].order != order for x in self.slots(block)):
                mapping.order = 0


class FirstPageOnly(SizedDatabase):
    """A flush takes what was mapped from the first page of the range, and forgets the others."""

    def flush2(self, flushed, rights, own):
        space, page, order = flushed
        if order and self.is_range(flushed):
            return super().flush2((space, page, 0), rights, own)
        return super().flush2(flushed, rights, own)
