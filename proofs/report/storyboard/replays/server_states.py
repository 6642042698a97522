"""The states of a run beside a subsystem, laid out as pictures need them: spaces with rows of slots, and names for all.

A run of a description is on a machine that a solver chose: a space has as many slots as it likes, and elements are
called as the description calls them. Here each space is a row of slots, σ₀ the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.messages.scope import MessageScope
from model.messages.vocabulary import Machine, System
from model.running.evaluate import Structure
from model.scope import RIGHTS
from model.signature import Symbol, symbols_of
from proofs.engines.search.unrolled import UnrolledRun
from proofs.searches.named_runs import RunNames


@dataclass(frozen=True, slots=True)
class NamedScope(MessageScope):
    """A scope whose spaces, slots, threads, ids and words have the names that a description gives them."""

    names: Mapping[tuple[str, int], str] = field(default_factory=dict, hash=False, repr=False)

    def name(self, slot: int) -> str:
        """Name a slot, by its space's name."""
        return self.names.get(("Slot", slot), MessageScope.name(self, slot))

    def space_name(self, space: int) -> str:
        """Name a space by its constant, if one stands for it."""
        return self.names.get(("Space", space), MessageScope.space_name(self, space))

    def thread_name(self, thread: int) -> str:
        """Name a thread by its constant, if one stands for it."""
        return self.names.get(("Thread", thread), MessageScope.thread_name(self, thread))

    def id_name(self, ident: int) -> str:
        """Name an id by its constant, if one stands for it."""
        return self.names.get(("Id", ident), MessageScope.id_name(self, ident))

    def word_name(self, word: int) -> str:
        """Name a word by its constant, if one stands for it."""
        return self.names.get(("Word", word), MessageScope.word_name(self, word))

    def __str__(self) -> str:
        """How many there are of what a picture shows."""
        slots = sum(sort == "Slot" for sort, _ in self.names)
        parts = ((self.spaces, "space"), (slots, "slot"), (self.frames, "frame"), (self.threads, "thread"))
        return ", ".join(f"{n} {what}{'s' * (n != 1)}" for n, what in parts)


@dataclass(frozen=True)
class PlacedRun:
    """A run, and the places of its elements in pictures.

    :param names: what they are called.
    """

    run: UnrolledRun
    names: RunNames

    def size(self, sort: str) -> int:
        """Return how many elements the sort has."""
        return self.run.structure.sizes.get(sort, 1)

    def table(self, name: str, default: Any) -> Any:
        """The meaning of a symbol; the given default, if the run does not speak of the symbol."""
        table = self.run.structure.symbols.get(name)
        return default if table is None else table[0]

    @cached_property
    def owner(self) -> list[int]:
        """The space of each slot, by its place in pictures."""
        table = self.table("owner", np.zeros(self.size("Slot"), np.int64))
        return [int(self.space[each]) for each in table]

    @cached_property
    def space(self) -> NDArray[np.int64]:
        """The place of each space: σ₀ first."""
        root = int(self.table("sigma0", 0))
        order = sorted(range(self.size("Space")), key=lambda space: (space != root, space))
        return np.argsort(np.array(order)).astype(np.int64)

    @cached_property
    def pages(self) -> int:
        """The number of slots in a row: as many as any space has, and as there are frames."""
        return max(self.size("Frame"), *(self.owner.count(space) for space in range(self.size("Space"))))

    @cached_property
    def slot(self) -> NDArray[np.int64]:
        """The place of each slot."""
        earlier = [self.owner[:n].count(space) for n, space in enumerate(self.owner)]
        return np.array([space * self.pages + n for space, n in zip(self.owner, earlier, strict=True)], np.int64)

    @cached_property
    def scope(self) -> NamedScope:
        """The scope of the pictures."""
        placed = {"Space": self.space, "Slot": self.slot}
        called = {
            (sort, int(placed[sort][n]) if sort in placed else n): self.names.of(sort, n)
            for sort in ("Space", "Slot", "Thread", "Id", "Word")
            for n in range(self.size(sort))
        }
        sizes = {"threads": self.size("Thread"), "ids": self.size("Id"), "words": self.size("Word")}
        return NamedScope(self.size("Space"), self.pages, self.size("Frame"), **sizes, names=called)

    def rights(self, members: Any) -> int:
        """A set of rights as bits."""
        letters = {letter for n in np.flatnonzero(members).tolist() for letter in self.names.letters(n)}
        return sum(bit for letter, bit in RIGHTS.items() if letter in letters)

    def state(self, number: int) -> Structure:
        """The state of that number, with every element in its place."""
        symbols: dict[str, Any] = {}
        for suffix, kind in (("", Machine), (f"@{number}", System)):
            for name, symbol in symbols_of(kind).items():
                if self._shown(symbol):
                    symbols[name] = self._placed(self.table(f"{name}{suffix}", None), symbol)[None]
        slots, threads = self.scope.slots, self.size("Thread")
        sizes = {**self.run.structure.sizes, "Slot": slots, "Right": len(RIGHTS), "Thread": threads}
        return Structure(1, sizes, symbols)

    def _shown(self, symbol: Symbol) -> bool:
        return all(sort.name() not in ("Page", "Number") for sort in (*symbol.sorts, symbol.result))

    def _placed(self, table: Any, symbol: Symbol) -> Any:
        """A symbol's table over places; what stands in no slot has nothing."""
        sorts = [sort.name() for sort in symbol.sorts]
        shape = [self.scope.slots if sort == "Slot" else self.size(sort) for sort in sorts]
        found = np.zeros(shape, bool if symbol.is_relation else np.int64)
        if table is None:
            return self._by_letters(found, sorts)
        value = self.space[table] if symbol.result.name() == "Space" else table
        if symbol.result.name() == "Slot":
            value = self.slot[table]
        found[self._places(sorts)] = value
        return self._by_letters(found, sorts)

    def _places(self, sorts: Sequence[str]) -> Any:
        placed = {"Space": self.space, "Slot": self.slot}
        axes = [placed[sort] if sort in placed else np.arange(self.size(sort)) for sort in sorts]
        return np.ix_(*axes) if axes else ()

    def _by_letters(self, table: Any, sorts: Sequence[str]) -> Any:
        """Of a relation between slots and rights, that between slots and the letters r, w and x."""
        if sorts[-1:] != ["Right"]:
            return table
        bits = np.array([self.rights(row) for row in table])
        return bits[:, None] & np.array(list(RIGHTS.values())) > 0
