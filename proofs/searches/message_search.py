"""Search of scopes with threads for a wrong step: every state that the literal model reaches, nearest first.

The steps on the way are the literal model's. The last one is what the formulas of an action say, perhaps of a wrong
one, and the obligation's own formula says whether it is broken. So a fault that no table of the model can hold still
has a trace: what it leaves behind is a structure, and nothing is done after it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import z3
from numpy.typing import NDArray

from model.messages.abstraction import called_with, structure_of
from model.messages.operation import Kind, Operation
from model.messages.readings import MessageDialect
from model.messages.scope import MessageScope, set_of
from model.messages.steps import State, Steps, operations_of
from model.running.evaluate import Structure, UnsupportedTermError, compile_meaning, compile_term
from model.scope import ALL_RIGHTS
from model.signature import applied, symbols_of
from model.spaces.abstraction import AFTER
from model.spaces.dialect import Dialect
from model.spaces.literal import DONE
from model.spaces.vocabulary import Action
from model.theory import Actions, Theory
from proofs.engines.search.monitor import Monitor
from proofs.engines.terms.smtlib import symbols
from proofs.obligation import Obligation

AT_ONCE = 4096  # steps evaluated together
SOME_RIGHTS = 2  # without r and x, so that a right can be missed

WITH_PAGE = (Kind.SEND_MAP, Kind.SEND_GRANT, Kind.SEND_STRING)

TELLING = (
    "a thread waits for nobody, for one or for anybody, and opens no page, one, or all of a space; with a page it \
sends it waits for nobody or anybody, and opens no page or one"
)
"""Which calls are tried, in words."""


def telling_calls(scope: MessageScope, dialect: MessageDialect) -> tuple[Operation, ...]:
    """Every call, but of the sets that a thread waits for, and of windows, only those that :data:`TELLING` says."""
    everybody, pages = set_of(*range(scope.ids)), range(scope.pages)
    willing = tuple(dict.fromkeys((0, *(set_of(i) for i in range(scope.ids)), everybody)))
    spaces = (set_of(*(scope.slot(space, page) for page in pages)) for space in range(scope.spaces))
    one = (0, *(set_of(x) for x in range(scope.slots)))
    opens = tuple(dict.fromkeys((*one, *spaces)))
    others = [kind for kind in Kind if kind not in WITH_PAGE]
    rights = (ALL_RIGHTS, SOME_RIGHTS)
    return (
        *operations_of(scope, dialect, (ALL_RIGHTS,), others, willing=willing, opens=opens, keeps=(0,)),
        *operations_of(scope, dialect, rights, WITH_PAGE, willing=(0, everybody), opens=one),
    )


@dataclass(frozen=True, slots=True)
class Broken:
    """A run whose last step breaks an obligation: the operations, and that step with what it leaves behind."""

    obligation: Obligation[Any, Any]
    operations: tuple[Operation, ...]
    step: Structure


@dataclass
class MessageLayers:
    """The states of a scope with threads in the order of their distance from the first, with a way to each.

    :param kinds: the actions that are looked at.
    :param most: so many states at most are expanded in a layer; a search that meets more is not complete.
    """

    scope: MessageScope
    messages: MessageDialect
    spaces: Dialect
    kinds: Collection[Kind] = tuple(Kind)
    most: int = 20_000
    complete: bool = True
    came: dict[State, tuple[State, int] | None] = field(default_factory=dict)

    @cached_property
    def steps(self) -> Steps:
        """The literal steps, compiled, of the telling calls."""
        from model.messages import compiled  # it imports numba, which takes a while

        calls = tuple(o for o in telling_calls(self.scope, self.messages) if o.kind in self.kinds)
        return Steps(self.scope, self.messages, self.spaces, calls, compiled.every_step)

    def layers(self, depth: int) -> Iterator[list[State]]:
        """The states at each distance, up to that one; a layer that is too large is none, and ends it."""
        layer = [self.steps.first]
        self.came = {self.steps.first: None}
        for distance in range(depth + 1):
            self.complete = len(layer) <= self.most
            if not layer or not self.complete:
                return
            yield layer
            layer = self._next(layer) if distance < depth else []

    def _next(self, layer: list[State]) -> list[State]:
        found = []
        for state in layer:
            statuses, later = self.steps.after(self.steps.rows([state]))
            for call, row in zip(np.flatnonzero(statuses[0] == DONE).tolist(), later, strict=True):
                key = row.tobytes()
                if key not in self.came:
                    self.came[key] = state, call
                    found.append(key)
        return found

    def way(self, state: State) -> tuple[Operation, ...]:
        """The operations that lead to a state."""
        operations: list[Operation] = []
        while (link := self.came[state]) is not None:
            state, call = link
            operations.insert(0, self.steps.tried[call])
        return tuple(operations)


@dataclass(frozen=True)
class LastStep:
    """One action as its formulas say, ready to be evaluated on many states and calls at once."""

    theory: Theory[Any]
    dialect: Dialect
    name: str
    actions: Actions[Any]

    @cached_property
    def action(self) -> Action[Any, Any]:
        """The action from the state before."""
        return self.actions[self.name](self.dialect)

    @cached_property
    def _compiled(self) -> tuple[Any, Any]:
        return compile_term(z3.And(z3.BoolVal(True), *self.action.guard.values())), compile_meaning(self.action.after)

    def calls(self, layers: MessageLayers) -> list[Operation]:
        """The telling calls of the action; with each name that can be claimed, if the action looks at that."""
        tried = [operation for operation in layers.steps.tried if operation.kind == Kind[self.name.upper()]]
        _, looked_at = symbols([*self.action.guard.values(), *_values(self.action.after)])
        if tried and tried[0].claimed < 0 and "claimed" in {symbol.name() for symbol in looked_at}:
            return [o._replace(claimed=ident) for o in tried for ident in range(layers.scope.ids)]
        return tried

    def taken(self, before: Structure, calls: Sequence[Operation]) -> Iterator[tuple[NDArray[np.int64], Structure]]:
        """The possible steps, some at a time: for each the place of its state and of its call; and all of them."""
        guard, meaning = self._compiled
        places = np.arange(before.batch * len(calls))
        numbers = np.array(calls, np.int64).reshape(len(calls), len(Operation._fields))
        for start in range(0, len(places), AT_ONCE):
            part = places[start : start + AT_ONCE]
            pairs = np.stack([part // len(calls), part % len(calls)], axis=1)
            structure = called_with(rows(before, pairs[:, 0]), numbers[pairs[:, 1]])
            possible = np.flatnonzero(guard(structure))
            if len(possible):
                done = rows(structure, possible)
                after = {name + AFTER: np.asarray(table) for name, table in meaning(done).items()}
                yield pairs[possible], done.with_symbols(**after)

    def differs(self, steps: Structure) -> NDArray[np.bool_]:
        """Return which steps, perhaps of a wrong action, are none of this action, or lead elsewhere than it does."""
        guard, meaning = self._compiled
        other = np.logical_not(guard(steps))
        for name, table in meaning(steps).items():
            unequal = (np.asarray(table) != steps.symbols[name + AFTER]).reshape(steps.batch, -1)
            other = np.logical_or(other, unequal.any(axis=1))
        return np.asarray(other, np.bool_)


def _values(state: Any) -> list[Any]:
    """The terms that an interpretation gives its symbols."""
    return [applied(state, name) for name in symbols_of(type(state))]


def rows(structure: Structure, chosen: NDArray[np.int64]) -> Structure:
    """Some structures of a batch, in that order."""
    symbols = {name: table[chosen] for name, table in structure.symbols.items()}
    return Structure(len(chosen), structure.sizes, symbols)


@dataclass(frozen=True)
class WrongStep:
    """A wrong action, the right one, and the obligations of which one may be broken where the two are not the same.

    There is no right one of an action that the canonical kernel has not.
    """

    wrong: LastStep
    right: LastStep | None
    obligations: Sequence[Obligation[Any, Any]]
    monitors: dict[str, Monitor] = field(default_factory=dict)

    def broken_from(self, layers: MessageLayers, layer: Sequence[State]) -> Broken | None:
        """A step from one of the states that breaks an obligation; of the obligations broken the first."""
        calls = self.wrong.calls(layers)
        if not calls or not layer:
            return None
        best: tuple[int, int, int, Structure] | None = None
        for pairs, steps in self.wrong.taken(structure_of(layers.steps.rows(layer), layers.scope), calls):
            other = np.arange(steps.batch) if self.right is None else np.flatnonzero(self.right.differs(steps))
            if len(other):
                best = self._first(pairs[other], rows(steps, other), best)
        if best is None:
            return None
        number, state, call, step = best
        return Broken(self.obligations[number], (*layers.way(layer[state]), calls[call]), step)

    def _first(
        self, pairs: NDArray[np.int64], steps: Structure, best: tuple[int, int, int, Structure] | None
    ) -> tuple[int, int, int, Structure] | None:
        """Of some steps the first that breaks an obligation which comes before that of the best so far."""
        for number, obligation in enumerate(self.obligations[: len(self.obligations) if best is None else best[0]]):
            if obligation.id not in self.monitors:
                self.monitors[obligation.id] = Monitor(obligation, self.wrong.dialect)
            broken = np.flatnonzero(np.logical_not(self.monitors[obligation.id].holds(steps)))
            if len(broken):
                row = int(broken[0])
                return number, int(pairs[row, 0]), int(pairs[row, 1]), rows(steps, broken[:1])
        return best


__all__ = [
    "TELLING",
    "Broken",
    "LastStep",
    "MessageLayers",
    "UnsupportedTermError",
    "WrongStep",
    "rows",
    "telling_calls",
]
