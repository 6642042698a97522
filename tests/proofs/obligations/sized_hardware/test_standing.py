"""What stands between two methods: it falls without what is known of the tree, and with another tree after it."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from z3 import BoolVal, Or

from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.obligation import Condition
from proofs.obligations.sized_hardware import standing
from proofs.obligations.sized_hardware.execution import cases
from proofs.obligations.sized_hardware.kernel import SizedCase, node, other
from proofs.obligations.sized_hardware.standing import (
    CHANGES,
    METHODS_NODE,
    NO_OTHER,
    ONE_MAPPING,
    OWN_PAGES,
    SHOWN,
    Change,
    Nodes,
)
from proofs.obligations.sized_hardware.units import UNITS
from proofs.obligations.sized_hardware.world import before
from proofs.obligations.source import CODE, Code
from proofs.verdict import Verdict

SAYS = "the database says what the nodes do that are shown"
STAND = "leaves of their nodes' levels stand of all pages that are shown"
WALKS = "walks find what the database says"
COVER = "node: *__leaves__cover__their_mapping"
LEVEL = "node: *__mapping__has__largest_leaves"
FRAMES = "node: *__pages__see__their_frames"
HALVES = "halves__make__the_block"
satisfiable = Satisfiable()


def falls(conditions: Iterable[Condition]) -> bool:
    settings = Settings(seconds=20, solvers=Solvers.Z3)
    return any(discharge(each, satisfiable, settings).verdict == Verdict.UNPROVED for each in conditions)


def first_case(name: str) -> SizedCase:
    """A mapping that one large leaf shows, where the method is about such."""
    unit = UNITS[name]
    return next(each for each in cases(unit) if each.is_one_leaf(CODE) or not unit.least)


@pytest.mark.parametrize("name", CHANGES)
def test_it_is_what_the_methods_proof_begins_with(name: str) -> None:
    unit, case = UNITS[name], first_case(name)
    goals = [each.goal for each in standing.begins(unit, case, CODE)]
    required = unit.requires(before(case.levels), case, CODE)
    assert [goal.get_id() for goal in goals] == [each.get_id() for each in required.values()]


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("withdraw", (ONE_MAPPING, SHOWN, OWN_PAGES, METHODS_NODE, COVER, LEVEL, FRAMES, WALKS, SAYS, STAND)),
        ("show", (ONE_MAPPING, SHOWN, OWN_PAGES, METHODS_NODE, COVER, WALKS, SAYS, NO_OTHER)),
        ("unite", (ONE_MAPPING, "both are shown", COVER, LEVEL, FRAMES, WALKS, SAYS, STAND)),
    ],
)
def test_a_method_begins_so_by_all_that_is_known(name: str, parts: tuple[str, ...]) -> None:
    unit, case = UNITS[name], first_case(name)
    assert not falls(standing.begins(unit, case, CODE))
    kept = [part for part in parts if not falls(standing.begins(unit, case, Code(hardware={part: None})))]
    assert not kept


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("withdraw", (ONE_MAPPING, SHOWN, OWN_PAGES, COVER, SAYS, STAND, NO_OTHER)),
        ("narrow", (ONE_MAPPING, SHOWN, OWN_PAGES, METHODS_NODE, COVER, LEVEL, FRAMES, SAYS, STAND, NO_OTHER)),
        ("divide", (ONE_MAPPING, SHOWN, "the node of the upper half is new", FRAMES, SAYS, STAND, NO_OTHER)),
    ],
)
def test_it_holds_again_by_all_that_is_known(name: str, parts: tuple[str, ...]) -> None:
    unit, case = UNITS[name], first_case(name)
    assert not falls(standing.ends(unit, case, CODE))
    kept = [part for part in parts if not falls(standing.ends(unit, case, Code(hardware={part: None})))]
    assert not kept


def test_a_mapping_of_several_leaves_is_those_of_its_halves() -> None:
    case = next(each for each in cases(UNITS["unite"]) if not each.is_one_leaf(CODE))
    without = Code(hardware={HALVES: None})
    for name, conditions in (("unite", standing.begins), ("divide", standing.ends)):
        assert not falls(conditions(UNITS[name], case, CODE))
        assert falls(conditions(UNITS[name], case, without))


def _shows_still(tree: Nodes) -> Nodes:
    return replace(tree, shown=lambda n: Or(tree.shown(n), n == node))


def _shows_both_still(tree: Nodes) -> Nodes:
    return replace(tree, shown=lambda n: Or(tree.shown(n), n == node, n == other))


def _shows_no_new(tree: Nodes) -> Nodes:
    return replace(tree, shown=lambda n: BoolVal(False))


def _of_leaves_below(tree: Nodes) -> Nodes:
    return replace(tree, leaves_on=lambda k, n: BoolVal(k == 0))


def _anywhere(tree: Nodes) -> Nodes:
    return replace(tree, says=lambda n, x, f, a: tree.has(n, x))


@pytest.mark.parametrize(
    ("name", "otherwise"),
    [
        ("withdraw", _shows_still),
        ("narrow", _anywhere),
        ("show", _shows_no_new),
        ("show", _anywhere),
        ("divide", _shows_no_new),
        ("divide", _anywhere),
        ("unite", _shows_both_still),
        ("unite", _of_leaves_below),
    ],
)
def test_no_other_tree_is_what_stands_for_it(
    name: str, otherwise: Callable[[Nodes], Nodes], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = CHANGES[name]

    def wrong(case: SizedCase, code: Code, tree: Nodes) -> Change:
        found = right(case, code, tree)
        return Change(found.known, otherwise(found.after))

    monkeypatch.setitem(CHANGES, name, wrong)
    assert falls(standing.ends(UNITS[name], first_case(name), CODE))


def test_a_tree_whose_mappings_overlap_is_not_the_database() -> None:
    right, *more = standing.tree_is_the_database(CANONICAL, CODE)
    assert not falls([right, *more])
    assert falls(standing.tree_is_the_database(CANONICAL, Code(hardware={"one_mapping": None})))
