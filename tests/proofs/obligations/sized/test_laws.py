"""The laws of blocks: each is proved of the functions that run, and falls by a wrong one."""

import ast
from types import SimpleNamespace
from typing import Any

import pytest
import z3

from model.ranges import blocks
from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.obligations.sized.blocks.law_obligations import LawObligation, obligations
from proofs.obligations.sized.blocks.laws import laws
from proofs.verdict import Verdict
from refinement.rewriting import rewritten

LAWS = {o.law.name: o for o in obligations()}
PROVED_SLOWLY = {
    "pair__is__one",
    "buddies__make__the_block__slots",
    "buddies__show__the_same",
    "frames__are__shown",
    "pages__show__frames",
    "place__is__one",
}


def _anywhere() -> None:
    """The place of functions that are written as texts."""


def function(arguments: str, result: str) -> Any:
    (tree,) = ast.parse(f"def f({arguments}):\n    return {result}").body
    assert isinstance(tree, ast.FunctionDef)
    return rewritten(_anywhere, tree)


WRONG: dict[str, dict[str, Any]] = {
    "a block begins anywhere": {"is_block": function("base, order", "base == base")},
    "a block has the pages after its first": {
        "has": function("base, order, page", "(page - base - 1) & ~blocks.low(order) == 0")
    },
    "a larger order has fewer pages": {
        "has": function("base, order, page", "(page ^ base) & ~blocks.low(51 - order) == 0")
    },
    "a block has every second page": {
        "has": function("base, order, page", "(page - base) & ~(blocks.low(order) & ~1) == 0")
    },
    "any order is at most any other": {"at_most": function("order, above", "order == order")},
    "an order is at most a larger one only": {"at_most": function("order, above", "order < above")},
    "the block around a page begins there": {"around": function("page, order", "page")},
    "the buddy is always the upper one": {"buddy_of": function("base, order", "base + (1 << order)")},
    "the upper half begins behind the block": {"upper": function("base, order", "base + (2 << order)")},
    "pages are moved one too far": {"moved": function("page, start, to", "page - start + to + 1")},
    "the first frame is shown everywhere": {"alongside": function("slot, first, page, frame", "frame == first")},
    "frames are counted from the wrong end": {
        "alongside": function("slot, first, page, frame", "frame - page == first + slot")
    },
    "only blocks that begin alike meet": {"meet": function("one, order, other, second", "one == other")},
}
"""Functions of blocks that are wrong in one way each."""

FALLS = {
    "first__is__within": "a block has the pages after its first",
    "common__is__nested": "any order is at most any other",
    "within__is__contained": "any order is at most any other",
    "equal__is__one": "a block begins anywhere",
    "buddies__make__the_block": "the buddy is always the upper one",
    "halves__make__the_block": "the upper half begins behind the block",
    "halves__show__the_same": "frames are counted from the wrong end",
    "block__ends__at_the_next": "the upper half begins behind the block",
    "page__ends__at_the_next": "the upper half begins behind the block",
    "order__below__is_next": "an order is at most a larger one only",
    "order__above__is_next": "an order is at most a larger one only",
    "first__shows__first": "frames are counted from the wrong end",
    "one_number__shows__its_own": "frames are counted from the wrong end",
    "around__is__a_block": "the block around a page begins there",
    "buddy__is__the_other": "the buddy is always the upper one",
    "orders__are__a_chain": "an order is at most a larger one only",
    "place__is__one": "the first frame is shown everywhere",
    "alongside__is__moved": "pages are moved one too far",
    "frame__is__moved_back": "pages are moved one too far",
    "blocks__are__moved": "the first frame is shown everywhere",
    "common__is__met": "only blocks that begin alike meet",
    "frames__are__shown": "pages are moved one too far",
    "places__are__the_same_from_anywhere": "frames are counted from the wrong end",
    "pages__show__frames": "a block begins anywhere",
    "buddies__show__the_same": "frames are counted from the wrong end",
    "pages__have__frames": "pages are moved one too far",
    "pair__is__one": "the first frame is shown everywhere",
    "page__is__sent": "pages are moved one too far",
    "page__is__fetched": "pages are moved one too far",
    "blocks__are__sent": "the first frame is shown everywhere",
    "pairs__are__the_same_from_anywhere": "frames are counted from the wrong end",
    "pages__arrive__in_the_window": "a block begins anywhere",
    "frames__go__along": "frames are counted from the wrong end",
    "pages__go__nowhere": "frames are counted from the wrong end",
    "within__ends__no_later": "any order is at most any other",
    "ends_in_time__is__no_larger": "an order is at most a larger one only",
    "windows__are__filled": "pages are moved one too far",
    "between__is__within": "a block has every second page",
    "ranges__go__whole": "pages are moved one too far",
    "pages__arrive__in_order": "a block has the pages after its first",
    "table_inside__is__in_the_block": "a larger order has fewer pages",
    "table_above__has__the_block": "a block begins anywhere",
    "table__has__what_is_between": "a block has every second page",
}
"""By which of them each law falls, of slots and of frames alike."""


OF_NUMBERS = {"slots__are__in_a_row", "earlier__is__transitive", "one_number__begins__alike"}
"""Laws of numbers, whatever the functions of blocks are."""


def named(law: str) -> str:
    """A law's name there."""
    return law if law in FALLS.keys() | OF_NUMBERS else law.removesuffix("__slots").removesuffix("__frames")


ONCE = [name for name in LAWS if name in FALLS.keys() | OF_NUMBERS or name.endswith("__slots")]
"""What is said of frames as of slots is one formula: the slow test alone asks for both."""


def answer(law: LawObligation, functions: Any = blocks) -> str:
    (condition,) = law.conditions(CANONICAL, frozenset(), functions)
    solver = z3.SolverFor("QF_BV")
    solver.set("timeout", 10_000)
    solver.add(*condition.hypotheses.values(), z3.Not(condition.goal))
    return str(solver.check())


def test_all_laws_have_a_wrong_function_and_all_wrong_functions_a_law() -> None:
    assert set(map(named, laws())) == FALLS.keys() | OF_NUMBERS
    assert set(FALLS.values()) == set(WRONG)


@pytest.mark.parametrize("name", [name for name in ONCE if name not in PROVED_SLOWLY])
def test_a_law_holds_of_the_functions_that_run(name: str) -> None:
    assert answer(LAWS[name]) == "unsat"


@pytest.mark.parametrize("name", [name for name in ONCE if name not in OF_NUMBERS])
def test_a_law_falls_by_a_wrong_function(name: str) -> None:
    wrong = WRONG[FALLS[named(name)]]
    assert answer(LAWS[name], SimpleNamespace(**{**vars(blocks), **wrong})) == "sat"


@pytest.mark.slow
@pytest.mark.parametrize("name", LAWS)
def test_both_solvers_prove_a_law(name: str) -> None:
    (condition,) = LAWS[name].conditions(CANONICAL, frozenset())
    assert discharge(condition, Satisfiable(), Settings()).verdict == Verdict.PROVED
