"""Right databases in every dialect: tables of links, searched from end to end. They import nothing of musigma."""

from typing import Any

Slot = tuple[int, int]
NIL = None


class Naive:
    """A slot's entry is its parent's slot (a frame's holder: the frame's number), beside it the frame and rights."""

    own_slot = "refused"
    ancestor = "refused"
    holder = "refused"
    occupied = "replaced"
    before = False
    children = "kept"
    partial = True
    empty_stays = False
    no_rights = "refused"
    regrant = "moved"

    def __init__(self, spaces: int, pages: int, frames: int) -> None:
        self.size = (spaces, pages)
        self.parent: dict[Slot, Any] = {(0, v): v for v in range(frames)}
        self.frame: dict[Slot, Any] = {(0, v): v for v in range(frames)}
        self.rights: dict[Slot, Any] = {(0, v): 7 for v in range(frames)}

    def outside(self, *slots: Slot) -> bool:
        return any(s >= self.size[0] or v >= self.size[1] for s, v in slots)

    def sources(self, x: Slot) -> list[Slot]:
        """What x derives from, nearest first."""
        seen: list[Slot] = []
        while isinstance(self.parent.get(x), tuple) and self.parent[x] not in seen:
            x = self.parent[x]
            seen.append(x)
        return seen

    def reaches_a_frame(self, x: Slot) -> bool:
        seen = set()
        while isinstance(self.parent.get(x), tuple) and x not in seen:
            seen.add(x)
            x = self.parent[x]
        return isinstance(self.parent.get(x), int)

    def drop(self, x: Slot) -> None:
        for table in (self.parent, self.frame, self.rights):
            table.pop(x, None)

    def drop_below(self, x: Slot) -> None:
        for y in [y for y in self.parent if y != x and x in self.sources(y)]:
            self.drop(y)

    def narrow_below(self, x: Slot, kept: int) -> None:
        below = [y for y in self.parent if y != x and x in self.sources(y)]
        for y in below:
            self.rights[y] &= kept
        for y in below:
            if y in self.parent and self.rights[y] == 0:
                self.drop_below(y)
                self.drop(y)

    def refuses(self, src: Slot, dst: Slot, rights: int) -> bool:
        return (
            not self.reaches_a_frame(src)
            or (src == dst and self.own_slot == "refused")
            or (dst in self.sources(src) and self.ancestor == "refused")
            or (isinstance(self.parent.get(dst), int) and self.holder == "refused")
            or (dst in self.parent and self.occupied == "refused")
            or (not self.rights[src] & rights and self.no_rights == "refused")
        )

    def shows_the_frame(self, src: Slot, dst: Slot) -> bool:
        return dst in self.parent and self.frame[dst] == self.frame[src]

    def map(self, s: int, v: int, t: int, w: int, rights: int) -> int:
        src, dst = (s, v), (t, w)
        if self.outside(src, dst) or rights > 7:
            return 1
        if src == dst and self.own_slot == "nothing":
            return 0
        if self.refuses(src, dst, rights) or (dst in self.parent and self.occupied == "map refused"):
            return 1
        if not self.rights[src] & rights and self.no_rights == "nothing":
            return 0
        if (
            (self.ancestor == "extended" and dst in self.sources(src))
            or (self.occupied == "child" and self.parent.get(dst) == src)
            or (self.occupied == "frame" and self.shows_the_frame(src, dst))
        ):
            self.rights[dst] |= self.rights[src] & rights
            return 0
        emptied = self.ancestor == "emptied" and dst in self.sources(src)
        read = (self.frame[src], self.rights[src] & rights)
        self.drop_below(dst)
        if not self.before:
            read = (self.frame.get(src), self.rights.get(src, 0) & rights)
        self.drop(dst)
        if not emptied:
            self.parent[dst] = src
            if read[0] is not None:
                self.frame[dst] = read[0]
            self.rights[dst] = read[1]
        return 0

    def grant(self, s: int, v: int, t: int, w: int, rights: int) -> int:
        src, dst = (s, v), (t, w)
        if self.outside(src, dst) or rights > 7 or self.children == "no grant":
            return 1
        if src == dst and self.own_slot == "nothing":
            return 0
        if self.refuses(src, dst, rights):
            return 1
        if not self.rights[src] & rights and self.no_rights == "nothing":
            return 0
        if (self.ancestor == "extended" and dst in self.sources(src)) or (
            self.regrant == "source kept" and self.shows_the_frame(src, dst)
        ):
            self.rights[dst] |= self.rights[src] & rights
            return 0
        read = (self.parent[src], self.frame[src], self.rights[src] & rights)
        self.drop_below(dst)
        if not self.before:
            read = (self.parent.get(src), self.frame.get(src), self.rights.get(src, 0) & rights)
        self.drop(dst)
        if read[0] is not None:
            self.parent[dst], self.frame[dst], self.rights[dst] = read
        if self.children == "kept":
            for y, parent in self.parent.items():
                if parent == src and src != dst:
                    self.parent[y] = dst
            self.narrow_below(dst, rights)
        self.drop_below(src)
        self.drop(src)
        return 0

    def flush(self, s: int, v: int, rights: int) -> int:
        if self.outside((s, v)) or rights > 7 or (rights != 7 and not self.partial):
            return 1
        if rights != 7 and self.empty_stays:
            for y in self.parent:
                if (s, v) in self.sources(y):
                    self.rights[y] &= ~rights
            return 0
        self.narrow_below((s, v), 7 & ~rights)
        return 0

    def lookup(self, s: int, v: int) -> tuple[int, int] | None:
        frame = self.frame.get((s, v))
        return None if frame is None else (frame, self.rights[s, v])


class Canonical(Naive):
    pass


class Tree(Naive):
    ancestor, holder = "emptied", "replaced"


class LiteralLazy(Naive):
    own_slot, ancestor, holder, children, partial = "allowed", "allowed", "replaced", "flushed", False


class LiteralEager(LiteralLazy):
    before = True


class X2Keep(Naive):
    own_slot, occupied = "nothing", "frame"


class X2Flush(X2Keep):
    children = "flushed"


class Fiasco(Naive):
    own_slot, ancestor, occupied = "nothing", "emptied", "child"


class Nova(Naive):
    occupied, children = "refused", "no grant"


class NothingOntoItself(Naive):
    """In no named dialect, and right."""

    own_slot = "nothing"


class AncestorExtended(Naive):
    ancestor = "extended"


class SourceKept(Naive):
    regrant = "source kept"


class EmptyStays(Naive):
    empty_stays = True


class NoRightsNothing(Naive):
    no_rights = "nothing"


class MapRefused(Naive):
    occupied = "map refused"
