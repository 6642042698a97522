"""The tree with sizes: its steps are proved, and fall by each fault."""

from typing import Any

import pytest
import z3

from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.contract import CALLS
from proofs.execution.path import Cut, ExecutionError, Path
from proofs.execution.values import Rights, Value, all_rights, no_slot
from proofs.faults.code.sized import OF_SIZED
from proofs.faults.hunts.proof_of_code import CODE_FAULTS, concerns, falls, hints
from proofs.obligations.code import CodeObligation
from proofs.obligations.sized import calls, execution, inventory, search
from proofs.obligations.sized.calls import FUNCTIONS_OF_KERNEL
from proofs.obligations.sized.contracts import given, node, other, slot, slot_of
from proofs.obligations.sized.entries import Entries
from proofs.obligations.sized.execution import EFFECT
from proofs.obligations.sized.halving import DEALT, Children
from proofs.obligations.sized.kernel import BETWEEN, SAME, Kernel, is_same
from proofs.obligations.sized.promises import CONTRACTS
from proofs.obligations.sized.state import BEFORE, INVARIANTS, WITHIN, SlotValue, SymbolicSized
from proofs.obligations.sized.table_steps import TableSteps
from proofs.obligations.sized.used import AFTER, ALWAYS, EACH_TREE, HERE, ONLY
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.loops import AT_EXIT, DECREASES, KEEPS
from proofs.registry import registry
from proofs.verdict import Verdict
from refinement.ranges.kernel import SizedKernel
from refinement.rewriting import replaced

SETTINGS = Settings(solvers=Solvers.Z3, seconds=20.0)
RECURS = "kept = self.tree.rights[node] & ~rights\n    self.take_rights(node, rights)\n    return"
QUICK = ("sized_move_block__", "sized_merge__")
STEPS = [o.id for o in inventory.obligations()]
FALLS = [(fault, fell) for fault in OF_SIZED for fell in hints()[fault]]


def verdict(name: str, code: Code = CODE) -> Verdict:
    obligation = registry()[name]
    assert isinstance(obligation, CodeObligation)
    return discharge_all(obligation.conditions(CANONICAL, frozenset(), code), Satisfiable(), SETTINGS).verdict


def test_the_faults_fell_every_obligation_together() -> None:
    assert {fell for _, fell in FALLS} == set(STEPS)


@pytest.mark.long
def test_each_part_of_the_invariant_of_the_loop_is_asked_for() -> None:
    demanded = {demand.part for path in execution.walked("halve") for demand in path.demands if demand.what == KEEPS}
    of_groups = {name for _, group in inventory.GROUPS.values() for name in group if name in INVARIANTS}
    assert demanded == (of_groups - WITHIN) | set(DEALT)


def test_the_loop_of_halving_is_of_one_way_where_local_variables_are_the_same() -> None:
    tree, entered = SymbolicSized(Path()), dict[str, Any]()
    values = {"other": Value(other, tree.path), "child": Value(node, tree.path), "half": Value(slot, tree.path)}
    Children(tree, entered).head(values, frozenset({"child"}))
    second = SymbolicSized(Path((True,), [True]))
    with pytest.raises(Cut):
        Children(second, entered).head(values, frozenset({"child"}))
    with pytest.raises(ExecutionError, match="other local variables"):
        Children(second, entered).head({**values, "half": Value(no_slot, tree.path)}, frozenset({"child"}))


def test_the_kernel_writes_no_tree_itself() -> None:
    kernel = Kernel(Path(), CODE)
    kernel.object.tree.parent[Value(node, kernel.path)] = Value(node, kernel.path)
    (demand,) = (each for each in kernel.path.demands if each.what == CALLS)
    assert z3.is_false(demand.formula())
    with pytest.raises(ExecutionError, match=r"self\.sized is assigned"):
        kernel.object.sized = None


def test_the_kernel_calls_what_takes_so_many_arguments() -> None:
    kernel = Kernel(Path(), CODE)
    with pytest.raises(TypeError, match="slot"):
        kernel.object.invalidate()
    with pytest.raises(ExecutionError, match="takes 1 arguments"):
        kernel.object.halve(Value(node, kernel.path), Value(node, kernel.path))
    with pytest.raises(ExecutionError, match="and not with the tree"):
        kernel.names["trees"].find(kernel.tree.sized, Value(slot, kernel.path))


