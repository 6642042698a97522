"""The proof about buffers with entries of several sizes can fail: wrong code falls by name, or is refused."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from z3 import And, BoolVal, Exists, ForAll, Implies, Or

from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.path import ExecutionError
from proofs.faults.code.sized_buffers import OF_BUFFERS
from proofs.faults.hunts.proof_of_code import CODE_FAULTS, falls, hints
from proofs.obligation import Condition
from proofs.obligations.kernel.world import c
from proofs.obligations.sized_hardware import execution, theorem
from proofs.obligations.sized_hardware.inventory import executed, obligations
from proofs.obligations.sized_hardware.units import UNITS
from proofs.obligations.sized_hardware.world import a, before, buffers_follow, coherent, entries_say, f, shows, x, y
from proofs.obligations.source import CODE, Code
from proofs.verdict import Verdict
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.steps import SizedSteps
from refinement.rewriting import replaced

ALL = {obligation.id: obligation for obligation in obligations()}
FALLS = [(fault, fell) for fault in OF_BUFFERS for fell in hints()[fault]]
QUICK = (
    "hardware__sized_access__iff__shown",
    "sized_buffers_invalidate__invalidates__its_pages_only",
    "sized_buffers_show__frees__every_table",
    "x86_32__leaf_address__is__of_its_leaf",
    "x86_32__halves__fill__one_table",
)
satisfiable = Satisfiable()


def verdict(conditions: Iterable[Condition]) -> Verdict:
    return discharge_all(conditions, satisfiable, Settings(seconds=60, solvers=Solvers.Z3)).verdict


def of(name: str, code: Code = CODE) -> Iterable[Condition]:
    return ALL[name].conditions(CANONICAL, frozenset(), code)


def changed(method: str, old: str, new: str) -> Code:
    return Code(sized={method: replaced(getattr(SizedKernel, method), old, new)})


@pytest.mark.long
@pytest.mark.parametrize("name", QUICK)
def test_the_quick_ones_are_proved(name: str) -> None:
    assert verdict(of(name)) == Verdict.PROVED


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "obligation"), FALLS)
def test_each_fault_falls(fault: str, obligation: str) -> None:
    assert falls(obligation, CODE_FAULTS[fault].code)


def test_every_obligation_falls_by_a_fault() -> None:
    fell = {each for some in hints().values() for each in some}
    assert ALL.keys() <= fell


# The theorem.


@pytest.mark.parametrize("part", theorem.parts(2))
def test_no_part_of_the_theorem_can_be_left_out(part: str) -> None:
    for condition in theorem.conditions(replace(CODE, hardware={part: None})):
        assert verdict([condition]) == Verdict.UNPROVED


@pytest.mark.parametrize("levels", theorem.LEVELS)
def test_hypotheses_are_what_is_demanded_where_methods_end(levels: int) -> None:
    demanded, parts = coherent(before(levels), theorem.database), theorem.parts(levels)
    for name in (theorem.LEAVES, theorem.BUFFERS):
        assert any(parts[name].eq(each) for each in demanded.values())
    assert parts[theorem.LEAVES].eq(entries_say(before(levels).tables, theorem.database))
    assert parts[theorem.BUFFERS].eq(buffers_follow(before(levels)))


def test_a_weaker_form_of_a_part_does_not_do() -> None:
    world = before(2)
    some_page = Or(*(Implies(world.cached(c, k, x, f, a), Exists([y], shows(world.tables, y, f, a))) for k in range(2)))
    only_small = Implies(world.cached(c, 0, x, f, a), world.tables.entry(0, x, f, a))
    only_found = Implies(shows(world.tables, x, f, a), theorem.database(x, f, a))
    weaker = {
        theorem.BUFFERS: (ForAll([c, x, f, a], some_page), ForAll([c, x, f, a], only_small)),
        theorem.LEAVES: (ForAll([x, f, a], only_found),),
    }
    for part, forms in weaker.items():
        for form in forms:
            condition, *_ = theorem.conditions(replace(CODE, hardware={part: form}))
            assert verdict([condition]) == Verdict.UNPROVED


# Code that was not written with the proof in mind.

FIRST, SHOWS = "_show_sigma0", "self.write_entry(slot)"

GONE, PRECISE = "sized_buffers_invalidate__leaves__no_translation", QUICK[1]


@pytest.mark.parametrize(
    ("method", "old", "new", "falls"),
    [
        ("invalidate", "self.tables.leaves(self.order_at(slot))", "self.tables.leaves(self.order_at(slot) - 1)", GONE),
        ("invalidate", "leaf_address(slot, leaf), tag)", "tables.address(slot), tag)", GONE),
        ("invalidate", "in self.cores:", "in self.cores:\n            return", GONE),
        ("invalidate", "invalidate_page(self.leaf_address(slot, leaf), tag)", "invalidate_tag(core.tag)", GONE),
        ("invalidate", "invalidate_page(self.leaf_address(slot, leaf), tag)", "invalidate_tag(tag)", PRECISE),
        ("leaf_address", "leaf_order(self.order_at(slot))", "leaf_order(self.order_at(slot) + 1)", GONE),
        ("leaf_address", "leaf_order(self.order_at(slot))", "leaf_order(0)", GONE),
        ("leaf_address", "leaf << 12", "leaf << 11", GONE),
    ],
)
def test_wrong_invalidations_fall(method: str, old: str, new: str, falls: str) -> None:
    assert verdict(of(falls, changed(method, old, new))) == Verdict.UNPROVED


@pytest.mark.parametrize(
    ("method", "old", "new", "unit", "words"),
    [
        ("invalidate", "if tag is not None:", "if tag is None:", "invalidate", "before the code asked"),
        ("invalidate", "self.tables.leaves(self.order_at(slot))", "2", "invalidate", "added to an address"),
        ("invalidate", "if tag is not None:", "if 0 == 0:", "invalidate", "before the code asked"),
        ("invalidate", "leaf), tag)", "leaf), tag, shared=False)", "invalidate", "all spaces share"),
        ("invalidate", "range(leaves):", "range(leaves):\n                if leaf == 0:\n                    continue",
         "invalidate", "compar"),
        ("invalidate", "if tag is not None:", "self.scope = tag\n    if tag is not None:", "invalidate",
         "no proof looks"),
        ("invalidate", "range(leaves):",
         "range(leaves):\n                self.tables.clear(slot, self.order_at(slot))",
         "invalidate", "more than"),
        ("unite", "around(self.tree.slot[one], order)", "self.tree.slot[one]", "unite", "of no mapping"),
        ("divide", "self.halve(node)", "self.sized.order[node] = order - 1", "divide", "assign"),
        ("settle", "detached[0]", "detached[1]", "unite", "more than one"),
        ("withdraw", "self.clear_entry(slot)", "self.tables.clear(slot)", "withdraw", "of no mapping"),
        (FIRST, "self.sized = trees.initial(self.scope)\n", "pass\n", "show_first", "no attribute 'sized'"),
        (FIRST, "self.tree = self.sized.links\n", "pass\n", "show_first", "no attribute 'tree'"),
        (FIRST, "trees.initial(self.scope)", "trees.initial(0)", "show_first", "and of the kernel's scope"),
        (FIRST, "self.sized.links", "trees.initial(self.scope).links", "show_first", "once"),
        (FIRST, SHOWS, f"{SHOWS}\n        self.sized = trees.initial(self.scope)", "show_first", "once"),
        (FIRST, SHOWS, f"{SHOWS}\n        trees.halve(self.sized, node)", "show_first", "about something else"),
        ("divide", "self.halve(node)", "pass", "divide", "neither halved"),
        ("divide", "self.halve(node)", "self.halve(node)\n    self.halve(node)", "divide", "or twice"),
        ("withdraw", "self.clear_entry(slot)", "self.halve(self.tree.node_of[slot])\n    self.clear_entry(slot)",
         "withdraw", "about something else"),
        (FIRST, "self.sized.links", "self.sized", "show_first", "not the first tree"),
        (FIRST, "mappings(self.tree)", "mappings(self.sized)", "show_first", "is not the tree"),
        (FIRST, SHOWS, f"{SHOWS}\n        break", "show_first", "more is done"),
        (FIRST, SHOWS, f"{SHOWS}\n        return", "show_first", "more is done"),
    ],
)  # fmt: skip
def test_what_no_rule_speaks_of_is_refused(method: str, old: str, new: str, unit: str, words: str) -> None:
    with pytest.raises(ExecutionError, match=words):
        execute(unit, changed(method, old, new))


def execute(unit: str, code: Code) -> None:
    for case in execution.cases(UNITS[unit]):
        execution.walked(unit, case, code)


def test_mappings_of_every_order_are_executed() -> None:
    for unit in UNITS.values():
        found = {(case.levels, case.order) for case in execution.cases(unit)}
        assert {levels for levels, _ in found} == set(theorem.LEVELS)
        assert {order for levels, order in found if levels == 2} == set(range(unit.least, 21))
    assert {case.ascending for case in execution.cases(UNITS["unite"])} == {True, False}


def test_every_step_on_tables_and_buffers_is_at_home_here() -> None:
    names = {function.__name__ for _, function in executed()}
    on_trees = {"create_block", "move_node", "remove_leaf", "restrict_rights", "flush_step", "restrict_step", "lookup"}
    methods = {name for name, value in vars(SizedSteps).items() if callable(value) and not name.startswith("_")}
    assert methods - names - {"page_tables", *on_trees} == set()


def test_a_case_that_assumes_nothing_wrong_is_possible() -> None:
    for name, unit in UNITS.items():
        case = next(iter(execution.cases(unit)))
        walk = execution.walked(name, case)
        goal = Condition(walk.known, dict.fromkeys(walk.known, "assumption"), And(BoolVal(True), BoolVal(False)))
        assert verdict([goal]) == Verdict.UNPROVED
