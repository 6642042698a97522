"""More broken kernels, beside those of :mod:`refinement.faults`: look-up, tags, tables, ranges.

>>> KERNEL_FAULTS["first-tombstone"].sentence
'Nodes are looked up in a hash table, where the search stops at a deleted entry.'
"""

from collections.abc import Iterator
from typing import Any

from model.scope import ALL_RIGHTS
from model.spaces.literal import DONE
from refinement.faults import FAULTS, Fault
from refinement.kernel.kernel import Kernel
from refinement.kernel.mapping_tree import NONE
from refinement.kernel.tags import Tags


class _Hashed:
    """The node of each slot in an open-addressed table of keys and values; indexed like the list that it replaces."""

    _EMPTY, _DELETED = -1, -2

    def __init__(self, nodes: list[int]) -> None:
        self._slots = len(nodes)
        # Twice the room, and neighbours collide.
        self._keys = [self._EMPTY] * (2 * self._slots + 1)
        self._values = [NONE] * len(self._keys)
        for slot, node in enumerate(nodes):
            self[slot] = node

    def __len__(self) -> int:
        return self._slots

    def _places(self, slot: int) -> Iterator[int]:
        first = slot // 2
        return ((first + step) % len(self._keys) for step in range(len(self._keys)))

    def _find(self, slot: int) -> int:
        for place in self._places(slot):
            if self._keys[place] == slot:
                return place
            if self._keys[place] in (self._EMPTY, self._DELETED):
                break
        return NONE

    def __getitem__(self, slot: int) -> int:
        place = self._find(slot)
        return NONE if place == NONE else self._values[place]

    def __setitem__(self, slot: int, node: int) -> None:
        place = self._find(slot)
        if node == NONE:
            if place != NONE:
                self._keys[place] = self._DELETED
            return
        if place == NONE:
            place = next(p for p in self._places(slot) if self._keys[p] in (self._EMPTY, self._DELETED))
        self._keys[place], self._values[place] = slot, node


class _FirstTombstone(Kernel):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.tree = self.tree._replace(node_of=_Hashed(list(self.tree.node_of)))  # type: ignore[call-overload]


class _Forgetful(Tags):
    """Tags that can be given up while a core still executes with them."""

    def forget(self, space: int) -> None:
        """The space has no tag any more."""
        if self._tagged:
            self._of[space] = None


class _TagDeletedFirst(Kernel):
    tag_allocator = _Forgetful
    tags: _Forgetful

    def invalidate(self, slot: int) -> None:
        space = self.scope.space(slot)
        first = space * self.scope.pages
        if all(self.tables.entry(other) == 0 for other in range(first, first + self.scope.pages)):
            self.tags.forget(space)
        super().invalidate(slot)


class _UpperLevelNoFlush(Kernel):
    def withdraw(self, slot: int) -> None:
        self.clear_entry(slot)
        detached = self.release_tables(slot)
        if not detached:
            self.invalidate(slot)
        self.free_tables(detached)


class _RangeInPart(Kernel):
    _flushing = _told = False

    def flush_below(self, top: int) -> None:
        self._flushing, self._told = True, False
        super().flush_below(top)
        self._flushing = False

    def invalidate(self, slot: int) -> None:
        if self._flushing and self._told:
            return
        self._told = True
        super().invalidate(slot)


class _RightsCached(Kernel):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._without: set[tuple[int, int]] = set()

    def flush(self, slot: int, rights: int = ALL_RIGHTS) -> int:
        known = (self.tree.node_of[slot], rights)
        if rights != ALL_RIGHTS and known in self._without:
            return DONE
        self._without.add(known)
        return super().flush(slot, rights)


def _faults() -> Iterator[Fault]:
    for name, layer, seen, kernel, sentence in (
        (
            "first-tombstone",
            "tree",
            "mung",
            _FirstTombstone,
            "Nodes are looked up in a hash table, where the search stops at a deleted entry.",
        ),
        (
            "rights-cached",
            "rights",
            "Pistachio",
            _RightsCached,
            "That a page was flushed of some rights is remembered, and what is mapped later keeps them.",
        ),
        (
            "tag-deleted-first",
            "buffer",
            "seL4",
            _TagDeletedFirst,
            "The tag of a space that lost its last page is given up before it is used to invalidate.",
        ),
        (
            "upper-level-no-flush",
            "buffer",
            "Xen XSA-286",
            _UpperLevelNoFlush,
            "A table that is no more needed is taken out of its directory, and what lies below is not invalidated.",
        ),
        (
            "range-in-part",
            "buffer",
            "Hafnium",
            _RangeInPart,
            "Of all that one flush withdraws, only the first page is invalidated.",
        ),
    ):
        yield Fault(name, sentence, seen, layer, kernel)


KERNEL_FAULTS: dict[str, Fault] = {**FAULTS, **{fault.name: fault for fault in _faults()}}
"""Every broken kernel, by name."""
