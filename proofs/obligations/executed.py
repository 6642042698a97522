"""Obligations of code that is executed as one: what is demanded on its paths, and that every part of it is on one."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from model.spaces.dialect import Dialect
from proofs.execution import coverage
from proofs.execution.contract import Named
from proofs.execution.coverage import CoveringPath
from proofs.execution.path import Path
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, left_over
from proofs.obligations.source import Code

Functions: TypeAlias = Callable[[Code], Sequence[Callable[..., Any]]]
"""The functions that are executed, as some code has them."""

Runs: TypeAlias = Callable[[Code], Iterable[CoveringPath]]
"""All paths through them, with what holds where they begin."""


Rest: TypeAlias = Callable[[Code], Iterable[tuple[Collection[Path], Named, Collection[str]]]]
"""Paths with what holds where they begin and the names that obligations about them ask for, as some code has them."""


def nothing_else(code: Code) -> Iterable[tuple[Collection[Path], Named, Collection[str]]]:
    """No paths: every obligation asks for its name on all of them."""
    return ()


def theorems(
    demands: Mapping[str, tuple[str, str]], conditions: Callable[[str, Code], Iterable[Condition]]
) -> Iterator[CodeObligation]:
    """An obligation for each name of a demand, with its claim and sentence; ``conditions`` finds what is demanded."""

    def build(name: str) -> Build:
        return lambda dialect, code: conditions(name, code)

    for name, (claim, sentence) in demands.items():
        yield CodeObligation(name, claim, sentence, build(name))


def executed_whole(
    name: str,
    what: str,
    *parts: tuple[Functions, Runs],
    rest: Rest = nothing_else,
    sizes: Mapping[str, int] | None = None,
) -> CodeObligation:
    """Every statement and both ways of every branch of some code are on a path that is possible.

    :param what: the code, in words.
    :param parts: what is executed, each part with the paths that cover it.
    :param rest: where obligations ask for some names on some paths only: what else is demanded there is proved here.
    :param sizes: of which sizes a state may well be from which a path begins.
    """

    def every(code: Code) -> Iterator[Condition]:
        for functions, runs in parts:
            yield from coverage.conditions(functions(code), runs(code))
        for walked, hypotheses, asked in rest(code):
            yield from left_over(walked, hypotheses, asked)

    def build(dialect: Dialect, code: Code) -> Iterator[Condition]:
        return (replace(condition, sizes=sizes or {}) for condition in every(code))

    sentence = f"every statement and every way of every branch of {what}"
    if rest is not nothing_else:
        sentence += ", and what its paths demand under names that no other obligation asks for holds"
    return CodeObligation(name, "C4", sentence, build)
