"""Random runs of a theory on a machine of a given size: its formulas executed, nothing written twice.

Two sides meet at a rendezvous only if a partner is drawn from who waits, so calls are drawn near to what is possible;
and a run says how often each action was taken, since one that was never taken is no evidence.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import z3
from numpy.typing import NDArray

from model.running.evaluate import Structure, compile_term
from model.signature import Formula, Symbol, applied, symbols_of
from model.spaces.dialect import Dialect
from model.theory import Theory
from proofs.engines.terms.expanded import TRUE, Expansion

BATCH = 1024  # calls drawn at once

Fits = Callable[[str, Mapping[str, NDArray[Any]]], NDArray[Any]]
"""Which of some calls of an action may be made at all, whatever the state is."""

Draw = Callable[[Structure, np.random.Generator, int], Mapping[str, NDArray[Any]]]
"""So many calls that are likely to be possible in a state: values for some parameters."""


class NoBeginningError(ValueError):
    """No first state of a theory fits on the machine."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A run that was taken: its actions, and the invariants that do not hold at its end."""

    actions: tuple[str, ...]
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A step: its action, the state before with what the action was called with, and the state after."""

    action: str
    called: Structure
    after: Structure


@dataclass(slots=True)
class Walker:
    """A theory compiled for a machine of a size.

    :param checked: the invariants to check after each step.
    :param costs: how much rarer than others some actions are to be.
    :param lively: what first states are to have, that something can happen.
    :param draw: what draws calls.
    :param given: the first state, if it is not to be looked for.
    :param fits: the calls that may be made; by default all.
    :raises NoBeginningError: the machine is too small for a first state.
    """

    theory: Theory[Any]
    dialect: Dialect
    sizes: Mapping[str, int]
    checked: Sequence[str]
    draw: Draw
    costs: Mapping[str, float] = field(default_factory=dict)
    lively: Sequence[Formula] = ()
    given: Structure | None = None
    fits: Fits | None = None
    first: Structure = field(init=False)
    _guards: dict[str, Any] = field(init=False)
    _after: dict[str, dict[str, Any]] = field(init=False)
    _invariants: dict[str, Any] = field(init=False)
    _called: Mapping[str, Symbol] = field(init=False)

    def __post_init__(self) -> None:
        """Find a first state, and compile the moves."""
        self.first = self.given or self._beginning()
        self._guards, self._after = {}, {}
        before = self.theory.before
        for name, make in self.theory.actions.items():
            made = make(self.dialect)
            self._called = symbols_of(type(made.called))
            self._guards[name] = compile_term(z3.And(z3.BoolVal(True), *made.guard.values()))
            self._after[name] = {
                symbol: compile_term(applied(made.after, symbol), declared.arguments)
                for symbol, declared in self.theory.state.items()
                if getattr(made.after, symbol) is not getattr(before, symbol)
            }
        self._invariants = {name: compile_term(self.theory.invariants[name].formula(before)) for name in self.checked}

    def walk(self, seed: int, length: int) -> Walk:
        """A run of up to so many steps; it ends where an invariant does not hold."""
        source = np.random.default_rng(seed)
        state, taken = self.first, list[str]()
        for _ in range(length):
            found = self.step(state, Counter(taken), source)
            if found is None:
                break
            state = found.after
            taken.append(found.action)
            broken = self.broken(state)
            if broken:
                return Walk(tuple(taken), broken)
        return Walk(tuple(taken), ())

    def broken(self, state: Structure) -> tuple[str, ...]:
        """The invariants that do not hold of a state."""
        return tuple(name for name, holds in self._invariants.items() if not holds(state)[0])

    def step(
        self, state: Structure, counts: Counter[str], source: np.random.Generator, first: str = ""
    ) -> Taken | None:
        """A possible call of an action, seldom taken ones first, and the state after; none if none was drawn.

        :param first: an action that is taken if it is possible, however often it was.
        """
        near, wild = self.draw(state, source, BATCH), source.integers(0, 2, BATCH) == 0
        calls = {name: self._values(symbol, source) for name, symbol in self._called.items()}
        for name, drawn in near.items():
            calls[name] = np.where(wild[:, None] if drawn.ndim > 1 else wild, calls[name], drawn)
        tables = {name: np.broadcast_to(table, (BATCH, *table.shape[1:])) for name, table in state.symbols.items()}
        batch = Structure(BATCH, dict(self.sizes), {**tables, **calls})
        seldom = sorted(
            self.theory.actions,
            key=lambda name: (name != first, self.costs.get(name, 1) * (counts[name] + 2 * source.random())),
        )
        for name in seldom:
            fitting = self.fits(name, calls) if self.fits else True
            possible = np.flatnonzero(self._guards[name](batch) & fitting)
            if possible.size:
                row = int(source.choice(possible))
                one = state.with_symbols(**{key: table[row : row + 1] for key, table in calls.items()})
                after = {symbol: np.array(run(one)) for symbol, run in self._after[name].items()}
                return Taken(name, one, state.with_symbols(**after))
        return None

    def _values(self, symbol: Symbol, source: np.random.Generator) -> NDArray[Any]:
        """So many values of a parameter at random; sets are empty, whole, or of one."""
        if symbol.arguments:
            size = self.sizes[symbol.sorts[0].name()]
            kind, single = source.integers(0, 4, (BATCH, 1)), source.integers(0, size, (BATCH, 1))
            return np.asarray((kind == 0) | ((kind > 1) & (np.arange(size) == single)))
        return source.integers(0, self.sizes[symbol.result.name()], BATCH)

    def _beginning(self) -> Structure:
        theory, before = self.theory, self.theory.before
        formulas: dict[str, Formula] = {}
        for invariant in theory.invariants.values():
            formulas |= theory.initial(before, invariant)
        expansion = Expansion(self.sizes)
        try:
            for formula in (*formulas.values(), *self.lively):
                expansion.state(formula)
            true = expansion.solve(TRUE, 60.0)
            if not true:
                raise NoBeginningError(f"{theory.name}: no first state fits on a machine with {dict(self.sizes)}")
            declared = [
                applied(part, name).decl() for part in (before, theory.rigid) for name in symbols_of(type(part))
            ]
            return expansion.structure(true, declared)
        finally:
            expansion.close()


def taken(walks: Sequence[Walk], actions: Sequence[str]) -> dict[str, int]:
    """Return the number of times each action was taken in some walks; 0 for those that never were."""
    counts = Counter(action for walk in walks for action in walk.actions)
    return {action: counts[action] for action in actions}
