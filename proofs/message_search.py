"""Search of scopes with threads for a wrong step: every state that the literal model reaches, nearest first.

The steps on the way are the literal model's. The last one is what the formulas of an action say, a wrong action perhaps,
and the obligation's own formula says whether it is broken. So a fault that no table of the model can hold still has a
trace: what it leaves behind is a structure, and nothing is done after it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import z3
from numpy.typing import NDArray

from model.messages import compiled
from model.messages.abstraction import called_with, structure_of
from model.messages.operation import Kind, Operation
from model.messages.readings import MessageDialect
from model.messages.scope import MessageScope, set_of
from model.messages.steps import State, Steps, operations_of
from model.running.evaluate import Structure, UnsupportedTermError, compile_meaning, compile_term
from model.scope import ALL_RIGHTS
from model.spaces.abstraction import AFTER
from model.spaces.dialect import Dialect
from model.spaces.literal import DONE
from model.spaces.vocabulary import Action
from model.theory import Actions, Theory
from proofs.obligation import Obligation, Step

AT_ONCE = 4096  # steps evaluated together
SOME_RIGHTS = 2  # without r and x, so that a right can be missed

WITH_PAGE = (Kind.SEND_MAP, Kind.SEND_GRANT)

TELLING = "a thread waits for nobody, for one or for anybody, and opens no page, one, or all of a space"
"""Which calls are tried, in words."""


def telling_calls(scope: MessageScope, dialect: MessageDialect) -> tuple[Operation, ...]:
    """Every call, but of the sets that a thread waits for, and of windows, only those that :data:`TELLING` says."""
    everybody, pages = set_of(*range(scope.ids)), range(scope.pages)
    willing = tuple(dict.fromkeys((0, *(set_of(i) for i in range(scope.ids)), everybody)))
    spaces = (set_of(*(scope.slot(space, page) for page in pages)) for space in range(scope.spaces))
    opens = tuple(dict.fromkeys((0, *(set_of(x) for x in range(scope.slots)), *spaces)))
    others = [kind for kind in Kind if kind not in WITH_PAGE]
    rights = (ALL_RIGHTS, SOME_RIGHTS)
    return (
        *operations_of(scope, dialect, (ALL_RIGHTS,), others, willing=willing, opens=opens, keeps=(0,)),
        *operations_of(scope, dialect, rights, WITH_PAGE, willing=(0, everybody), opens=opens),
    )


@dataclass(frozen=True, slots=True)
class Broken:
    """A run that ends in a step that breaks an obligation: the operations, and the state after the last of them."""

    obligation: Obligation[Any, Any]
    operations: tuple[Operation, ...]
    after: Structure


@dataclass
class MessageLayers:
    """The states of a scope with threads in the order of their distance from the first, with a way to each.

    :param most: so many states at most are expanded in a layer; a search that meets more is not complete.
    """

    scope: MessageScope
    messages: MessageDialect
    spaces: Dialect
    most: int = 20_000
    complete: bool = True
    came: dict[State, tuple[State, int] | None] = field(default_factory=dict)

    @cached_property
    def steps(self) -> Steps:
        """The literal steps, compiled, of the telling calls."""
        calls = telling_calls(self.scope, self.messages)
        return Steps(self.scope, self.messages, self.spaces, calls, compiled.every_step)

    def layers(self, depth: int) -> Iterator[list[State]]:
        """The states at each distance, up to that one."""
        layer = [self.steps.first]
        self.came = {self.steps.first: None}
        for distance in range(depth + 1):
            yield layer
            if len(layer) > self.most:
                self.complete = False
                return
            layer = self._next(layer) if distance < depth else []
            if not layer:
                return

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

    def taken(self, before: Structure, calls: Sequence[Operation]) -> Iterator[tuple[NDArray[np.int64], Structure]]:
        """The possible steps, some at a time: for each the place of its state and of its call; and all of them."""
        guard, meaning = self._compiled
        places = np.arange(before.batch * len(calls)).reshape(before.batch, len(calls))
        pairs = np.stack([places.ravel() // max(1, len(calls)), places.ravel() % max(1, len(calls))], axis=1)
        numbers = np.array(calls, np.int64).reshape(len(calls), len(Operation._fields))
        for start in range(0, len(pairs), AT_ONCE):
            part = pairs[start : start + AT_ONCE]
            structure = called_with(rows(before, part[:, 0]), numbers[part[:, 1]])
            possible = np.flatnonzero(guard(structure))
            if len(possible):
                done = rows(structure, possible)
                after = {name + AFTER: np.asarray(table) for name, table in meaning(done).items()}
                yield part[possible], done.with_symbols(**after)


def rows(structure: Structure, chosen: NDArray[np.int64]) -> Structure:
    """Some structures of a batch, in that order."""
    symbols = {name: table[chosen] for name, table in structure.symbols.items()}
    return Structure(len(chosen), structure.sizes, symbols)


def state_after(structure: Structure, theory: Theory[Any], row: int) -> Structure:
    """One state after a step, as a state of its own: what the action did not give a value is as it was."""
    own = {name: table[row : row + 1] for name, table in structure.symbols.items() if not name.endswith(AFTER)}
    later = {name: structure.symbols[name + AFTER][row : row + 1] for name in theory.state}
    return Structure(1, structure.sizes, {**own, **later})


def breaking(last: LastStep, obligation: Obligation[Any, Any], steps: Structure) -> NDArray[np.bool_]:
    """Which of some steps break an obligation, for some interpretation of what it leaves free."""
    step = Step(last.dialect, last.theory.before, last.theory.after(AFTER), last.action.called)
    wrong = z3.And(*obligation.assumptions(step).values(), z3.Not(obligation.goal(step)))
    evaluate = _compile(wrong)
    found = np.zeros(steps.batch, bool)
    for interpreted in interpretations(steps, obligation.free):
        found = np.logical_or(found, evaluate(interpreted))
    return found


_COMPILED: dict[int, tuple[Any, Any]] = {}


def _compile(term: Any) -> Any:
    """Compile a formula once, however often it is asked for."""
    if term.get_id() not in _COMPILED:
        _COMPILED[term.get_id()] = term, compile_term(term)  # the term is kept, and so its number is its own
    return _COMPILED[term.get_id()][1]


def interpretations(steps: Structure, free: Sequence[Any]) -> Iterator[Structure]:
    """The steps with each interpretation of some sets of spaces and constants."""
    choices: list[list[Any]] = []
    for symbol in free:
        if isinstance(symbol, z3.FuncDeclRef):
            size = steps.sizes[symbol.domain(0).name()]
            choices.append([np.array(chosen) for chosen in product((False, True), repeat=size)])
        else:
            choices.append([np.array(element) for element in range(steps.sizes[symbol.sort().name()])])
    names = [symbol.name() if isinstance(symbol, z3.FuncDeclRef) else symbol.decl().name() for symbol in free]
    for chosen in product(*choices):
        tables = {n: np.broadcast_to(v, (steps.batch, *v.shape)) for n, v in zip(names, chosen, strict=True)}
        yield steps.with_symbols(**tables)


def shortest_break(
    layers: MessageLayers, lasts: Sequence[tuple[LastStep, Sequence[Obligation[Any, Any]]]], depth: int
) -> Broken | None:
    """The first of the nearest steps that break one of the obligations about their action; of several the first.

    :param depth: the most steps.
    """
    calls = {last.name: _calls_of(layers.steps.tried, last.name) for last, _ in lasts}
    for layer in layers.layers(depth - 1):
        if len(layer) > layers.most:
            continue
        before = structure_of(layers.steps.rows(layer), layers.scope)
        for last, obligations in lasts:
            found = _first_broken(last, obligations, before, calls[last.name])
            if found is not None:
                obligation, state, call, after = found
                return Broken(obligation, (*layers.way(layer[state]), calls[last.name][call]), after)
    return None


def _calls_of(tried: Sequence[Operation], action: str) -> list[Operation]:
    return [operation for operation in tried if operation.kind == Kind[action.upper()]]


def _first_broken(
    last: LastStep, obligations: Sequence[Obligation[Any, Any]], before: Structure, calls: Sequence[Operation]
) -> tuple[Obligation[Any, Any], int, int, Structure] | None:
    """Of the steps that break something the first that breaks the first of the obligations that any step breaks."""
    best: tuple[int, int, int, Structure] | None = None
    for pairs, steps in last.taken(before, calls):
        for number, obligation in enumerate(obligations):
            if best is not None and number >= best[0]:
                break
            wrong = np.flatnonzero(breaking(last, obligation, steps))
            if len(wrong):
                row = int(wrong[0])
                best = number, int(pairs[row, 0]), int(pairs[row, 1]), state_after(steps, last.theory, row)
    return None if best is None else (obligations[best[0]], *best[1:])


__all__ = [
    "TELLING",
    "Broken",
    "LastStep",
    "MessageLayers",
    "UnsupportedTermError",
    "breaking",
    "interpretations",
    "shortest_break",
    "telling_calls",
]
