"""Memory that cores share: what waits in a store buffer, what lands, what each core remembers."""

from typing import Any

import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL, DIALECTS
from refinement.cores.locked import UNLOCKED
from refinement.cores.machine import Entry, SharedKernel, SharedMemory
from refinement.cores.stepping import READ, WRITE, Access, Column, Steps, stepped
from refinement.kernel import operations
from refinement.kernel.mapping_tree import on_lists

ONE, TWO = Entry(0, 7), Entry(1, 5)


def memory_with(cores: int = 2, *, buffered: bool) -> tuple[SharedMemory, Column]:
    memory = SharedMemory(cores, 3, buffered=buffered)
    return memory, Column("plain", [0, 0], memory)


def test_at_first_nothing_waits_and_nothing_is_remembered() -> None:
    memory, column = memory_with(3, buffered=True)
    assert (memory.running, memory.buffered) == (0, True)
    assert [len(waiting) for waiting in memory.waiting] == [0, 0, 0]
    assert memory.remembered == [[set(), set(), set()]] * 3
    assert memory.columns == [memory.entries, column]
    assert (memory.entries.name, memory.entries.values) == ("entry", [None, None, None])
    assert not SharedMemory(1, 1, buffered=False).buffered


def test_without_buffers_a_write_is_in_memory_at_once() -> None:
    memory, column = memory_with(buffered=False)
    memory.store(column, 1, 5)
    assert column.values == [0, 5]
    assert [len(waiting) for waiting in memory.waiting] == [0, 0]
    memory.running = 1
    assert [memory.load(column, place) for place in range(2)] == [0, 5]


def test_a_core_reads_its_own_newest_write_and_others_read_memory() -> None:
    memory, column = memory_with(buffered=True)
    other = Column("other", [8, 9], memory)
    for place, value in ((0, 1), (0, 2), (1, 3)):
        memory.store(column, place, value)
    assert [memory.load(column, place) for place in range(2)] == [2, 3]
    assert [memory.load(other, place) for place in range(2)] == [8, 9]
    assert column.values == [0, 0]
    memory.running = 1
    assert [memory.load(column, place) for place in range(2)] == [0, 0]
    memory.store(column, 1, 6)
    assert [len(waiting) for waiting in memory.waiting] == [3, 1]
    assert memory.load(column, 1) == 6


def test_what_waits_lands_the_oldest_first_and_of_one_core() -> None:
    memory, column = memory_with(buffered=True)
    memory.store(column, 0, 1)
    memory.store(column, 0, 2)
    memory.running = 1
    memory.store(column, 1, 3)
    memory.drain(0)
    assert column.values == [1, 0]
    assert [list(waiting) for waiting in memory.waiting] == [[(column, 0, 2)], [(column, 1, 3)]]
    memory.drain(1)
    memory.drain(0)
    assert column.values == [2, 3]


@pytest.mark.parametrize("buffered", [False, True])
def test_every_core_remembers_an_entry_that_lands_beside_what_it_did(buffered: bool) -> None:
    memory, column = memory_with(buffered=buffered)

    def write(of: Column, slot: int, value: Any) -> None:
        memory.store(of, slot, value)
        if buffered:
            assert of.values[slot] != value
            memory.drain(0)

    write(memory.entries, 1, ONE)
    assert memory.remembered == [[set(), {ONE}, set()]] * 2
    write(memory.entries, 1, None)
    assert memory.remembered == [[set(), {ONE}, set()]] * 2
    write(memory.entries, 1, TWO)
    assert memory.remembered == [[set(), {ONE, TWO}, set()]] * 2
    write(column, 0, ONE)
    assert memory.remembered == [[set(), {ONE, TWO}, set()]] * 2


def test_who_forgets_a_slot_may_load_at_once_what_memory_has() -> None:
    memory, _ = memory_with(buffered=False)
    for entry in (ONE, TWO):
        memory.store(memory.entries, 1, entry)
    memory.store(memory.entries, 2, ONE)
    memory.invalidate(0, 1)
    assert memory.remembered == [[set(), {TWO}, {ONE}], [set(), {ONE, TWO}, {ONE}]]
    memory.store(memory.entries, 1, None)
    memory.invalidate(1, 1)
    assert memory.remembered == [[set(), {TWO}, {ONE}], [set(), set(), {ONE}]]


# The kernel on it.

SCOPE = Scope(2, 2, 2)


def test_a_kernel_begins_as_the_operations_do() -> None:
    kernel = SharedKernel(SCOPE, 3)
    assert kernel.plain_tree == on_lists(operations.initial(SCOPE))
    assert [column.name for column in kernel.shared.columns] == ["entry", *kernel.tree._fields]
    assert [column.name for column in kernel.tree] == list(kernel.tree._fields)  # type: ignore[attr-defined]
    assert all(column.memory is kernel.shared for column in kernel.tree)  # type: ignore[attr-defined]
    assert kernel.shared.entries.values == [Entry(0, 7), Entry(1, 7), None, None]
    assert kernel.shared.remembered == [[{Entry(0, 7)}, {Entry(1, 7)}, set(), set()]] * 3
    assert (kernel.scope, kernel.dialect, kernel.readings) == (SCOPE, CANONICAL, CANONICAL.readings)
    assert (kernel.first_frame, len(kernel.cores), kernel.shared.buffered) == (0, 3, False)
    other = SharedKernel(SCOPE, 1, DIALECTS["tree"], buffered=True)
    assert (other.dialect, other.readings) == (DIALECTS["tree"], DIALECTS["tree"].readings)
    assert other.shared.buffered


