"""A trace on the kernel and its machine: what its database, page tables and translation lookaside buffers say."""

from collections.abc import Callable, Collection

from machine.core import Core
from machine.events import EXECUTE, READ, WRITE, HardwareEvent
from machine.formats import LEAF, SV39, Format
from machine.tlb import SHARED_TAG, TranslationBuffer, riscv_asid
from model.scope import ALL_RIGHTS, RIGHTS
from model.spaces.literal import DONE
from model.trace import Trace
from proofs.report.storyboard.scenes.views import Bits, Cached, TableEntry, Views
from refinement.kernel import operations
from refinement.kernel.kernel import Kernel
from refinement.kernel.lockstep import boot
from refinement.kernel.mapping_tree import abstraction

_RISCV = {"D": 7, "A": 6, "G": 5, "U": 4, "X": 3, "W": 2, "R": 1, "V": 0}
_X86 = {"G": 8, "D": 6, "A": 5, "U/S": 2, "R/W": 1, "P": 0}

BIT_NAMES: dict[str, tuple[str, dict[str, int]]] = {
    "x86-32": ("frame", _X86),
    "x86-64": ("frame", {"XD": 63, **_X86}),
    "Sv39": ("PPN", _RISCV),
    "Sv48": ("PPN", _RISCV),
    "AArch64": ("frame", {"UXN": 54, "PXN": 53, "nG": 11, "AF": 10, "AP[2]": 7, "AP[1]": 6, "type": 1, "valid": 0}),
}
"""For each format what its manual calls the frame number and the bits of a leaf that the kernel uses:
RISC-V Privileged 1.12, figure 4.20; Intel SDM vol. 3A, tables 4-6 and 4-20; Arm ARM D8.3."""

MOST_SPACES = 64
"""Every space gets a core that tries all of its pages; beyond so many it would take too long."""

MOST_SLOTS = 1024
"""And so it would with more pages in all."""


def not_runnable(trace: Trace) -> str:
    """Say in words why the kernel cannot run a trace; empty if it can."""
    dialect, scope = trace.resolved_dialect(), trace.scope
    if not operations.is_supported(dialect.readings):
        return f"no page tables are shown: the kernel implements canonical and tree, not {dialect.name}"
    if scope.spaces > MOST_SPACES:
        return f"no page tables are shown: {scope.spaces} spaces would need as many cores"
    if scope.slots > MOST_SLOTS:
        return f"no page tables are shown: every core would try each of {scope.slots:,} pages"
    return ""


def kernel_views(
    trace: Trace,
    *,
    format: Format = SV39,
    buffer: Callable[[Format], TranslationBuffer] = riscv_asid,
    kernel: type[Kernel] = Kernel,
) -> tuple[Views, ...]:
    """Replay a trace on a kernel with a core in each space; the views after each operation, the first state first.

    After an operation every core loads, stores and fetches in each page of its space, so that its buffer holds what it
    can still reach, stale or not.

    :param kernel: another kernel, to see what a fault does; where it breaks, the views say so and end.
    :raises ValueError: the kernel does not implement the trace's dialect (see :func:`not_runnable`).
    """
    steps = range(len(trace.operations) + 1)
    return tuple(views_at(trace, steps, format=format, buffer=buffer, kernel=kernel).values())


def views_at(
    trace: Trace,
    steps: Collection[int],
    *,
    format: Format = SV39,
    buffer: Callable[[Format], TranslationBuffer] = riscv_asid,
    kernel: type[Kernel] = Kernel,
) -> dict[int, Views]:
    """The views after some operations only, given by number; after the others no core tries anything."""
    booted = boot(
        trace.scope,
        trace.resolved_dialect(),
        format=format,
        buffer=buffer,
        cores=trace.scope.spaces,
        tags=max(64, trace.scope.spaces + 1),
        kernel=kernel,
    )
    for space, core in enumerate(booted.cores):
        booted.enter(core, space)
    first = views_of(booted, DONE)
    views = {0: first} if 0 in steps else {}
    for number, operation in enumerate(trace.operations, start=1):
        try:
            status = operation.on(booted)
            if number in steps:
                views[number] = views_of(booted, status)
        except Exception as error:  # a kernel with a fault may break in any way, and that is to be seen
            crashed = Views(first.machine, crashed=f"broke down: {type(error).__name__}: {error}")
            return views | {step: crashed for step in steps if step >= number}
    return views


