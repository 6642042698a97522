"""The kernel on its machine: small exact cases of page tables, refusals, cost and order of steps."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from machine import (
    EXECUTE,
    FORMATS,
    READ,
    SV39,
    WRITE,
    X86_32,
    X86_64,
    Core,
    Format,
    Memory,
    PageFault,
    Tlb,
    Walker,
    tlb,
)
from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import DIALECTS
from model.spaces.literal import DONE, REFUSED
from model.spaces.operation import Operation
from refinement.faults import FAULTS
from refinement.kernel import page_check, tree_check
from refinement.kernel.kernel import STEPS, Kernel, Mapping, observe
from refinement.kernel.lockstep import Difference, Lockstep, boot
from refinement.kernel.page_table import PageTables, TablePool
from refinement.kernel.tags import Tags
from tests.refinement.kernel.columns import values

TREE = DIALECTS["tree"]


def small(scope: Scope = Scope(3, 2, 2), **changes: Any) -> Kernel:  # noqa: B008 - a scope is frozen
    return boot(scope, **{"format": SV39, "buffer": tlb.riscv_asid, "cores": 2, **changes})


@pytest.mark.parametrize("format", FORMATS, ids=lambda f: f.name)
def test_a_mapped_page_shows_its_frame_with_its_rights(format: Format) -> None:
    kernel = small(format=format)
    assert kernel.map(0, 2, READ | EXECUTE) == DONE
    assert kernel.lookup(2) == Mapping(0, READ | EXECUTE)
    core, address = kernel.cores[1], kernel.tables.address(2)
    kernel.enter(core, 1)
    kernel.memory.write((kernel.first_frame << 12) + 4, 0xCAFE, 2)
    assert core.load(address + 4, 2) == core.fetch(address + 4, 2) == 0xCAFE
    with pytest.raises(PageFault):
        core.store(address + 4, 1, 2)
    kernel.flush(0)
    with pytest.raises(PageFault):
        core.load(address + 4, 2)
    assert kernel.lookup(2) is None


def test_tables_are_made_on_demand_and_freed_when_empty() -> None:
    kernel = small(addresses=(0x1000, 1 << 30))
    pool = kernel.tables.pool
    free = pool.free
    assert kernel.map(0, 2) == DONE
    assert pool.free == free - 2
    assert kernel.map(0, 3) == DONE
    assert pool.free == free - 4
    assert kernel.grant(3, 2) == DONE
    assert pool.free == free - 2
    assert kernel.flush(0) == DONE
    assert pool.free == free
    assert page_check.check(kernel) == []


def test_a_table_that_an_operation_is_about_to_use_stays() -> None:
    kernel = small(Scope(2, 2, 1))
    kernel.map(0, 2)
    kernel.map(2, 3)
    path = kernel.tables.path(2)
    assert kernel.grant(2, 3) == DONE
    assert kernel.tables.path(3) == path
    assert kernel.tables.uses[path[-1]] == 1


@pytest.mark.parametrize("operation", ["map", "grant"])
def test_too_few_table_frames_refuse_and_change_nothing(operation: str) -> None:
    kernel = small(addresses=(0x1000, 1 << 30), tables=8)
    assert kernel.tables.pool.free == 1
    memory = kernel.memory.bytes.copy()
    tree = values(kernel.tree)
    assert getattr(kernel, operation)(0, 2) == REFUSED
    assert kernel.tables.pool.free == 1
    assert (kernel.memory.bytes == memory).all()
    assert values(kernel.tree) == tree
    assert page_check.check(kernel) == tree_check.check(kernel.tree) == []


def test_a_destination_above_its_source_is_emptied_in_the_dialect_tree() -> None:
    for operation in ("map", "grant"):
        kernel = small(dialect=TREE)
        kernel.map(0, 2)
        kernel.map(2, 4)
        free = kernel.tables.pool.free
        assert getattr(kernel, operation)(4, 2) == DONE
        assert [kernel.lookup(s) for s in (0, 2, 4)] == [Mapping(0, 7), None, None]
        assert kernel.tables.pool.free == free + 4
        assert page_check.check(kernel) == tree_check.check(kernel.tree) == []


def test_what_the_processor_noted_survives_narrowing() -> None:
    kernel = small(format=X86_64)
    kernel.map(0, 2)
    kernel.enter(kernel.cores[1], 1)
    kernel.cores[1].store(kernel.tables.address(2), 1)
    before = kernel.format.decode(kernel.tables.entry(2)).flags
    kernel.flush(0, EXECUTE)
    assert kernel.format.decode(kernel.tables.entry(2)).flags == before == 3


def test_rights_that_the_format_lacks_are_kept_in_the_database() -> None:
    kernel = small(format=X86_32)
    assert kernel.map(0, 2, WRITE) == DONE
    assert kernel.tables.entry(2) == 0
    assert kernel.lookup(2) == Mapping(0, WRITE)
    assert page_check.check(kernel) == []


def test_steps_come_in_the_order_that_hardware_asks_for() -> None:
    kernel = small(Scope(2, 2, 1))
    kernel.map(0, 2)
    kernel.map(2, 3)
    steps: list[str] = []
    observe(kernel, steps.append)
    assert kernel.grant(2, 3, READ) == DONE
    away = ["clear_entry", "release_tables", "invalidate", "free_tables"]
    assert steps == ["reserve", *away, "remove_leaf", *away, "restrict_rights", "move_node", "write_entry"]
    steps.clear()
    assert kernel.flush(0) == DONE
    assert steps == ["flush_step", *away, "flush_step"]


@pytest.mark.parametrize(("rights", "step"), [(ALL_RIGHTS, "narrow_entry"), (READ, "clear_entry")])
def test_no_page_ever_shows_more_than_the_one_that_it_was_mapped_from(
    monkeypatch: pytest.MonkeyPatch, rights: int, step: str
) -> None:
    """Rights are taken from a page after they are from those that were mapped from it."""
    kernel = small(Scope(2, 3, 1))
    for src, dst in ((0, 3), (3, 4), (3, 5)):
        assert kernel.map(src, dst, rights) == DONE
    slots: list[int] = []
    taken = getattr(kernel, step)

    def noted(slot: int, *more: int) -> None:
        slots.append(slot)
        taken(slot, *more)

    monkeypatch.setattr(kernel, step, noted)
    assert kernel.flush(0, READ) == DONE
    assert sorted(slots) == [3, 4, 5]
    assert slots[-1] == 3


def test_map_and_grant_take_the_same_steps_however_many_mappings_live() -> None:
    counts = []
    for pages in (4, 40):
        kernel = small(Scope(2, pages, 1))
        for page in range(1, pages - 2):
            kernel.map(page - 1, page)
        steps: Counter[str] = Counter()

        def count(name: str, steps: Counter[str] = steps) -> None:
            steps.update([name])

        observe(kernel, count)
        kernel.map(pages - 3, pages - 2)
        kernel.grant(0, pages - 1)
        counts.append(steps)
    assert counts[0] == counts[1]


def test_every_step_is_observed(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel, seen = small(), list[str]()
    for name in STEPS:
        monkeypatch.setattr(kernel, name, lambda *given: given)
    observe(kernel, seen.append)
    assert [getattr(kernel, name)(1, name) for name in STEPS] == [(1, name) for name in STEPS]
    assert seen == list(STEPS)


def test_a_step_is_observed_after_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel, events = small(), list[str]()
    monkeypatch.setattr(kernel, "reserve", lambda slot: events.append(f"slot {slot} is reserved"))
    observe(kernel, events.append, ["reserve"])
    kernel.reserve(1)
    assert events == ["slot 1 is reserved", "reserve"]


def test_no_buffer_is_asked_about_a_space_without_a_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel, asked = small(Scope(3, 2, 2), cores=1), list[tuple[object, ...]]()
    monkeypatch.setattr(kernel.cores[0].tlb.__class__, "invalidate_page", lambda _, *given: asked.append(given))
    assert (kernel.tags.current(0), kernel.tags.current(1)) == (1, None)
    kernel.invalidate(2)
    assert asked == []
    kernel.invalidate(1)
    assert asked == [(kernel.tables.address(1), 1)]


def test_an_observer_of_one_kernel_does_not_see_another() -> None:
    seen: list[str] = []
    observe(small(), seen.append)
    small().map(0, 2)
    assert seen == []


def test_memory_may_be_full_of_anything_before_the_kernel_starts() -> None:
    memory = Memory(1 << 16)
    memory.bytes[:] = 0xA5
    core = Core(memory, SV39, Tlb(SV39, 4))
    kernel = Kernel(Scope(2, 1, 1), cores=[core], pool=TablePool(2, 6), first_frame=9, addresses=(0x5000,))
    assert page_check.check(kernel) == []
    kernel.map(0, 1)
    assert page_check.check(kernel) == []
    kernel.enter(core, 1)
    assert core.load(0x5000) == 0xA5
    with pytest.raises(PageFault):
        core.load(0x6000)


def test_tags_are_taken_from_spaces_in_which_no_core_executes() -> None:
    kernel = small(Scope(4, 1, 1), cores=2, tags=3)
    core = kernel.cores[1]
    given = []
    for space in (1, 2, 3, 1, 2, 3):
        kernel.enter(core, space)
        given.append(core.tag)
    assert kernel.cores[0].tag not in given
    assert set(given) == {2, 3}
    assert kernel.tags.current(0) == kernel.cores[0].tag


def test_no_user_reaches_a_page_table() -> None:
    kernel = small(format=X86_32)
    walker = Walker(kernel.memory, X86_32)
    kernel.map(0, 2)
    for root in range(3):
        for page in range(64):
            found = walker.translate(page << 12, READ, True, kernel.tables.root(root))
            if not isinstance(found, PageFault):
                assert kernel.first_frame <= found.frame < kernel.first_frame + 2


def test_errors_say_what_to_write() -> None:
    with pytest.raises(ValueError, match="choose the dialect canonical or tree"):
        small(dialect=DIALECTS["fiasco"])
    with pytest.raises(ValueError, match="give at least 3"):
        small(tags=2)
    with pytest.raises(ValueError, match="too small for the tables of σ0"):
        small(tables=3)
    with pytest.raises(ValueError, match="need a root table each"):
        small(tables=2)
    with pytest.raises(ValueError, match="as many different addresses"):
        small(addresses=(0, 0))
    with pytest.raises(ValueError, match="write a multiple of 4096"):
        small(addresses=(0, 1))
    with pytest.raises(ValueError, match="not canonical"):
        small(addresses=(0, 1 << 40))
    with pytest.raises(ValueError, match="one roams"):
        Lockstep(small(cores=5))
    memory = Memory(1 << 16)
    core = Core(memory, SV39, Tlb(SV39, 4))
    arguments: dict[str, Any] = {"cores": [core], "pool": TablePool(1, 6), "addresses": (0,)}
    with pytest.raises(ValueError, match="overlap the pool"):
        Kernel(Scope(1, 1, 1), first_frame=3, **arguments)
    with pytest.raises(ValueError, match="not all in a memory"):
        Kernel(Scope(1, 1, 1), first_frame=16, **arguments)
    with pytest.raises(ValueError, match="of one memory"):
        Kernel(Scope(1, 1, 1), first_frame=8, **{**arguments, "cores": [core, Core(memory, X86_32, Tlb(X86_32, 4))]})
    with pytest.raises(ValueError, match="beyond 65536 bytes"):
        PageTables(Scope(1, 1, 1), memory, SV39, TablePool(1, 20), (0,))
    assert Tags(2, 0, [core]).current(1) == 0


def test_the_self_check_of_page_tables_names_what_is_broken() -> None:
    def broken(change: Callable[[Kernel], object]) -> set[str]:
        kernel = small()
        kernel.map(0, 2)
        change(kernel)
        return {broken.invariant for broken in page_check.check(kernel)}

    assert broken(lambda k: None) == set()
    assert broken(lambda k: k.tables.clear(2)) == {"same-pages"}
    assert broken(lambda k: k.tables.write(2, k.first_frame + 1, 7)) == {"same-frame"}
    assert broken(lambda k: k.tables.write(2, k.first_frame, 4)) == {"same-rights"}
    assert broken(lambda k: k.tables.write(3, k.first_frame, 4)) == {"same-pages"}
    assert broken(lambda k: k.tables.write(2, k.tables.roots[0], 7)) == {"no-table-mapped", "same-frame"}
    assert broken(lambda k: k.tables.uses.update({k.tables.roots[0]: 9})) == {"uses"}
    assert broken(lambda k: k.tables.pool.take()) == {"accounting"}
    assert broken(lambda k: k.tables.pool.give(k.tables.roots[1])) == {"accounting"}

    def share(kernel: Kernel) -> None:
        entries, start = kernel.tables.entries, [root << 9 for root in kernel.tables.roots]
        entries[start[2]] = entries[start[1]]

    def wild(kernel: Kernel) -> None:
        kernel.tables.entries[(kernel.tables.roots[1] << 9) + 7] = SV39.encode_pointer(kernel.first_frame)

    assert {"one-parent"} <= broken(share)
    assert broken(wild) == {"format"}
    assert page_check.check(small()) == []


def test_differences_are_told_in_words() -> None:
    lockstep = Lockstep(small(cores=4))
    assert lockstep.do(Operation("map", 0, 2, 4)) == []
    lockstep.kernel.tables.write(2, lockstep.kernel.first_frame, 6)
    lockstep.kernel.cores[1].tlb.invalidate_all()
    lockstep.kernel.cores[3].tlb.invalidate_all()
    assert [d.message for d in lockstep.do(Operation("flush", 1, rights=7))] == [
        "a core that stays reaches too much: store σ1[0] frame 0",
        "the core that roams reaches too much: store σ1[0] frame 0",
        "same-rights: σ1[0] should grant 4, its entry grants 6",
    ]


def test_what_differs_on_the_way_is_told_in_the_end() -> None:
    lockstep = Lockstep(
        boot(Scope(2, 1, 1), format=SV39, buffer=tlb.i486, cores=1, kernel=FAULTS["empty-rights-map"].kernel)
    )
    lockstep.skip(Operation("map", 0, 1, 0))
    assert lockstep.do(Operation("flush", 0))[0] == Difference("status", "the kernel ends with 0, the model with 1")
    assert lockstep.do(Operation("flush", 0)) == []


def test_a_page_that_has_none_of_the_rights_taken_is_not_invalidated(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = small()
    kernel.map(0, 2, READ)
    told: list[tuple[object, ...]] = []
    monkeypatch.setattr(kernel, "narrow_entry", lambda *given: told.append(given))
    monkeypatch.setattr(kernel, "invalidate", lambda *given: told.append(given))
    assert kernel.flush(0, WRITE) == DONE
    assert told == []
    kernel.map(0, 3)
    assert kernel.flush(0, WRITE) == DONE
    assert told == [(3, READ | EXECUTE), (3,)]
