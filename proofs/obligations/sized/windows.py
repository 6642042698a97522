"""Which range goes where: ``windows`` executed on words, which gives what the lemmas about blocks speak of.

That what is sent is a block of the range, and arrives as a block in the window, is one of these lemmas
(:mod:`proofs.obligations.ranges.blocks`).
"""

from collections.abc import Iterator
from functools import cache

from z3 import ULT, And, BoolVal, is_bv

from model.ranges import blocks
from proofs.execution.contract import Named
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
    names = {"cut": lambda offset, small, large: blocks.cut(offset, small, large)}
    execute = bind(code.sized_method("windows"), path, names, None, "windows")
    found = execute(object(), words.s, words.k, words.d, words.m, words.offset)
    small, sends, arrives = words.windows(blocks)
    meant = (sends, arrives, small)
    fits = isinstance(found, tuple) and len(found) == len(meant) and all(map(is_bv, found))
    path.demand(AT_EXIT, lambda: And(*map(_equal, found, meant)) if fits else BoolVal(False))


def _equal(one: object, other: object) -> object:
    return one == other


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
