"""What is said of a schedule that has ended: each thing that can be wrong with it, and what explains one."""

from dataclasses import replace
from typing import Any

import pytest

from model.scope import Scope
from model.spaces.literal import DONE, REFUSED
from proofs.explorer.interleaved.execution import Execution, Program
from proofs.explorer.interleaved.judging import judged, orders, run_alone, shown
from proofs.explorer.interleaved.scenarios import A0, B0, C0, SCENARIOS, SCOPE, Scenario
from refinement.cores.broken import BROKEN
from refinement.cores.locking import LOCKINGS, Call
from refinement.cores.machine import Entry, SharedKernel
from refinement.cores.stepping import Steps

from .programs import program, run

LOCK, UNLOCK = ("lock", "a", 3), ("unlock", "a", 3)
MAP, FLUSH = Call("map", 0, 1), Call("flush", 0)
SMALL = Scope(3, 1, 1)


def made_of(*calls: tuple[Call, ...], locking: str = "one", timed: bool = False, buffered: bool = False) -> Program:
    return Program(lambda: SharedKernel(SMALL, len(calls), buffered=buffered), LOCKINGS[locking], calls, timed)


def ended(made: Program) -> Execution:
    """The schedule in which the lowest agent that can goes on."""
    execution = Execution(made)
    while enabled := execution.enabled():
        execution.step(enabled[0])
    return execution


def test_a_failure_is_what_is_wrong() -> None:
    execution = run(program([("unlock", "a"), LOCK], [("lock", "b")]), 0)
    assert judged(execution) == "core 0 gives back the lock a, which it does not have"


def test_a_schedule_that_could_go_on() -> None:
    assert judged(run(program([LOCK, UNLOCK], [("read", 0)]), 0, 1)) == "no end after 2 steps"


def test_a_deadlock_says_who_waits_for_what() -> None:
    execution = run(program([LOCK, ("lock", "b")], [("lock", "b"), LOCK], [("read", 0)]), 2, 0, 1)
    assert judged(execution) == "deadlock: core 0 waits for lock b, core 1 waits for lock a 3"


def test_a_store_buffer_does_not_wait_for_a_lock() -> None:
    execution = run(program([LOCK, ("write", 0, 1)], [LOCK], buffered=True), 0, 0)
    execution.step(2)
    assert judged(execution) == "deadlock: core 1 waits for lock a 3"


def test_a_lock_that_is_kept() -> None:
    assert judged(run(program([("read", 0)], [LOCK]), 0, 1)) == "core 1 keeps the lock a 3 when its calls have returned"


def test_a_tree_that_is_broken() -> None:
    wrong = judged(run(program([("put", "slot", 2, 1)]), 0))
    assert wrong == "the mapping tree is broken: slot-node: node 2 stands for slot 1, whose node is -1"


@pytest.mark.parametrize(
    ("slot", "entry", "name"),
    [(0, None, "σ0[0]"), (0, Entry(0, 6), "σ0[0]"), (1, Entry(0, 7), "σ1[0]")],
)
def test_an_entry_that_is_not_the_databases(slot: int, entry: Entry | None, name: str) -> None:
    wrong = judged(run(program([("put", "entry", slot, entry)]), 0))
    assert wrong == f"the entry of {name} is not what the database says"


def test_what_some_order_explains_is_right() -> None:
    for calls in [(MAP,)], [(MAP,), (FLUSH,)], [(MAP, FLUSH), (MAP,)], [(FLUSH,), (Call("grant", 0, 2),)]:
        for buffered in (False, True):
            assert judged(ended(made_of(*calls, buffered=buffered))) == ""


def test_how_a_call_ends_has_to_be_explained() -> None:
    execution = ended(made_of((MAP,), (FLUSH,)))
    execution.status[1, 0] = 7
    assert judged(execution) == (
        f"no order of the calls explains it: call 0 of core 0 ends with {DONE}, call 0 of core 1 ends with 7; "
        "σ is [-2, -1, -1]"
    )


def test_what_spaces_show_has_to_be_explained() -> None:
    made = made_of((MAP,))
    execution = ended(made)
    other = ended(replace(made, calls=((Call("map", 0, 2),),)))
    execution.kernel = other.kernel
    assert judged(execution) == (
        f"no order of the calls explains it: call 0 of core 0 ends with {DONE}; σ is [-2, -1, 0]"
    )


@pytest.mark.parametrize("timed", [False, True])
def test_a_call_that_had_returned_comes_before_one_that_began_later(timed: bool) -> None:
    """A flush that ends before a map begins leaves the map; its order is kept where calls are timed."""
    made = made_of((FLUSH,), (MAP,), timed=timed)
    execution = ended(made)
    assert judged(execution) == ""
    swapped = ended(replace(made, calls=((MAP,), (FLUSH,))))
    execution.kernel = swapped.kernel
    assert (judged(execution) == "") == (not timed)


