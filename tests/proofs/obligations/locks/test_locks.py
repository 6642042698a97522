"""Locks: what is proved of them falls by each fault, and what guards, relies and guarantees say fits together."""

from types import SimpleNamespace

import pytest
from z3 import And, Not, Or, Solver, unsat

from model.spaces.dialect import CANONICAL
from model.spaces.theory import r, x
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import DISTINCT, Value, no_frame, no_node, no_slot
from proofs.faults.code.locks import OF_LOCKS
from proofs.faults.hunts.proof_of_code import CODE_FAULTS, concerns, hints
from proofs.obligations.code import CodeObligation
from proofs.obligations.locks.held import HELD, guards_node, guards_slot, has_frames, left_alone, shows_held
from proofs.obligations.locks.interference import NUMBERS, Others, disturbed, locks_of, shown
from proofs.obligations.locks.taking import HYPOTHESES
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.invariants import is_node, n
from proofs.obligations.tree.tree import BEFORE, fresh_state
from proofs.registry import registry
from proofs.verdict import Verdict
from refinement.cores.locked import FREE_LIST, POOL, TURN, FrameLocks, OneLock, SlotLocks
from refinement.cores.stepping import Around, acquire, release, takes_steps
from refinement.rewriting import definition_of, replaced, rewritten

ALL = [name for name in registry() if name.startswith(("one_lock_", "frame_locks_", "slot_locks_"))]
HEAVY = ("frame_locks_map", "_grant", "restrict_below", "locks_map__touches", "_locks__is")
QUICK = [name for name in ALL if name.startswith("one_lock_") or not any(part in name for part in HEAVY)]
FALLS = [(fault, hints()[fault][-1]) for fault in OF_LOCKS]
AFTER = fresh_state(" after")
SETTINGS = Settings(solvers=Solvers.Z3, seconds=20.0)


def verdict(name: str, code: Code = CODE) -> Verdict:
    obligation = registry()[name]
    assert isinstance(obligation, CodeObligation)
    return discharge_all(obligation.conditions(CANONICAL, frozenset(), code), Satisfiable(), SETTINGS).verdict


def proves(goal: object, *given: object) -> bool:
    solver = Solver()
    solver.add(*DISTINCT.values(), *given, Not(goal))
    return bool(solver.check() == unsat)


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in ALL]
)
def test_it_is_proved(name: str) -> None:
    assert verdict(name) == Verdict.PROVED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "name"),
    [each if each[1] in QUICK else pytest.param(*each, marks=pytest.mark.slow) for each in FALLS],
)
def test_a_fault_is_noticed(fault: str, name: str) -> None:
    assert concerns(CODE_FAULTS[fault], name)
    assert verdict(name, OF_LOCKS[fault].code) == Verdict.UNPROVED


def test_two_cores_never_hold_the_guard_of_one_cell() -> None:
    """Of locks that exclude each other, one alone guards: here of the same slot seen by who holds all others."""
    others = type(HELD)(lambda f: Not(HELD.frame(f)), lambda s: Not(HELD.slot(s)), HELD.kernel)
    assert proves(Not(And(guards_slot(HELD, BEFORE, x), guards_slot(others, BEFORE, x))))
    for column in ("parent", "next_sibling"):
        mine = guards_node(HELD, BEFORE, column, n, pool=True)
        assert proves(Not(And(mine, guards_node(others, BEFORE, column, n, pool=False))))


def test_every_cell_has_a_guard() -> None:
    everything = type(HELD)(lambda _: And(), lambda _: And(), HELD.kernel)
    assert proves(guards_slot(everything, BEFORE, x))
    assert proves(guards_node(everything, BEFORE, "prev_sibling", n, pool=True))


def test_what_a_held_lock_is_relied_on_for() -> None:
    alone = left_alone(HELD, BEFORE, AFTER).values()
    assert proves(shows_held(HELD, AFTER, x), shows_held(HELD, BEFORE, x), *alone)
    nil = Not(is_node(BEFORE.node_of(x)))
    assert proves(Not(is_node(AFTER.node_of(x))), nil, HELD.slot(x), *alone)
    assert not proves(Not(is_node(AFTER.node_of(x))), nil, *alone)  # without the slot's lock somebody may fill it
    assert not proves(is_node(AFTER.node_of(x)), is_node(BEFORE.node_of(x)), HELD.slot(x), *alone)