def test_what_the_tree_is_without_accesses_is_a_copy() -> None:
    kernel = SharedKernel(SCOPE, 1)
    kernel.plain_tree.rights[2] = 0
    assert kernel.tree.rights[2] == 7


def test_entries_settle_as_the_database_is() -> None:
    kernel = SharedKernel(SCOPE, 2)
    kernel.tree.rights.values[2] = 4  # type: ignore[attr-defined]
    kernel.tree.node_of.values[1] = -1  # type: ignore[attr-defined]
    kernel.tree.node_of.values[3] = 3  # type: ignore[attr-defined]
    kernel.tree.frame.values[3] = 0  # type: ignore[attr-defined]
    kernel.shared.remembered[1][2] = {ONE}
    kernel.settle()
    assert kernel.shared.entries.values == [Entry(0, 4), None, None, Entry(0, 7)]
    assert kernel.shared.remembered == [[{Entry(0, 4)}, set(), set(), {Entry(0, 7)}]] * 2


def said(steps: Steps) -> list[str]:
    return [str(access) for access in steps]


@pytest.mark.parametrize("fenced", [False, True])
def test_to_invalidate_is_a_step_after_what_was_written_is_seen(fenced: bool) -> None:
    kernel = SharedKernel(SCOPE, 2, fenced=fenced)
    kernel.shared.remembered[0][3] = kernel.shared.remembered[1][3] = {ONE}
    core: Any = kernel.cores[1]
    steps: Steps = core.tlb.invalidate_page(3, 0)
    fence = ["fence of stores"] if fenced else []
    for expected in (*fence, "invalidate core 1 slot 3"):
        assert str(next(steps)) == expected
        assert kernel.shared.remembered[1][3] == {ONE}
    assert next(steps, None) is None
    assert [each[3] for each in kernel.shared.remembered] == [{ONE}, set()]


def test_tables_have_an_entry_a_slot_and_always_room() -> None:
    tables: Any = SharedKernel(SCOPE, 1).tables
    assert (tables.reserve(3), tables.release(3), tables.address(3)) == (True, [], 3)
    assert tables.give_back([]) is None
    written = list(stepped(type(tables).write, UNLOCKED)(tables, 3, 1, 5))
    assert written == [Access(WRITE, ("entry", 3), Entry(1, 5))]
    assert tables.entries.values[3] == Entry(1, 5)
    assert list(stepped(type(tables).clear, UNLOCKED)(tables, 3)) == [Access(WRITE, ("entry", 3), None)]
    assert tables.entries.values[3] is None
    tags: Any = SharedKernel(SCOPE, 1).tags
    assert [tags.current(space) for space in range(2)] == [0, 1]


# Columns.


def test_a_column_is_read_and_written_in_steps() -> None:
    _, column = memory_with(buffered=False)
    column.values[:] = [4, 6]
    assert (len(column), column[1], column[0]) == (2, 6, 4)
    reading = column.reading(1)
    assert next(reading) == Access(READ, ("plain", 1), None)
    column.values[1] = 8  # another core writes before the read is made
    with pytest.raises(StopIteration) as ended:
        next(reading)
    assert ended.value.value == 8
    writing = column.writing(0, 3)
    assert next(writing) == Access(WRITE, ("plain", 0), 3)
    assert column.values == [4, 8]
    assert next(writing, None) is None
    assert column.values == [3, 8]


def test_a_write_waits_once() -> None:
    memory, column = memory_with(buffered=True)
    assert len(list(column.writing(1, 4))) == 1
    assert [list(waiting) for waiting in memory.waiting] == [[(column, 1, 4)], []]


@pytest.mark.parametrize("index", [-1, 2, 3])
def test_there_is_no_element_outside_a_column(index: int) -> None:
    _, column = memory_with(buffered=False)
    for steps in (column.reading(index), column.writing(index, 1)):
        with pytest.raises(IndexError, match=f"^element {index} of plain, which has 2$"):
            next(steps)
    assert column.values == [0, 0]


@pytest.mark.parametrize(
    ("access", "words"),
    [
        (Access("read", ("parent", 3)), "read parent[3]"),
        (Access("write", ("parent", 3), 5), "write parent[3]"),
        (Access("drain", ("parent", 3), 5), "drain parent[3]"),
        (Access("lock", ("frame", 0)), "lock frame 0"),
        (Access("invalidate", ("core", 1, "slot", 2)), "invalidate core 1 slot 2"),
        (Access("fence", ()), "fence"),
        (Access("read", ("memory", 1, 2)), "read memory[1, 2]"),
        (Access("drain", ()), "drain []"),
    ],
)
def test_an_access_in_words(access: Access, words: str) -> None:
    assert str(access) == words
