"""Reliance: a subsystem takes for granted what others guarantee, and so has to be proved beside them.

What is relied on is the invariant object of the other's theory, the one that is proved there, under the other's name.
Its constants are the same in both: who relies on a manager speaks of that manager. A circle of reliance proves nothing,
since each would hold because the other does; so it is refused, and guarantees may be assumed of the state after a step
too.

A space may be a member of both. Then what the one lets it do, the other has to let it do as well: otherwise the
guarantee would be broken by who relies on it. That is shown without assuming the guarantee of the state after.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from z3 import And, BoolVal, Implies, Or

from model.messages.vocabulary import Call
from model.running.z3_terms import read, subterms
from model.servers.description import Ghost, Role, Subsystem, ghosts_of, marked, mistake, symbols_in
from model.signature import Formula, Symbol, applied
from model.spaces.dialect import Dialect
from model.spaces.invariants import Invariant
from model.spaces.vocabulary import Action
from model.theory import Theory


class Described(Protocol):
    """The interface to a description's theory that reliance asks for."""

    @property
    def kind(self) -> type[Subsystem]:
        """The description."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def theory(self) -> Theory[Any]:
        """What everybody can do beside it."""

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What it assumes, by name."""

    @property
    def guarantees(self) -> tuple[str, ...]:
        """What it guarantees, by name."""


def others_of(kind: type[Subsystem]) -> tuple[type[Subsystem], ...]:
    """All that it relies on, directly or not, each before those that rely on it.

    :raises DescriptionError: it relies on itself by a circle, or on what is no subsystem.
    """
    found: dict[type[Subsystem], None] = {}

    def visit(each: type[Subsystem], way: tuple[type[Subsystem], ...]) -> None:
        if each in way:
            circle = " relies on ".join(one.__name__ for one in (*way[way.index(each) :], each))
            raise mistake(kind, kind, f"{circle}: what rests on itself is proved by nothing; leave one of them out")
        for other in _relied(each):
            visit(other, (*way, each))
        found.setdefault(each)

    visit(kind, ())
    return tuple(each for each in found if each is not kind)


def _relied(kind: type[Subsystem]) -> tuple[type[Subsystem], ...]:
    if not isinstance(kind.relies, tuple):
        said = f"relies is a {type(kind.relies).__name__}; write a tuple of descriptions, as in relies = (Pager,)"
        raise mistake(kind, kind, said)
    for other in kind.relies:
        if not (isinstance(other, type) and issubclass(other, Subsystem)):
            raise mistake(kind, kind, f"{kind.__name__} relies on {other!r}, which is no subsystem; name a description")
    return kind.relies


def check_symbols(kind: type[Subsystem]) -> None:
    """Check that a name which several descriptions declare stands for one thing.

    :raises DescriptionError: it is of different sorts, or a ghost in one of them.
    """
    own = symbols_in(kind)
    for other in kind.relies:
        for name, symbol in symbols_in(other).items():
            mine = own.get(name)
            if isinstance(symbol, Ghost) and mine is not None:
                said = f"{name} is a ghost of {other.__name__}, which this relies on"
                raise mistake(kind, kind, f"{said}; choose another name")
            sorts = (symbol.sorts, symbol.result, False)
            if mine is not None and (mine.sorts, mine.result, isinstance(mine, Ghost)) != sorts:
                said = f"{name} is {_kind(symbol)} in {other.__name__}, which this relies on, and {_kind(mine)} here"
                raise mistake(kind, kind, f"{said}; choose another name")


def _kind(symbol: Symbol) -> str:
    return f"a relation on {symbol.kind}" if symbol.is_relation else f"a {symbol.kind}"


def relied_invariants(kind: type[Subsystem], of: Described) -> Iterator[tuple[str, Invariant[Any]]]:
    """What a subsystem guarantees and assumes, for those that rely on it, by the name under which it is assumed.

    :raises DescriptionError: nothing of it can be relied on.
    """
    ghosts = {applied(of.theory.before, name).decl() for name in ghosts_of(of.kind)}
    found = False
    for name in (*of.assumptions, *of.guarantees):
        invariant = of.theory.invariants[name]
        terms = subterms([read(invariant.formula(of.theory.before))])
        if ghosts.isdisjoint(term.declaration for term in terms):
            found = found or name in of.guarantees
            yield within(of.name, name), replace(invariant, name=within(of.name, name))
    if not found:
        said = f"{of.name} guarantees nothing but of its ghosts, which {kind.__name__} cannot see; rely on another"
        raise mistake(kind, kind, said)


class _WithGhosts:
    """A state of who relies on a subsystem, as that sees it: of its ghosts nothing is known."""

    def __init__(self, state: Any, of: Described) -> None:
        self._state = state
        for name, symbol in ghosts_of(of.kind).items():
            setattr(self, name, symbol.named(f"{name} of {of.name}"))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._state, name)


def follows(other: Described, action: str, rigid: Any) -> Callable[[Any, Any, Call], Formula]:
    """Say that a step follows a rule of the other subsystem, if its actor is a member there."""
    rules = [method for mark, method in marked(other.kind, Role.RULE).values() if mark.moves[0] == action]

    def goal(before: Any, after: Any, call: Call) -> Formula:
        seen = other.kind(_WithGhosts(before, other), rigid)
        ways = [And(BoolVal(True), *method(seen, call).conditions.values()) for method in rules]
        return Implies(seen.members(before.space(call.actor)), Or(BoolVal(False), *ways))

    return goal


def within(subsystem: str, name: str) -> str:
    """What an invariant or an obligation of a subsystem is called among those of others.

    >>> within("Pager", "coloured")
    'Pager.coloured'
    """
    return f"{subsystem}.{name}"


def keeping(
    make: Callable[..., Action[Any, Any]], relied: Mapping[str, Invariant[Any]], first: Any = None
) -> Callable[..., Action[Any, Any]]:
    """The action, where what is relied on holds afterwards: others keep what they guarantee.

    :param first: the state before, unless another is given, if what is relied on is to hold before instead.
    """

    def made(dialect: Dialect, *called: Any) -> Action[Any, Any]:
        action = make(dialect, *called)
        state = action.after if first is None else called[0] if called else first
        kept = And(*(each.formula(state) for each in relied.values()))
        return replace(action, guard={**action.guard, "what is relied on is kept": kept})

    return made