def test_a_slot_never_shows_nothing_by_a_node() -> None:
    frames = has_frames(BEFORE).values()
    assert proves(BEFORE.frame(BEFORE.node_of(x)) != no_frame, BEFORE.node_of(x) != no_node, *frames)


def test_numbers_have_an_order() -> None:
    solver = Solver()
    solver.add(*HYPOTHESES.values(), *DISTINCT.values(), r != no_frame)
    assert str(solver.check()) == "sat"
    assert len(NUMBERS) == 2


class _LockForEachSource(OneLock):
    @takes_steps
    def map(self, src: int, dst: int, rights: int) -> int:
        acquire("kernel", src)
        status: int = self.kernel.map(src, dst, rights)
        release("kernel", src)
        return status


class _LockOfTwoFrames(FrameLocks):
    @takes_steps
    def lock(self, kind: str, one: int, two: int) -> None:
        acquire(kind, one, two)


class _TurnForEachSource(SlotLocks):
    @takes_steps
    def give_back(self, waits: bool) -> None:
        self.let_go()
        if waits:
            release(TURN, waits)


@pytest.mark.parametrize(
    ("base", "wrong", "name"),
    [
        ("OneLock", _LockForEachSource, "one_lock_map__takes__in_order"),
        ("FrameLocks", _LockOfTwoFrames, "frame_locks_lock__takes__in_order"),
        ("SlotLocks", _TurnForEachSource, "slot_locks_map__gives_back__once"),
    ],
)
def test_a_lock_is_known_by_all_of_its_name(base: str, wrong: type, name: str) -> None:
    with pytest.raises(ExecutionError, match="a lock is known by all of its name"):
        verdict(name, Code(locks={base: wrong}))


def test_a_lock_that_is_held_is_not_taken_again() -> None:
    path = Path()
    locks = locks_of(Others(path))
    for _ in range(2):
        locks["acquire"]("frame", Value(r, path))
    first, second = (demand.formula() for demand in path.demands)
    given = [*NUMBERS.values(), r != no_frame]
    assert proves(first, *given)
    assert proves(Not(second), *given)


def test_each_look_is_of_another_moment() -> None:
    path = Path()
    others = Others(path)
    one, two = (others.tree.node_of[Value(x, path)].term for _ in range(2))
    assert not one.eq(two)
    assert not proves(Or(one == two), *path.assumed.values())


def test_nothing_is_known_of_what_was_seen_before_a_lock_was_taken() -> None:
    path = Path()
    others = Others(path)
    before = others.now
    locks_of(others)["acquire"]("frame", Value(r, path))
    assert not proves(before.frame(n) == others.now.frame(n), *path.assumed.values(), before.frame(n) == r)


def test_the_lock_of_the_kernel_is_taken_before_any_other() -> None:
    path = Path()
    locks = locks_of(Others(path))
    locks["acquire"]("frame", Value(r, path))
    locks["acquire"]("kernel")
    assert proves(Not(path.demands[-1].formula()))


@pytest.mark.parametrize(
    ("cls", "name"),
    [(FrameLocks, "frame_locks_flush_below__touches__what_it_holds"), (OneLock, "one_lock_flush__takes__in_order")],
)
def test_a_lock_around_what_is_no_primitive_is_refused(cls: type, name: str) -> None:
    """It would be waited for while it is held: ``flush_below`` removes leaves."""
    around = Around((*FREE_LIST.locks, ("flush_below", POOL)))
    with pytest.raises(ExecutionError, match="flush_below"):
        verdict(name, Code(locks={cls.__name__: type(cls.__name__, (cls,), {"around": around})}))


def test_the_pool_is_locked_where_nodes_come_and_go() -> None:
    assert FrameLocks.around is FREE_LIST
    assert {name for name, _ in FREE_LIST.locks} == {"create_leaf", "remove_leaf"}


