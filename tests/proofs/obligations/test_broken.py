"""Every kind of obligation can fail: broken code makes a named one fail, and it fails with a counterexample."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import z3

from machine.formats import SV39, X86_64
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE, REFUSED
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.contract import CALLS
from proofs.execution.values import free
from proofs.obligation import Condition
from proofs.obligations.kernel import coherence, cost, simulation, theorem
from proofs.obligations.kernel.hardware import FREES
from proofs.obligations.kernel.simulation import SIMULATES
from proofs.obligations.kernel.world import ALLOWED
from proofs.obligations.machine import bits
from proofs.obligations.page_tables import tables
from proofs.obligations.source import Code
from proofs.obligations.tree import loops, primitives
from proofs.obligations.tree.contracts import CONTRACTS
from proofs.obligations.tree.loops import KEEPS
from proofs.obligations.tree.tree import INDEX
from proofs.verdict import Verdict
from refinement.kernel.kernel import Kernel
from refinement.kernel.mapping_tree import FREE, NONE
from refinement.kernel.primitives import flush_step, link_leaf, restrict_step, tour_step, unlink_leaf

satisfiable = Satisfiable()


def verdict(conditions: Iterable[Condition]) -> Verdict:
    return discharge_all(conditions, satisfiable, Settings(seconds=60, solvers=Solvers.Z3)).verdict


def forgets_next(t: Any, node: Any) -> None:
    parent, before, after = t.parent[node], t.prev_sibling[node], t.next_sibling[node]
    if before != NONE:
        t.next_sibling[before] = after
    else:
        t.first_child[parent] = after
    t.parent[node] = t.prev_sibling[node] = t.next_sibling[node] = NONE


def forgets_first(t: Any, parent: Any, node: Any) -> None:
    first = t.first_child[parent]
    t.parent[node], t.prev_sibling[node], t.next_sibling[node] = parent, NONE, first
    if first != NONE:
        t.prev_sibling[first] = node


def writes_at_none(t: Any, parent: Any, node: Any) -> None:
    first = t.first_child[parent]
    t.parent[node], t.prev_sibling[node], t.next_sibling[node] = parent, NONE, first
    t.prev_sibling[first] = node
    t.first_child[parent] = node


def forgets_node_of(t: Any, parent: Any, slot: Any, frame: Any, rights: Any) -> Any:
    node = t.first_child[FREE]
    unlink_leaf(t, node)
    t.slot[node], t.frame[node], t.rights[node] = slot, frame, rights
    link_leaf(t, parent, node)
    return node


def leaks(t: Any, node: Any) -> None:
    t.node_of[t.slot[node]] = NONE
    t.slot[node], t.frame[node], t.rights[node] = NONE, NONE, 0


def keeps_old_slot(t: Any, node: Any, slot: Any) -> None:
    t.slot[node] = slot
    t.node_of[slot] = node


def takes_nothing(t: Any, node: Any, kept: Any) -> None:
    t.rights[node] = t.rights[node] & 7


@pytest.mark.parametrize(
    ("name", "broken", "what"),
    [
        ("unlink_leaf", forgets_next, "prev_sibling"),
        ("link_leaf", forgets_first, "first_of_parent"),
        ("link_leaf", writes_at_none, INDEX),
        ("create_leaf", forgets_node_of, "slot_node"),
        ("create_leaf", forgets_node_of, "create_leaf__is__map"),
        ("remove_leaf", leaks, "live_or_free"),
        ("remove_leaf", leaks, "remove_leaf__preserves__room"),
        ("move_node", keeps_old_slot, "slot_node"),
        ("move_node", keeps_old_slot, "move_node__is__grant"),
        ("restrict_rights", takes_nothing, "restrict_rights__is__narrowing"),
    ],
)
def test_broken_primitive(name: str, broken: Callable[..., Any], what: str) -> None:
    assert verdict(primitives.conditions(name, what, Code({name: broken}))) == Verdict.UNPROVED


@pytest.fixture
def requiring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, Callable[..., Any]], None]]:
    """Gives the contract of a primitive other requirements for the time of a test."""

    def require(name: str, requires: Callable[..., Any]) -> None:
        monkeypatch.setitem(CONTRACTS, name, replace(CONTRACTS[name], requires=requires))
        primitives.requires.cache_clear()

    yield require
    monkeypatch.undo()
    primitives.requires.cache_clear()


Requiring = Callable[[str, Callable[..., Any]], None]


def test_a_missing_requirement_is_missed(requiring: Requiring) -> None:
    requiring("remove_leaf", lambda t, node: {"the node is live": t.live(node)})
    assert verdict(primitives.conditions("remove_leaf", "live_or_free", Code())) == Verdict.UNPROVED


def test_contradictory_requirements_prove_nothing(requiring: Requiring) -> None:
    requires = CONTRACTS["move_node"].requires
    requiring("move_node", lambda t, node, slot: {**requires(t, node, slot), "absurd": node == free})
    assert verdict(primitives.conditions("move_node", "slot_node", Code())) == Verdict.VACUOUS


def stops_early(t: Any, top: Any) -> None:
    if t.first_child[top] != NONE:
        flush_step(t, top, top)


def starts_at_child(t: Any, top: Any) -> None:
    cursor = t.first_child[top]
    while t.first_child[top] != NONE:
        cursor = flush_step(t, cursor, t.parent[top])


def skips_first(t: Any, top: Any, kept: Any) -> None:
    cursor, leaving = t.first_child[top], True
    if cursor != NONE:
        while cursor != top:
            cursor, leaving = restrict_step(t, cursor, leaving, kept)


def looks_up_only_one(t: Any, lower: Any, upper: Any) -> bool:
    up, cursor, leaving = t.parent[lower], upper, False
    while up != 1:
        if up == upper:
            return True
        up = t.parent[up]
        cursor, leaving = tour_step(t, cursor, leaving)
        return False
    return False


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "broken", "what"),
    [
        ("flush_below", stops_early, "at_exit"),
        ("flush_below", starts_at_child, "at_first"),
        ("restrict_below", skips_first, "at_first"),
        ("is_below", looks_up_only_one, "at_exit"),
    ],
)
def test_broken_loop(name: str, broken: Callable[..., Any], what: str) -> None:
    assert verdict(loops.conditions(name, what, Code({name: broken}))) == Verdict.UNPROVED


def flushes_nothing(t: Any, src: Any, rights: Any, d: Any) -> Any:
    return DONE


def test_broken_operation() -> None:
    executed = simulation.ExecutedOperation("flush", CANONICAL, Code({"flush": flushes_nothing}))
    assert verdict(simulation.conditions(executed, simulation.SIMULATES)) == Verdict.UNPROVED


class InvalidatesFirst(Kernel):
    def withdraw(self, slot: int) -> None:
        detached = self.release_tables(slot)
        self.invalidate(slot)
        self.clear_entry(slot)
        self.free_tables(detached)


class NeverInvalidates(Kernel):
    def invalidate(self, slot: int) -> None:
        pass


class LeavesEntry(Kernel):
    def clear_entry(self, slot: int) -> None:
        pass


class FreesTooEarly(Kernel):
    def withdraw(self, slot: int) -> None:
        self.clear_entry(slot)
        self.free_tables(self.release_tables(slot))
        self.invalidate(slot)


class NarrowsDatabaseOnly(Kernel):
    def narrow(self, node: int, kept: int) -> None:
        pass


class PassesAllRights(Kernel):
    def passed_on(self, source: int, rights: int) -> int:
        return rights


class LeavesGranter(Kernel):
    def grant(self, src: int, dst: int, rights: int = 7) -> int:
        if not self.admit(src, dst, rights):
            return REFUSED
        if self.replace(src, dst):
            self.move_node(self.tree.node_of[src], dst)
            self.write_entry(dst)
        return DONE


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "broken", "what"),
    [
        ("flush_below", InvalidatesFirst, KEEPS),
        ("flush_below", NeverInvalidates, KEEPS),
        ("flush_below", LeavesEntry, KEEPS),
        ("flush_below", FreesTooEarly, FREES),
        ("restrict_below", NarrowsDatabaseOnly, KEEPS),
        ("map", PassesAllRights, CALLS),
        ("map", PassesAllRights, SIMULATES),
        ("grant", LeavesGranter, ALLOWED),
    ],
)
def test_broken_kernel(name: str, broken: type, what: str) -> None:
    executed = coherence.ExecutedMethod(name, CANONICAL, Code(kernel=broken))
    assert verdict(coherence.conditions(executed, what)) == Verdict.UNPROVED


def test_costs_are_bounds() -> None:
    walked = loops.walked("flush_below")
    most = cost.most_cells(walked)
    assert most == cost.MOST_CELLS["flush_below"]
    assert verdict([cost.within_bound(walked, most - 1)]) == Verdict.UNPROVED


@pytest.mark.parametrize(
    ("theorem_of", "broken"),
    [
        (bits.decode_inverts_encode, replace(X86_64, frame=lambda entry, level: entry >> 13)),
        (bits.encode_sets_no_reserved_bit, replace(SV39, pointer=lambda frame: (frame << 10) | 0b10001)),
        (bits.no_rights_make_no_entry, replace(X86_64, leaf=lambda *_: z3.BitVecVal(1, 64))),
        (bits.walk_permits_what_was_granted, replace(SV39, permits=lambda *_: z3.BitVecVal(1, 64))),
        (bits.index_selects_pages, replace(SV39, index_bits=8)),
        (tables.walk_stays_outside_pool, replace(SV39, table=lambda entry: (entry >> 10) + 1)),
    ],
)
def test_broken_bits(theorem_of: Callable[[Any], Iterable[Condition]], broken: Any) -> None:
    assert verdict(theorem_of(broken)) == Verdict.UNPROVED


@pytest.mark.parametrize("part", theorem.parts())
def test_the_theorem_needs_every_part(part: str) -> None:
    assert verdict(theorem.conditions(Code(hardware={part: None}))) == Verdict.UNPROVED
