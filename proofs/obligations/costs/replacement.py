"""Replacement as a rule on a stack, the most recently used page first: one source for lists and for terms of a solver.

A buffer of one set with least recently used replacement is such a stack of at most ``capacity`` pages. What a rule does
at a reference is said place by place, so that the same functions run on a list and on a function from places to pages.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Term: TypeAlias = Any
"""A Python value, or a term of the solver."""

Select: TypeAlias = Callable[[Term, Term, Term], Term]
"""A condition, and what is chosen if it holds and if not: Python's own choice, or the solver's."""

Stack: TypeAlias = Callable[[Term], Term]
"""The page at a place, counted from 0."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A page is used, and stands at ``depth`` if it hits; else ``depth`` is the length of the stack."""

    page: Term
    hit: Term
    depth: Term


def moved_to_front(stack: Stack, place: Term, used: Reference, select: Select) -> Term:
    """Least recently used: the page comes first, those before it move back; what is last falls off if all is full."""
    return select(place == 0, used.page, select(place <= used.depth, stack(place - 1), stack(place)))


def one_more(length: Term, used: Reference, capacity: Term, select: Select) -> Term:
    """A miss takes a place, until all are taken."""
    return select(used.hit, length, select(length < capacity, length + 1, length))


def one_miss(used: Reference, select: Select) -> Term:
    """A miss is counted once."""
    return select(used.hit, 0, 1)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of replacement: what a buffer does at a reference.

    :param after: the page at a place afterwards.
    :param length: how many pages there are afterwards.
    :param misses: how many misses are counted.
    """

    sentence: str
    after: Callable[[Stack, Term, Reference, Select], Term] = moved_to_front
    length: Callable[[Term, Reference, Term, Select], Term] = one_more
    misses: Callable[[Reference, Select], Term] = one_miss


LRU: Final = Rule("least recently used")


def choose(condition: bool, one: Any, other: Any) -> Any:
    """Python's own choice."""
    return one if condition else other


def step(stack: list[int], page: int, capacity: int, rule: Rule = LRU) -> tuple[list[int], int]:
    """The stack after a reference, and the misses counted.

    >>> step([3, 2, 1], 1, 3), step([3, 2, 1], 4, 3), step([1], 2, 3)
    (([1, 3, 2], 0), ([4, 3, 2], 1), ([2, 1], 1))
    """
    used = Reference(page, page in stack, stack.index(page) if page in stack else len(stack))

    def at(place: int) -> int | None:
        return stack[place] if 0 <= place < len(stack) else None

    length = rule.length(len(stack), used, capacity, choose)
    return [rule.after(at, place, used, choose) for place in range(length)], rule.misses(used, choose)


def misses(string: list[int], capacity: int, stack: list[int] | None = None, rule: Rule = LRU) -> int:
    """The misses of a string of references, from an empty buffer or from that stack."""
    now, total = list(stack or ()), 0
    for page in string:
        now, counted = step(now, page, capacity, rule)
        total += counted
    return total
