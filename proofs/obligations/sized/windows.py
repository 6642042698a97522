"""Which range goes where: ``windows`` executed on words, which gives what the lemmas about blocks speak of.

That what is sent is a block of the range, and arrives as a block in the window, is one of these lemmas
(:mod:`proofs.obligations.ranges.blocks`).
"""

from collections.abc import Iterator
from functools import cache

from z3 import ULE, ULT, And, BoolVal, Implies

from model.ranges import blocks
from model.spaces.theory import Formula
from proofs.execution.contract import Named
from proofs.execution.integers import Integer, integer
from proofs.execution.monitor import bind
from proofs.execution.path import Path, paths
from proofs.obligation import Condition
from proofs.obligations.code import conditions_of
from proofs.obligations.ranges import blocks as words
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.loops import AT_EXIT


def known(name: str) -> Named:
    """Return what a proof may use: orders are those of blocks."""
    return {"orders are those of blocks": And(ULT(words.k, words.BITS), ULT(words.m, words.BITS))}


def _run(code: Code, path: Path) -> None:
    def cut(*arguments: object) -> Integer:
        offset, small, large = (integer(each).low(words.BITS) for each in arguments)
        return Integer(blocks.cut(offset, small, large))

    execute = bind(code.sized_method("windows"), path, {"cut": cut}, None, "windows")
    found = execute(object(), *map(Integer, (words.s, words.k, words.d, words.m, words.offset)))
    fits = isinstance(found, tuple) and len(found) == 3 and all(isinstance(each, Integer) for each in found)
    path.demand(AT_EXIT, lambda: _are_those_of_the_lemmas(*found) if fits else BoolVal(False))


def _are_those_of_the_lemmas(sends: Integer, arrives: Integer, small: Integer) -> Formula:
    """They are what the lemmas speak of in words, in each of the two cases, and nothing of a sum is cut off."""
    s, d, k, m, offset = words.s, words.d, words.k, words.m, words.offset
    of_words = words.windows(blocks)
    cases = []
    for case, lower, higher in ((ULE(k, m), k, m), (ULT(m, k), m, k)):
        at = blocks.cut(offset, lower, higher)
        first, to = (s, d + at) if lower is k else (s + at, d)
        same = And(*(one == other for one, other in zip(of_words, (lower, first, to), strict=True)))
        by, begin, end = Integer(at), Integer(s), Integer(d)
        begin, end = (begin, end + by) if lower is k else (begin + by, end)
        numbers = And(sends == begin, arrives == end, small == Integer(lower))
        cases.append(Implies(case, And(same, numbers)))
    return And(*cases)


@cache
def walked(name: str, code: Code = CODE) -> tuple[Path, ...]:
    """All paths through ``windows``."""

    def run(path: Path) -> None:
        path.learn(known(name))
        _run(code, path)

    return tuple(path for path, _ in paths(run))


def conditions(name: str, what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of it."""
    return conditions_of(walked(name, code), known(name), what)
