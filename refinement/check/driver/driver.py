"""The compiled driver: one step on a target and on the model, and what differs between them.

Before each call the driver writes into the *journal*, which lies in memory shared with the process that watches this
one, what it is about to call. So a target that crashes or hangs leaves a record of the steps that led there.

A step is a row of six numbers: the kind, source space and page, destination space and page, rights. An ``INIT`` step
has the spaces, pages and frames in columns 1 to 3. A list of steps that begins with an ``INIT`` is a *program*.

All functions are compiled without reference counting (``_nrt``), which costs more than the operations themselves;
they allocate nothing, and whoever calls them from Python holds the arrays.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS
from model.spaces.dialect import Readings
from model.spaces.literal import CYCLE_MET, DONE, NIL, REFUSED
from model.spaces.operation import Kind
from refinement.check.driver import indexed, masking
from refinement.check.driver.compiling import Integer, compiled
from refinement.check.driver.indexed import Indexed
from refinement.check.target.calls import UNKNOWN, Call, call_check, call_flush, call_init, call_lookup, call_pass


class StepKind(IntEnum):
    """The first column of a step: the kind of an operation, which is the number of its call, too; or none of them."""

    INIT = 0
    MAP = int(Kind.MAP)
    GRANT = int(Kind.GRANT)
    FLUSH = int(Kind.FLUSH)
    LOOK = 4  # no operation: one slot is looked at and compared, as a target may keep what it was asked for


class Mismatch(IntEnum):
    """The ways in which a target differs from the model."""

    NONE = 0
    STATUS = 1  # an operation returned another status
    ERROR = 2  # a call returned a negative number where none is expected, or no status at all
    LOOKUP = 3  # a page shows something else
    LOOKUP_HW = 4  # in the page table
    CHECK = 5  # the self check fails
    UNFIT = 6  # init refused the size
    CYCLE = 7  # not a difference: the model has no value for the next state, so the program ends here


# The cells of the journal. Those of a failure hold what went wrong last.
CALLS = 0  # calls made of the target, ever; grows before each call
INSIDE = 1  # the call that the target is in now, plus 1; 0 when it is in none
ROWS = 2  # steps written, ever; step n stands in row n modulo the number of rows
OPERATIONS = 3  # operations compared, ever
OUT = 4  # where a lookup writes rights
SPACES, PAGES, FRAMES, SLOTS = 5, 6, 7, 8  # the scope that the target is in
FAULT, CALL, EXPECTED, EXPECTED_RIGHTS, GOT, GOT_RIGHTS, SPACE, PAGE = 9, 10, 11, 12, 13, 14, 15, 16
ADDRESSES = 17  # of the target's functions, by Call
PROGRAM = 25  # which of several programs runs, and the value of ROWS before its first step
BEGUN = 26
SOURCE_ONLY = 27  # whether σ0 is named only as the source of a map, and in a flush
MAY_NOT_TELL = 28  # whether an operation may return that it does not tell whether it was done
MASKING = 29  # whether differences of known causes are passed over
CAUSE = 30  # the number of the last difference's cause, if differences are masked
FRAMES_GO = 31  # whether a flush with its own pages is tried where these hold their frames
SITUATIONS = 32  # how often each situation was met
CELLS = 96

# Not literals of Python, for each of which a function would be compiled once more.
FIRST_STEP = np.int64(0)
INIT, LOOKUP, LOOKUP_HW, CHECK = (np.int64(call) for call in (Call.INIT, Call.LOOKUP, Call.LOOKUP_HW, Call.CHECK))

WIDTH = 6
CLOSE = 64  # slots at most, for all of them to be compared after each operation where differences are masked
NO_RIGHTS_WRITTEN = -1  # what *rights holds before a lookup


class Session(NamedTuple):
    """A target, the model in the same state, and the journal: its cells, and the steps.

    ``known``: by the number of a cause 0, or, if it is known, 1 and how often it was met.
    """

    cells: NDArray[np.int64]
    rows: NDArray[np.uint32]
    model: Indexed
    readings: Readings
    known: NDArray[np.int64]


@compiled
def fail(s: Session, fault: Integer, call: Integer, expected: Integer, got: Integer) -> int:
    """Record a failure."""
    s.cells[FAULT] = fault
    s.cells[CALL] = call
    s.cells[EXPECTED] = expected
    s.cells[EXPECTED_RIGHTS] = 0
    s.cells[GOT] = got
    s.cells[GOT_RIGHTS] = 0
    s.cells[SPACE] = -1
    s.cells[PAGE] = -1
    s.cells[CAUSE] = masking.NO_CAUSE
    return int(s.cells[FAULT])


@compiled
def enter(s: Session, call: Integer) -> None:
    """The next thing that happens is that call."""
    s.cells[INSIDE] = call + 1
    s.cells[CALLS] += 1


@compiled
def record(s: Session, program: NDArray[np.uint32], n: Integer) -> None:
    """Step n of the program goes into the journal."""
    at = s.cells[ROWS] % len(s.rows)
    for column in range(WIDTH):
        s.rows[at, column] = program[n, column]
    s.cells[ROWS] += 1


@compiled
def start(s: Session, program: NDArray[np.uint32], n: Integer) -> int:
    """An ``INIT`` step on target and model."""
    spaces, pages, frames = np.int64(program[n, 1]), np.int64(program[n, 2]), np.int64(program[n, 3])
    s.cells[SPACES], s.cells[PAGES], s.cells[FRAMES], s.cells[SLOTS] = spaces, pages, frames, spaces * pages
    indexed.reset(s.model, spaces * pages, frames)
    record(s, program, n)
    enter(s, INIT)
    status = call_init(s.cells[ADDRESSES], program[n, 1], program[n, 2], program[n, 3])
    s.cells[INSIDE] = 0
    return 0 if status == 0 else fail(s, Mismatch.UNFIT if status > 0 else Mismatch.ERROR, INIT, INIT, np.int64(status))


@compiled
def look(s: Session, call: Integer, x: Integer) -> int:
    """Compare what one slot shows.

    Where σ(v) and P_v differ in the model itself, the database may show either; the page table has to show P_v.
    """
    space, page = x // s.cells[PAGES], x % s.cells[PAGES]
    s.cells[SPACE], s.cells[PAGE] = space, page
    s.cells[OUT] = NO_RIGHTS_WRITTEN
    enter(s, call)
    got = call_lookup(s.cells[ADDRESSES + call], np.uint32(space), np.uint32(page), s.cells[OUT:].ctypes.data)
    s.cells[INSIDE] = 0
    rights = s.cells[OUT] & 0xFFFF_FFFF
    expected = s.model.phys[x]
    if got != expected and call == LOOKUP and indexed.can_differ(s.readings):
        expected = max(NIL, indexed.evaluate(s.model, x))
    if got == expected and (got < 0 or rights == s.model.rights[x]):
        return 0
    if got < NIL:
        fault = fail(s, Mismatch.ERROR, call, expected, got)
        s.cells[CAUSE] = masking.UNREADABLE
        if s.cells[MASKING] != 0 and s.known[masking.UNREADABLE] != 0:
            s.known[masking.UNREADABLE] += 1
            s.cells[FAULT] = fault = Mismatch.CYCLE
    else:
        fault = fail(s, Mismatch.LOOKUP if call == LOOKUP else Mismatch.LOOKUP_HW, call, expected, got)
    s.cells[EXPECTED_RIGHTS] = s.model.rights[x]
    s.cells[GOT_RIGHTS] = rights
    s.cells[SPACE], s.cells[PAGE] = space, page
    return fault


@compiled
def ask(s: Session, call: Integer, x: Integer) -> int:
    """What the target shows in a slot, compared with nothing; the rights are then in ``cells[OUT]``."""
    s.cells[SPACE], s.cells[PAGE] = x // s.cells[PAGES], x % s.cells[PAGES]
    s.cells[OUT] = NO_RIGHTS_WRITTEN
    enter(s, call)
    got = call_lookup(
        s.cells[ADDRESSES + call], np.uint32(s.cells[SPACE]), np.uint32(s.cells[PAGE]), s.cells[OUT:].ctypes.data
    )
    s.cells[INSIDE] = 0
    return int(got)


@compiled
def look_both(s: Session, x: Integer) -> int:
    """Compare what one slot shows in the database, and in the page table if the target shows that."""
    fault = look(s, LOOKUP, x)
    if fault == 0 and s.cells[ADDRESSES + LOOKUP_HW] != 0:
        fault = look(s, LOOKUP_HW, x)
    return fault


@compiled
def look_changed(s: Session) -> int:
    """Compare the slots that the last operation changed."""
    for n in range(s.model.changed[0]):
        fault = look_both(s, s.model.changed[1 + n])
        if fault != 0:
            return fault
    return 0


@compiled
def look_all(s: Session) -> int:
    """Compare every slot, and ask for the target's own check."""
    for x in range(s.cells[SLOTS]):
        fault = look_both(s, x)
        if fault != 0:
            return fault
    if s.cells[ADDRESSES + CHECK] != 0:
        enter(s, CHECK)
        status = call_check(s.cells[ADDRESSES + CHECK])
        s.cells[INSIDE] = 0
        if status != 0:
            return fail(s, Mismatch.CHECK, CHECK, np.int64(0), np.int64(status))
    return 0