@pytest.mark.parametrize("lock", ["kernel", TURN, "slot"])
def test_no_lock_that_operations_hold_is_taken_within_a_primitive(lock: str) -> None:
    """Who has the turn would wait for it."""
    around = Around((*FREE_LIST.locks, ("move_node", lock)))
    wrong = Code(locks={"SlotLocks": type("SlotLocks", (SlotLocks,), {"around": around})})
    with pytest.raises(ExecutionError, match=f"{lock} is taken within a primitive"):
        verdict("slot_locks_move_node__touches__what_it_holds", wrong)


def test_a_core_notes_its_locks_in_a_list_of_its_own() -> None:
    old, new = "self.mine = Mine()", "self.mine = self.kernel.noted"
    wrong = {"__init__": replaced(SlotLocks.__init__, old, new)}
    with pytest.raises(ExecutionError, match="noted"):
        verdict("slot_locks_map__gives_back__once", Code(locks={"SlotLocks": type("SlotLocks", (SlotLocks,), wrong)}))


@pytest.mark.parametrize(
    ("cls", "prefix", "old", "new"),
    [
        (OneLock, "one_lock", "self.kernel = kernel", "self.kernel = kernel.tree"),
        (FrameLocks, "frame_locks", "self.tree = kernel.tree", "self.tree = kernel"),
        (SlotLocks, "slot_locks", "self.tree = kernel.tree", "self.tree = kernel"),
    ],
)
def test_locks_are_of_the_kernel_that_they_call(cls: type, prefix: str, old: str, new: str) -> None:
    wrong = type(cls.__name__, (cls,), {"__init__": replaced(cls.__dict__["__init__"], old, new)})
    with pytest.raises(ExecutionError, match="another kernel than it is made for"):
        verdict(f"{prefix}_flush__gives_back__once", Code(locks={cls.__name__: wrong}))


@pytest.mark.parametrize(
    ("cls", "prefix"), [(OneLock, "one_lock"), (FrameLocks, "frame_locks"), (SlotLocks, "slot_locks")]
)
def test_no_operation_gives_locks_another_kernel(cls: type, prefix: str) -> None:
    flush = cls.__dict__["flush"]
    source = "status: int = self.kernel.flush(slot, rights)"
    wrong = type(cls.__name__, (cls,), {"flush": replaced(flush, source, f"{source}\n    self.kernel = status")})
    with pytest.raises(ExecutionError, match=r"the field kernel of .* is assigned"):
        verdict(f"{prefix}_flush__gives_back__once", Code(locks={cls.__name__: wrong}))


@pytest.mark.parametrize(
    ("cls", "name", "obligation"),
    [
        (FrameLocks, "hold", "frame_locks_unlock__gives_back__once"),
        (SlotLocks, "one", "slot_locks_one__holds__what_it_needs"),
    ],
)
def test_a_method_that_takes_no_steps_where_it_runs_is_refused(cls: type, name: str, obligation: str) -> None:
    plain = getattr(cls, name)
    unmarked = rewritten(plain, definition_of(plain)[0])
    assert unmarked.__dict__.pop("takes_steps")
    with pytest.raises(ExecutionError, match=f"{name} takes no steps where it runs"):
        verdict(obligation, Code(locks={cls.__name__: type(cls.__name__, (cls,), {name: unmarked})}))


def test_the_lists_of_two_cores_are_two() -> None:
    one, two = (SlotLocks(SimpleNamespace(tree=None)) for _ in range(2))
    one.mine.add(3)
    assert (one.mine.has(3), one.mine.some(), two.mine.has(3), two.mine.some()) == (True, True, False, False)
    assert (one.mine.take_out(), one.mine.some()) == (3, False)


def test_others_came_between_only_where_what_a_slot_shows_has_changed() -> None:
    between = disturbed((BEFORE, AFTER), (x,))
    same = And(BEFORE.node_of(x) == AFTER.node_of(x), BEFORE.frame(BEFORE.node_of(x)) == AFTER.frame(AFTER.node_of(x)))
    assert proves(Not(between), same)
    assert proves(between, x != no_slot, shown(BEFORE, x) != shown(AFTER, x))
    assert proves(Not(disturbed((BEFORE,), (x,))))
