"""Deliberately wrong operations: what the explorer must find.

A fault is a mechanism by which kernels of this family have gone wrong, as a change of the literal model's operations:
either another reading of Appendix A, or something done to the state after the right operation (``executed`` below,
plain Python that the explorer compiles). Several faults may be combined.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from numba.extending import register_jitable

from model.scope import ALL_RIGHTS, ArgumentError
from model.spaces import compiled  # noqa: F401, compiled makes the model's functions known to numba
from model.spaces import literal as spaces
from model.spaces.dialect import Ancestor, Dialect, FrameHolder, NoRights, Passing, Reading, Readings
from model.spaces.literal import DONE, NIL, Spaces, clear, derives, evaluate, flush_below
from model.spaces.operation import Kind


@dataclass(frozen=True, slots=True)
class WrongOperation:
    """A wrong operation: its name, what goes wrong, and how.

    ``misread`` are readings in place of the dialect's; a fault without any is one that :func:`perform` executes.
    ``symmetric`` says whether the fault treats all slots alike; where it does not, no symmetry is used.
    """

    name: str
    sentence: str
    misread: Mapping[str, Any] = field(default_factory=dict)
    symmetric: bool = True


_EXECUTED = (
    WrongOperation("self-map-loses-page", "a page that is mapped or granted onto itself is flushed and never put back"),
    WrongOperation(
        "unmap-wrong-rights", "a flush takes the rights that it should leave, and leaves those it should take"
    ),
    WrongOperation("flush-stops-at-children", "a flush takes what was mapped from the page, but nothing further down"),
    WrongOperation(
        "early-ascent", "the walk of a flush goes up after the first child, though siblings remain", symmetric=False
    ),
    WrongOperation("flush-too-wide", "a flush takes the page's siblings, and what was mapped from them, as well"),
    WrongOperation("wrong-slot-unmapped", "a flush clears its own page, and leaves what was mapped from it"),
    WrongOperation("database-not-page-table", "a flush clears the database and leaves the page-table entries"),
    WrongOperation("frame-lost", "a flush of a page that holds a frame itself clears that page, and the frame is lost"),
    WrongOperation("entry-survives-overmap", "the page-table entry of a mapping that is replaced is not overwritten"),
    WrongOperation("grant-forgets-children", "what was mapped from a granted page keeps its link to the old slot"),
    WrongOperation(
        "grant-restrict-child-keeps", "a grant with fewer rights leaves what was mapped from the page all of them"
    ),
)
_MISREAD = (
    WrongOperation("rights-not-intersected", "the rights asked for are passed on", {"passing": Passing.AS_GIVEN}),
    WrongOperation("empty-rights-map", "a mapping without any right is made", {"no_rights": NoRights.ALLOWED}),
    WrongOperation(
        "ancestor-slot",
        "a page goes onto one that it was mapped from, and its link leads to a page that is gone",
        {"ancestor": Ancestor.ALLOWED},
    ),
    WrongOperation(
        "eager-grant-cycle",
        "a page goes onto one that it was mapped from, with the value read before that was flushed",
        {"ancestor": Ancestor.ALLOWED, "reading": Reading.BEFORE},
    ),
    WrongOperation(
        "frame-overwritten",
        "a page that holds a frame is overwritten, and the frame is lost",
        {"frame_holder": FrameHolder.REPLACED},
    ),
)
FAULTS = {fault.name: fault for fault in (*_EXECUTED, *_MISREAD)}
(
    SELF_MAP,
    WRONG_RIGHTS,
    STOPS_AT_CHILDREN,
    EARLY_ASCENT,
    TOO_WIDE,
    WRONG_SLOT,
    ENTRIES_STAY,
    FRAME_LOST,
    ENTRY_SURVIVES,
    CHILDREN_FORGOTTEN,
    CHILDREN_KEEP,
) = (1 << bit for bit in range(len(_EXECUTED)))


def listed(names: Collection[str]) -> tuple[str, ...]:
    """The names, of which one alone has to be in a list as well: its letters are no names.

    :raises ValueError: it is not.
    """
    if isinstance(names, str):
        raise ArgumentError(f"faults are a list of names, as in faults=[{names!r}]")
    return tuple(names)


def faults_named(names: Collection[str]) -> tuple[WrongOperation, ...]:
    """The faults of these names, in the order of :data:`FAULTS`.

    >>> [fault.name for fault in faults_named(["ancestor-slot", "frame-lost"])]
    ['frame-lost', 'ancestor-slot']

    :raises ValueError: there is no such fault.
    """
    for name in listed(names):
        if name not in FAULTS:
            raise ArgumentError(f"there is no fault {name!r}; there are {', '.join(FAULTS)}")
    return tuple(fault for fault in FAULTS.values() if fault.name in names)


def misread(dialect: Dialect, faults: Collection[WrongOperation]) -> Dialect:
    """The dialect as the faults read it; its name stays."""
    readings = dialect.readings
    for fault in faults:
        readings = readings._replace(**fault.misread)
    return replace(dialect, readings=readings)


def executed(faults: Collection[WrongOperation]) -> int:
    """The bits by which :func:`perform` knows the faults that are not readings."""
    return sum(1 << bit for bit, fault in enumerate(_EXECUTED) if fault in faults)


for _operation in (spaces.map_, spaces.grant, spaces.flush):
    register_jitable(_operation)


@register_jitable
def _restore(before: Spaces, s: Spaces, x: int) -> None:
    """Slot x is as it was."""
    s.sigma[x], s.phys[x], s.rights[x] = before.sigma[x], before.phys[x], before.rights[x]


@register_jitable
def _is_first_child(before: Spaces, x: int) -> bool:
    """Whether no slot before x was mapped from the same slot as x."""
    for y in range(x):  # noqa: SIM110, numba compiles no all()
        if before.sigma[y] == before.sigma[x]:
            return False
    return True


@register_jitable
def _walked(before: Spaces, x: int, src: int) -> bool:
    """Whether a walk below src that never turns to a sibling comes by x."""
    while x != src:
        if not _is_first_child(before, x):
            return False
        x = before.sigma[x]
    return True


@register_jitable
def _spoil_flush(before: Spaces, s: Spaces, src: int, faults: int) -> None:
    """Do to a state what the faults do after a right flush of src."""
    for x in range(len(s.sigma)):
        if x != src and derives(before, x, src):
            if faults & STOPS_AT_CHILDREN and before.sigma[x] != src:
                _restore(before, s, x)
            if faults & EARLY_ASCENT and not _walked(before, x, src):
                _restore(before, s, x)
            if faults & WRONG_SLOT:
                _restore(before, s, x)
            if faults & ENTRIES_STAY:
                s.phys[x] = before.phys[x]
    if faults & TOO_WIDE and before.sigma[src] >= 0:
        for x in range(len(s.sigma)):
            if x != src and before.sigma[x] == before.sigma[src]:
                flush_below(s, x)
                clear(s, x)
    if faults & WRONG_SLOT or (faults & FRAME_LOST and before.sigma[src] < NIL):
        clear(s, src)


@register_jitable
def _spoil_passing(before: Spaces, s: Spaces, kind: int, src: int, dst: int, faults: int) -> None:
    """Do to a state what the faults do after a right map or grant."""
    if faults & ENTRY_SURVIVES and before.sigma[dst] != NIL:
        s.phys[dst] = before.phys[dst]
    if kind == Kind.GRANT:
        for x in range(len(s.sigma)):
            if x == dst or derives(before, x, dst):
                continue
            if faults & CHILDREN_FORGOTTEN and before.sigma[x] == src:
                _restore(before, s, x)
            if faults & CHILDREN_KEEP and derives(before, x, src):
                s.sigma[x] = dst if before.sigma[x] == src else before.sigma[x]
                s.phys[x], s.rights[x] = before.phys[x], before.rights[x]


@register_jitable
def operate(s: Spaces, kind: int, src: int, dst: int, rights: int, readings: Readings) -> int:
    """Execute an operation of the literal model in place."""
    if kind == Kind.FLUSH:
        return spaces.flush(s, src, rights, readings)
    if kind == Kind.MAP:
        return spaces.map_(s, src, dst, rights, readings)
    return spaces.grant(s, src, dst, rights, readings)


@register_jitable
def perform(
    before: Spaces, s: Spaces, kind: int, src: int, dst: int, rights: int, readings: Readings, faults: int
) -> int:
    """Execute an operation of the literal model in place, spoiled by faults; ``before`` is the same state.

    ``DONE``, ``REFUSED`` or ``CYCLE_MET``, as the operations of :mod:`model.spaces.literal`.
    """
    if faults & SELF_MAP and kind != Kind.FLUSH and src == dst and evaluate(before, src) >= 0:
        flush_below(s, src)
        clear(s, src)
        return DONE
    if kind == Kind.FLUSH and faults & WRONG_RIGHTS:
        rights = ALL_RIGHTS & ~rights
    status = operate(s, kind, src, dst, rights, readings)
    if status == DONE and kind == Kind.FLUSH:
        _spoil_flush(before, s, src, faults)
    elif status == DONE and src != dst:
        _spoil_passing(before, s, kind, src, dst, faults)
    return status
