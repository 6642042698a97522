"""The set and the work on a layer, against plain lists and dictionaries."""

import random
from types import FunctionType
from typing import Any

import numpy as np
import pytest
from numba import config

from model.scope import Scope
from model.spaces.dialect import DIALECTS
from proofs.explorer import plain
from proofs.explorer.searches.breadth_first import kernel_of
from proofs.explorer.searches.kernels import search
from proofs.explorer.searches.shootdown import shootdown
from proofs.explorer.searches.table import NARROW, WIDE, Table
from proofs.explorer.states.mapping import mapping_system
from proofs.explorer.states.wrong_operations import executed, faults_named

NOWHERE = 0xFFFFFFFFFFFFFFFF
TREE, LITERAL = DIALECTS["tree"], DIALECTS["literal-eager"]


def mixed(key: Any, g: Any) -> Any:
    for factor in g[2:4]:
        key = key * factor & g[0]
        key ^= key >> g[1]
    return key


class Plain:
    """The set as lists: of each bucket its entries, as home and remainder, in the order in which they came."""

    def __init__(self, table: Any) -> None:
        self.numbers, self.lanes = [int(value) for value in table.geometry], table.lanes
        self.buckets: list[list[Any]] = [[] for _ in range(table.entries.size // table.lanes)]

    def add(self, key: Any) -> Any:
        """The place, -1 if it is there, -2 if there is no room."""
        value, remainder = mixed(key, self.numbers), self.numbers[6]
        home, rest = value >> remainder, value & (1 << remainder) - 1
        for distance in range(15):
            bucket = (home + distance) % len(self.buckets)
            if (distance, rest) in self.buckets[bucket]:
                return -1
            if len(self.buckets[bucket]) < self.lanes:
                self.buckets[bucket].append((distance, rest))
                return bucket * self.lanes + len(self.buckets[bucket]) - 1
        return -2

    def entries(self) -> list[Any]:
        occupied, shift = self.numbers[8], self.numbers[9]
        lines = [[occupied | d << shift | rest for d, rest in bucket] for bucket in self.buckets]
        return [entry for line in lines for entry in (*line, *[0] * (self.lanes - len(line)))]


@pytest.fixture
def kernel() -> Any:
    return kernel_of(shootdown())


@pytest.mark.parametrize("bits", [24, 25, 33, 64])
def test_keys_are_mixed_and_unmixed(kernel: Any, bits: int) -> None:
    table = Table(kernel, bits, 1, 10**9)
    numbers = [int(value) for value in table.geometry]
    for key in (0, 1, 2, 12345, (1 << bits) - 1, 1 << bits - 1, 0x123456789ABCDEF0 & (1 << bits) - 1):
        found = kernel.mixed(np.uint64(key), table.geometry)
        assert int(found) == mixed(key, numbers)
        assert int(kernel.unmixed(np.uint64(found), table.geometry)) == key


@pytest.mark.long
@pytest.mark.parametrize(("bits", "room"), [(24, 1), (24, 200), (26, 70), (64, 1)])
def test_every_key_finds_its_place(kernel: Any, bits: int, room: int) -> None:
    table, generator = Table(kernel, bits, room, 10**9), random.Random(bits)
    plain = Plain(table)
    keys: list[int] = []
    places: list[int] = []
    answers = set()
    while -2 not in answers:
        key = generator.choice(keys) if keys and generator.random() < 0.2 else generator.randrange(1 << bits)
        place = int(kernel.add(table.entries, table.lanes, np.uint64(key), table.geometry))
        assert place == plain.add(key)
        answers.add(min(place, 0))
        if place >= 0:
            keys.append(key)
            places.append(place)
    assert answers == {0, -1, -2}
    assert table.entries.tolist() == plain.entries()
    queue = np.array(places, np.uint32)
    states = kernel.states_at(table.entries, table.lanes, queue, 1, len(keys), table.geometry)
    assert states.tolist() == keys[1:]
    assert table.entry == (WIDE if bits == 64 else NARROW)


@pytest.mark.parametrize("same", [True, False])
def test_place_that_another_thread_took_is_looked_at_again(kernel: Any, same: bool) -> None:
    """Between a thread's look at the bucket and its swap: the same key is then there, another one is passed by."""
    table = Table(kernel, 24, 1, 10**9)
    taken: list[int] = []

    def compare_and_swap(array: Any, index: int, expected: Any, value: Any) -> Any:
        if not taken:
            taken.append(index)
            array[index] = value if same else value ^ array.dtype.type(1)
        return plain.compare_and_swap(array, index, expected, value)

    known: Any = getattr(search.insert, "py_func", search.insert)
    given = {"search_line": plain.search_line, "lowest_bit": plain.lowest_bit, "compare_and_swap": compare_and_swap}
    insert = FunctionType(known.__code__, {**known.__globals__, **given})
    key = np.uint64(mixed(12345, [int(value) for value in table.geometry]))
    place = insert(table.entries, table.lanes, key, table.geometry)
    assert place == (search.PRESENT if same else taken[0] + 1)
    assert np.count_nonzero(table.entries) == (1 if same else 2)
    assert insert(table.entries, table.lanes, key, table.geometry) == search.PRESENT


def filled(kernel: Any, keys: Any, bits: int = 24, room: int = 1) -> Any:
    table = Table(kernel, bits, room, 10**9)
    for count, key in enumerate(keys):
        table.queue[count] = kernel.add(table.entries, table.lanes, np.uint64(key), table.geometry)
    return table


def test_all_move_to_a_larger_set(kernel: Any) -> None:
    keys = random.Random(1).sample(range(1 << 24), 30)
    small, large = filled(kernel, keys), Table(kernel, 24, 100, 10**9)
    queue = small.queue[:31].copy()
    queue[30] = 77
    plain = Plain(large)
    moved = kernel.move_all(small.entries, small.geometry, large.entries, large.geometry, 16, queue, 30)
    assert moved
    assert queue.tolist() == [*[plain.add(key) for key in keys], 77]
    assert large.entries.tolist() == plain.entries()


def test_a_set_that_has_no_room_takes_not_all(kernel: Any) -> None:
    keys = random.Random(2).sample(range(1 << 24), 32)
    source = filled(kernel, keys[:20])
    target = filled(kernel, keys[12:])
    queue = source.queue[:20].copy()
    assert not kernel.move_all(source.entries, source.geometry, target.entries, target.geometry, 16, queue, 20)
    # Of those that were there already none has a new place either.
    source, target = filled(kernel, keys[:3]), filled(kernel, keys[2:5])
    queue = source.queue[:3].copy()
    assert not kernel.move_all(source.entries, source.geometry, target.entries, target.geometry, 16, queue, 3)


def test_states_are_added_as_far_as_there_is_room(kernel: Any) -> None:
    keys = random.Random(3).sample(range(1 << 24), 40)
    table = Table(kernel, 24, 1, 10**9)
    plain, queue = Plain(table), np.full(64, 99, np.uint32)
    states = np.array([keys[0], keys[0], *keys], np.uint64)
    arguments = table.entries, table.lanes, states
    assert kernel.add_all(*arguments, 1, table.geometry, queue, 5, 8) == (5, 8)
    assert queue[:9].tolist() == [99] * 5 + [plain.add(key) for key in keys[:1] + keys[1:3]] + [99]
    assert kernel.add_all(*arguments, 5, table.geometry, queue, 8, 60) == (34, 37)
    assert queue[8:38].tolist() == [*[plain.add(key) for key in keys[3:32]], 99]
    assert kernel.add_all(*arguments, 34, table.geometry, queue, 37, 60) == (34, 37)
    assert kernel.add_all(*arguments, 42, table.geometry, queue, 37, 37) == (42, 37)
    few = states[:3]
    assert kernel.add_all(table.entries, table.lanes, few, 0, table.geometry, queue, 37, 60) == (3, 37)


def taken(system: Any, state: Any) -> list[Any]:
    """The steps of a state, in order: number, state after, flaws."""
    after, labels = np.zeros(system.fanout, np.uint64), np.zeros(system.fanout, np.int64)
    flaws, scratch = np.zeros(system.fanout, np.int64), np.zeros(max(1, system.scratch), np.int64)
    parameters = np.array(system.parameters, np.int64)
    count = kernel_of(system).successors(np.uint64(state), after, labels, flaws, EVERY, parameters, scratch)
    return list(zip(labels[:count].tolist(), after[:count].tolist(), flaws[:count].tolist(), strict=True))


EVERY = (1 << 12) - 1


def closure(system: Any, reduced: Any = lambda state: state) -> Any:
    states = [reduced(system.initial)]
    for state in states:
        states += {reduced(after): None for _, after, _ in taken(system, state) if reduced(after) not in states}
    return states


SYSTEMS = {
    "shootdown": shootdown(False),
    "tree": mapping_system(Scope(2, 1, 1), TREE),
    "literal": mapping_system(Scope(2, 1, 1), LITERAL),
    "slots": mapping_system(Scope(3, 1, 1), TREE, symmetry="slots"),
    "pages": mapping_system(Scope(3, 1, 1), TREE, masks=True, symmetry="pages"),
    "four": mapping_system(Scope(2, 2, 1), TREE, masks=True),
}

if not config.DISABLE_JIT:  # type: ignore[attr-defined]  # each is compiled once
    SYSTEMS = {name: SYSTEMS[name] for name in ("shootdown", "four", "slots")}


class Case:
    """A system, its kernel, and all states in the set."""

    def __init__(self, name: str, room: int = 1000) -> None:
        self.system, self.kernel = SYSTEMS[name], kernel_of(SYSTEMS[name])
        self.parameters = np.array(self.system.parameters, np.int64)
        self.states = closure(self.system, self.reduced)
        self.table = filled(self.kernel, self.states, self.system.bits, room)

    def scratch(self) -> Any:
        return np.zeros(max(1, self.system.scratch), np.int64)

    def reduced(self, state: Any) -> int:
        return int(self.kernel.representative(np.uint64(state), self.parameters, self.scratch()))

    def checked(self, state: Any, wanted: int) -> int:
        return int(self.kernel.check(np.uint64(state), wanted, self.parameters, self.scratch()))

    def sightings(self, states: Any, wanted: int) -> Any:
        """By property: the least violating state, and the step, -1 for the state itself."""
        found: dict[int, Any] = {}
        for state in states:
            seen = [(self.checked(state, wanted), -1)]
            seen += [(flaws & wanted, label) for label, _, flaws in taken(self.system, state)]
            for violated, label in seen:
                for p in range(len(self.system.properties)):
                    if violated >> p & 1 and (p not in found or state < found[p][0]):
                        found[p] = state, label
        return found


@pytest.mark.slow
@pytest.mark.parametrize("name", SYSTEMS)
def test_the_steps_of_states(name: str) -> None:
    case = Case(name)
    some = case.states[:7]
    origin, label, after, lost = case.kernel.steps_of(
        np.array(some, np.uint64), case.system.fanout, case.parameters, case.scratch()
    )
    expected = [(n, label, after) for n, state in enumerate(some) for label, after, _ in taken(case.system, state)]
    assert list(zip(origin.tolist(), label.tolist(), after.tolist(), strict=True)) == expected
    assert not lost
    for label, after, _ in taken(case.system, some[-1]):
        arguments = label, case.system.fanout, case.parameters, case.scratch()
        assert case.kernel.after_step(np.uint64(some[-1]), *arguments) == after
    assert case.kernel.after_step(np.uint64(some[0]), 1 << 40, *arguments[1:]) == NOWHERE


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [EVERY, 0])
@pytest.mark.parametrize("name", SYSTEMS)
def test_the_successors_of_a_part(name: str, wanted: int) -> None:
    case = Case(name)
    table, system = case.table, case.system
    last = min(9, len(case.states))
    out = np.zeros(last * system.fanout, np.uint64)
    found = np.full(len(system.properties), NOWHERE, np.uint64)
    labels = np.full(found.size, -5, np.int64)

    def run(target: Any) -> Any:
        return case.kernel.successors_of(
            *(table.entries, table.lanes, table.queue, 1, last, table.geometry, system.fanout, wanted),
            *(np.uint64(target), case.parameters, case.scratch(), out, found, labels),
        )

    expected = [case.reduced(after) for state in case.states[1:last] for _, after, _ in taken(system, state)]
    assert run(NOWHERE) == len(expected)
    assert out[: len(expected)].tolist() == expected
    seen = case.sightings(case.states[1:last], wanted)
    assert {p: (int(found[p]), int(labels[p])) for p in range(found.size) if found[p] != NOWHERE} == seen
    if wanted == 0:
        target = expected[-1]
        run(target)
        ways = [
            (s, label) for s in case.states[1:last] for label, a, _ in taken(system, s) if case.reduced(a) == target
        ]
        least = min(state for state, _ in ways)
        assert (int(found[0]), int(labels[0])) == next(way for way in ways if way[0] == least)
        assert not (found[1:] != NOWHERE).any()


def layer(
    case: Any,
    table: Any,
    queue: Any,
    first: int,
    last: int,
    *,
    limit: int = 10**6,
    wanted: int = EVERY,
    target: Any = NOWHERE,
    recent: Any = 0,
    control: Any = None,
) -> tuple[Any, ...]:
    """One call of the work on a layer: control, sightings."""
    kernel, system = case.kernel, case.system
    control = np.zeros(kernel.CONTROL_SIZE, np.int64) if control is None else control
    found = np.full(len(system.properties), NOWHERE, np.uint64)
    labels = np.full(found.size, -5, np.int64)
    kernel.expand_layer(
        *(table.entries, table.lanes, queue, first, last, limit, table.geometry, system.fanout, wanted),
        *(np.uint64(target), case.parameters, case.scratch(), np.full(recent, NOWHERE, np.uint64), control),
        *(found, labels),
    )
    return control, {p: (int(found[p]), int(labels[p])) for p in range(found.size) if found[p] != NOWHERE}


@pytest.mark.long
@pytest.mark.parametrize("wanted", [EVERY, 1])
@pytest.mark.parametrize("name", SYSTEMS)
def test_a_layer(name: str, wanted: int) -> None:
    case = Case(name)
    kernel, begun = case.kernel, min(3, len(case.states) - 1)
    table = filled(kernel, case.states[:begun], case.system.bits, 1000)
    control = np.zeros(kernel.CONTROL_SIZE, np.int64)
    control[kernel.TAIL] = begun
    recent = 1 << kernel.RECENT_BITS if name in ("slots", "pages") else 0
    _, seen = layer(case, table, table.queue, 1, begun, wanted=wanted, control=control, recent=recent)
    assert seen == case.sightings(case.states[1:begun], wanted)
    new, every = list(case.states[:begun]), 0
    for state in case.states[1:begun]:
        for _, after, _ in taken(case.system, state):
            every += 1
            if case.reduced(after) not in new:
                new.append(case.reduced(after))
    tail = int(control[kernel.TAIL])
    found = kernel.states_at(table.entries, table.lanes, table.queue, 0, tail, table.geometry).tolist()
    assert found == new
    told = {place: int(value) for place, value in enumerate(control) if value}
    expected = {kernel.NEXT: 2, kernel.TAIL: tail, kernel.EXPANDED: begun - 1, kernel.TRANSITIONS: every}
    assert told == {place: value for place, value in expected.items() if value}


def test_a_layer_in_chunks() -> None:
    case = Case("four")
    kernel = case.kernel
    control, _ = layer(case, case.table, case.table.queue, 0, 64)
    assert [int(control[at]) for at in (kernel.NEXT, kernel.EXPANDED)] == [3, 64]
    control, _ = layer(case, case.table, case.table.queue, 0, 65)
    assert [int(control[at]) for at in (kernel.NEXT, kernel.EXPANDED)] == [4, 65]
    control, _ = layer(case, case.table, case.table.queue, 10, 74)
    assert [int(control[at]) for at in (kernel.NEXT, kernel.EXPANDED, kernel.TAIL)] == [3, 64, 0]
    every = sum(len(taken(case.system, state)) for state in case.states[10:74])
    assert int(control[kernel.TRANSITIONS]) == every


@pytest.mark.parametrize(("place", "value"), [("STOP", 1), ("OVERFLOW", 1), ("TAIL", 8)])
def test_a_layer_that_has_to_stop(place: Any, value: Any) -> None:
    case = Case("four")
    control = np.zeros(case.kernel.CONTROL_SIZE, np.int64)
    control[getattr(case.kernel, place)] = value
    before = control.copy()
    layer(case, case.table, case.table.queue, 0, 64, limit=7, control=control)
    assert control.tolist() == before.tolist()


def test_a_layer_goes_on_up_to_the_limit() -> None:
    case = Case("four")
    control = np.zeros(case.kernel.CONTROL_SIZE, np.int64)
    control[case.kernel.TAIL] = 7
    layer(case, case.table, case.table.queue, 0, 64, limit=7, control=control)
    assert int(control[case.kernel.EXPANDED]) == 64


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_way_back(name: str) -> None:
    case = Case(name)
    entries = case.table.entries.copy()
    last = min(12, len(case.states))
    for target in case.states[1:last]:
        _, seen = layer(case, case.table, case.table.queue, 0, last, wanted=0, target=target)
        ways = [(s, n) for s in case.states[:last] for n, a, _ in taken(case.system, s) if case.reduced(a) == target]
        least = min(state for state, _ in ways)
        assert seen == {0: next(way for way in ways if way[0] == least)}
    empty = Table(case.kernel, case.system.bits, 1000, 10**9)
    empty.entries[:] = case.table.entries
    assert entries.tolist() == case.table.entries.tolist()


def test_no_room_for_a_new_state_is_noticed() -> None:
    case = Case("four")
    table = filled(case.kernel, [*case.states[:2], *range(1 << 20, (1 << 20) + 30)], case.system.bits, 1)
    assert np.count_nonzero(table.entries) == table.entries.size == 32
    control, _ = layer(case, table, table.queue, 0, 2)
    assert control[case.kernel.OVERFLOW] == 1
    assert control[case.kernel.TAIL] == 0
    control, _ = layer(case, table, table.queue, 0, 2, target=case.states[1])
    assert control[case.kernel.OVERFLOW] == 0


def with_steps(function: Any, rows: dict[int, list[tuple[int, int, int]]], asked: list[int]) -> Any:
    """A function of the kernel, uncompiled, where states have these steps: next state, number, flaws.

    :param asked: gets each state whose representative is asked for: the even one below.
    """

    def successors(state: Any, after: Any, labels: Any, flaws: Any, *_: Any) -> int:
        for place, row in enumerate(rows[int(state)]):
            after[place], labels[place], flaws[place] = row
        return len(rows[int(state)])

    def canonical(state: Any, *_: Any) -> Any:
        asked.append(int(state))
        return state if state == np.uint64(NOWHERE) else state // np.uint64(2) * np.uint64(2)

    known: Any = getattr(function, "py_func", function)
    given = {"successors": successors, "canonical": canonical, "check": lambda *_: 0}
    uncompiled = {"atomic_add": plain.atomic_add, "prefetch": plain.prefetch}
    return FunctionType(known.__code__, {**known.__globals__, **given, **uncompiled})


@pytest.mark.long
def test_states_met_of_late_go_to_the_set_once(kernel: Any) -> None:
    """But every step to them is checked; and the state of ones only, which marks what is free, is never met."""
    lost = int(search.LOST_FLAW)
    rows = {
        1: [(20, 100, 0), (23, 101, 4), (20, 102, 2)],
        2: [
            *((23, 103, 0), (20, 107, 8), (25, 104, 0), (20, 105, lost)),
            *((NOWHERE, 106, 0), (23, 108, 0), (NOWHERE, 109, 0)),
        ],
    }
    for target in (NOWHERE, 24):
        table, asked = filled(kernel, [1, 2], bits=64), list[int]()
        control, recent = np.zeros(kernel.CONTROL_SIZE, np.int64), np.full(1 << kernel.RECENT_BITS, NOWHERE, np.uint64)
        control[kernel.TAIL] = 2
        found, steps = np.full(5, NOWHERE, np.uint64), np.zeros(5, np.int64)
        with_steps(search.expand_layer, rows, asked)(
            *(table.entries, table.lanes, table.queue, 0, 2, 99, table.geometry, 7, EVERY, np.uint64(target), (), None),
            *(recent, control, found, steps),
        )
        assert asked == [20, 23, 25, NOWHERE, NOWHERE]
        met = {(each * int(search.SCATTER) % (1 << 64)) >> (64 - kernel.RECENT_BITS): each for each in (20, 23, 25)}
        assert {int(at): int(recent[at]) for at in np.nonzero(recent != NOWHERE)[0]} == met
        sightings = list(zip(found.tolist(), steps.tolist(), strict=True))
        assert sightings[1:] == [(1, 102), (1, 101), (2, 107), (NOWHERE, 0)]
        assert sightings[0] == (2, 104) or target == NOWHERE
        assert control[kernel.LOST] == 1
        assert (control[kernel.EXPANDED], control[kernel.TRANSITIONS]) == (2, 10)
        states = kernel.states_at(table.entries, table.lanes, table.queue, 0, control[kernel.TAIL], table.geometry)
        assert states.tolist() == [1, 2, *([20, 22, 24, NOWHERE] if target == NOWHERE else [])]
        assert np.count_nonzero(table.entries) == len(states)


def test_target_is_met_by_its_representative(kernel: Any) -> None:
    table, out = filled(kernel, [1, 2], bits=64), np.zeros(8, np.uint64)
    found, steps = np.full(5, NOWHERE, np.uint64), np.zeros(5, np.int64)
    rows = {1: [(20, 100, 0), (23, 101, 4)], 2: [(25, 102, 0)]}
    count = with_steps(search.successors_of, rows, [])(
        *(table.entries, table.lanes, table.queue, 0, 2, table.geometry, 3, EVERY, np.uint64(24), (), None),
        *(out, found, steps),
    )
    assert out[:count].tolist() == [20, 22, 24]
    assert list(zip(found.tolist(), steps.tolist(), strict=True))[:3] == [(2, 102), (NOWHERE, 0), (1, 101)]


def test_a_lost_state_is_told_whatever_comes_after_it(kernel: Any) -> None:
    table, out = filled(kernel, [1, 2], bits=64), np.zeros(8, np.uint64)
    found, steps = np.full(5, NOWHERE, np.uint64), np.zeros(5, np.int64)
    rows = {1: [(20, 100, int(search.LOST_FLAW)), (23, 101, 0)], 2: [(25, 102, 1)]}
    count = with_steps(search.successors_of, rows, [])(
        *(table.entries, table.lanes, table.queue, 0, 2, table.geometry, 3, EVERY, np.uint64(NOWHERE), (), None),
        *(out, found, steps),
    )
    assert count == -1


def test_states_are_added_up_to_the_limit(kernel: Any) -> None:
    table, queue = Table(kernel, 24, 1, 10**9), np.full(8, 99, np.uint32)
    states = np.array([7, 8, 9], np.uint64)
    assert kernel.add_all(table.entries, table.lanes, states, 0, table.geometry, queue, 2, 5) == (3, 5)
    found = kernel.states_at(table.entries, table.lanes, queue, 2, 5, table.geometry)
    assert (found.tolist(), queue[5]) == ([7, 8, 9], 99)


def test_where_room_ends_what_had_room_is_queued() -> None:
    """And the states of the chunk are expanded to the end."""
    case = Case("four")
    kernel = case.kernel
    table = filled(kernel, [*case.states[:2], *range(1 << 20, (1 << 20) + 29)], case.system.bits, 1)
    control = np.zeros(kernel.CONTROL_SIZE, np.int64)
    control[kernel.TAIL] = 31
    layer(case, table, table.queue, 0, 2, control=control)
    assert [int(control[at]) for at in (kernel.OVERFLOW, kernel.TAIL, kernel.EXPANDED)] == [1, 32, 2]
    [queued] = kernel.states_at(table.entries, table.lanes, table.queue, 31, 32, table.geometry).tolist()
    assert queued == next(
        after
        for state in case.states[:2]
        for after in [case.reduced(after) for _, after, _ in taken(case.system, state)]
        if after not in case.states[:2]
    )


@pytest.mark.slow
def test_what_the_packing_loses_is_noticed() -> None:
    system = mapping_system(Scope(2, 1, 1), LITERAL, faults=executed(faults_named(["database-not-page-table"])))
    narrow = list(system.parameters)
    narrow[4], narrow[5] = 0, 0  # a packing for forests, which has no P of its own
    kernel, parameters = kernel_of(system), np.array(narrow, np.int64)
    scratch = np.zeros(system.scratch, np.int64)
    initial, mapped = np.uint64(0), np.uint64(1 | 2 << 2)
    assert kernel.steps_of(np.array([mapped]), system.fanout, parameters, scratch)[3]
    assert not kernel.steps_of(np.array([initial]), system.fanout, parameters, scratch)[3]
    assert kernel.steps_of(np.array([mapped, initial]), system.fanout, parameters, scratch)[3]
    table = filled(kernel, [int(initial), int(mapped)])
    for last, lost in ((1, False), (2, True)):
        out, found = np.zeros(2 * system.fanout, np.uint64), np.full(12, NOWHERE, np.uint64)
        labels, control = np.zeros(12, np.int64), np.zeros(kernel.CONTROL_SIZE, np.int64)
        start = table.entries, table.lanes, table.queue, 0, last
        count = kernel.successors_of(
            *(*start, table.geometry, system.fanout, 0, np.uint64(NOWHERE), parameters, scratch, out, found, labels)
        )
        assert (count == -1) is lost
        recent = np.full(1 << kernel.RECENT_BITS, NOWHERE, np.uint64)
        for met in (recent[:0], recent, recent):  # the last time every state has been met
            control[:] = 0
            kernel.expand_layer(
                *(*start, 99, table.geometry, system.fanout, 0, np.uint64(NOWHERE), parameters, scratch, met),
                *(control, found, labels),
            )
            assert bool(control[kernel.LOST]) is lost
            assert control[kernel.EXPANDED] == last, "and what comes after it is expanded"
        table = filled(kernel, [int(initial), int(mapped)])


def test_the_least_state_is_noted(kernel: Any) -> None:
    found, steps = np.array([5, NOWHERE, 7], np.uint64), np.array([1, 2, 3])
    kernel.note(found, steps, 0b011, np.uint64(6), 9)
    assert (found.tolist(), steps.tolist()) == ([5, 6, 7], [1, 9, 3])
    kernel.note(found, steps, 0b101, np.uint64(5), 8)
    assert (found.tolist(), steps.tolist()) == ([5, 6, 5], [1, 9, 8])
    kernel.note(found, steps, 0b1000, np.uint64(0), 8)
    assert found.tolist() == [5, 6, 5]
