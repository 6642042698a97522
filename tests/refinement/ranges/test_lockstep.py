"""The kernel with ranges, on its machine, does what the literal model does: every base page, after every step."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine import Format, Tlb, tlb
from machine.tlb import TranslationBuffer
from model.ranges import literal
from model.ranges.operation import RangeOperation, operations_of
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.spaces.literal import DONE, REFUSED
from model.spaces.operation import Kind
from refinement.kernel.mapping_tree import NONE
from refinement.ranges.check import check_tables, check_tree
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.lockstep import RangeLockstep, boot, most_tables
from refinement.ranges.sized_tree import abstraction
from refinement.ranges.small import small
from tests.refinement.ranges.written import operations

W = RangeReadings()
SMALL, WIDE = RangeScope(2, 2, 2, 0b11), RangeScope(3, 4, 4, 0b111)
LARGE = (WIDE, RangeScope(2, 8, 7, 0b1011), RangeScope(3, 12, 5, 0b101))
INDEX_BITS = (1, 2)
BUFFERS: dict[str, Callable[[Format], TranslationBuffer]] = {
    "tagged": tlb.riscv_asid,
    "two entries": lambda f: Tlb(f, 2),
    "three, tagged": lambda f: Tlb(f, 3, tagged=True),
    "split": tlb.pentium,
}

# Taken apart, put together, in several mappings, with fewer rights, over another.
STATES = (
    "map 0[0..1] 1[0..1]",
    "map 0[0..1] 1[0..1]; flush 0[0] own",
    "map 0[0] 1[1]; map 0[1] 1[0]",
    "grant 0[0] 1[0]; map 0[1] 1[1]",
    "grant 0[0] 1[0]; grant 1[0] 0[0]; map 0[0..1] 1[0..1] rx",
    "grant 0[0..1] 1[0..1]; map 1[0..1] 0[0..1]; flush 1[1] w",
)


def every(scope: RangeScope, rights: tuple[int, ...] = (7,)) -> list[RangeOperation]:
    """All operations, those that take a range's own pages too."""
    found = operations_of(scope, W, rights)
    return found + [o._replace(own=True) for o in found if o.kind == Kind.FLUSH]


def started(scope: RangeScope, text: str, format: Format) -> RangeLockstep:
    both = RangeLockstep(boot(scope, format=format, buffer=tlb.riscv_asid, cores=scope.spaces + 1))
    for o in operations(text, scope):
        both.skip_range(o)
    return both


@pytest.mark.parametrize("text", STATES)
def test_every_operation_from_a_state(text: str) -> None:
    for o in every(SMALL):
        assert started(SMALL, text, small(1)).do_range(o) == [], o.text(SMALL)


# Several pieces go, onto windows of which one piece or several are in use.
WAYS = (
    "grant 0[2..3] 1[2..3]; map 0[0..3] 1[0..3]",
    "grant 0[1] 2[3]; grant 0[0..1] 1[0..1] rx",
    "grant 0[1] 2[3]; grant 0[0..3] 1[0..3]; grant 1[0..3] 0[0..3]",
    "map 0[0..1] 1[0..1]; map 0[3] 1[3]; grant 1[0..3] 2[0..3]; map 2[0..3] 1[0..3] r",
)


@pytest.mark.parametrize("text", WAYS)
def test_every_step_of_a_way(text: str) -> None:
    both = RangeLockstep(boot(WIDE, format=small(1), buffer=tlb.riscv_asid, cores=1))
    for o in operations(text, WIDE):
        assert both.do_range(o) == [], o.text(WIDE)


def test_a_node_is_halved_after_those_below_it_that_are_as_large() -> None:
    kernel = boot(WIDE, format=small(1), buffer=tlb.riscv_asid, cores=1)
    for o in operations("map 0[0..3] 1[0..3]; map 1[0..1] 2[0..1]", WIDE):
        assert kernel.do(o) == DONE
    order, node_of = kernel.sized.order, kernel.tree.node_of
    assert [order[node_of[slot]] for slot in (0, 4, 8)] == [2, 2, 1]
    kernel.split(node_of[0])
    assert [order[node_of[slot]] for slot in (0, 2, 4, 6, 8)] == [1] * 5
    assert (check_tree(kernel.sized), check_tables(kernel)) == ([], [])


@pytest.mark.long
@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.data())
def test_random_operations(data: st.DataObject) -> None:
    random_operations(data, WIDE, 8)


@pytest.mark.slow
@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.data())
def test_many_random_operations(data: st.DataObject) -> None:
    random_operations(data, data.draw(st.sampled_from(LARGE)), 25)