def test_orders_keep_each_cores_own() -> None:
    found = orders(made_of((MAP, FLUSH), (Call("map", 1, 2),)))
    names = [(0, 0), (0, 1), (1, 0)]
    assert [order for order, _, _ in found] == [
        (names[0], names[1], names[2]),
        (names[0], names[2], names[1]),
        (names[2], names[0], names[1]),
    ]
    status = [dict(each) for _, each, _ in found]
    assert [each[0, 0] for each in status] == [DONE] * 3
    assert [each[1, 0] for each in status] == [REFUSED, DONE, REFUSED]
    assert [list(each) for each in status] == [names] * 3
    assert {after for _, _, after in found} == {((-2, -1, -1), (7, 0, 0))}


def test_of_no_calls_there_is_one_order() -> None:
    ((order, status, after),) = orders(made_of((), ()))
    assert (order, status, after) == ((), (), ((-2, -1, -1), (7, 0, 0)))


@pytest.mark.parametrize("buffered", [False, True])
def test_a_call_alone_leaves_nothing_waiting(buffered: bool) -> None:
    kernel = SharedKernel(SMALL, 2, buffered=buffered)
    kernel.shared.running = 1
    assert run_alone(kernel, Call("map", 0, 2, 5)) == DONE
    assert run_alone(kernel, Call("map", 1, 2)) == REFUSED
    assert [len(waiting) for waiting in kernel.shared.waiting] == [0, 0]
    assert shown(kernel) == ((-2, -1, 0), (7, 0, 5))
    assert kernel.shared.entries[2] == Entry(0, 5)


@pytest.mark.parametrize("buffered", [False, True])
@pytest.mark.parametrize("below", [1, 2])
def test_what_a_call_alone_takes_away_no_core_remembers(below: int, buffered: bool) -> None:
    """What is cleared is in memory before cores forget it."""
    kernel = SharedKernel(SMALL, 2, buffered=buffered)
    for slot in range(1, below + 1):
        run_alone(kernel, Call("map", 0, slot))
    assert run_alone(kernel, FLUSH) == DONE
    assert kernel.shared.remembered == [[{Entry(0, 7)}, set(), set()]] * 2


# Scenarios.


def test_a_scenario_begins_with_the_calls_before() -> None:
    made = SCENARIOS["crossed"].program("frame", timed=True)
    assert made.locking is LOCKINGS["frame"]
    assert (made.calls, made.timed) == (((Call("map", 2, 4),), (Call("map", 4, 2),)), True)
    kernel = made.make()
    assert kernel.scope == SCOPE == Scope(4, 2, 2)
    assert len(kernel.shared.waiting) == 2
    sigma = (-2, -3, 0, -1, 1, -1, -1, -1)
    assert shown(kernel)[0] == sigma
    expected: list[Any] = [Entry(0, 7), Entry(1, 7), Entry(0, 7), None, Entry(1, 7), None, None, None]
    assert [kernel.shared.entries[slot] for slot in range(8)] == expected
    for core in range(2):
        assert kernel.shared.remembered[core] == [set() if entry is None else {entry} for entry in expected]


def test_what_cores_remember_of_what_went_before_is_forgotten() -> None:
    scenario = Scenario("made up", (Call("map", A0, B0), Call("map", 1, B0)), ((Call("flush", A0),), ()))
    for kernel in (SharedKernel, BROKEN["one-core-forgotten"]):
        remembered = scenario.program("one", kernel).make().shared.remembered
        assert [each[B0] for each in remembered] == [{Entry(1, 7)}] * 2


def fence(made: Program) -> list[str]:
    kernel, call = made.make(), Call("flush", A0)
    steps: Steps = made.locking.operation(kernel, call)
    return [access.kind for access in steps]


def test_the_kernel_and_the_machine_of_a_scenario_may_be_chosen() -> None:
    class Other(SharedKernel):
        pass

    scenario = SCENARIOS["map-below-flush"]
    assert type(scenario.program().make()) is SharedKernel
    assert type(scenario.program("one", Other).make()) is Other
    plain = scenario.program()
    assert (plain.timed, plain.locking.name, plain.make().shared.buffered) == (False, "one", False)
    assert scenario.program(buffered=True).make().shared.buffered
    assert "fence" in fence(plain)
    assert "fence" not in fence(scenario.program(fenced=False))


def test_what_is_called_at_once() -> None:
    assert {name: scenario.name for name, scenario in SCENARIOS.items()} == {name: name for name in SCENARIOS}
    below = SCENARIOS["grant-and-flush"]
    assert below.before == (Call("map", 0, 2, 7), Call("map", 2, 4, 7))
    assert below.calls == ((Call("grant", 2, 6, 7),), (Call("flush", 0, -1, 7),))
    assert (A0, B0, C0) == (0, 2, 4)
    assert SCENARIOS["moved-below"].calls[1] == (Call("grant", 2, 6), Call("map", 6, 4))
