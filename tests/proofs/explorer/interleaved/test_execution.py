"""A schedule step by step: who can go on, what a step leaves, who has which lock, what is looked at."""

from dataclasses import replace
from typing import Any

import pytest

from proofs.explorer.interleaved.execution import Execution, seen_wrong, wrong_in
from refinement.cores.locking import Call, Locking
from refinement.cores.machine import Entry, SharedKernel
from refinement.cores.stepping import CALL, DRAIN, LOCK, READ, RETURN, WRITE, Access, Steps

from .programs import SCOPE, Step, plain, program, run

LOCKED = [("lock", "a"), ("write", 0, 5), ("unlock", "a")]


def test_every_core_is_before_its_first_step() -> None:
    execution = Execution(program([("read", 0)], [("write", 1, 4)], []))
    assert execution.pending == [Access(READ, ("plain", 0)), Access(WRITE, ("plain", 1), 4), None]
    assert execution.cores == 3
    assert execution.enabled() == [0, 1]
    assert (execution.number, execution.failure, execution.ended) == (0, "", False)
    assert (execution.status, execution.owner) == ({}, {})


def test_steps_are_made_one_by_one_and_calls_return_what_they_read() -> None:
    execution = Execution(program([("write", 0, 3), ("read", 0)], [("read", 0)]))
    execution.step(1)
    assert execution.status == {(1, 0): (0,)}
    assert execution.pending[1] is None
    execution.step(0)
    assert plain(execution) == [3, 0, 0]
    assert execution.pending[0] == Access(READ, ("plain", 0))
    assert not execution.ended
    execution.step(0)
    assert execution.status == {(1, 0): (0,), (0, 0): (3,)}
    assert (execution.number, execution.enabled(), execution.ended) == (3, [], True)


def test_a_lock_that_somebody_has_is_waited_for() -> None:
    execution = run(program(LOCKED, LOCKED), 1)
    assert execution.owner == {("a",): 1}
    assert execution.pending[0] == Access(LOCK, ("a",))
    assert execution.enabled() == [1]
    execution.step(1)
    execution.step(1)
    assert execution.owner == {}
    assert execution.enabled() == [0]
    execution.step(0)
    assert execution.owner == {("a",): 0}


def test_a_lock_of_another_name_is_not_waited_for() -> None:
    execution = run(program(LOCKED, [("lock", "a", 1), ("unlock", "a", 1)]), 0)
    assert execution.enabled() == [0, 1]
    execution.step(1)
    assert execution.owner == {("a",): 0, ("a", 1): 1}
    execution.step(1)
    assert execution.owner == {("a",): 0}


def test_a_lock_that_is_tried_is_got_if_it_is_free() -> None:
    tried = [("try", "a"), ("read", 0)]
    execution = run(program(tried, tried), 0, 1)
    assert execution.owner == {("a",): 0}
    execution.step(0)
    execution.step(1)
    assert execution.status == {(0, 0): (True, 0), (1, 0): (False, 0)}


@pytest.mark.parametrize("buffered", [False, True])
@pytest.mark.parametrize("has_it", [False, True])
def test_a_lock_is_given_back_by_who_has_it(has_it: bool, buffered: bool) -> None:
    made = program([("lock", "a", 2), ("write", 0, 1)], [("unlock", "a", 2), ("write", 0, 1)], buffered=buffered)
    execution = run(made, *([0] if has_it else []), 1)
    assert execution.failure == "core 1 gives back the lock a 2, which it does not have"
    assert execution.owner == ({("a", 2): 0} if has_it else {})


def test_a_core_that_breaks_down_is_a_failure() -> None:
    execution = Execution(program([("write", 0, 1), ("break",)], [("read", 0)]))
    execution.step(0)
    assert execution.failure == "core 0 breaks down: ValueError: step 1 breaks"
    assert execution.pending[0] is None
    assert execution.status == {}