@compiled
def is_in_range(s: Session, row: NDArray[np.uint32], n: Integer) -> bool:
    """Return whether the arguments of an operation are in range."""
    if row[n, 1] >= s.cells[SPACES] or row[n, 2] >= s.cells[PAGES] or row[n, 5] > ALL_RIGHTS:
        return False
    return bool(
        row[n, 0] in (StepKind.FLUSH, StepKind.LOOK) or (row[n, 3] < s.cells[SPACES] and row[n, 4] < s.cells[PAGES])
    )


@compiled
def expect(s: Session, row: NDArray[np.uint32], n: Integer) -> int:
    """The operation on the model alone."""
    s.model.changed[0] = 0
    if not is_in_range(s, row, n):
        return REFUSED
    src = np.int64(row[n, 1]) * s.cells[PAGES] + np.int64(row[n, 2])
    dst = np.int64(row[n, 3]) * s.cells[PAGES] + np.int64(row[n, 4])
    rights = np.int64(row[n, 5])
    if row[n, 0] == StepKind.MAP:
        return indexed.map_(s.model, src, dst, rights, s.readings)
    if row[n, 0] == StepKind.GRANT:
        return indexed.grant(s.model, src, dst, rights, s.readings)
    return indexed.flush(s.model, src, rights, s.readings)


