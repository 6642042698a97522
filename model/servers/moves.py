"""The moves of a system with a subsystem in it: those of outsiders, and those of members by their rules."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from z3 import And, BoolRef, Not, Or

from model.messages.theory import BY_KERNEL
from model.messages.vocabulary import Call, Machine
from model.running.z3_terms import read, subterms
from model.servers.description import Do, Named, Subsystem, ghosts_of, mistake, symbols_in
from model.servers.shape import takes
from model.signature import Formula, Term, symbols_of
from model.spaces.dialect import Dialect
from model.spaces.vocabulary import Action

FOR_ANYBODY = tuple(name for name in BY_KERNEL if name != "page_fault")
"""The actions of the kernel that befall members too, whatever their rules are."""


def from_state(make: Callable[..., Action[Any, Any]], before: Any) -> Callable[..., Action[Any, Any]]:
    """The action, from a state of the subsystem's theory unless another is given."""

    def made(dialect: Dialect, s: Any = before, *called: Any) -> Action[Any, Any]:
        return make(dialect, s, *called)

    return made


def by_outsiders(
    kind: type[Subsystem], name: str, make: Callable[..., Action[Any, Any]], rigid: Any
) -> Callable[..., Action[Any, Any]]:
    """An action of the kernel, by those who are no members."""

    def made(dialect: Dialect, s: Any, *called: Any) -> Action[Any, Any]:
        action = make(dialect, s, *called)
        if name in FOR_ANYBODY:
            return action
        outside = {"an outsider acts": Not(are_members(kind, s, rigid, s.space(action.called.actor)))}
        return replace(action, guard={**action.guard, **outside})

    return made


def are_members(kind: type[Subsystem], state: Any, rigid: Any, space: Term) -> Formula:
    """Whether the space is the subsystem's."""
    return formula_of(kind, kind.members, "members", kind(state, rigid).members(space))


def formula_of(kind: type[Subsystem], where: Any, what: str, value: Any) -> Formula:
    """The formula that a method returned.

    :raises DescriptionError: it is none.
    """
    if not isinstance(value, BoolRef):
        raise mistake(kind, where, f"{what} is a {type(value).__name__}, no formula; combine formulas by And, Or, Not")
    for name, sort in _bound_in(value):
        if _constants(kind).get(name) == sort:
            raise mistake(
                kind, where, f"{what} binds {name}, which is a constant of this sort as well; bind another variable"
            )
    return value


@cache
def _named(kind: Any) -> Mapping[str, str]:
    vocabularies = (symbols_in(kind), symbols_of(Machine), symbols_of(Call))
    return {
        name: symbol.result.name()
        for symbols in vocabularies
        for name, symbol in symbols.items()
        if not symbol.arguments
    }


def _constants(kind: type[Subsystem]) -> Mapping[str, str]:
    """The constants that formulas speak of, each with its sort: a variable of both would be the same."""
    return _named(kind)  # type: ignore[arg-type]


def _bound_in(formula: Formula) -> list[tuple[str, str]]:
    """The variables that the formula binds somewhere, each with its sort."""
    terms = subterms([read(formula)])
    return [(name, sort.name()) for term in terms for name, sort in zip(term.names, term.bound, strict=True)]


def formulas_of(kind: type[Subsystem], where: Any, what: str, values: Any) -> Named:
    """The formulas that a method returned, by name.

    :raises DescriptionError: they are none.
    """
    if not isinstance(values, Mapping):
        raise mistake(kind, where, f"{what} is a {type(values).__name__}; write a dict of formulas by name")
    return {str(name): formula_of(kind, where, f"{what} {name}", value) for name, value in values.items()}


def by_members(
    kind: type[Subsystem], name: str, method: Callable[..., Do], make: Callable[..., Action[Any, Any]], rigid: Any
) -> Callable[..., Action[Any, Any]]:
    """An action of the kernel, by members that follow a rule."""

    def made(dialect: Dialect, s: Any, *called: Any) -> Action[Any, Any]:
        action = make(dialect, s, *called)
        do = method(kind(s, rigid), action.called)
        if not isinstance(do, Do):
            raise mistake(kind, method, f"{name} returns a {type(do).__name__}; return when(...)")
        conditions = {
            f"{name}: {said.replace('_', ' ')}": f for said, f in formulas_of(kind, method, name, do.conditions).items()
        }
        conditions["a member acts"] = are_members(kind, s, rigid, s.space(action.called.actor))
        after = replace(action.after, **_noted(kind, method, name, s, do))
        return replace(action, name=name, guard={**action.guard, **conditions}, after=after)

    return made


def _noted(kind: type[Subsystem], method: Any, name: str, s: Any, do: Do) -> dict[str, Callable[..., Formula]]:
    """What a rule makes of the ghosts."""
    ghosts = ghosts_of(kind)
    for given in (*do.adds, *do.removes):
        if given not in ghosts:
            known = ", ".join(ghosts) or "none is declared"
            raise mistake(kind, method, f"{name}: no ghost {given!r}; known are: {known}")
    for ghost, values in do.adds.items():
        sorts = tuple(value.sort() for value in values) if isinstance(values, tuple) else None
        if sorts != ghosts[ghost].sorts and not callable(values):
            raise mistake(
                kind,
                method,
                f"{name}: {ghost} is a relation on {ghosts[ghost].kind}; give it a tuple of these, or a predicate",
            )
    check_predicates(kind, method, name, do)

    def added(ghost: str, arguments: tuple[Term, ...]) -> Formula:
        values = do.adds[ghost]
        if callable(values):
            return formula_of(kind, method, f"{name} {ghost}", values(*arguments))
        return And(*(one == other for one, other in zip(arguments, values, strict=True)))

    def changed(ghost: str) -> Callable[..., Formula]:
        def then(*arguments: Term) -> Formula:
            value = getattr(s, ghost)(*arguments)
            if ghost in do.removes:
                value = And(value, Not(do.removes[ghost](*arguments)))
            return Or(value, added(ghost, arguments)) if ghost in do.adds else value

        return then

    return {ghost: changed(ghost) for ghost in {*do.adds, *do.removes}}


def check_predicates(kind: type[Subsystem], method: Any, name: str, do: Do) -> None:
    """What a rule notes or strikes by a predicate can be asked of the ghost's arguments.

    :raises DescriptionError: it cannot.
    """
    for ghost, symbol in ghosts_of(kind).items():
        asked: list[Any] = [do.removes[ghost]] if ghost in do.removes else []
        asked += [do.adds[ghost]] if callable(do.adds.get(ghost)) else []
        for told in asked:
            if not callable(told) or not takes(told, len(symbol.arguments)):
                form = f"lambda {', '.join(map(str, symbol.arguments))}: ..."
                raise mistake(kind, method, f"{name}: {ghost} is a relation on {symbol.kind}; write {form}")
