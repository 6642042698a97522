"""Appendix A a second time, written from the formulas alone: dictionaries, recursion, no thought of speed.

Nothing here is shared with the product but the names of the readings. A slot is a pair (space, page); its element is
None (φ), a frame (an integer) or a slot (a pair). Rights are sets of letters. ``Endless`` says that the recursion came
back to a slot that it was still flushing.
"""

from collections.abc import Iterator

from model.spaces.dialect import (
    Ancestor,
    FrameHolder,
    GrantedChildren,
    GrantedEntry,
    NoRights,
    Occupied,
    OwnPage,
    OwnSlot,
    PartialFlush,
    Passing,
    Reading,
    Readings,
    Regrant,
    Source,
)

Slot = tuple[int, int]
ALL = frozenset("rwx")
DONE, REFUSED, CYCLE_MET = range(3)


class Endless(Exception):  # noqa: N818
    """The recursion of flush does not end."""


class Spaces:
    """σ, P and the rights of every slot, each a dictionary."""

    def __init__(self, spaces: int, pages: int, frames: int) -> None:
        self.slots = [(s, v) for s in range(spaces) for v in range(pages)]
        self.sigma: dict[Slot, int | Slot | None] = dict.fromkeys(self.slots)
        self.P: dict[Slot, int | None] = dict.fromkeys(self.slots)
        self.rights: dict[Slot, frozenset[str]] = dict.fromkeys(self.slots, frozenset())
        for v in range(frames):
            self.sigma[0, v], self.P[0, v], self.rights[0, v] = v, v, ALL

    def copy(self) -> "Spaces":
        other = object.__new__(Spaces)
        other.slots = self.slots
        other.sigma, other.P, other.rights = dict(self.sigma), dict(self.P), dict(self.rights)
        return other

    def restore(self, saved: "Spaces") -> None:
        self.sigma, self.P, self.rights = saved.sigma, saved.P, saved.rights

    # what the appendix defines

    def evaluation(self, x: Slot, met: tuple[Slot, ...] = ()) -> int | str | None:
        """σ(v), by its three cases; "cycle" if the recursion comes back."""
        if x in met:
            return "cycle"
        element = self.sigma[x]
        return self.evaluation(element, (*met, x)) if isinstance(element, tuple) else element

    def above(self, x: Slot) -> Iterator[Slot]:
        """The slots that x derives from, nearest first, each once."""
        met = set()
        element = self.sigma[x]
        while isinstance(element, tuple) and element not in met:
            met.add(element)
            yield element
            element = self.sigma[element]

    def children(self, x: Slot) -> list[Slot]:
        return [y for y in self.slots if self.sigma[y] == x]

    def flush_internally(self, x: Slot, flushing: tuple[Slot, ...] = ()) -> None:
        """For every σ′_v′ = (σ, v): σ′_v′ ← φ."""
        if x in flushing:
            raise Endless
        for y in self.children(x):
            self.replace(y, None, None, frozenset(), (*flushing, x))

    def replace(
        self,
        x: Slot,
        element: int | Slot | None,
        physical: int | None,
        rights: frozenset[str],
        flushing: tuple[Slot, ...] = (),
    ) -> None:
        """σ_v ← e: flush(σ, v); σ_v := e."""
        self.flush_internally(x, flushing)
        self.sigma[x], self.P[x], self.rights[x] = element, physical, rights

    def nil(self, x: Slot) -> None:
        self.replace(x, None, None, frozenset())

    def take(self, x: Slot, taken: frozenset[str], flushing: tuple[Slot, ...] = ()) -> None:
        """Take rights from all that derives from x; what has none left is replaced by φ."""
        if x in flushing:
            raise Endless
        for y in self.children(x):
            self.rights[y] -= taken
            if self.rights[y]:
                self.take(y, taken, (*flushing, x))
            else:
                self.replace(y, None, None, frozenset(), (*flushing, x))

    def narrow(self, x: Slot, taken: frozenset[str], flushing: tuple[Slot, ...] = ()) -> None:
        """Take rights from all that derives from x, and nothing more."""
        if x in flushing:
            raise Endless
        for y in self.children(x):
            self.rights[y] -= taken
            self.narrow(y, taken, (*flushing, x))

    # the three operations

    def map(self, src: Slot, dst: Slot, rights: frozenset[str], d: Readings) -> int:
        return self._pass("map", src, dst, rights, d)

    def grant(self, src: Slot, dst: Slot, rights: frozenset[str], d: Readings) -> int:
        return self._pass("grant", src, dst, rights, d)

    def flush(self, x: Slot, rights: frozenset[str], d: Readings) -> int:
        if d.partial_flush is PartialFlush.ALL_ONLY and rights != ALL:
            return REFUSED
        saved = self.copy()
        empty_stays = d.partial_flush is PartialFlush.EMPTY_STAYS and rights != ALL
        try:
            if empty_stays:
                self.narrow(x, rights)
            else:
                self.flush_internally(x) if rights == ALL else self.take(x, rights)
        except Endless:
            self.restore(saved)
            return CYCLE_MET
        if d.own_page is OwnPage.INCLUDED:
            self.rights[x] -= rights
            if not self.rights[x] and not empty_stays:
                self.nil(x)
        return DONE

    def _passed(self, src: Slot, rights: frozenset[str], d: Readings) -> frozenset[str]:
        return rights if d.passing is Passing.AS_GIVEN else rights & self.rights[src]

    def _is_refused(self, kind: str, src: Slot, dst: Slot, rights: frozenset[str], d: Readings) -> bool:
        if kind == "grant" and d.granted_children is GrantedChildren.NO_GRANT:
            return True
        if src == dst and d.own_slot is OwnSlot.REFUSED:
            return True
        if d.source is Source.REFUSED and self.evaluation(src) in (None, "cycle"):
            return True
        if d.ancestor is Ancestor.REFUSED and dst in self.above(src):
            return True
        if d.frame_holder is FrameHolder.REFUSED and isinstance(self.sigma[dst], int):
            return True
        if d.occupied is Occupied.REFUSED and self.sigma[dst] is not None:
            return True
        if kind == "map" and d.occupied is Occupied.MAP_REFUSED and self.sigma[dst] is not None:
            return True
        return d.no_rights is NoRights.REFUSED and not self._passed(src, rights, d)

    def _pass(self, kind: str, src: Slot, dst: Slot, rights: frozenset[str], d: Readings) -> int:
        if (
            src == dst
            and d.own_slot is OwnSlot.NOTHING
            and not (kind == "grant" and d.granted_children is GrantedChildren.NO_GRANT)
        ):
            return DONE
        if self._is_refused(kind, src, dst, rights, d):
            return REFUSED
        onto_ancestor = d.ancestor is Ancestor.EXTENDED and dst in self.above(src)
        shows_it = self.sigma[dst] is not None and self.evaluation(dst) == self.evaluation(src)
        if onto_ancestor or (kind == "grant" and d.regrant is Regrant.SOURCE_KEPT and shows_it):
            self.rights[dst] |= self._passed(src, rights, d)
            return DONE
        if kind == "map":
            mapped_already = d.occupied is Occupied.EXTENDED_CHILD and self.sigma[dst] == src
            shown_already = (
                d.occupied is Occupied.EXTENDED_FRAME
                and self.sigma[dst] is not None
                and self.evaluation(dst) == self.evaluation(src)
            )
            if mapped_already or shown_already:
                self.rights[dst] |= self._passed(src, rights, d)
                return DONE
        saved = self.copy()
        passes_nothing = d.no_rights is NoRights.NOTHING and not self._passed(src, rights, d)
        try:
            (self._map if kind == "map" else self._grant)(src, dst, rights, d)
        except Endless:
            self.restore(saved)
            return CYCLE_MET
        if passes_nothing:
            self.restore(saved)
        return DONE

    def _map(self, src: Slot, dst: Slot, rights: frozenset[str], d: Readings) -> None:
        if d.ancestor is Ancestor.EMPTIED and dst in self.above(src):
            self.nil(dst)
            return
        physical, passed = self.P[src], self._passed(src, rights, d)
        if d.reading is Reading.AFTER:
            self.flush_internally(dst)
            physical, passed = self.P[src], self._passed(src, rights, d)
        self.replace(dst, src, physical, passed)

    def _grant(self, src: Slot, dst: Slot, rights: frozenset[str], d: Readings) -> None:
        if src in self.above(src):  # what a circle's slot would hand over is not said, though children may be kept
            raise Endless
        if d.reading is Reading.AFTER:
            self.flush_internally(dst)
        element, physical, passed = self.sigma[src], self.P[src], self._passed(src, rights, d)
        self.replace(dst, element, physical, passed)
        if d.granted_children is GrantedChildren.KEPT:
            for y in self.children(src):
                self.sigma[y] = dst
            on_cycle = dst in self.children(dst)  # which was made just now, so that nothing else derives from it
            if d.passing is Passing.INTERSECTED and not on_cycle:
                self.take(dst, ALL - rights)
        if d.granted_entry is GrantedEntry.CLEARED:
            self.nil(src)
        else:  # no flush made this σ_v ← φ
            self.flush_internally(src)
            self.sigma[src] = None
