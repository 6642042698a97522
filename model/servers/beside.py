"""Two subsystems as one description, in which both are seen: who is a member of both follows a rule of each.

Nothing new has to be proved of it, since what each guarantees was proved beside anybody, and so beside the other. It is
there to be executed: it has the ghosts, assumptions, beginnings, rules and guarantees of both.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from z3 import Not, Or

from model.messages.vocabulary import Call
from model.servers.description import (
    DescriptionError,
    Do,
    Named,
    Role,
    Subsystem,
    ensures,
    guarantee,
    marked,
    rule,
    symbols_in,
)
from model.signature import Formula, Term

Kind = type[Subsystem]
Parts = Mapping[Kind, str]
"""The rules that a move of both follows: one of each subsystem whose member acts."""


def beside(one: Kind, other: Kind) -> Kind:
    """The description of both; a rule of one is called ``listen_of_Pager``, and one of each ``give_and_feed``.

    :raises DescriptionError: both declare something of one name, run on different kernels, or rely on somebody.
    """
    shared = symbols_in(one).keys() & symbols_in(other).keys()
    if shared:
        raise DescriptionError(f"{one.__name__} and {other.__name__} both have {', '.join(sorted(shared))}; rename one")
    if one.relies or other.relies or one.messages.readings != other.messages.readings:
        raise DescriptionError(f"{one.__name__} and {other.__name__} have to run on one kernel, and rely on nobody")
    kinds = (one, other)
    moves = {name: (action, parts) for name, action, parts in _moves(one, other)}

    def members(self: Subsystem, space: Term) -> Formula:
        return Or(*(_seen(kind, self).members(space) for kind in kinds))

    def assume(self: Subsystem) -> Named:
        return {f"{said}_of_{kind.__name__}": f for kind in kinds for said, f in _seen(kind, self).assume().items()}

    def start(self: Subsystem) -> Named:
        return {f"{said}_of_{kind.__name__}": f for kind in kinds for said, f in _seen(kind, self).start().items()}

    body: dict[str, Any] = {
        **symbols_in(one),
        **symbols_in(other),
        "__doc__": f"{one.__name__} and {other.__name__} side by side.",
        "clause": one.clause,
        "messages": one.messages,
        "machine": {**other.machine, **one.machine},
        "members": members,
        "assume": assume,
        "start": start,
        **{name: rule(action)(_following(kinds, parts)) for name, (action, parts) in moves.items()},
    }
    for kind in kinds:
        for name, (mark, method) in marked(kind, Role.GUARANTEE, Role.ENSURES).items():
            told = _said(kind, method) if mark.role == Role.GUARANTEE else _said_of_steps(kind, method)
            told.__doc__ = method.__doc__
            named = [move for move, (_, parts) in moves.items() if parts.get(kind) in mark.moves]
            named += [move for move in mark.moves if move not in marked(kind, Role.RULE)]
            body[f"{name}_of_{kind.__name__}"] = (
                guarantee(told) if mark.role == Role.GUARANTEE else ensures(*(named if mark.moves else ()))(told)
            )
    return type(f"{one.__name__}Beside{other.__name__}", (Subsystem,), body)


def _moves(one: Kind, other: Kind) -> Iterator[tuple[str, str, Parts]]:
    """What members do: its name, the action of the kernel, and the rules that it follows."""
    rules = {
        kind: {name: mark.moves[0] for name, (mark, _) in marked(kind, Role.RULE).items()} for kind in (one, other)
    }
    for kind, own in rules.items():
        for name, action in own.items():
            yield f"{name}_of_{kind.__name__}", action, {kind: name}
    for first, second in product(rules[one], rules[other]):
        if rules[one][first] == rules[other][second]:
            yield f"{first}_and_{second}", rules[one][first], {one: first, other: second}


def _seen(kind: Kind, state: Subsystem) -> Any:
    """The state as one of the two speaks of it."""
    return kind(state.state, state.fixed)


def _following(kinds: tuple[Kind, Kind], parts: Parts) -> Any:
    """The rule that is a rule of each subsystem whose member acts."""

    def followed(self: Subsystem, c: Call) -> Do:
        """Follow a rule of each."""
        conditions, adds, removes = dict[str, Formula](), dict[str, Any](), dict[str, Any]()
        for kind in kinds:
            seen = _seen(kind, self)
            acts = seen.members(self.space(c.actor))
            conditions[f"a_member_of_{kind.__name__}"] = acts if kind in parts else Not(acts)
            if kind in parts:
                do = getattr(seen, parts[kind])(c)
                conditions |= {f"{said}_of_{kind.__name__}": formula for said, formula in do.conditions.items()}
                adds, removes = {**adds, **do.adds}, {**removes, **do.removes}
        return Do(conditions, adds, removes)

    return followed


def _said(kind: Kind, method: Any) -> Any:
    def said(self: Subsystem) -> Formula:
        formula: Formula = method(_seen(kind, self))
        return formula

    return said


def _said_of_steps(kind: Kind, method: Any) -> Any:
    def said(self: Subsystem, after: Subsystem, c: Call) -> Formula:
        formula: Formula = method(_seen(kind, self), _seen(kind, after), c)
        return formula

    return said
