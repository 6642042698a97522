# Typed by numba, not by annotations.
# mypy: allow-untyped-defs, allow-untyped-calls
"""The literal model of a scope as a packed system, for every dialect and with rights: the general path.

The successors of a state are found on words (:mod:`proofs.explorer.states.stepping`), cycles and dangling links
included; the tests compare them with :mod:`model.spaces.literal` in any state under any reading. Operations with faults
are executed on the literal model itself. Either way what a step changed is checked against the properties
(:mod:`proofs.explorer.states.changes`).

A slot takes the bits of its element (0 nil, 1 … R a frame, R + 1 + y a link to slot y), of P (0 nil, r + 1), and of
its rights. In a *forest dialect*, whose states hold neither cycles nor dangling links, P_v is σ(v), and without
rights every slot in use has all of them; those bits are left out. Each step checks that this loses nothing.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numba.extending import register_jitable

from model.scope import ALL_RIGHTS, ArgumentError, Scope
from model.spaces.dialect import Dialect, OwnPage, OwnSlot, Readings, Source
from model.spaces.keeping import EVERY_SET
from model.spaces.literal import DONE, NIL, Spaces, evaluate
from model.spaces.operation import Kind
from proofs.explorer.plain import lowest_bit
from proofs.explorer.states.changes import changes_violate
from proofs.explorer.states.forest import by_masks, is_forest_dialect
from proofs.explorer.states.goal import Goal, reached
from proofs.explorer.states.layout import (
    CODE_BITS,
    FAULTS,
    FRAMES,
    GOAL_AT,
    IDLE,
    MASKS,
    OWN_SLOT,
    PHYS_BITS,
    PROGRAM,
    READINGS,
    RIGHT_BITS,
    SCRATCH,
    SLOTS,
    UNIVERSE,
    label_of,
    operation_of,
)
from proofs.explorer.states.properties import GOAL, IDS, STATE_IDS, state_violations
from proofs.explorer.states.stepping import is_refused_always, is_refused_with, stepped
from proofs.explorer.states.symmetry import GROUPS, canonical
from proofs.explorer.states.unlabelled import unlabelled
from proofs.explorer.states.words import gathered, grid_of, is_kept, narrowed, packed, values_after, words_of
from proofs.explorer.states.wrong_operations import perform
from proofs.explorer.system import Field, System, unreduced

# Which sets of rights operations choose from.
CHOICES = {"none": (ALL_RIGHTS,), "rw": (2, 4, 6), "rwx": tuple(range(1, ALL_RIGHTS + 1))}

LOST = np.int64(1) << np.int64(62)
STATE_BITS = (1 << len(STATE_IDS)) - 1
STEP_BITS = (1 << len(IDS)) - 1 - STATE_BITS


@register_jitable(_nrt=False, forceinline=True)
def _readings(p):
    """The readings among the parameters."""
    r = READINGS
    return Readings(
        p[r],
        p[r + 1],
        p[r + 2],
        p[r + 3],
        p[r + 4],
        p[r + 5],
        p[r + 6],
        p[r + 7],
        p[r + 8],
        p[r + 9],
        p[r + 10],
        p[r + 11],
        p[r + 12],
        p[r + 13],
    )


@register_jitable(_nrt=False, forceinline=True)
def _spaces(p, scratch, number):
    """The arrays of a state, in a part of the scratch memory."""
    n = p[SLOTS]
    at = 3 * n * number
    return Spaces(scratch[at : at + n], scratch[at + n : at + 2 * n], scratch[at + 2 * n : at + 3 * n])


@register_jitable
def _unpack(state, s, p):
    """Write a packed state into arrays."""
    frames, code_bits, phys_bits, right_bits = p[FRAMES], p[CODE_BITS], p[PHYS_BITS], p[RIGHT_BITS]
    code_mask, phys_mask, right_mask = (1 << code_bits) - 1, (1 << phys_bits) - 1, (1 << right_bits) - 1
    for x in range(p[SLOTS]):
        code = np.int64(state) & code_mask
        if code == 0:
            s.sigma[x] = NIL
        elif code <= frames:
            s.sigma[x] = -1 - code
        else:
            s.sigma[x] = code - frames - 1
        state = state >> np.uint64(code_bits)
        s.phys[x] = (np.int64(state) & phys_mask) - 1
        state = state >> np.uint64(phys_bits)
        rights = np.int64(state) & right_mask
        state = state >> np.uint64(right_bits)
        if right_bits == 0:
            rights = 0 if code == 0 else ALL_RIGHTS
        elif right_bits == 1:
            rights = ALL_RIGHTS * rights
        elif right_bits == 2:
            rights = rights << 1
        s.rights[x] = rights
    if phys_bits == 0:
        for x in range(p[SLOTS]):
            s.phys[x] = evaluate(s, x)


@register_jitable(_nrt=False, forceinline=True)
def _is_offered(sigma, children, kind, src, dst, grid, p):
    """Whether the explorer tries an operation at all.

    Idle ones are left out unless asked for: what finds nil where it would have to act, so that nothing could happen.
    These are a flush of a nil page to which no link leads, and a nil page onto itself where that is left alone.
    """
    if sigma >> np.uint64(src * grid.width) & grid.field != 0 or p[IDLE]:
        return True
    if kind == Kind.FLUSH:
        return children[src] != 0
    return not (src == dst and p[OWN_SLOT] == OwnSlot.NOTHING)


@register_jitable
def _executed(arrays, kind, src, dst, rights, readings, faults, grid):
    """Execute an operation with faults on the literal model: if it is done, the state after, and if rights are kept."""
    before, s = arrays
    for x in range(grid.slots):
        s.sigma[x], s.phys[x], s.rights[x] = before.sigma[x], before.phys[x], before.rights[x]
    status = perform(before, s, kind, src, dst, rights, readings, faults)
    now, kept = gathered(s, grid)
    return status == DONE, now, kept


@register_jitable(_nrt=False, forceinline=True)
def _flaws(before, now, values, parents, below, kind, src, dst, rights, wanted, grid):
    """What is wrong with a step: the wanted properties that it violates, and whether the packing loses its state."""
    if wanted is None and grid.phys_bits != 0:
        return 0 if is_kept(now, values, grid) else LOST
    found = values_after(before.sigma, now.sigma, values, parents, below, grid)
    flaw = 0 if is_kept(now, found, grid) else LOST
    if wanted is None or wanted & STEP_BITS == 0:
        return flaw
    return flaw | changes_violate(before, now, values, found, below, kind, src, dst, rights, grid) & wanted


@register_jitable(_nrt=False, forceinline=True)
def _taken(links, arrays, kind, src, dst, wanted, faults, d, grid, p, rows, count):
    """Write the steps that an operation takes, with each choice of rights that is not refused: how many there are now.

    Operations with faults are executed on the literal model itself, others on words.
    """
    (w, values, parents, below, children), (after, labels, flaws) = links, rows
    if not _is_offered(w.sigma, children, kind, src, dst, grid, p):
        return count
    if faults is None and is_refused_always(w, values, below, kind, src, dst, d, grid):
        return count
    masks = p[MASKS]
    while masks:
        mask = lowest_bit(masks)
        masks &= masks - 1
        # All rights of the universe are all rights, for dialects that know no smaller flush.
        rights = ALL_RIGHTS if kind == Kind.FLUSH and mask == p[UNIVERSE] else mask
        kept = True
        if faults is None:
            asked = narrowed(rights, grid)
            if is_refused_with(w, kind, src, dst, rights, asked, d, grid):
                continue
            now = stepped(w, values, below, children, kind, src, dst, rights, asked, d, grid)
        else:
            done, now, kept = _executed(arrays, kind, src, dst, rights, d, faults, grid)
            if not done:
                continue
        flaw = _flaws(w, now, values, parents, below, kind, src, dst, rights, wanted, grid)
        after[count], flaws[count] = packed(now, grid), flaw if kept else flaw | LOST
        labels[count] = label_of(kind, src, dst, rights)
        count += 1
    return count


@register_jitable(_nrt=False)
def _steps(state, after, labels, flaws, wanted, faults, p, scratch):
    """Every operation that is not refused.

    ``wanted`` may be None, for no step properties, and ``faults``, for none: numba then leaves out what would look at
    them. Operations with faults are executed on the literal model itself, others on words.
    """
    slots, d, grid = p[SLOTS], _readings(p), grid_of(p)
    before, s = _spaces(p, scratch, 0), _spaces(p, scratch, 1)
    below = scratch[6 * slots : 7 * slots].view(np.uint64)
    children = scratch[7 * slots : 8 * slots].view(np.uint64)
    w, values, parents = words_of(state, below, children, grid)
    if faults is not None:
        _unpack(state, before, p)
    links, arrays, rows, count = (w, values, parents, below, children), (before, s), (after, labels, flaws), 0
    for src in range(slots):
        shown = values >> np.uint64(src * grid.width) & grid.field
        accessible = d.source != Source.REFUSED or (shown != 0 and shown != grid.field)
        if accessible or d.own_slot == OwnSlot.NOTHING:  # that asks for nothing
            for dst in range(slots):
                count = _taken(links, arrays, Kind.MAP, src, dst, wanted, faults, d, grid, p, rows, count)
            for dst in range(slots):
                count = _taken(links, arrays, Kind.GRANT, src, dst, wanted, faults, d, grid, p, rows, count)
        count = _taken(links, arrays, Kind.FLUSH, src, 0, wanted, faults, d, grid, p, rows, count)
    return count


def successors(state, after, labels, flaws, wanted, p, scratch):
    """Every operation that is not refused; see :class:`System`."""
    return _steps(state, after, labels, flaws, wanted, None, p, scratch)


def faulty_successors(state, after, labels, flaws, wanted, p, scratch):
    """The same of operations with faults."""
    return _steps(state, after, labels, flaws, wanted, p[FAULTS], p, scratch)


def unchecked_successors(state, after, labels, flaws, wanted, p, scratch):
    """Every operation that is not refused, no step property checked."""
    return _steps(state, after, labels, flaws, None, None, p, scratch)


def masked_successors(state, after, labels, flaws, wanted, p, scratch):
    """The same of a forest dialect without rights, found by masks."""
    return by_masks(state, after, labels, flaws, p, scratch)


@register_jitable(_nrt=False)
def _checked(state, wanted, p, scratch):
    """As :func:`check`."""
    aims = wanted >> p[GOAL_AT] & 1
    if wanted & STATE_BITS == 0 and aims == 0:
        return 0
    s = _spaces(p, scratch, 0)
    _unpack(state, s, p)
    violated = state_violations(s, p[FRAMES], wanted & STATE_BITS)
    if aims and reached(s, p, PROGRAM):
        violated |= 1 << p[GOAL_AT]
    return violated


def check(state, wanted, p, scratch):
    """The violated state properties of a packed state, and whether it is the goal; see :class:`System`."""
    return _checked(state, wanted, p, scratch)


def _step_text(scope: Scope, label: int) -> str:
    """The operation that a step's number stands for, as people write it."""
    return operation_of(label).text(scope)


