"""Bounded strings of references, misses by their definition: in one set each page misses once, in real ways not (P2).

A reference hits if its page was referenced before and fewer than *ways* other pages of its set since then. That is what
least recently used means, without a stack: so what is proved here of short strings checks the induction of
:mod:`proofs.obligations.costs.refills`, and the same formula finds a string on which sets do worse.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import z3
from z3 import And, If, Int, Or

from model.running.solving import answer_of
from model.running.z3_terms import total
from model.spaces.dialect import Dialect
from model.spaces.theory import Formula
from proofs.execution.path import conjunction
from proofs.obligation import Condition, always
from proofs.obligations.code import CodeObligation
from proofs.obligations.source import Code

LONGEST, CAPACITIES = 6, (1, 2, 3)
"""Up to which length, and for which capacities, strings of one set are proved by their definition."""


def string(length: int) -> list[z3.ArithRef]:
    """Any string of so many references."""
    return [Int(f"page_{n}") for n in range(length)]


def different_pages(pages: Sequence[z3.ArithRef]) -> z3.ArithRef:
    """Return how many different pages a string has."""
    first = (conjunction(page != earlier for earlier in pages[:n]) for n, page in enumerate(pages))
    return total((If(each, 1, 0) for each in first), z3.IntVal(0))


@dataclass(frozen=True, slots=True)
class Hit:
    """The definition of a hit, in parts.

    :param displaces: whether a use between two of a page displaces it, from the pages used before it in between.
    :param outlives: whether a page is still there after so many displacements, in so many ways.
    """

    displaces: Callable[[z3.ArithRef, Sequence[z3.ArithRef]], Formula] = lambda page, earlier: conjunction(
        page != other for other in earlier
    )
    outlives: Callable[[z3.ArithRef, int], Formula] = lambda displacements, ways: displacements < ways


HIT: Final = Hit()
"""As least recently used replacement has it: each page counts once, and fewer of them than there are ways."""

HITS: Final = "hits"
"""The part of what is proved of costs that says what a hit is."""


def hits(pages: Sequence[z3.ArithRef], at: int, sets: int, ways: int, hit: Hit = HIT) -> Formula:
    """Whether a reference of the string hits in an empty buffer of so many sets and ways."""

    def together(one: z3.ArithRef, other: z3.ArithRef) -> Formula:
        return one % sets == other % sets if sets > 1 else z3.BoolVal(True)

    def since(last: int) -> Formula:
        between = range(last + 1, at)
        displacing = [
            If(And(together(pages[k], pages[at]), hit.displaces(pages[k], pages[last + 1 : k])), 1, 0) for k in between
        ]
        unused = conjunction(pages[k] != pages[at] for k in between)
        return And(pages[last] == pages[at], unused, hit.outlives(total(displacing, z3.IntVal(0)), ways))

    return Or(*(since(last) for last in range(at))) if at > 1 else since(0) if at else z3.BoolVal(False)


def missed(pages: Sequence[z3.ArithRef], sets: int, ways: int, hit: Hit = HIT) -> z3.ArithRef:
    """Return how often a string misses in an empty buffer."""
    return total((If(hits(pages, at, sets, ways, hit), 0, 1) for at in range(len(pages))), z3.IntVal(0))


def each_page_once(length: int, capacity: int, sets: int = 1, hit: Hit = HIT) -> Condition:
    """A string of that length, of no more pages than the buffer has entries, misses each page once."""
    pages = string(length)
    fits = different_pages(pages) <= capacity
    given = {"the pages fit": fits, "pages are numbers from 0 on": conjunction(page >= 0 for page in pages)}
    goal = missed(pages, sets, capacity // sets, hit) == different_pages(pages)
    return Condition(given, dict.fromkeys(given, "assumption"), goal)


def conditions(dialect: Dialect, code: Code) -> Iterator[Condition]:
    """Of all short strings and small capacities, in one set."""
    for length in range(1, LONGEST + 1):
        for capacity in CAPACITIES:
            yield each_page_once(length, capacity, hit=code.costs.get(HITS, HIT))


def obligations() -> Iterator[CodeObligation]:
    """Of short strings, by the definition of a hit."""
    yield CodeObligation(
        "strings__refill__each_page_once",
        "P2",
        f"every string of up to {LONGEST} references to no more pages than an empty buffer of {CAPACITIES[0]} to"
        f" {CAPACITIES[-1]} entries in one set has misses each page once, by the definition of a hit",
        conditions,
        always,
    )


def worse_in_sets(capacity: int, ways: int, longest: int = 12) -> tuple[int, ...]:
    """A shortest string of no more pages than there are entries that misses a page again in sets of so many ways.

    :return: the pages, the least numbers first; empty if no string up to the longest does.

    >>> worse_in_sets(8, 4)
    (0, 2, 4, 6, 8, 0)
    """
    for length in range(1, longest + 1):
        pages = string(length)
        condition = each_page_once(length, capacity, capacity // ways)
        worse = [*condition.hypotheses.values(), z3.Not(condition.goal)]
        solver = z3.Solver()
        solver.add(*worse)
        if answer_of(solver) != z3.sat:
            continue
        # Of the strings of this length one that reads well: new pages in order, and small numbers.
        plain = z3.Optimize()
        plain.add(*worse)
        plain.minimize(total(pages, z3.IntVal(0)))
        rising = [z3.Implies(pages[n + 1] != pages[0], pages[n] < pages[n + 1]) for n in range(length - 1)]
        plain.push()
        plain.add(*rising)
        if answer_of(plain) != z3.sat:
            plain.pop()
            answer_of(plain)
        model = plain.model()
        return tuple(model.eval(page, model_completion=True).as_long() for page in pages)
    return ()