def format_for(scope: RangeScope, index_bits: int) -> Format:
    """Small tables, in as many levels as it takes to translate the scope's pages, three at least."""
    levels = -(-(scope.pages - 1).bit_length() // index_bits)  # rounded up
    return small(index_bits, max(3, levels))


@pytest.mark.parametrize("index_bits", INDEX_BITS)
@pytest.mark.parametrize("scope", LARGE, ids=str)
def test_the_largest_mapping_in_every_drawn_format(scope: RangeScope, index_bits: int) -> None:
    both = RangeLockstep(
        boot(scope, format=format_for(scope, index_bits), buffer=tlb.riscv_asid, cores=scope.spaces + 1)
    )
    order = scope.sizes[-1]
    last = scope.pages - (1 << order)
    for o in operations(f"map 0[0..{(1 << order) - 1}] 1[{last}..{scope.pages - 1}]; flush 1[{last}]", scope):
        assert both.do_range(o) == []
        assert both.status == DONE


def random_operations(data: st.DataObject, scope: RangeScope, length: int) -> None:
    """A pool that may be too small is among the machines; so are buffers that evict, and few tags."""
    format = format_for(scope, data.draw(st.sampled_from(INDEX_BITS)))
    most = most_tables(scope, format)
    kernel = boot(
        scope,
        format=format,
        buffer=BUFFERS[data.draw(st.sampled_from(sorted(BUFFERS)))],
        cores=data.draw(st.sampled_from([2, scope.spaces + 1])),
        tables=scope.spaces + most + data.draw(st.integers(0, 2 * most)),
        tags=scope.spaces + 2,
    )
    both = RangeLockstep(kernel)
    possible = st.sampled_from(every(scope, (7, 6, 3)))
    for o in data.draw(st.lists(possible, min_size=length, max_size=length)):
        assert both.do_range(o) == [], o.text(scope)


def booted() -> SizedKernel:
    return boot(SMALL, format=small(1), buffer=tlb.riscv_asid, cores=1)


def shown(kernel: SizedKernel) -> tuple[bytes, bytes]:
    """What each page shows, and the order of the mapping that begins there."""
    nodes = (kernel.tree.node_of[slot] for slot in range(kernel.scope.slots))
    orders = bytes(9 if node == NONE else kernel.sized.order[node] for node in nodes)
    return abstraction(kernel.sized).sigma.tobytes(), orders


@pytest.mark.slow
def test_every_operation_from_every_state() -> None:
    """The states differ in what pages show, or in how large the mappings are."""
    at, seen, tried = [list[RangeOperation]()], {shown(booted())}, 0
    while at:
        path = at.pop(0)
        for o in every(SMALL):
            kernel, state = booted(), literal.first(SMALL, 1, W)
            for step in (*path, o):
                assert kernel.do(step) == step.apply(state, kernel.readings, W)
            tried += 1
            assert all((a == b).all() for a, b in zip(abstraction(kernel.sized), state, strict=False))
            assert check_tree(kernel.sized) == check_tables(kernel) == []
            if shown(kernel) not in seen:
                seen.add(shown(kernel))
                at.append([*path, o])
    assert (len(seen), tried) == (389, 389 * 52)


def test_a_pool_that_is_too_small_refuses_and_changes_nothing() -> None:
    scope, format = RangeScope(2, 4, 4, 0b111), small(1)
    both = RangeLockstep(boot(scope, format=format, buffer=tlb.riscv_asid, cores=3, tables=scope.spaces + 5))
    first, second, third = operations("map 0[0..3] 1[0..3]; map 0[0..1] 1[0..1]; map 0[2..3] 1[2..3]", scope)
    assert [both.do_range(o) for o in (first, second, third)] == [[], [], []]
    assert (both.status, both.kernel.tables.spare) == (REFUSED, 0)
    assert both.kernel.lookup(4) is not None
    assert both.kernel.lookup(6) is None


def test_a_flush_finds_the_frames_that_it_takes_apart_with() -> None:
    scope, format = RangeScope(2, 4, 4, 0b111), small(1)
    both = RangeLockstep(boot(scope, format=format, buffer=tlb.riscv_asid, cores=3))
    whole, part = operations("map 0[0..3] 1[0..3]; flush 0[1]", scope)
    assert both.do_range(whole) == []
    tables = both.kernel.tables
    assert (tables.promised, tables.spare) == (6, 0)
    assert both.do_range(part) == []
    assert (both.status, tables.promised, tables.spare) == (DONE, 4, 0)
