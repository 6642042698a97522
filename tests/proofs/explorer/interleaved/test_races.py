"""What happens before a step, and where a race lets another core be tried: on schedules that are written out."""

from collections.abc import Collection

import pytest

from proofs.explorer.interleaved.search import Marks, _add_races, _clock, _Place, _switches
from refinement.cores.stepping import Access

X, Y, Z, L = ("plain", 0), ("plain", 1), ("plain", 2), ("a",)
NO_MARKS: Marks = frozenset()
SLOT: Marks = frozenset({("slot", 0), ("node", 2)})
OTHER: Marks = frozenset({("slot", 1)})


def place(
    agent: int, kind: str, of: tuple[object, ...], *, marks: Marks = NO_MARKS, enabled: Collection[int] = ()
) -> _Place:
    made = _Place(list(enabled or range(4)), {agent})
    made.agent, made.access, made.marks = agent, Access(kind, of), marks
    return made


def clocks(stack: list[_Place], cores: int, *, buffered: bool = False) -> list[set[int]]:
    for depth, each in enumerate(stack):
        each.clock = _clock(stack, depth, cores, buffered)
    return [set(each.clock) for each in stack]


def test_before_a_step_are_those_of_its_agent_those_it_depends_on_and_those_before_these() -> None:
    stack = [
        place(0, "write", X),
        place(1, "read", X),
        place(2, "read", Y),
        place(1, "read", Y),
        place(2, "write", X),
        place(0, "write", Y),
        place(2, "read", Z),
        place(1, "read", Z),
    ]
    assert clocks(stack, 3) == [
        set(),
        {0},
        set(),
        {0, 1},
        {0, 1, 2},
        {0, 1, 2, 3},
        {0, 1, 2, 4},
        {0, 1, 3},
    ]


def test_a_chain_of_steps_is_followed_to_its_beginning() -> None:
    stack = [place(0, "write", X), place(1, "write", X), place(2, "write", X), place(0, "read", X), place(1, "read", Y)]
    assert clocks(stack, 3) == [set(), {0}, {0, 1}, {0, 1, 2}, {0, 1}]


@pytest.mark.parametrize(("other", "before"), [(SLOT, {0}), (OTHER, set()), (NO_MARKS, set())])
def test_what_both_change_and_is_looked_at_is_before(other: Marks, before: set[int]) -> None:
    stack = [place(0, "write", ("rights", 2), marks=SLOT), place(1, "write", ("entry", 0), marks=other)]
    assert clocks(stack, 2) == [set(), before]


@pytest.mark.parametrize(("buffer", "before"), [(3, [set(), {0}, {0, 1}, {0, 1}]), (2, [set(), set(), {0, 1}, {1}])])
def test_a_store_buffer_is_of_its_core(buffer: int, before: list[set[int]]) -> None:
    """Core 1 writes, a buffer drains, core 1 reads, core 0 reads."""
    stack = [place(1, "write", X), place(buffer, "drain", X), place(1, "read", X), place(0, "read", X)]
    assert clocks(stack, 2, buffered=True) == before


def wanted(
    stack: list[_Place], agent: int, access: Access, *, marks: Marks = NO_MARKS, cores: int = 3, buffered: bool = False
) -> list[list[int]]:
    """Who is to be tried at each place, when the agent's next step is this."""
    clocks(stack, cores, buffered=buffered)
    _add_races(stack, len(stack), agent, access, marks, cores, buffered)
    return [sorted(each.wanted) for each in stack]


def test_an_agent_is_tried_where_its_next_step_races() -> None:
    def stack() -> list[_Place]:
        return [place(0, "write", X), place(0, "read", Y)]

    assert wanted(stack(), 1, Access("read", X)) == [[0, 1], [0]]
    assert wanted(stack(), 1, Access("write", Y)) == [[0], [0, 1]]
    assert wanted(stack(), 1, Access("read", Y)) == [[0], [0]]
    assert wanted(stack(), 0, Access("write", X)) == [[0], [0]]
    assert wanted([], 0, Access("write", X)) == []


def test_it_is_the_last_such_place_alone() -> None:
    assert wanted([place(0, "write", X), place(2, "write", X)], 1, Access("read", X)) == [[0], [1, 2]]


def test_all_who_could_go_on_are_tried_where_the_agent_could_not() -> None:
    stack = [place(0, "write", X, enabled=[0, 2])]
    assert wanted(stack, 1, Access("read", X)) == [[0, 2]]


def test_what_happened_before_the_agents_last_step_does_not_race() -> None:
    """The second core has read what was written; of what it has not yet met, it may still come first."""
    assert wanted([place(0, "write", X), place(1, "read", X)], 1, Access("write", X)) == [[0], [1]]
    assert wanted([place(0, "write", X), place(1, "read", Y)], 1, Access("write", X)) == [[0, 1], [1]]
    stack = [place(0, "write", X), place(1, "read", X), place(1, "read", Y)]
    assert wanted(stack, 1, Access("write", X)) == [[0], [1], [1]]
    stack = [place(2, "write", Y), place(0, "write", X), place(1, "read", X)]
    assert wanted(stack, 1, Access("read", Y)) == [[1, 2], [0], [1]]


def test_an_agents_own_step_hides_no_race_before_it() -> None:
    stack = [place(1, "read", ("entry", 0)), place(0, "invalidate", ("core", 0, "slot", 0))]
    assert wanted(stack, 0, Access("write", ("entry", 0))) == [[0, 1], [0]]


def test_a_lock_races_with_the_one_that_was_taken_not_with_its_end() -> None:
    stack = [place(0, "lock", L), place(0, "unlock", L)]
    assert wanted(stack, 1, Access("lock", L)) == [[0, 1], [0]]
    assert wanted([place(0, "lock", L), place(0, "unlock", L)], 1, Access("try", L)) == [[0], [0, 1]]


@pytest.mark.parametrize(("marks", "tried"), [(SLOT, [0, 1]), (OTHER, [0]), (NO_MARKS, [0])])
def test_what_is_looked_at_races(marks: Marks, tried: list[int]) -> None:
    stack = [place(0, "write", ("rights", 2), marks=SLOT)]
    assert wanted(stack, 1, Access("write", ("entry", 0)), marks=marks) == [tried]


def test_a_core_does_not_race_with_its_own_store_buffer() -> None:
    def stack() -> list[_Place]:
        return [place(3, "drain", X)]

    assert wanted(stack(), 1, Access("read", X), cores=2, buffered=True) == [[3]]
    assert wanted(stack(), 0, Access("read", X), cores=2, buffered=True) == [[0, 3]]
    assert wanted(stack(), 0, Access("write", X), cores=2, buffered=True) == [[3]]
    assert wanted(stack(), 0, Access("write", X), cores=2) == [[0, 3]]


def test_how_often_a_schedule_goes_to_another_agent() -> None:
    read = Access("read", X)
    assert [_switches(tuple((agent, read) for agent in agents)) for agents in ((), (0,), (0, 0), (0, 1, 1, 0, 2))] == [
        0,
        0,
        0,
        3,
    ]