@compiled
def cannot_be_said(cells: NDArray[np.int64], kind: Integer, src_space: Integer, dst_space: Integer) -> bool:
    """Return whether an operation names σ0 where the target knows it only as the source of a map."""
    passes = kind == StepKind.MAP or kind == StepKind.GRANT
    return bool(cells[SOURCE_ONLY] != 0 and passes and (dst_space == 0 or (kind == StepKind.GRANT and src_space == 0)))


@compiled
def pattern_of(s: Session, row: NDArray[np.uint32], n: Integer) -> int:
    """The number of what an operation meets; the model is in the state before it."""
    src = np.int64(row[n, 1]) * s.cells[PAGES] + np.int64(row[n, 2])
    dst = np.int64(row[n, 3]) * s.cells[PAGES] + np.int64(row[n, 4])
    return masking.pattern(s.model, np.int64(row[n, 0]), src, dst, np.int64(row[n, 5]), is_in_range(s, row, n))


@compiled
def mask(s: Session, pattern: Integer, space: Integer, ended: Integer) -> int:
    """Compare what an operation has done; a difference of a known cause ends the program, as a circle does.

    :param space: where it was to have an effect, -1 of a flush.
    :param ended: how the comparison of its status ended.
    """
    fault = ended
    if fault == 0:
        fault = look_all(s) if s.cells[SLOTS] <= CLOSE else look_changed(s)
    if fault == 0 or s.cells[CAUSE] == masking.UNREADABLE:
        return int(fault)
    if fault == Mismatch.STATUS:
        effect = masking.REFUSED_WRONGLY if s.cells[GOT] != 0 else masking.DONE_WRONGLY
    elif fault == Mismatch.ERROR:
        effect = masking.NO_STATUS
    elif fault == Mismatch.CHECK:
        effect = masking.OWN_CHECK
    else:
        effect = masking.seen(
            s.cells[EXPECTED], s.cells[GOT], s.cells[SPACE] == space, fault == np.int64(Mismatch.LOOKUP_HW)
        )
    cause = pattern * masking.EFFECTS + effect
    s.cells[CAUSE] = cause
    if s.known[cause] == 0:
        return int(fault)
    s.known[cause] += 1
    s.cells[FAULT] = Mismatch.CYCLE
    return int(s.cells[FAULT])


