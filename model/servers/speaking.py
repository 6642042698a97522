"""Check what a description's formulas speak of: the states and call they are given, and what never changes.

A symbol of another origin would be the same in the state before and after, so that what is said of it is kept by every
move, and a variable that nothing binds is one element rather than all. Both would be proved, and neither is meant.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import z3

from model.messages.vocabulary import Call, p
from model.running.z3_terms import read, subterms
from model.servers.description import Do, Role, Subsystem, ghosts_of, marked, mistake
from model.servers.moves import are_members, check_predicates, formula_of, formulas_of
from model.signature import Formula, Vocabulary, applied, fresh, symbols_of
from model.spaces.dialect import CANONICAL
from model.spaces.vocabulary import Action


def check_formulas(kind: type[Subsystem], before: Any, rigid: Any, makers: Mapping[str, Callable[..., Any]]) -> None:
    """Each formula speaks of what it is given alone, says the same each time, and members are the same in all states.

    :param makers: the kernel's actions, by name.
    :raises DescriptionError: one does not.
    """
    now, later, call = fresh(type(before), " now"), fresh(type(before), " later"), fresh(Call, " of the call")
    allowed = {*_symbols(now), *_symbols(later), *_symbols(call), *_symbols(rigid)}
    if not are_members(kind, now, rigid, p).eq(are_members(kind, later, rigid, p)):
        raise mistake(kind, kind.members, "members speaks of what changes; say it by constants, and relations declared")
    for where, what, formulas in _said(kind, rigid, makers):
        made = formulas(now, later, call)
        again = formulas(_wrapped(now), _wrapped(later), call)
        for formula, same in zip(made, again, strict=True):
            _check_symbols(kind, where, what, formula, allowed)
            if not formula.eq(same):
                raise mistake(kind, where, f"{what} says something else when it is asked again; say one thing")


def _said(
    kind: type[Subsystem], rigid: Any, makers: Mapping[str, Callable[..., Any]]
) -> Iterator[tuple[Any, str, Callable[[Any, Any, Call], list[Formula]]]]:
    """Each method, what it is called, and what it says of a state, a later one and a call."""
    yield kind.members, "members", lambda now, later, call: [are_members(kind, now, rigid, rigid.sigma0)]
    for what, method in (("assume", kind.assume), ("start", kind.start)):

        def named(now: Any, later: Any, call: Call, what: str = what) -> list[Formula]:
            seen = kind(now, rigid)
            values = seen.assume() if what == "assume" else seen.start()
            return list(formulas_of(kind, getattr(kind, what), what, values).values())

        yield method, what, named
    for name, (mark, method) in marked(kind, *Role).items():

        def one(
            now: Any, later: Any, call: Call, name: str = name, mark: Any = mark, method: Any = method
        ) -> list[Formula]:
            if mark.role == Role.RULE:
                return _of_rule(kind, method, name, method(kind(now, rigid), _called(makers[mark.moves[0]], now, call)))
            step = (kind(later, rigid), call) if mark.role == Role.ENSURES else ()
            return [formula_of(kind, method, name, method(kind(now, rigid), *step))]

        yield method, name, one


def _called(make: Callable[..., Action[Any, Any]], state: Any, call: Call) -> Any:
    return make(CANONICAL, state, call).called


def _of_rule(kind: type[Subsystem], where: Any, what: str, do: Any) -> list[Formula]:
    """The conditions of a rule, and what it notes and strikes, of elements of which nothing is known."""
    if not isinstance(do, Do):
        return []  # said of the move
    check_predicates(kind, where, what, do)
    found = [each for each in do.conditions.values() if isinstance(each, z3.BoolRef)]
    ghosts = ghosts_of(kind)
    for name, values in do.adds.items():
        if name in ghosts and isinstance(values, tuple):
            found += [value == value for value in values if isinstance(value, z3.ExprRef)]
    noted = [(name, values) for name, values in do.adds.items() if callable(values)]
    for name, told in (*noted, *do.removes.items()):
        if name in ghosts:
            arguments = [z3.Const(f"argument {n}", sort) for n, sort in enumerate(ghosts[name].sorts)]
            found.append(z3.ForAll(arguments, formula_of(kind, where, f"{what} {name}", told(*arguments))))
    return found


def _symbols(meaning: Vocabulary) -> Iterator[z3.FuncDeclRef]:
    for name, symbol in symbols_of(type(meaning)).items():
        yield applied(meaning, name).decl() if symbol.arguments else getattr(meaning, name).decl()


def _wrapped(state: Any) -> Any:
    """The same state, whose relations are functions of Python's."""

    def calling(symbol: Any) -> Any:
        return (lambda *arguments: symbol(*arguments)) if isinstance(symbol, z3.FuncDeclRef) else symbol

    return type(state)(**{name: calling(getattr(state, name)) for name in symbols_of(type(state))})


def _check_symbols(
    kind: type[Subsystem], where: Any, what: str, formula: Formula, allowed: set[z3.FuncDeclRef]
) -> None:
    for term in subterms([read(formula)]):
        if term.declaration is not None and term.declaration not in allowed:
            name = term.declaration.name()
            how = (
                f"write self.{name}"
                if term.children
                else f"bind it by ForAll([{name}], ...) or Exists, or declare a constant"
            )
            raise mistake(kind, where, f"{what} speaks of {name}, which is neither the state's nor bound; {how}")