def views_of(kernel: Kernel, status: int) -> Views:
    """The views of a machine, after every core has tried every page of its space."""
    for core in kernel.cores:
        try_everything(kernel, core)
    format = kernel.format
    return Views(
        machine=f"{format.name}, {len(kernel.cores)} cores, core n in space n",
        status=status,
        database=abstraction(kernel.tree),
        entries=tuple(_entry(kernel, slot) for slot in range(kernel.scope.slots)),
        cached=tuple(cached for number, core in enumerate(kernel.cores) for cached in _cached(kernel, number, core)),
        first_frame=kernel.first_frame,
        widens=format.widens,
        grants=tuple(int(format.granted(rights)) for rights in range(ALL_RIGHTS + 1)),
    )


def try_everything(kernel: Kernel, core: Core) -> None:
    """Let a core load, store and fetch in each page, so that its buffer holds what it can still reach."""
    for address in kernel.tables.addresses:
        for access in (READ, WRITE, EXECUTE):
            try:
                core.translate(address, access)
            except HardwareEvent:
                continue


def _entry(kernel: Kernel, slot: int) -> TableEntry:
    tables, format = kernel.tables, kernel.format
    there = len(tables.path(slot)) == format.levels
    value = int(tables.entry(slot))
    decoded = format.decode(value)
    leaf = int(decoded.kind) == LEAF
    return TableEntry(
        slot=slot,
        virtual=tables.address(slot),
        place=tables.place(slot) * format.entry_bytes if there else None,
        value=value,
        width=format.entry_bits,
        fields=fields_of(format, value) if leaf else (),
        frame=frame_number(kernel, int(decoded.frame)) if leaf else None,
        rights=int(decoded.rights),
    )


def frame_number(kernel: Kernel, physical: int) -> int:
    """The scope's number of a physical frame; -1 if it is none of the scope's."""
    number = physical - kernel.first_frame
    return number if 0 <= number < kernel.scope.frames else -1


def _cached(kernel: Kernel, number: int, core: Core) -> list[Cached]:
    """What a core's buffer holds of the space in which the core executes."""
    pages = {address >> kernel.format.page_bits: page for page, address in enumerate(kernel.tables.addresses)}
    space = kernel.tables.roots.index(core.root >> 12)
    found: dict[tuple[int, int, int, bool], None] = {}
    for entry in core.tlb.entries():
        ours = entry.tag in ((core.tag, SHARED_TAG) if core.tlb.tagged else (0, SHARED_TAG))
        if ours and entry.level == 0 and entry.page in pages:
            slot = kernel.scope.slot(space, pages[entry.page])
            rights = permitted(core, entry.attributes)
            found[slot, frame_number(kernel, entry.frame), rights, entry.dirty] = None
    return [Cached(number, *key) for key in found]


def permitted(core: Core, attributes: int) -> int:
    """The rights that a translation's attributes give the user."""
    accesses = ((RIGHTS["r"], READ), (RIGHTS["w"], WRITE), (RIGHTS["x"], EXECUTE))
    return sum(
        right for right, access in accesses if core.format.permits(attributes, access, int(core.user), core.control)
    )


def fields_of(format: Format, value: int) -> tuple[Bits, ...]:
    """A leaf entry's fields from the highest down, by the names of the format's manual; the frame's bits as one number.

    >>> [f"{bit.name}={bit.value}" for bit in fields_of(SV39, SV39.encode_leaf(5, 6))]
    ['PPN=5', 'D=0', 'A=0', 'G=0', 'U=1', 'X=0', 'W=1', 'R=1', 'V=1']
    """
    frame, bits = BIT_NAMES.get(format.name.split(" with ")[0], ("frame", {}))
    mask = int(format.encode_leaf(format.frame_mask(0), ALL_RIGHTS)) ^ int(format.encode_leaf(0, ALL_RIGHTS))
    low = (mask & -mask).bit_length() - 1
    fields = [(low, Bits(frame, (value & mask) >> low))]
    fields += [(bit, Bits(name, value >> bit & 1)) for name, bit in bits.items()]
    return tuple(field for _, field in sorted(fields, key=lambda item: -item[0]))
