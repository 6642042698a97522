"""The theory of ranges executed: what its formulas, a fault in one of them perhaps, make of every call in many states.

The literal model knows the right operations alone. Here a state is a table for each relation, and the step of every
operation is what its formulas say, evaluated for many states and calls at once. Which page a call sends where is told
from the state: each page of the range that has a right to pass on goes where the window says; and if the operation's
guard does not ask for a right, each that is accessible.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import z3
from numpy.typing import NDArray

from model.ranges.literal import sources_and_targets
from model.ranges.operation import RangeOperation
from model.ranges.readings import CANONICAL_RANGES
from model.ranges.scope import RangeScope
from model.ranges.theories import RANGES
from model.running.evaluate import Structure, compile_meaning, compile_term
from model.scope import RIGHTS
from model.spaces.abstraction import AFTER
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Kind
from model.theory import Actions
from proofs.engines.search.executed import Tables, first_tables, number_of, repeated, rows_of

AT_ONCE = 2048  # steps evaluated together
LEFT_OPEN = "_anything"
"""What names of relations end with of which a wrong operation says nothing: they are executed as empty."""

ASKS_RIGHT = "some right is passed on of each"
"""The condition of a guard that leaves out pages without a right to pass on."""

_BITS = np.array(list(RIGHTS.values()))
_WINDOWS = CANONICAL_RANGES.readings


@dataclass(frozen=True, slots=True)
class RangeSteps:
    """Steps of one action: the place of the state where each begins, its call, and the states before and after."""

    action: str
    origin: NDArray[np.int64]
    calls: tuple[RangeOperation, ...]
    structure: Structure
    after: Tables


class ExecutedRanges:
    """The operations on ranges of a scope, as formulas that are run.

    :param tried: the calls, for :meth:`steps`.
    :param actions: by default those of the theory; one of them may be wrong.
    """

    def __init__(
        self, scope: RangeScope, tried: Sequence[RangeOperation] = (), actions: Actions[Any] = RANGES.actions
    ) -> None:
        """Compile the formulas."""
        start, self.first, self._fixed = first_tables(RANGES, scope)
        self._sizes, slots = start.sizes, scope.slots
        nothing = {name + LEFT_OPEN: np.zeros_like(table) for name, table in self.first.items()}
        self._fixed = {**self._fixed, **nothing}
        self._tried = {kind: tuple(o for o in tried if o.kind == kind) for kind in Kind}
        self._windows = {kind: np.array([_window(o, slots) for o in each]) for kind, each in self._tried.items()}
        made = {name: make(CANONICAL) for name, make in actions.items()}
        self._guards = {name: compile_term(z3.And(z3.BoolVal(True), *a.guard.values())) for name, a in made.items()}
        self._asks_right = {name for name, a in made.items() if ASKS_RIGHT in a.guard}
        self._after = {name: compile_meaning(a.after) for name, a in made.items()}

    def steps(self, part: Tables, first: int = 0) -> Iterator[RangeSteps]:
        """Every call that some states allow.

        :param first: the place of the first of these states.
        """
        for kind, calls in self._tried.items():
            at_once = max(1, AT_ONCE // max(1, len(calls)))
            for start in range(0, number_of(part) if calls else 0, at_once):
                some = rows_of(part, np.arange(start, min(start + at_once, number_of(part))))
                number = number_of(some)
                origin = np.repeat(np.arange(number) + first + start, len(calls))
                windows = np.concatenate([self._windows[kind]] * number)
                yield self._steps(kind, repeated(some, len(calls)), calls * number, windows, origin)

    def step(self, state: Tables, call: RangeOperation) -> RangeSteps:
        """One call in one state; no step at all if the state does not allow it."""
        slots = self._sizes["Slot"]
        windows = np.array([_window(call, slots)])
        return self._steps(call.kind, state, (call,), windows, np.zeros(1, np.int64))

    def _steps(
        self,
        kind: Kind,
        before: Tables,
        calls: tuple[RangeOperation, ...],
        windows: NDArray[np.bool_],
        origin: NDArray[np.int64],
    ) -> RangeSteps:
        action, batch, slots = f"{kind.word}_range", len(calls), self._sizes["Slot"]
        mask = (np.array([o.rights for o in calls])[:, None] & _BITS) != 0
        passes = before["live"] & (before["right"] & mask[:, None, :]).any(axis=2)
        passes = passes if action in self._asks_right else before["live"]
        flushes = kind == Kind.FLUSH
        to = np.zeros((batch, slots, slots), bool) if flushes else windows & passes[:, :, None]
        within = windows if flushes else np.zeros((batch, slots), bool)
        went = to[np.arange(batch)[:, None], before["holder"]]
        heir = np.where(went.any(axis=2), went.argmax(axis=2), before["holder"])
        fixed = {name: np.repeat(table, batch, axis=0) for name, table in self._fixed.items()}
        called = {"to": to, "empties": np.zeros((batch, slots), bool), "within": within, "mask": mask, "heir": heir}
        structure = Structure(batch, self._sizes, {**before, **fixed, **called})
        after = self._after[action](structure)
        if kind == Kind.GRANT:  # no term says where the holder of a frame is: see model.ranges.theory
            after["holder"] = heir
        possible = self._guards[action](structure) & (flushes | to.any(axis=(1, 2)))
        rows = np.flatnonzero(possible)
        marked = structure.with_symbols(**{name + AFTER: table for name, table in after.items()}).symbols
        return RangeSteps(
            action,
            origin[rows],
            tuple(calls[row] for row in rows),
            Structure(len(rows), self._sizes, rows_of(marked, rows)),
            rows_of(after, rows),
        )


def _window(o: RangeOperation, slots: int) -> NDArray[np.bool_]:
    """Which page a call sends where, if it has a right to pass on; of a flush, which pages it names."""
    if o.kind == Kind.FLUSH:
        within: NDArray[np.bool_] = np.zeros(slots, bool)
        within[o.src : o.src + (1 << o.order)] = True
        return within
    to: NDArray[np.bool_] = np.zeros((slots, slots), bool)
    to[sources_and_targets(o.src, o.order, o.dst, o.dst_order, o.offset, _WINDOWS)] = True
    return to
