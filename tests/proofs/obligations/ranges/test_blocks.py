"""Lemmas on aligned blocks: all are proved of the functions that run, and each falls by some wrong one."""

from types import SimpleNamespace
from typing import Any

import pytest
import z3

from model.ranges import blocks
from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.obligations.ranges.blocks import BlockLemma, obligations
from proofs.verdict import Verdict

LEMMAS = {lemma.id.removeprefix("ranges__blocks__"): lemma for lemma in obligations()}
NAMES = ("low", "is_block", "has", "within", "cut", "moved")


def wrong(**functions: Any) -> SimpleNamespace:
    return SimpleNamespace(**{name: getattr(blocks, name) for name in NAMES} | functions)


def _is_any_block(base: Any, order: Any) -> Any:
    return base == base


def _has_in_half(base: Any, order: Any, page: Any) -> Any:
    return (page ^ base) & ~((1 << order) - 1) >> 1 == 0


def _within_whatever_order(base: Any, order: Any, outer: Any, above: Any) -> Any:
    return blocks.has(outer, above, base)


def _within_strictly(base: Any, order: Any, outer: Any, above: Any) -> Any:
    return blocks.within(base, order, outer, above) & (order < above)


def _within_backwards(base: Any, order: Any, outer: Any, above: Any) -> Any:
    return blocks.has(base, order, outer)


def _cut_never(offset: Any, small: Any, large: Any) -> Any:
    return offset & blocks.low(large)


def _cut_beyond(offset: Any, small: Any, large: Any) -> Any:
    return offset & ~blocks.low(small)


def _moved_to_the_start(page: Any, start: Any, to: Any) -> Any:
    return to


def _moved_twice(page: Any, start: Any, to: Any) -> Any:
    return page - start + to + 1


WRONG = {
    "alignment is not looked at": wrong(is_block=_is_any_block),
    "pages of a half only": wrong(has=_has_in_half),
    "orders are not compared": wrong(within=_within_whatever_order),
    "a block is not within itself": wrong(within=_within_strictly),
    "the smaller contains the larger": wrong(within=_within_backwards),
    "an offset is not cut": wrong(cut=_cut_never),
    "an offset leads out of the window": wrong(cut=_cut_beyond),
    "all pages go to the first": wrong(moved=_moved_to_the_start),
    "pages are moved one too far": wrong(moved=_moved_twice),
}


def verdict(lemma: BlockLemma, functions: Any = blocks) -> str:
    (condition,) = lemma.conditions(CANONICAL, frozenset(), functions)
    solver = z3.SolverFor("QF_BV")
    solver.set("timeout", 10_000)
    solver.add(*condition.hypotheses.values(), z3.Not(condition.goal))
    return str(solver.check())


@pytest.mark.long
def test_all_lemmas_are_proved() -> None:
    assert len(LEMMAS) == 19
    assert {name for name, lemma in LEMMAS.items() if verdict(lemma) != "unsat"} == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", LEMMAS)
def test_both_solvers_prove_it(name: str) -> None:
    (condition,) = LEMMAS[name].conditions(CANONICAL, frozenset())
    assert discharge(condition, Satisfiable(), Settings()).verdict == Verdict.PROVED


@pytest.mark.long
@pytest.mark.parametrize("what", WRONG)
def test_wrong_functions_break_a_lemma(what: str) -> None:
    assert any(verdict(lemma, WRONG[what]) == "sat" for lemma in LEMMAS.values())


@pytest.mark.long
def test_every_lemma_falls_by_a_wrong_function() -> None:
    fallen = {name for name, lemma in LEMMAS.items() if any(verdict(lemma, of) == "sat" for of in WRONG.values())}
    assert set(LEMMAS) - fallen == set()
