"""Packed systems to walk in: any :class:`~proofs.explorer.system.System`, its functions run as plain Python."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from proofs.explorer.system import System
from proofs.report.walk.graph import Fact, Label, Look, PropertyText, Step


@dataclass(frozen=True)
class SystemToWalk:
    """A packed system; its cells are its fields.

    :param texts: for some fields the text of each value; others are shown as numbers.
    :param sentences: what properties say, by their names.
    """

    system: System
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sentences: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The system's name."""
        return self.system.name

    @property
    def cells(self) -> tuple[str, ...]:
        """The system's fields."""
        return tuple(each.name for each in self.system.fields)

    @property
    def groups(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """All fields under one heading."""
        return (("state", tuple(range(len(self.system.fields)))),)

    @property
    def properties(self) -> tuple[PropertyText, ...]:
        """The system's properties."""
        return tuple(PropertyText(name, "", self.sentences.get(name, "")) for name in self.system.properties)

    @property
    def predicates(self) -> Mapping[str, str]:
        """The predicates that formulas may ask."""
        return {"is(field, value)": "the field has that value: a number, counted from 0"}

    @property
    def labels(self) -> tuple[Label, ...]:
        """Nothing: refused steps are not shown."""
        return ()

    @property
    def first(self) -> int:
        """The system's initial state."""
        return self.system.initial

    def _called(self) -> tuple[Any, Any]:
        return np.array(self.system.parameters, np.int64), np.zeros(max(1, self.system.scratch), np.int64)

    def _named(self, bits: int) -> tuple[str, ...]:
        return tuple(name for bit, name in enumerate(self.system.properties) if bits >> bit & 1)

    def steps(self, state: int) -> Iterator[Step[int]]:
        """The steps that are possible, by the system's function."""
        system, fanout = self.system, self.system.fanout
        after, labels = np.zeros(fanout, np.uint64), np.zeros(fanout, np.int64)
        flaws, every = np.zeros(fanout, np.int64), np.int64((1 << len(system.properties)) - 1)
        count = system.successors(np.uint64(state), after, labels, flaws, every, *self._called())
        for k in range(count):
            label = system.step_text(int(labels[k]))
            yield Step((label,), int(after[k]), self._named(int(flaws[k])))

    def violated(self, state: int) -> tuple[str, ...]:
        """The properties that do not hold, by the system's function."""
        every = np.int64((1 << len(self.system.properties)) - 1)
        return self._named(int(self.system.check(np.uint64(state), every, *self._called())))

    def look(self, state: int) -> Look:
        """The state, a line a field."""
        values = self.system.unpack(state)
        shown = [(self.texts[name][value] if name in self.texts else str(value),) for name, value in values.items()]
        facts: list[Fact] = [(cell, str(value)) for cell, value in enumerate(values.values())]
        return Look(tuple(shown), (-1,) * len(shown), {"is": facts})

    def canonical(self, state: int) -> tuple[int, tuple[int, ...]]:
        """The state itself: nothing is renamed."""
        return state, tuple(range(len(self.system.fields)))
