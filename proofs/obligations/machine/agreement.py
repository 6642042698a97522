"""What the parts of the hardware theorem say, each one function: the goal of an obligation, and a hypothesis of it.

A part is used in two places and written once, so that what is proved of the code is what the theorem rests on. A
weaker form of it is a weaker hypothesis, and the theorem does not follow from it.

Relations are of a slot, a physical frame and a right; in proofs about words their terms are bit-vectors.
"""

from collections.abc import Callable

from z3 import And, Const, Exists, ForAll, Implies, Not, Or, SortRef

from model.spaces.theory import Formula, Term, a, x
from proofs.execution.values import Physical

Translations = Callable[[Term, Term, Term], Formula]
"""Of a slot, a physical frame and a right."""

frame = Const("any_physical", Physical)


def finds_exactly(expressible: Formula, found: Formula, shown: Formula) -> Formula:
    """A walk finds a frame and permits an access if the entry shows both, and only if."""
    return Implies(expressible, found == shown)


def takes(accessed: Formula, held: Formula, permitted: Formula, found: Formula) -> Formula:
    """A core takes what its buffer holds, if that permits the access, and what a walk finds otherwise."""
    return accessed == Or(And(permitted, held), And(Not(permitted), found))


def holds_some(held: Callable[[Term], Formula], sort: SortRef = Physical) -> Formula:
    """The buffer holds some frame, and permits the access to it."""
    some = Const("some_frame", sort)
    return Exists([some], held(some))


def exactly(one: Translations, other: Translations) -> Formula:
    """Both relations are the same."""
    return ForAll([x, frame, a], one(x, frame, a) == other(x, frame, a))


def within(some: Translations, all_of: Translations) -> Formula:
    """The one relation is part of the other."""
    return ForAll([x, frame, a], Implies(some(x, frame, a), all_of(x, frame, a)))


def gives(given: Formula, has: Formula) -> Formula:
    """What a buffer gives for an access is something that it holds."""
    return Implies(given, has)