def test_entries_are_gone_when_the_slot_that_was_cleared_last_is_invalidated() -> None:
    entries, path, state = Entries(), Path(), BEFORE
    here, elsewhere = {"slot": Value(slot, path)}, {"slot": Value(no_slot, path)}
    entries.note("invalidate", here)
    entries.note("clear_entry", here)
    assert z3.is_false(entries.gone(state, node))
    entries.note("invalidate", elsewhere)
    assert z3.is_false(entries.gone(state, node))
    entries.note("invalidate", here)
    assert z3.is_false(entries.gone(state, node))
    entries.note("release_tables", here)
    assert entries.gone(state, node).eq(state.slot(node, slot))
    entries.note("settle", here)
    assert z3.is_false(entries.gone(state, node))


def test_entries_that_are_narrowed_after_they_were_cleared_are_not_gone() -> None:
    entries, path = Entries(), Path()
    for step in ("clear_entry", "invalidate", "narrow_entry", "invalidate"):
        entries.note(step, {"slot": Value(slot, path), "rights": Rights(given, path)})
    assert z3.is_false(entries.gone(BEFORE, node))
    entries.forget()
    assert entries.step == ""
    assert not entries.invalidated


def test_a_node_whose_entries_are_narrowed_has_to_lose_as_much() -> None:
    entries, path = Entries(), Path()
    everything = entries.narrowed(BEFORE, node, all_rights)
    for step in ("narrow_entry", "invalidate"):
        entries.note(step, {"slot": Value(slot, path), "rights": Rights(given, path)})
    assert entries.pending == [slot]
    assert not entries.narrowed(BEFORE, node, all_rights).eq(everything)
    entries.forget()
    assert entries.pending == [slot]
    assert z3.is_false(entries.narrowed(BEFORE, node, all_rights))
    entries.note("clear_entry", {"slot": Value(slot, path)})
    assert entries.pending == []


STEPS_IN_ORDER = (
    ("", "provide write_entry", True),
    ("", "write_entry", False),
    ("", "provide provide write_entry", False),
    ("", "clear_entry release_tables invalidate free_tables", True),
    ("", "clear_entry release_tables free_tables invalidate", False),
    ("", "clear_entry invalidate release_tables free_tables", False),
    ("", "release_tables clear_entry invalidate free_tables", False),
    ("", "clear_entry release_tables release_tables invalidate free_tables", False),
    ("", "clear_entry release_tables invalidate", False),
    ("", "lift_leaf invalidate divide_leaf", False),
    ("divide", "lift_leaf divide_leaf", False),
    ("divide", "lift_leaf", False),
    ("divide", "divide_leaf", False),
)


@pytest.mark.parametrize(("method", "steps", "in_order"), STEPS_IN_ORDER)
def test_steps_on_page_tables_come_in_order(method: str, steps: str, in_order: bool) -> None:
    path, entries, table_steps = Path(), Entries(), TableSteps(method)
    begun: object = None
    for step in steps.split():
        given = {"slot": Value(slot, path), "detached": begun, "noted": begun}
        returned = table_steps.note(step, given, 0, [slot], entries)
        begun = begun if returned is None else returned
        entries.note(step, given)
    assert table_steps.done == in_order


def test_a_leaf_is_taken_apart_and_put_together_where_its_mapping_begins() -> None:
    path, entries = Path(), Entries()
    one, two = (Value(slot_of(each), path) for each in (node, other))
    for trees, slots, in_order in ((0, (one,), True), (1, (one,), False), (0, (two,), False)):
        steps = TableSteps("divide")
        noted = steps.note("lift_leaf", {"slot": one}, 0, [], entries)
        for each in slots:
            steps.note("invalidate", {"slot": each}, 0, [], entries)
        steps.note("divide_leaf", {"slot": one, "noted": noted}, trees, [], entries)
        assert steps.done == in_order
    for trees, gone, in_order in ((1, [one, two], True), (0, [one, two], False), (1, [one], False)):
        steps = TableSteps("unite")
        detached = steps.note("detach_table", {"slot": one, "order": None}, 0, [], entries)
        for each in gone:
            steps.note("invalidate", {"slot": each}, 0, [], entries)
        steps.note("settle", {"slot": one, "detached": detached}, trees, [], entries)
        assert steps.done == in_order
        assert steps.resized


