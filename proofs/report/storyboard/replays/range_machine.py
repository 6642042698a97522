"""A trace of ranges on the kernel with ranges and its machine: its mappings, its leaves of all sizes, its buffers."""

from collections.abc import Callable

from machine import tlb
from machine.core import Core
from machine.formats import LEAF, Format
from machine.tlb import SHARED_TAG, TranslationBuffer
from model.ranges.blocks import low
from model.ranges.readings import CANONICAL_RANGES
from model.ranges.trace import RangeTrace
from model.scope import ALL_RIGHTS
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE, Spaces
from proofs.faults.hunts.sized_machine import BROKEN, levels_for
from proofs.report.storyboard.replays.machine import fields_of, frame_number, permitted, try_everything
from proofs.report.storyboard.scenes.views import Block, Cached, TableEntry, Views
from refinement.kernel.mapping_tree import mappings
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.lockstep import boot
from refinement.ranges.sized_tree import abstraction
from refinement.ranges.small import small


def not_runnable(trace: RangeTrace) -> str:
    """Say in words why the kernel with ranges cannot run a trace; empty if it can."""
    scope = trace.scope
    if trace.of_pages().readings != CANONICAL.readings or trace.of_ranges().readings != CANONICAL_RANGES.readings:
        named = f"{trace.dialect}, ranges {trace.ranges}"
        return f"no page tables are shown: the kernel with ranges is canonical, and not {named}"
    if scope.pages & low(scope.sizes[-1]):
        return f"no page tables are shown: {scope.pages} pages are no row of mappings of order {scope.sizes[-1]}"
    return ""


def range_kernel_views(
    trace: RangeTrace,
    *,
    format: Format | None = None,
    buffer: Callable[[Format], TranslationBuffer] = tlb.riscv_asid,
    kernel: type[SizedKernel] = SizedKernel,
) -> dict[int, Views]:
    """Replay a trace on a kernel with ranges with a core in each space; the views after each operation, by its number.

    :param format: by default the smallest that has a leaf for each order.
    :param kernel: another kernel, to see what a fault does; where it breaks, the views say so and end.
    :raises ValueError: the kernel cannot run it (see :func:`not_runnable`).
    """
    if said := not_runnable(trace):
        raise ValueError(said)
    scope = trace.scope
    booted = boot(
        scope, format=format or small(1, levels=levels_for(scope)), buffer=buffer, cores=scope.spaces, kernel=kernel
    )
    for space, core in enumerate(booted.cores):
        booted.enter(core, space)
    views = {0: sized_views(booted, DONE)}
    for number, operation in enumerate(trace.operations, start=1):
        try:
            status = booted.do(operation) if operation.is_in(scope) else None
            views[number] = sized_views(booted, status)
        except BROKEN as error:
            said = f"broke down: {type(error).__name__}: {error}"
            return views | {number: Views(views[0].machine, name=views[0].name, crashed=said)}
    return views


def sized_views(kernel: SizedKernel, status: int | None, machine: str = "") -> Views:
    """The views of a machine, after every core has tried every page of its space."""
    for core in kernel.cores:
        try_everything(kernel, core)
    format, scope = kernel.format, kernel.scope
    return Views(
        machine=machine or f"{format.name}, {len(kernel.cores)} cores, core n in space n",
        name="the kernel with ranges",
        status=status,
        database=database_of(kernel),
        entries=tuple(_entry(kernel, slot) for slot in range(scope.slots)),
        cached=tuple(cached for number, core in enumerate(kernel.cores) for cached in _cached(kernel, number, core)),
        first_frame=kernel.first_frame,
        widens=format.widens,
        grants=tuple(int(format.granted(rights)) for rights in range(ALL_RIGHTS + 1)),
        mappings=tuple(sorted(_blocks(kernel))),
    )


def database_of(kernel: SizedKernel) -> Spaces | None:
    """What the kernel's tree says page by page; none if it names slots or frames that there are not."""
    try:
        shown = abstraction(kernel.sized)
    except LookupError:
        return None
    beyond = (shown.sigma >= kernel.scope.slots) | (shown.phys >= kernel.scope.frames)
    return None if beyond.any() else shown


def _blocks(kernel: SizedKernel) -> list[Block]:
    """The nodes of the mapping tree that lie in one space: the first slot and the order of each."""
    pages, found = kernel.scope.pages, [(kernel.tree.slot[n], kernel.sized.order[n]) for n in mappings(kernel.tree)]
    return [(slot, order) for slot, order in found if order >= 0 and slot % pages + low(order) < pages]


def _entry(kernel: SizedKernel, slot: int) -> TableEntry:
    """The leaf that translates a slot, on whatever level, or the absent entry that the walk ends with."""
    tables, format = kernel.tables, kernel.format
    level = format.levels - len(tables.path(slot))
    value, order = int(tables.entry(slot)), level * format.index_bits
    decoded = format.decode(value, level)
    leaf = int(decoded.kind) == LEAF
    place = tables.place(slot, order) * format.entry_bytes
    return TableEntry(
        slot=slot,
        virtual=tables.address(slot),
        place=place if leaf or level == 0 else None,
        value=value,
        width=format.entry_bits,
        fields=fields_of(format, value) if leaf else (),
        frame=frame_number(kernel, int(decoded.frame) + (slot % kernel.scope.pages & low(order))) if leaf else None,
        rights=int(decoded.rights),
        order=order if leaf else 0,
    )


def _cached(kernel: SizedKernel, number: int, core: Core) -> list[Cached]:
    """What a core's buffer holds of the space in which the core executes, page by page."""
    space = kernel.tables.roots.index(core.root >> 12)
    found: dict[Cached, None] = {}
    for entry in core.tlb.entries():
        if entry.tag not in ((core.tag, SHARED_TAG) if core.tlb.tagged else (0, SHARED_TAG)):
            continue
        order, span = entry.level * kernel.format.index_bits, kernel.format.span_bits(entry.level)
        rights = permitted(core, entry.attributes)
        for page, address in enumerate(kernel.tables.addresses):
            if address >> span == entry.page:
                frame = frame_number(kernel, entry.frame + (page & low(order)))
                found[Cached(number, kernel.scope.slot(space, page), frame, rights, entry.dirty, order)] = None
    return list(found)
