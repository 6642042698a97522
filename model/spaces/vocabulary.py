"""The vocabulary of the theory of address spaces: its sorts, its state, and the arguments of its actions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Generic, TypeAlias

import z3
from typing_extensions import TypeVar

from model.signature import Formula, Term, Vocabulary, constant, fresh, function, relation

Predicate: TypeAlias = Callable[[Term], Formula]
Relation: TypeAlias = Callable[[Term, Term], Formula]
Function: TypeAlias = Callable[[Term], Term]

Slot, Frame, Space, Right = (z3.DeclareSort(name) for name in ("Slot", "Frame", "Space", "Right"))

# Variables to bind. Formulas bind each where they use it; u is for those that are given slots, which may be x, y or z.
# The actions' own formulas are given any terms, and bind what occurs in none of them, see :func:`beside`.
x, y, z, u = z3.Consts("x y z u", Slot)
r, q = z3.Consts("r q", Frame)
a = z3.Const("a", Right)


@dataclass(frozen=True, slots=True)
class State(Vocabulary):
    """All address spaces at one time.

    ``holder`` is a witness that grant keeps up to date so that «some slot holds r» needs no quantifier.
    """

    derives: Annotated[
        Relation,
        relation(
            x, y, tex=r"{0} \prec{p} {1}", negated=r"{0} \nprec{p} {1}", meaning="x was mapped, directly or not, from y"
        ),
    ]
    live: Annotated[
        Predicate,
        relation(
            x,
            tex=r"\sigma{p}_{{{0}}} \neq \varphi",
            negated=r"\sigma{p}_{{{0}}} = \varphi",
            meaning="σ_x is not φ: the slot is in use",
        ),
    ]
    holds: Annotated[
        Relation,
        relation(
            x,
            r,
            tex=r"\sigma{p}_{{{0}}} = {1}",
            negated=r"\sigma{p}_{{{0}}} \neq {1}",
            meaning="σ_x is the frame r itself, as in σ₀",
        ),
    ]
    phys: Annotated[
        Relation,
        relation(
            x,
            r,
            tex=r"P{p}_{{{0}}} = {1}",
            negated=r"P{p}_{{{0}}} \neq {1}",
            meaning="P_x, the frame that the slot shows, is r",
        ),
    ]
    right: Annotated[
        Relation,
        relation(
            x,
            a,
            tex=r"{1} \in \rho{p}_{{{0}}}",
            negated=r"{1} \notin \rho{p}_{{{0}}}",
            meaning="the mapping in x carries the right a",
        ),
    ]
    holder: Annotated[
        Function,
        function(r, result=Slot, tex="h", meaning="the slot that holds r"),
    ]


@dataclass(frozen=True, slots=True)
class Rigid(Vocabulary):
    """What no action changes."""

    owner: Annotated[
        Function,
        function(x, result=Space, tex=r"\text{space}", meaning="the address space that the slot belongs to"),
    ]
    sigma0: Annotated[Term, constant(Space, tex=r"\sigma_0", meaning="the initial address space")]


@dataclass(frozen=True, slots=True)
class Parameters(Vocabulary):
    """The arguments of map, grant and flush."""

    src: Annotated[Term, constant(Slot, meaning="the source of a map or grant; of a flush the page flushed")]
    dst: Annotated[Term, constant(Slot, meaning="the destination of a map or grant")]
    mask: Annotated[
        Predicate,
        relation(
            a,
            tex=r"{0} \in \mathit{{mask}}{p}",
            negated=r"{0} \notin \mathit{{mask}}{p}",
            meaning="the rights that are asked for, or that a flush takes",
        ),
    ]


S = TypeVar("S", bound=Vocabulary, default=State)
P = TypeVar("P", bound=Vocabulary, default=Parameters)


@dataclass(frozen=True, slots=True)
class Action(Generic[S, P]):
    """A guarded update: possible where every condition of the guard holds, and then leading to ``after``.

    ``called`` is what it was called with; by its type an action declares its parameters.
    """

    name: str
    guard: dict[str, Formula]
    after: S
    called: P


before = fresh(State)
owner, sigma0 = fresh(Rigid).owner, fresh(Rigid).sigma0
called = fresh(Parameters)