def test_writes_wait_in_a_buffer_and_land_in_order() -> None:
    made = program([("write", 0, 1), ("write", 1, 2), ("read", 0), ("fence",)], [("read", 0)], buffered=True)
    execution = Execution(made)
    assert execution.pending == [Access(WRITE, ("plain", 0), 1), Access(READ, ("plain", 0)), None, None]
    execution.step(0)
    assert execution.pending[2:] == [Access(DRAIN, ("plain", 0), 1), None]
    assert execution.enabled() == [0, 1, 2]
    execution.step(0)
    execution.step(0)
    assert plain(execution) == [0, 0, 0]
    assert execution.enabled() == [1, 2]  # the fence waits
    execution.step(2)
    assert plain(execution) == [1, 0, 0]
    assert execution.pending[2] == Access(DRAIN, ("plain", 1), 2)
    assert execution.enabled() == [1, 2]
    execution.step(2)
    assert plain(execution) == [1, 2, 0]
    assert execution.pending[2:] == [None, None]
    assert execution.enabled() == [0, 1]
    execution.step(1)
    assert execution.status == {(1, 0): (1,)}
    execution.step(0)
    assert execution.status == {(1, 0): (1,), (0, 0): (1,)}  # its own write, before it landed
    assert execution.ended


def test_a_lock_is_free_when_the_write_that_gives_it_back_lands() -> None:
    made = program([("lock", "a"), ("unlock", "a"), ("unlock", "a")], [("lock", "a"), ("write", 0, 1)], buffered=True)
    execution = run(made, 0, 0)
    assert execution.owner == {("a",): 0}
    assert execution.pending[2] == Access(DRAIN, ("a",))
    assert execution.enabled() == [0, 2]
    twice = run(made, 0, 0, 0)
    assert twice.failure == "core 0 gives back the lock a, which it does not have"
    execution.step(2)
    assert execution.owner == {}
    assert execution.enabled() == [0, 1]


@pytest.mark.parametrize("kind", ["lock", "try"])
def test_a_locked_instruction_waits_for_the_cores_own_writes(kind: str) -> None:
    execution = run(program([("write", 0, 1), (kind, "a")], [(kind, "b")], buffered=True), 0)
    assert execution.enabled() == [1, 2]
    execution.step(2)
    assert execution.enabled() == [0, 1]
    assert plain(execution) == [1, 0, 0]


def test_the_core_that_makes_a_step_is_the_one_that_runs() -> None:
    made = program([("read", 0), ("write", 0, 1)], [("write", 0, 2), ("read", 0)], buffered=True)
    execution = run(made, 0, 1, 0, 1)
    assert [value for _, _, value in execution.kernel.shared.waiting[0]] == [1]
    assert [value for _, _, value in execution.kernel.shared.waiting[1]] == [2]
    assert execution.status == {(0, 0): (0,), (1, 0): (2,)}


def test_what_is_seen_is_looked_at_after_steps_that_others_see() -> None:
    looked = list[int]()

    def look(kernel: SharedKernel) -> str:
        looked.append(kernel.plain.values[0])  # type: ignore[attr-defined]
        return "too much" if looked[-1] == 2 else ""

    steps = [("read", 0), ("write", 0, 1), ("lock", "a"), ("forget", 0, 0), ("unlock", "a"), ("write", 0, 2)]
    execution = run(program(steps, look=look), 0, 0, 0, 0, 0)
    assert (looked, execution.failure) == ([1, 1], "")
    execution.step(0)
    assert (looked, execution.failure) == ([1, 1, 2], "too much")


def test_a_write_that_drains_is_looked_at() -> None:
    def look(kernel: SharedKernel) -> str:
        return "it landed" * (kernel.plain.values[0] != 0)  # type: ignore[attr-defined,no-any-return]

    made = program([("write", 0, 1), ("read", 0)], buffered=True, look=look)
    assert run(made, 0, 0).failure == ""
    assert run(made, 0, 0, 1).failure == "it landed"


def test_the_first_failure_is_kept() -> None:
    made = program([("unlock", "a"), ("write", 0, 1), ("read", 0)], look=lambda kernel: "later")
    assert run(made, 0, 0).failure == "core 0 gives back the lock a, which it does not have"