@compiled
def operate(s: Session, row: NDArray[np.uint32], n: Integer) -> int:
    """Operation n of the rows on model and target; the statuses are compared, if the target tells one.

    Where the model has no next state (``CYCLE_MET``), the target is left alone, and nothing more is asked of it. What
    the target has no words for changes neither.
    """
    if row[n, 0] == StepKind.LOOK:
        record(s, row, n)
        s.model.changed[0] = 0
        if not is_in_range(s, row, n):
            return 0
        return look_both(s, np.int64(row[n, 1]) * s.cells[PAGES] + np.int64(row[n, 2]))
    if cannot_be_said(s.cells, row[n, 0], row[n, 1], row[n, 3]):
        record(s, row, n)
        s.model.changed[0] = 0
        return 0
    pattern = pattern_of(s, row, n) if s.cells[MASKING] != 0 else 0
    expected = expect(s, row, n)
    if expected == CYCLE_MET:
        s.cells[FAULT] = Mismatch.CYCLE
        return int(s.cells[FAULT])
    record(s, row, n)
    kind = np.int64(row[n, 0])
    enter(s, kind)
    if kind == StepKind.FLUSH:
        got = call_flush(s.cells[ADDRESSES + kind], row[n, 1], row[n, 2], row[n, 5])
    else:
        got = call_pass(s.cells[ADDRESSES + kind], row[n, 1], row[n, 2], row[n, 3], row[n, 4], row[n, 5])
    s.cells[INSIDE] = 0
    s.cells[OPERATIONS] += 1
    fault = 0
    if got != expected and (got != UNKNOWN or s.cells[MAY_NOT_TELL] == 0):
        known = got in (DONE, REFUSED)
        fault = fail(s, Mismatch.STATUS if known else Mismatch.ERROR, kind, np.int64(expected), np.int64(got))
    if s.cells[MASKING] == 0:
        return fault
    return mask(s, pattern, np.int64(-1) if kind == StepKind.FLUSH else np.int64(row[n, 3]), fault)


@compiled
def advance(s: Session, program: NDArray[np.uint32], first: Integer, last: Integer) -> int:
    """Steps of a program on target and model; only how they end is compared.

    The number of the step that failed, ``cells[FAULT]`` then says how; or ``last``, which is not done any more.
    """
    s.cells[FAULT] = 0
    for n in range(first, last):
        fault = start(s, program, n) if program[n, 0] == StepKind.INIT else operate(s, program, n)
        if fault != 0:
            return n
    return int(last)


@compiled
def run(s: Session, program: NDArray[np.uint32], every: Integer) -> int:
    """A whole program; each step is compared in the slots it changed, and every so many steps, and last, in all.

    With ``every`` 0 nothing is looked at between the steps but what the program says, and all slots after the last.
    The number of steps done before the one that failed, or the number of steps of the program; ``cells[FAULT]`` says
    which.
    """
    s.cells[FAULT] = 0
    for n in range(len(program)):
        if program[n, 0] == StepKind.INIT:
            fault = start(s, program, n)
        else:
            fault = operate(s, program, n)
            if fault == 0 and every > 0:
                fault = look_changed(s)
        if fault == 0 and (n == len(program) - 1 or (every > 0 and (n + 1) % every == 0)):
            fault = look_all(s)
        if fault != 0:
            return n
    return len(program)