def test_what_was_done_to_entries_is_forgotten_where_the_tree_becomes_another() -> None:
    kernel = Kernel(Path(), CODE)
    kernel.object.clear_entry(Value(slot, kernel.path))
    kernel.object.invalidate(Value(slot, kernel.path))
    assert kernel.entries.invalidated
    kernel.become("later")
    assert not kernel.entries.invalidated
    assert kernel.entries.slot is None


@pytest.mark.parametrize("name", FUNCTIONS_OF_KERNEL)
def test_no_method_is_proved_by_what_is_proved_by_it(name: str) -> None:
    later = list(CONTRACTS)[list(CONTRACTS).index(name) :]
    kernel = Kernel(Path(), CODE, name)
    assert not [each for each in later if hasattr(kernel.object, each)]


def test_a_method_that_calls_itself_is_not_proved() -> None:
    endless = replaced(SizedKernel.take_rights, "kept = self.tree.rights[node] & ~rights", RECURS)
    with pytest.raises(ExecutionError, match=r"knows self\.take_rights"):
        list(calls.conditions("take_rights", AT_EXIT, Code(sized={"take_rights": endless})))


def test_a_search_that_comes_to_its_loop_twice_is_refused() -> None:
    path = Path()
    values = {"start": SlotValue(slot, path)}
    rule = search.Searching(path, lambda values: {}, lambda *_: z3.BoolVal(True), lambda values: {})
    rule.head(values, frozenset({"start"}))
    with pytest.raises(ExecutionError, match="entered twice on one path"):
        rule.head(values, frozenset({"start"}))


def test_no_page_changes_by_what_is_proved_to_change_none() -> None:
    taking = {"flush_below", "restrict_below", "take_rights", "flush_part", "take_block", "flush_range"}
    taking |= {"clear_target", "map_piece", "map_pieces", "map_range"}
    taking |= {"restrict_pieces", "move_piece", "move_pieces", "grant_range"}
    steps = {"create_block"} | {"move_node", "remove_leaf", "restrict_rights", "drop_block", "narrow_block"}
    assert {name for name in CONTRACTS if not is_same(name)} == taking | steps
    assert {f"sized_{name}__{SAME if is_same(name) else EFFECT}" for name in FUNCTIONS_OF_KERNEL} <= set(STEPS)


def test_invariants_that_a_proof_leaves_out_are_there() -> None:
    named = {each for used in (*HERE.values(), *AFTER.values()) for each in used}
    assert named <= EACH_TREE


@pytest.mark.long
@pytest.mark.parametrize(("name", "said"), ONLY)
def test_all_that_one_part_alone_uses_is_known_on_some_path(name: str, said: str) -> None:
    whats, only = ((said,), None) if said in (DECREASES, EFFECT) else ((KEEPS, BETWEEN), said)
    begins = ONLY[name, said]
    conditions = [each for what in whats for each in calls.conditions(name, what, only=only)]
    narrowed = [c for c in conditions if all(each in ALWAYS or each.startswith(begins) for each in c.hypotheses)]
    assert narrowed
    assert all(any(each.startswith(one) for each in narrowed[0].hypotheses) for one in begins)


def marked(name: str, *more: str) -> Any:
    values = (*more, name)
    return pytest.param(*values, marks=() if name.startswith(QUICK) else pytest.mark.slow)


@pytest.mark.slow
@pytest.mark.parametrize("name", [marked(name) for name in STEPS])
def test_a_step_is_proved(name: str) -> None:
    assert verdict(name) == Verdict.PROVED


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "name"), [marked(name, fault) for fault, name in FALLS])
def test_a_fault_is_noticed(fault: str, name: str) -> None:
    assert concerns(CODE_FAULTS[fault], name)
    assert falls(name, OF_SIZED[fault].code)
