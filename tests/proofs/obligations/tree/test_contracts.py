"""Whatever the proof of a callee assumes, each of its callers demands, and it is the same object."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from z3 import And, Bool, BoolVal, eq, substitute

from model.spaces.dialect import CANONICAL
from proofs.execution.contract import CALLS
from proofs.execution.values import DISTINCT
from proofs.obligations.code import SOME_WAY
from proofs.obligations.code import demanded as names_demanded
from proofs.obligations.kernel import coherence, hardware, simulation, start, units, world
from proofs.obligations.kernel.kernel_terms import KERNEL_LOOPS, loop_requires
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree import loops, primitives
from proofs.obligations.tree.contracts import CONTRACTS, LOOPS, PRIMITIVES, TreeContract
from proofs.obligations.tree.loops import AT_EXIT
from proofs.obligations.tree.steps import STEPS, depths
from proofs.obligations.tree.tree import BEFORE, INDEX

TREE = {*primitives.hypotheses(), *DISTINCT}
MARK = "what this callee requires"

CALLERS = {
    "create_leaf": {"tree_map", "kernel_map", "initial"},
    "remove_leaf": {
        "tree_map",
        "tree_grant",
        "flush_below",
        "restrict_below",
        "kernel_map",
        "kernel_grant",
        "kernel_flush_below",
        "kernel_restrict_below",
    },
    "move_node": {"tree_grant", "kernel_grant"},
    "restrict_rights": {"tree_grant", "restrict_below", "kernel_grant", "kernel_restrict_below"},
    "link_leaf": {"create_leaf", "remove_leaf"},
    "unlink_leaf": {"create_leaf", "remove_leaf"},
    "flush_below": {"tree_map", "tree_grant", "tree_flush", "kernel_map", "kernel_grant", "kernel_flush"},
    "restrict_below": {"tree_grant", "tree_flush", "kernel_grant", "kernel_flush"},
    "is_below": {"tree_map", "tree_grant", "kernel_map", "kernel_grant"},
}
"""Which units call a function that has a contract."""

UNITS = {unit.id: unit for unit in units.UNITS}


def assumed_at_first(conditions: Any) -> set[str]:
    """What conditions assume, but for what was granted on the way."""
    names: set[str] = set()
    for condition in conditions:
        names |= {name for name, kind in condition.about.items() if kind == "invariant" and name != SOME_WAY}
    return names - TREE


@pytest.mark.long
@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_primitive_assumes_what_its_contract_requires(name: str) -> None:
    assert primitives.requires(name).keys() == CONTRACTS[name].requires(BEFORE, *primitives.ARGUMENTS[name]).keys()
    more = {effect.id: {what for what, _ in effect.assumes} for effect in primitives.EFFECTS[name]}
    for what in primitives.asked(name):
        assumed = assumed_at_first(primitives.conditions(name, what, Code()))
        assert assumed == primitives.requires(name).keys() | more.get(what, set())


@pytest.mark.long
@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_assumes_what_its_contract_requires(name: str) -> None:
    code = Code()
    for what in loops.asked(name):
        more = set(depths(BEFORE)) if what == STEPS else set()
        found = assumed_at_first(loops.conditions(name, what, code))
        assert found == loops.requires(name).keys() | more
    assert loops.requires(name).keys() == CONTRACTS[name].requires(BEFORE, *loops.RUNS[name][1]).keys()


@pytest.mark.parametrize("name", KERNEL_LOOPS)
def test_a_loop_of_the_kernel_assumes_what_is_demanded_at_its_calls(name: str) -> None:
    required = loop_requires(name, world.START, *loops.RUNS[name][1])
    assert coherence.ExecutedMethod(name, CANONICAL).requires == {**world.ADDRESSES, **required}


@pytest.mark.parametrize("action", ["map", "grant", "flush"])
def test_an_operation_assumes_what_is_between_operations_and_what_its_user_owes(action: str) -> None:
    assumed = coherence.ExecutedMethod(action, CANONICAL).requires
    assert assumed == {**world.ADDRESSES, **simulation.REQUIRES, **coherence.between_operations()}


def marked(name: str) -> TreeContract:
    """The contract of that name, which requires something of its own besides."""
    requires = CONTRACTS[name].requires
    return replace(CONTRACTS[name], requires=lambda *given: {**requires(*given), name: Bool(name)})


@pytest.fixture(scope="module")
def demanded() -> Mapping[str, set[str]]:
    """For each contract the units that demand at a call what it alone requires; all are walked once.

    A formula has a mark in it if it changes where the mark is replaced: its text would be far larger than the formula,
    whose parts are shared.
    """
    code, found = Code(), {name: set[str]() for name in CONTRACTS}
    with pytest.MonkeyPatch.context() as patch:
        for name in CONTRACTS:
            patch.setitem(CONTRACTS, name, marked(name))
        for unit, dialect in product(units.UNITS, units.SUPPORTED):
            for path in unit.walk(dialect, code):
                formula = And(True, *(demand.formula() for demand in path.demands if demand.what == CALLS))
                for name, callers in found.items():
                    if not eq(substitute(formula, (Bool(name), BoolVal(False))), formula):
                        callers.add(unit.id)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLERS)
def test_what_a_contract_requires_is_demanded_by_every_caller_and_by_nobody_else(
    name: str, demanded: Mapping[str, set[str]]
) -> None:
    assert demanded[name] == CALLERS[name]


def test_every_contract_is_among_those() -> None:
    assert CALLERS.keys() == CONTRACTS.keys()


PARTS = {"coherent": coherence.COHERENT, "accounted": coherence.COHERENT, "room": coherence.ROOM}


@pytest.mark.long
@pytest.mark.parametrize("part", PARTS)
def test_what_is_assumed_between_operations_is_demanded_at_the_end_of_each(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = getattr(coherence, part)
    for module in (coherence, start):
        monkeypatch.setattr(module, part, lambda state: {**whole(state), MARK: Bool(MARK)})
    assert MARK in coherence.between_operations.__wrapped__()
    for action in ("map", "grant", "flush"):
        for path in coherence.walked(coherence.ExecutedMethod(action, CANONICAL, Code())):
            ends = [demand.formula().sexpr() for demand in path.demands if demand.what == PARTS[part]]
            assert len(ends) == 1
            assert MARK in ends[0]
    first = start.started(Code()) if part == "room" else start.begun(Code())
    demanded = [demand.formula().sexpr() for path in first for demand in path.demands if demand.what == AT_EXIT]
    assert any(MARK in formula for formula in demanded)


@pytest.mark.slow
def test_every_demand_on_a_path_is_asked_about() -> None:
    for unit in units.UNITS:
        walked = [path for dialect in units.SUPPORTED for path in unit.walk(dialect, CODE)]
        left = names_demanded(walked) - unit.asked()
        of_hypotheses = {name for name in left if name.startswith("one ")}
        assert left - of_hypotheses <= {world.ALLOWED, INDEX, CALLS, hardware.LEAKS}, unit.id
