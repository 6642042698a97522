"""A walk through a scope that shows each step to whoever wants to look: for what is not compiled into the explorer.

States and steps come from the compiled system, in the order of a breadth-first search; whoever looks gets them as
arrays, some thousands at a time. Unlike :mod:`proofs.explorer.searches.breadth_first` a walk keeps with every state
the step that first led there: it is meant for scopes of some thousands of states, and for one thread.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Dialect
from model.spaces.literal import Spaces
from model.spaces.operation import Kind, Operation
from proofs.explorer.searches.breadth_first import StateLostError, kernel_of
from proofs.explorer.states.layout import decoded, encoded, operation_of, split
from proofs.explorer.states.mapping import mapping_system

AT_ONCE = 8192  # steps shown together at most, unless one state has more


@dataclass(frozen=True, slots=True)
class Steps:
    """Some steps of a walk, in the order in which a plain search would take them; an element of each array a step.

    ``origin`` is the place in the walk of the state where a step begins, ``label`` its number; ``packed`` are the
    states before and after.
    """

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
        return Steps(self.origin[rows], self.label[rows], (before[rows], after[rows]), self.parameters)

    def by_kind(self) -> dict[str, "Steps"]:
        """Those that map, grant and flush, the kind of the first step first."""
        kind, _, _, _ = split(self.label)
        present, first = np.unique(kind, return_index=True)
        return {Kind(number).word: self[kind == number] for number in present[np.argsort(first)]}

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
    def operation(self) -> Operation:
        """The first step's operation."""
        return operation_of(int(self.label[0]))


class Walk:
    """The states of a scope under a dialect in the order of their distance from the initial state.

    ``states`` are those met so far, packed; ``complete`` says that these are all.

    :param rights: the sets of rights that operations choose from, the preferred ones first.
    :param max_states: go no further once there are more; the layer that is being walked is finished.
    :raises ScopeTooLargeError: a state does not fit the packing.
    """

    def __init__(
        self,
        scope: Scope,
        dialect: Dialect,
        rights: Sequence[int] = (ALL_RIGHTS,),
        max_states: int | None = None,
    ) -> None:
        """A walk that has met the initial state."""
        self.scope, self.complete = scope, False
        self._max_states = max_states
        self._system = mapping_system(scope, dialect, rights, steps=False, idle=True)
        self._kernel = kernel_of(self._system)
        self._parameters = np.array(self._system.parameters, np.int64)
        self._scratch = np.zeros(self._system.scratch, np.int64)
        self._rank = np.argsort([*rights, *(mask for mask in range(ALL_RIGHTS + 1) if mask not in rights)])
        self.states = np.array([self._system.initial], np.uint64)
        self._met = self.states  # the same, sorted
        self._origins = np.array([-1])
        self._labels = np.array([-1])

    def __len__(self) -> int:
        """How many states were met so far."""
        return len(self.states)

    def steps(self) -> Iterator[Steps]:
        """Every step of every state, layer by layer.

        :raises StateLostError: a step leads to a state that the packing cannot hold.
        """
        first, at_once = 0, max(1, AT_ONCE // self._system.fanout)
        while first < len(self.states):
            last = len(self.states)
            for start in range(first, last, at_once):
                steps = self._steps_from(start, min(start + at_once, last))
                self._meet(steps)
                yield steps
            first = last
            if self._max_states is not None and first < len(self.states) > self._max_states:
                return
        self.complete = True

    def finish(self) -> "Walk":
        """Walk on to the end."""
        for _ in self.steps():
            pass
        return self

    def literal(self) -> Spaces:
        """The states met so far, a row each."""
        return decoded(self.states, self._parameters)

    def path(self, place: int) -> tuple[Operation, ...]:
        """The operations that first led to the state at that place."""
        labels = []
        while place:
            labels.append(int(self._labels[place]))
            place = int(self._origins[place])
        return tuple(operation_of(label) for label in reversed(labels))

    def place_of(self, state: Spaces) -> int | None:
        """Where the walk met a literal state; None if it did not."""
        packed = encoded(state, self._parameters)
        places = [] if packed is None else np.flatnonzero(self.states == packed).tolist()
        return places[0] if places else None

    def _steps_from(self, first: int, last: int) -> Steps:
        """The steps from a part of the states."""
        states = self.states[first:last]
        origin, label, after, lost = self._kernel.steps_of(states, self._system.fanout, self._parameters, self._scratch)
        if lost:
            raise StateLostError(f"{self._system.name}: a state does not fit the packing")
        kind, src, dst, rights = split(label)
        flushes_first = np.where(kind == Kind.FLUSH, 0, kind)
        order = np.lexsort((self._rank[rights], dst, src, flushes_first, origin))
        origin = origin[order]
        return Steps(origin + first, label[order], (states[origin], after[order]), self._parameters)

    def _meet(self, steps: Steps) -> None:
        """Add the states that are new, in the order of the steps that lead to them."""
        _, after = steps.packed
        found, row = np.unique(after, return_index=True)
        place = np.minimum(np.searchsorted(self._met, found), len(self._met) - 1)
        new = self._met[place] != found
        rows = np.sort(row[new])
        self.states = np.concatenate([self.states, after[rows]])
        self._origins = np.concatenate([self._origins, steps.origin[rows]])
        self._labels = np.concatenate([self._labels, steps.label[rows]])
        self._met = np.sort(np.concatenate([self._met, found[new]]))