def test_when_calls_begin_and_return_are_steps_if_they_are_timed() -> None:
    calls: list[list[Step]] = [[("read", 0)], [("write", 0, 1)]]
    execution = Execution(program(calls, [("read", 0)], timed=True))
    assert execution.pending == [Access(CALL, ("any", 0, 0)), Access(CALL, ("any", 1, 0))]
    for agent in (0, 0):
        execution.step(agent)
    assert execution.pending[0] == Access(RETURN, ("any", 0, 0))
    assert execution.spans == {(0, 0): [1, -1]}
    for agent in (0, 1):
        execution.step(agent)
    assert execution.pending[0] == Access(CALL, ("any", 0, 1))
    for agent in (0, 1, 0, 1, 0):
        execution.step(agent)
    assert execution.spans == {(0, 0): [1, 3], (0, 1): [5, 9], (1, 0): [4, 8]}
    assert list(execution.before()) == [((0, 0), (1, 0)), ((0, 0), (0, 1))]


def test_calls_that_are_not_timed_begin_with_the_end_of_the_last() -> None:
    execution = run(program([[("read", 0)], [("read", 1)]], [("read", 0)]), 0)
    assert execution.spans == {(0, 0): [0, 1], (0, 1): [1, -1], (1, 0): [0, -1]}
    assert list(execution.before()) == [((0, 0), (0, 1))]
    execution.step(1)
    execution.step(0)
    assert list(execution.before()) == [((0, 0), (0, 1))]


def test_a_call_without_steps_has_returned_before_all_that_begins_with_it() -> None:
    several: list[list[Step]] = [[], [("read", 0)]]
    execution = Execution(program([("read", 0)], several))
    assert execution.spans == {(0, 0): [0, -1], (1, 0): [0, 0], (1, 1): [0, -1]}
    assert list(execution.before()) == [((1, 0), (0, 0)), ((1, 0), (1, 1))]


def test_what_comes_next_depends_on_memory_locks_and_places() -> None:
    made = program([("read", 0), ("read", 0)], [("write", 0, 0), ("lock", "a"), ("unlock", "a")])
    start = Execution(made).signature()
    assert Execution(made).signature() == start
    others = [run(made, *agents).signature() for agents in [(0,), (1,), (1, 1), (0, 0)]]
    assert len({start, *others}) == 5
    assert run(made, 0, 1).signature() == run(made, 1, 0).signature()
    assert run(made, 1, 1, 1).signature() not in (start, *others)


def test_what_comes_next_depends_on_who_has_a_lock_and_not_on_when_calls_ended() -> None:
    one, other = (program([("lock", name), ("read", 0)]) for name in "ab")
    assert Execution(one).signature() == Execution(other).signature()
    assert run(one, 0).signature() != run(other, 0).signature()
    several: list[list[Step]] = [[("read", 0)], [("read", 0)]]
    made = program(several, [("read", 1), ("read", 1)])
    assert run(made, 0, 1).spans != run(made, 1, 0).spans
    assert run(made, 0, 1).signature() == run(made, 1, 0).signature()


def test_what_comes_next_depends_on_what_waits() -> None:
    first, second = ("write", 0, 0), ("write", 1, 0)
    made = program([first, second], [], buffered=True)
    assert run(made, 0, 2).signature() != run(made, 0).signature()
    other = program([], [first, second], buffered=True)
    assert run(other, 1, 3).signature() != run(other, 1).signature()
    spinning = program([("spin", 0)], [("write", 0, 0), ("write", 0, 1)])
    assert run(spinning, 0).signature() == run(spinning, 0, 0, 0).signature()
    assert run(spinning, 0, 1).signature() == run(spinning, 0, 0, 1, 0).signature()
    assert run(spinning, 0, 1).signature() != run(spinning, 0, 1, 1).signature()


