"""A search of a scope that shows each step to a visitor: for what is not compiled into the explorer.

States and steps come from the compiled system; the visitor gets them as arrays, some thousands at a time. Unlike
:mod:`proofs.explorer.searches.breadth_first` this search keeps with every state the step that first led there: it is
meant for scopes of some thousands of states, and for one thread.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.running.evaluate import Structure
from model.running.search import LayeredSearch
from model.scope import ALL_RIGHTS, Scope
from model.spaces.abstraction import steps_structure
from model.spaces.dialect import Dialect
from model.spaces.literal import Spaces
from model.spaces.operation import Kind, Operation
from proofs.explorer.searches.breadth_first import StateLostError, kernel_of
from proofs.explorer.states.layout import decoded, encoded, operation_of, split
from proofs.explorer.states.mapping import mapping_system

AT_ONCE = 8192  # steps shown together at most, unless one state has more


@dataclass(frozen=True, slots=True)
class Steps:
    """Some steps, in the order in which a plain search would take them; an element of each array a step.

    ``origin`` is the place of the state where a step begins, ``label`` its number; ``packed`` are the states before and
    after.
    """

    scope: Scope
    origin: NDArray[np.int64]
    label: NDArray[np.int64]
    packed: tuple[NDArray[np.uint64], NDArray[np.uint64]]
    parameters: NDArray[np.int64]

    def __len__(self) -> int:
        """How many."""
        return len(self.origin)

    def __getitem__(self, rows: "slice | NDArray[np.bool_]") -> "Steps":
        """Some of them."""
        before, after = self.packed
        return Steps(self.scope, self.origin[rows], self.label[rows], (before[rows], after[rows]), self.parameters)

    def by_action(self) -> dict[str, "Steps"]:
        """All, under no name; and those that map, grant and flush, the kind of the first step first."""
        kind, _, _, _ = split(self.label)
        present, first = np.unique(kind, return_index=True)
        return {"": self} | {Kind(number).word: self[kind == number] for number in present[np.argsort(first)]}

    @property
    def calls(self) -> NDArray[np.int64]:
        """Source, destination (-1 for a flush) and rights, a row a step."""
        kind, src, dst, rights = split(self.label)
        return np.stack([src, np.where(kind == Kind.FLUSH, -1, dst), rights], axis=1)

    @property
    def states(self) -> tuple[Spaces, Spaces]:
        """The literal states before and after, a row a step."""
        before, after = (decoded(states, self.parameters) for states in self.packed)
        return before, after

    @property
    def structure(self) -> Structure:
        """The steps as the theory sees them."""
        before, after = self.states
        return steps_structure(before, self.calls, after, self.scope)

    def operation(self, row: int) -> Operation:
        """The operation of one step."""
        return operation_of(int(self.label[row]))


class SteppedSearch(LayeredSearch[Steps, Operation]):
    """The states of a scope under a dialect, in the order of their distance from the initial state.

    :param rights: the sets of rights that operations choose from, the preferred ones first.
    :param max_states: go no further once there are more; the layer under way is finished.
    :raises ScopeTooLargeError: a state does not fit the packing.
    """

    def __init__(
        self,
        scope: Scope,
        dialect: Dialect,
        rights: Sequence[int] = (ALL_RIGHTS,),
        max_states: int | None = None,
    ) -> None:
        """A search that has met the initial state."""
        super().__init__(max_states)
        self.scope = scope
        self._system = mapping_system(scope, dialect, rights, steps=False, idle=True)
        self._kernel = kernel_of(self._system)
        self._parameters = np.array(self._system.parameters, np.int64)
        self._scratch = np.zeros(self._system.scratch, np.int64)
        self._rank = np.argsort([*rights, *(mask for mask in range(ALL_RIGHTS + 1) if mask not in rights)])
        self.packed = np.array([self._system.initial], np.uint64)  # the states, each at its place
        self._met = self.packed  # the same, sorted
        self._origins = np.array([-1])
        self._labels = np.array([-1])

    @property
    def states(self) -> int:
        """Return the number of states met so far."""
        return len(self.packed)

    def _expand(self, first: int, last: int) -> Iterator[Steps]:
        """Every step of these states.

        :raises StateLostError: a step leads to a state that the packing cannot hold.
        """
        at_once = max(1, AT_ONCE // self._system.fanout)
        for start in range(first, last, at_once):
            steps = self._steps_from(start, min(start + at_once, last))
            self.transitions += len(steps)
            self._meet(steps)
            yield steps

    def literal(self) -> Spaces:
        """The states met so far, a row each."""
        return decoded(self.packed, self._parameters)

    def _came_by(self, place: int) -> tuple[int, Operation]:
        return int(self._origins[place]), operation_of(int(self._labels[place]))

    def place_of(self, state: Spaces) -> int | None:
        """Return where the search met a literal state; None if it did not."""
        packed = encoded(state, self._parameters)
        places = [] if packed is None else np.flatnonzero(self.packed == packed).tolist()
        return places[0] if places else None

    def _steps_from(self, first: int, last: int) -> Steps:
        """The steps from a part of the states."""
        states = self.packed[first:last]
        origin, label, after, lost = self._kernel.steps_of(states, self._system.fanout, self._parameters, self._scratch)
        if lost:
            raise StateLostError(f"{self._system.name}: a state does not fit the packing")
        kind, src, dst, rights = split(label)
        flushes_first = np.where(kind == Kind.FLUSH, 0, kind)
        order = np.lexsort((self._rank[rights], dst, src, flushes_first, origin))
        origin = origin[order]
        return Steps(self.scope, origin + first, label[order], (states[origin], after[order]), self._parameters)

    def _meet(self, steps: Steps) -> None:
        """Add the states that are new, in the order of the steps that lead to them."""
        _, after = steps.packed
        found, row = np.unique(after, return_index=True)
        place = np.minimum(np.searchsorted(self._met, found), len(self._met) - 1)
        new = self._met[place] != found
        rows = np.sort(row[new])
        self.packed = np.concatenate([self.packed, after[rows]])
        self._origins = np.concatenate([self._origins, steps.origin[rows]])
        self._labels = np.concatenate([self._labels, steps.label[rows]])
        self._met = np.sort(np.concatenate([self._met, found[new]]))
