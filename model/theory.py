"""Theories as values: what they speak of, their actions, their invariants and their first states.

That of Appendix A is one of them, and another extends it (:func:`extended`): by symbols of the state, which the base's
actions then leave alone, by actions, by invariants. All that is proved, searched or typeset is given a theory.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypeVar

from model.running.evaluate import Structure, compile_term
from model.scope import Scope
from model.signature import Formula, Symbol, Vocabulary, fresh, symbols_of
from model.spaces import invariants as spaces
from model.spaces import literal
from model.spaces.abstraction import structure_of
from model.spaces.dialect import CANONICAL, Dialect, GrantedChildren, Readings
from model.spaces.invariants import INVARIANTS, Invariant
from model.spaces.operation import SPACES_THEORY
from model.spaces.theory import ACTIONS
from model.spaces.vocabulary import Action, Rigid, S, State, before

Actions: TypeAlias = Mapping[str, Callable[..., Action[S, Any]]]
"""By name what makes each action: given a dialect, and perhaps a state to start from and what it is called with."""

S2 = TypeVar("S2", bound=Vocabulary, default=State)


class Initial(Protocol[S]):
    """What holds of every first state, by name; given an invariant, as far as it can be assumed beside that."""

    def __call__(self, state: Any, invariant: Invariant[S], /) -> dict[str, Formula]:
        """The formulas about the state."""


def always(readings: Readings) -> bool:
    """Whatever the readings are."""
    return True


def offers_grant(readings: Readings) -> bool:
    """The dialect has a grant."""
    return readings.granted_children != GrantedChildren.NO_GRANT


@dataclass(frozen=True, slots=True, eq=False)
class Theory(Generic[S]):
    """A transition system in first-order logic.

    :param name: what it is called.
    :param before: the symbols of the state before a step; their vocabulary is the theory's.
    :param rigid: the symbols that no action changes.
    :param actions: what makes each action.
    :param invariants: what is to hold in every reachable state.
    :param initial: what holds of every first state.
    :param start: the first state of a scope that a search begins with; none if nothing is to be searched.
    :param offered: for some actions, which dialects have them.
    :param base: the theory that it extends.
    """

    name: str
    before: S
    rigid: Vocabulary
    actions: Actions[S]
    invariants: Mapping[str, Invariant[S]]
    initial: Initial[S]
    start: Callable[[Scope], Structure] | None = None
    offered: Mapping[str, Callable[[Readings], bool]] = field(default_factory=dict)
    base: "Theory[Any] | None" = None

    @property
    def state(self) -> Mapping[str, Symbol]:
        """The symbols of its state, by name."""
        return symbols_of(type(self.before))

    @property
    def symbols(self) -> Mapping[str, Symbol]:
        """All symbols that its formulas use: of the state, rigid ones, and parameters of actions.

        :raises TypeError: one name stands for symbols of different sorts.
        """
        made = (make(CANONICAL) for make in self.actions.values())
        found: dict[str, Symbol] = {}
        for part in (self.before, self.rigid, *(action.called for action in made)):
            for name, symbol in symbols_of(type(part)).items():
                other = found.setdefault(name, symbol)
                if (other.sorts, other.result) != (symbol.sorts, symbol.result):
                    raise TypeError(f"{name} stands for a {other.kind} and for a {symbol.kind}; give one another name")
        return MappingProxyType(found)

    def offers(self, action: str) -> Callable[[Readings], bool]:
        """Whether a dialect with some readings has the action."""
        return self.offered.get(action, always)

    def beside(self, invariant: Invariant[S]) -> tuple[str, ...]:
        """The invariants that can be assumed beside one without leaving the decidable fragment, itself included."""
        return spaces.together_with(invariant, self.invariants.values())

    def after(self, suffix: str) -> S:
        """Symbols of their own for the state after a step, or for that of another run."""
        return fresh(type(self.before), suffix)

    def first(self, scope: Scope) -> Structure | None:
        """The state of a scope that a search begins with, checked to be a first state.

        :raises ValueError: it is none.
        """
        structure = self.start(scope) if self.start else None
        if structure is not None:
            for invariant in self.invariants.values():
                for name, formula in self.initial(self.before, invariant).items():
                    if not compile_term(formula)(structure)[0]:
                        raise ValueError(f"{self.name}: the state that a search begins with is no first one: {name}")
        return structure


def extended(
    base: Theory[S],
    name: str,
    *,
    state: type[S2] | None = None,
    rigid: type[Vocabulary] | None = None,
    actions: Actions[Any] | None = None,
    invariants: Iterable[Invariant[Any]] = (),
    initial: Callable[[S2], dict[str, Formula]] | None = None,
    start: Callable[[Scope], Structure] | None = None,
) -> Theory[Any]:
    """A theory with all that the base has, and more.

    :param state: the vocabulary of its state, a subclass of the base's: what it adds, the base's actions leave alone.
    :param rigid: the vocabulary of what no action changes, a subclass of the base's.
    :param actions: further actions.
    :param invariants: further invariants.
    :param initial: what holds of first states beside what the base says.
    :param start: the state that a search begins with; by default the base's, in which no added relation holds.
    :raises TypeError: a vocabulary is no subclass of the base's, or a name is taken.
    """
    for what, kind, above in (("state", state, type(base.before)), ("rigid", rigid, type(base.rigid))):
        if kind is not None and not issubclass(kind, above):
            raise TypeError(
                f"{name}: the {what} {kind.__name__} does not extend {above.__name__}; write it as a subclass"
            )
    added, more = dict(actions or {}), {invariant.name: invariant for invariant in invariants}
    for taken in (*(added.keys() & base.actions.keys()), *(more.keys() & base.invariants.keys())):
        raise TypeError(f"{name}: {base.name} has {taken} already; choose another name")
    symbols: Any = fresh(state) if state else base.before
    fixed = fresh(rigid) if rigid else base.rigid

    def lifted(make: Callable[..., Action[Any, Any]]) -> Callable[..., Action[Any, Any]]:
        def made(dialect: Dialect, s: Any = symbols, *called: Any) -> Action[Any, Any]:
            return make(dialect, s, *called)

        return made if state else make

    def all_initial(s: Any, invariant: Invariant[Any], /) -> dict[str, Formula]:
        return {**base.initial(s, invariant), **(initial(s) if initial else {})}

    new = {
        name: symbol
        for of in (symbols, fixed)
        for name, symbol in symbols_of(type(of)).items()
        if name not in symbols_of(type(base.before)) and name not in symbols_of(type(base.rigid))
    }

    def empty(scope: Scope) -> Structure:
        assert base.start is not None
        structure = base.start(scope)
        return structure.with_symbols(**{name: _nothing(symbol, structure) for name, symbol in new.items()})

    has_start = base.start is not None and start is None
    return replace(
        base,
        name=name,
        before=symbols,
        rigid=fixed,
        actions=MappingProxyType({**{key: lifted(make) for key, make in base.actions.items()}, **added}),
        invariants=MappingProxyType({**base.invariants, **more}),
        initial=all_initial,
        start=empty if has_start and _knows_sorts(base, new.values()) else start,
        base=base,
    )


def _knows_sorts(base: Theory[Any], symbols: Iterable[Symbol]) -> bool:
    """Whether all sorts of the symbols are sorts of the base, so that a search knows how many elements they have."""
    known = {sort for symbol in base.symbols.values() for sort in (*symbol.sorts, symbol.result)}
    return all(
        {*symbol.sorts, symbol.result} <= known or (symbol.is_relation and set(symbol.sorts) <= known)
        for symbol in symbols
    )


def _nothing(symbol: Symbol, structure: Structure) -> NDArray[Any]:
    """The table of a relation that holds of nothing, or of a function whose value is the first element everywhere."""
    shape = (structure.batch, *(structure.sizes[sort.name()] for sort in symbol.sorts))
    return np.zeros(shape, bool if symbol.is_relation else np.int64)


def _initial(state: State, invariant: Invariant, /) -> dict[str, Formula]:
    """What Appendix A says of σ0, with the one of two parts that can be assumed beside an invariant (A.sigma0)."""
    more = spaces.live_holds_a_frame if invariant.names_some_frame else spaces.every_frame_is_held
    return {**spaces.initial(state), **more(state)}


APPENDIX_A: Theory[State] = Theory(
    name=SPACES_THEORY,
    before=before,
    rigid=fresh(Rigid),
    actions=MappingProxyType(ACTIONS),
    invariants=MappingProxyType(INVARIANTS),
    initial=_initial,
    start=lambda scope: structure_of([literal.initial(scope)], scope),
    offered=MappingProxyType({"grant": offers_grant}),
)
"""The model of Appendix A, with the readings of Appendix B."""