def _canonical_form(symmetry: str, forests: bool) -> Callable[..., int]:
    """The function that finds representatives under a group, of states that are forests without more or of any."""
    if symmetry == "none":
        return unreduced
    return unlabelled if forests and symmetry == "slots" else canonical


def _choices(rights: str | Sequence[int]) -> tuple[int, ...]:
    """The sets of rights that operations choose from.

    :raises ValueError: there is no such choice.
    """
    if not isinstance(rights, str):
        return tuple(rights)
    if rights not in CHOICES:
        raise ArgumentError(f"rights are none, rw or rwx, not {rights!r}")
    return CHOICES[rights]


def mapping_system(
    scope: Scope,
    dialect: Dialect,
    rights: str | Sequence[int] = "none",
    goal: Goal | None = None,
    symmetry: str = "none",
    masks: bool = False,
    faults: int = 0,
    steps: bool = True,
    idle: bool = False,
) -> System:
    """The literal model of a scope under a dialect.

    :param rights: ``none`` (every operation passes or takes all rights), ``rw`` or ``rwx`` (any non-empty subset), or
        the sets of rights themselves.
    :param goal: if given, reaching it counts as a violation of the property ``goal``.
    :param symmetry: a group of :mod:`proofs.explorer.states.symmetry`; states are searched up to it.
    :param masks: find successors by :mod:`proofs.explorer.states.forest`, which knows no step properties.
    :param faults: the bits of the faults that the operations have; see :mod:`proofs.explorer.states.wrong_operations`.
    :param steps: whether the system has the step properties; without them it compiles and runs faster.
    :param idle: take steps that can change nothing as well, such as flushing a nil page.
    :raises ScopeTooLargeError: a state does not fit 64 bits.
    :raises ValueError: a choice that does not exist, or that this packing does not know.
    """
    choices = _choices(rights)
    if dialect.readings.kept != EVERY_SET:
        raise ArgumentError(f"{dialect.name}: here every right is packed as hardware has it that can express every set")
    if rights == "rw" and dialect.readings.own_page == OwnPage.INCLUDED:
        raise ArgumentError("where a flush takes its own page's rights, σ0's right x matters: use rights rwx")
    single = choices == CHOICES["none"]
    forest = is_forest_dialect(dialect.readings) and not faults
    if masks and not (forest and single):
        raise ValueError(f"{dialect.name} with rights {rights} has more states than forests: masks cannot step them")
    code_bits = (scope.slots + scope.frames).bit_length()
    phys_bits = 0 if forest else scope.frames.bit_length()
    right_bits = (0 if forest else 1) if single else 2 if rights == "rw" else 3
    properties = IDS if steps and not masks else STATE_IDS
    parameters = (
        scope.slots,
        scope.pages,
        scope.frames,
        code_bits,
        phys_bits,
        right_bits,
        6 if rights == "rw" else ALL_RIGHTS,
        sum(1 << mask for mask in choices),
        int(idle),
        GROUPS.index(symmetry),
        faults,
        len(properties),
        *(int(reading) for reading in dialect.readings),
        *(goal.program if goal else ()),
    )
    fields = tuple(
        Field(f"{what} of {scope.name(x)}", bits)
        for x in range(scope.slots)
        for what, bits in (("element", code_bits), ("P", phys_bits), ("rights", right_bits))
    )
    initial = 0  # as model.spaces.literal.initial: σ0 holds frame r in page r, with all rights of the universe
    for r in range(scope.frames):
        phys = r + 1 if phys_bits else 0
        slot = r + 1 | (phys | (1 << right_bits) - 1 << phys_bits) << code_bits
        initial |= slot << r * (code_bits + phys_bits + right_bits)
    return System(
        name=f"{dialect.name}, {scope}, rights {rights}",
        fields=fields,
        initial=initial,
        successors=_way_to_step(masks, faults, properties is IDS),
        check=check,
        canonical=_canonical_form(symmetry, forest and single),
        fanout=(2 * scope.slots + 1) * scope.slots * len(choices),
        parameters=parameters,
        scratch=SCRATCH * scope.slots,
        properties=(*properties, GOAL) if goal else properties,
        step_text=partial(_step_text, scope),
    )


def _way_to_step(masks: bool, faults: int, steps: bool) -> Callable[..., int]:
    """The function that finds successors: the one that compiles to the least of those that will do."""
    if masks:
        return masked_successors
    if faults:
        return faulty_successors
    return successors if steps else unchecked_successors
