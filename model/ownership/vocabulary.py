"""The vocabulary of the theory of ownership: its state, and the arguments of its actions.

A *loan* is what the owner has agreed to: it lent or shared the page to a borrower. Whether the borrower has access is
said apart, since in two of three systems a borrower asks for it, and gives it back, while the loan stands.

No function leads from a page to a space or back, and conditions stay in the decidable fragment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import z3

from model.signature import Formula, Term, Vocabulary, constant, fresh, relation
from model.spaces.vocabulary import Action, Frame, Predicate, Relation, Space, r

Relation3: TypeAlias = Callable[[Term, Term, Term], Formula]

# Variables to bind.
z, y, u = z3.Consts("z y u", Space)


@dataclass(frozen=True, slots=True)
class Pages(Vocabulary):
    """A state: whose each page is, to whom it is lent or shared, and who can access it."""

    owns: Annotated[Relation, relation(z, r, meaning="z owns the page r")]
    loan: Annotated[Relation3, relation(z, y, r, meaning="z has lent or shared the page r to y")]
    lent: Annotated[Predicate, relation(r, meaning="the loans of r are exclusive: its owner gave up its access")]
    access: Annotated[Relation, relation(z, r, meaning="z can access the page r")]


@dataclass(frozen=True, slots=True)
class Nothing(Vocabulary):
    """What no action changes: there is none of it."""


@dataclass(frozen=True, slots=True)
class PageCall(Vocabulary):
    """The arguments of an action; each action looks at some of them."""

    by: Annotated[Term, constant(Space, meaning="who calls")]
    other: Annotated[Term, constant(Space, meaning="to whom a page goes, or from whom it is taken back")]
    page: Annotated[Term, constant(Frame, meaning="the page")]


before = fresh(Pages)
called = fresh(PageCall)

PageStep: TypeAlias = Action[Pages, PageCall]

__all__ = ["Frame", "Nothing", "PageCall", "PageStep", "Pages", "Space", "before", "called", "r", "u", "y", "z"]