def test_what_comes_next_depends_on_words_that_a_core_has_noted() -> None:
    """The first core notes whether it read 0; then both orders of the other's writes leave the same in memory."""

    def noting(kernel: Any, call: Call) -> Steps:
        word = "some" if (yield from kernel.plain.reading(0)) else "none"
        yield from kernel.plain.reading(1)
        return word

    made = program([], [("write", 0, 1), ("write", 0, 0)])
    written = made.locking.operation
    locking = Locking("noting", "", lambda kernel, call: (noting if call.kind == "note" else written)(kernel, call))
    made = replace(made, locking=locking, calls=((Call("note", 0),), made.calls[1]))
    early, late = run(made, 1, 0, 1), run(made, 1, 1, 0)
    assert plain(early) == plain(late)
    assert early.pending == late.pending
    assert early.signature() != late.signature()
    assert early.signature() == run(made, 1, 0, 1).signature()


# What is looked at.


@pytest.mark.parametrize(
    ("core", "slot", "entry", "said"),
    [
        (0, 0, Entry(0, 7), ""),
        (1, 0, Entry(0, 5), ""),
        (1, 1, Entry(0, 7), "core 1 reaches frame 0 in σ1[0], not allowed by the database"),
        (0, 1, Entry(0, 0), "core 0 reaches frame 0 in σ1[0], not allowed by the database"),
        (1, 0, Entry(1, 7), "cores see frames 0 and 1 in σ0[0] at once"),
        (1, 0, Entry(0, 8), "core 1 reaches frame 0 in σ0[0], not allowed by the database"),
    ],
)
def test_what_a_core_may_remember(core: int, slot: int, entry: Entry, said: str) -> None:
    kernel = SharedKernel(SCOPE, 2)
    kernel.shared.remembered[core][slot].add(entry)
    assert seen_wrong(kernel) == said
    assert [wrong_in(kernel, each) for each in range(2)] == ["" if each != slot else said for each in range(2)]


def test_another_frame_than_the_database_has_is_wrong() -> None:
    kernel = SharedKernel(SCOPE, 2)
    for core in range(2):
        kernel.shared.remembered[core][0] = {Entry(1, 7)} if core else set()
    assert seen_wrong(kernel) == "core 1 reaches frame 1 in σ0[0], not allowed by the database"


def test_the_frames_are_named_from_the_lowest() -> None:
    kernel = SharedKernel(SCOPE, 2)
    kernel.shared.remembered[0][1] = {Entry(9, 7)}
    kernel.shared.remembered[1][1] = {Entry(4, 7), Entry(6, 7)}
    assert seen_wrong(kernel) == "cores see frames 4 and 6 in σ1[0] at once"


@pytest.mark.parametrize(
    ("step", "marks"),
    [
        (("read", 0), set()),
        (("write", 0, 1), set()),
        (("lock", "entry"), set()),
        (("forget", 1, 1), {("slot", 1)}),
        (("put", "entry", 1, None), {("slot", 1)}),
        (("put", "node_of", 1, 3), {("slot", 1), ("node", -1), ("node", 3)}),
        (("put", "node_of", 0, -1), {("slot", 0), ("node", 2), ("node", -1)}),
        (("put", "frame", 2, 1), {("slot", 0), ("node", 2)}),
        (("put", "rights", 2, 1), {("slot", 0), ("node", 2)}),
        (("put", "rights", 3, 1), {("node", 3)}),
        (("put", "parent", 2, 1), set()),
    ],
    ids=lambda given: str(sorted(given) if isinstance(given, set) else given),
)
def test_of_which_slots_a_step_changes_what_is_looked_at(step: tuple[object, ...], marks: set[tuple[str, int]]) -> None:
    assert Execution(program([step, ("read", 0)])).marks(0) == marks
    buffered = Execution(program([step, ("read", 0)], buffered=True))
    assert buffered.marks(1) == set()
    if step[0] == "put":  # a write is seen when it lands
        assert buffered.marks(0) == set()
        buffered.step(0)
        assert buffered.marks(1) == marks
    elif step[0] == "forget":
        assert buffered.marks(0) == marks


def test_who_has_nothing_to_do_changes_nothing() -> None:
    assert Execution(program([])).marks(0) == set()
