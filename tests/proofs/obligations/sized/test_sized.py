"""The tree with sizes: its laws are proved of the functions that run, its steps are proved, and fall by each fault."""

from types import SimpleNamespace
from typing import Any

import pytest
import z3

from model.ranges import blocks
from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.faults.code.sized import OF_SIZED
from proofs.faults.hunts.proof_of_code import CODE_FAULTS, concerns, hints
from proofs.obligations.code import CodeObligation
from proofs.obligations.sized import inventory, laws
from proofs.obligations.source import CODE, Code
from proofs.registry import registry
from proofs.verdict import Verdict

LAWS = {law.id.removeprefix("sized_blocks__"): law for law in laws.obligations()}
NAMES = ("is_block", "has", "around", "buddy_of")
SETTINGS = Settings(solvers=Solvers.Z3, seconds=20.0)
QUICK = "sized_move_block__"
STEPS = [o.id for o in inventory.obligations()]
FALLS = [(fault, fell) for fault in OF_SIZED for fell in hints()[fault]]


def wrong(**functions: Any) -> SimpleNamespace:
    return SimpleNamespace(**{name: getattr(blocks, name) for name in NAMES} | functions)


WRONG = {
    "any page begins a block": wrong(is_block=lambda base, order: base == base),
    "no page but 0 begins a block": wrong(is_block=lambda base, order: base == 0),
    "a block has every page": wrong(has=lambda base, order, page: page == page),
    "a block has what is not its first page": wrong(has=lambda base, order, page: page != base),
    "a block has pages of half its size": wrong(has=lambda base, order, page: blocks.has(base, order >> 1, page)),
    "around a page is the page": wrong(around=lambda page, order: page),
    "the buddy is the block itself": wrong(buddy_of=lambda base, order: base),
    "the buddy is always above": wrong(buddy_of=lambda base, order: base + (1 << order)),
}
OF_TERMS = {"orders__are__a_chain", "place__is__one", "places__are__the_same_from_anywhere"}
"""Laws that are of numbers alone, and of no function on blocks."""


def law(name: str, functions: Any = blocks) -> str:
    (condition,) = LAWS[name].conditions(CANONICAL, frozenset(), functions)
    solver = z3.SolverFor("QF_BV")
    solver.set("timeout", 10_000)
    solver.add(*condition.hypotheses.values(), z3.Not(condition.goal))
    return str(solver.check())


def verdict(name: str, code: Code = CODE) -> Verdict:
    obligation = registry()[name]
    assert isinstance(obligation, CodeObligation)
    return discharge_all(obligation.conditions(CANONICAL, frozenset(), code), Satisfiable(), SETTINGS).verdict


def test_all_laws_are_proved_of_numbers() -> None:
    assert {name for name in LAWS if law(name) != "unsat"} == set()


def test_every_law_falls_by_a_wrong_function() -> None:
    fallen = {name for name in LAWS if any(law(name, of) == "sat" for of in WRONG.values())}
    assert set(LAWS) - fallen == OF_TERMS


def test_the_faults_fell_every_obligation_together() -> None:
    assert {fell for _, fell in FALLS} == set(STEPS)


def marked(name: str, *more: str) -> Any:
    values = (*more, name)
    return pytest.param(*values, marks=() if name.startswith(QUICK) else pytest.mark.slow)


@pytest.mark.parametrize("name", [marked(name) for name in STEPS])
def test_a_step_is_proved(name: str) -> None:
    assert verdict(name) == Verdict.PROVED


@pytest.mark.parametrize(("fault", "name"), [marked(name, fault) for fault, name in FALLS])
def test_a_fault_is_noticed(fault: str, name: str) -> None:
    assert concerns(CODE_FAULTS[fault], name)
    idle = name.endswith("executed_whole")
    assert verdict(name, OF_SIZED[fault].code) == (Verdict.VACUOUS if idle else Verdict.UNPROVED)
