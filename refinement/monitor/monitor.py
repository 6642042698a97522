"""A whole log against a dialect: the first line that no state explains, and the end of the log that shows it."""

import time
from collections import deque
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS, Scope, rights_name
from model.spaces.dialect import (
    CANONICAL,
    Ancestor,
    Dialect,
    FrameHolder,
    GrantedChildren,
    GrantedEntry,
    NoRights,
    Occupied,
    OwnSlot,
    PartialFlush,
    Passing,
    Readings,
    Regrant,
    Source,
)
from refinement.monitor.expecting import (
    CELLS,
    CORE,
    DECIDED,
    DST,
    KIND,
    LOST,
    NUMBER,
    OPEN,
    OVERLAP,
    RIGHTS,
    SRC,
    STATUS,
    WIDTH,
    WRONG,
    WRONG_LINE,
    LineKind,
    Wrong,
)
from refinement.monitor.knowledge import CONTENT, FRAME, NOTHING, Knowledge, allocate, forget_all, plant
from refinement.monitor.parsing import LINES
from refinement.monitor.reading import ROWS, LogReader
from refinement.monitor.tracking import follow
from refinement.statuses import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED

VERSION = 1
KEPT = 1 << 18  # lines before the wrong one among which a slice is looked for
BESIDE = 1 << 16  # lines that may overlap in a row

REASONS = {
    Wrong.SOURCE_NIL: "it was done, and the source shows nothing",
    Wrong.OWN_SLOT: "it was done, onto the page itself",
    Wrong.ANCESTOR: "it was done, onto a page that the source derives from",
    Wrong.FRAME_HOLDER: "it was done, onto a page that holds a frame",
    Wrong.OCCUPIED: "it was done, onto a page in use",
    Wrong.NO_RIGHTS: "it was done, and the source has none of these rights",
    Wrong.OUT_OF_RANGE: "it was done, and names a page, a space or rights out of range",
    Wrong.NO_GRANT: "it was done, and this dialect has no grant",
    Wrong.PARTIAL_FLUSH: "it was done, and this dialect flushes all rights alone",
    Wrong.REFUSED_WITHOUT_REASON: "it was refused, and there is no reason to",
    Wrong.NO_STATUS: "it returned what is no status: 0 is done, 1 refused",
    Wrong.SHOWS_SOMETHING: "the page shows nothing by then",
    Wrong.SHOWS_NOTHING: "the page shows a frame by then",
    Wrong.OTHER_FRAME: "the page shows another frame by then",
    Wrong.TOO_MANY_RIGHTS: "the page has fewer rights by then",
    Wrong.TOO_FEW_RIGHTS: "the page has more rights by then",
    Wrong.NO_SUCH_FRAME: "there is no such frame",
}


class UnfitDialectError(ValueError):
    """A log cannot be followed under these readings; the message says why."""


@dataclass(frozen=True, slots=True)
class MonitorReport:
    """The report on a log.

    ``line`` is the first that no state explains, 0 if none is known; ``text`` and ``reason`` say what it tells and why
    not. ``slice``: the shortest end of the log, up to there, that shows it from any state, as numbers and texts; empty
    if only the initial state or earlier lines do. ``decided``: lines whose answer followed from what came before;
    ``open``: whose answer could have been another; ``overlapping``: lines in groups in an unknown order, of which
    nothing is claimed.
    """

    log: str
    dialect: Dialect
    lines: int
    decided: int
    open: int
    overlapping: int
    lost: int
    seconds: float
    line: int = 0
    text: str = ""
    reason: str = ""
    slice: tuple[tuple[int, str], ...] = ()
    undecided: str = ""

    @property
    def verdict(self) -> str:
        """``contradiction``, ``no contradiction``, or ``undecided``."""
        if self.line:
            return "contradiction"
        return "undecided" if self.undecided or not self.decided else "no contradiction"

    @property
    def exit_status(self) -> int:
        """0 if nothing contradicts and some line was decided, 1 if one does, 3 if nothing is known."""
        return {"contradiction": EXIT_FAILED, "no contradiction": EXIT_PASSED}.get(self.verdict, EXIT_INCOMPLETE)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "musigma_monitor": VERSION,
            "log": self.log,
            "dialect": self.dialect.name,
            "verdict": self.verdict,
            "lines": self.lines,
            "decided": self.decided,
            "open": self.open,
            "overlapping": self.overlapping,
            "lost": self.lost,
            "seconds": round(self.seconds, 3),
            "line": self.line,
            "text": self.text,
            "reason": self.reason,
            "slice": [{"line": number, "text": text} for number, text in self.slice],
            "undecided": self.undecided,
        }


def demand_fit(readings: Readings) -> None:
    """Refuse readings whose effect on what is not known is not worked out.

    :raises UnfitDialectError: there is one.
    """
    for value, allowed in (
        (readings.source, (Source.REFUSED,)),
        (readings.own_slot, (OwnSlot.REFUSED, OwnSlot.NOTHING)),
        (readings.ancestor, (Ancestor.REFUSED,)),
        (readings.frame_holder, (FrameHolder.REFUSED,)),
        (readings.occupied, (Occupied.REPLACED, Occupied.REFUSED)),
        (readings.granted_children, (GrantedChildren.KEPT, GrantedChildren.NO_GRANT)),
        (readings.passing, (Passing.INTERSECTED,)),
        (readings.no_rights, (NoRights.REFUSED,)),
        (readings.granted_entry, (GrantedEntry.CLEARED,)),
        (readings.partial_flush, (PartialFlush.ANY, PartialFlush.ALL_ONLY)),
        (readings.regrant, (Regrant.MOVED,)),
    ):
        if value not in allowed:
            raise UnfitDialectError(
                f"logs are not followed where {value.prose}; canonical and nova are, and canonical with "
                "occupied=refused, own_slot=nothing, own_page=included or partial_flush=all-only"
            )


def monitor(source: BinaryIO, dialect: Dialect = CANONICAL, *, name: str = "log") -> MonitorReport:
    """Follow a log to its end, or to the first line that no state explains.

    :param source: the lines; read once, and no more of it is kept than is needed.
    :raises LogError: a line is none.
    :raises UnfitDialectError: the dialect's readings cannot be followed.
    """
    demand_fit(dialect.readings)
    begun = time.monotonic()
    reader = LogReader(source)
    known, cells, readings = (
        allocate(reader.scope.slots, reader.scope.frames),
        np.zeros(CELLS, np.int64),
        dialect.readings,
    )
    readings = Readings(*readings)
    if reader.is_initial:
        _start(known, reader.scope)
    kept: deque[NDArray[np.int64]] = deque()
    waiting = np.zeros((0, WIDTH), np.int64)

    def report(**more: Any) -> MonitorReport:
        return MonitorReport(
            log=name,
            dialect=dialect,
            lines=int(reader.cells[LINES]) - 1,
            decided=int(cells[DECIDED]),
            open=int(cells[OPEN]),
            overlapping=int(cells[OVERLAP]),
            lost=int(cells[LOST]),
            seconds=time.monotonic() - begun,
            **more,
        )

    blocks = reader.blocks()
    while True:
        block = next(blocks, None)
        rows = waiting if block is None else np.concatenate((waiting, block)) if len(waiting) else block
        done = int(follow(known, cells, rows, np.int64(len(rows)), block is None, readings))
        kept.append(rows[: done + 1].copy() if cells[WRONG] else rows[:done].copy())
        while sum(map(len, kept)) - len(kept[0]) > KEPT:
            kept.popleft()
        if cells[WRONG]:
            return report(**_told(reader.scope, np.concatenate(list(kept)), cells, readings))
        if block is None:
            return report()
        waiting = rows[done:].copy()
        if len(waiting) > BESIDE + ROWS:
            first = int(waiting[0, NUMBER])
            return report(undecided=f"from line {first} on more than {BESIDE:,} lines overlap in a row")


def _start(known: Knowledge, scope: Scope) -> None:
    """The initial state is known (A.sigma0)."""
    known.slots[:, CONTENT] = NOTHING
    for frame in range(scope.frames):
        plant(known, np.int64(frame), np.int64(FRAME), np.int64(frame), np.int64(ALL_RIGHTS), np.int64(ALL_RIGHTS))


def _told(scope: Scope, rows: NDArray[np.int64], cells: NDArray[np.int64], readings: Readings) -> dict[str, Any]:
    """What there is to say of the last row, which is wrong."""
    last = rows[-1]
    found = shortest_slice(scope, rows, readings)
    return {
        "line": int(last[NUMBER]),
        "text": line_text(last, scope),
        "reason": REASONS[Wrong(int(cells[WRONG]))],
        "slice": tuple((int(row[NUMBER]), line_text(row, scope)) for row in found),
    }


def shortest_slice(scope: Scope, rows: NDArray[np.int64], readings: Readings) -> NDArray[np.int64]:
    """The shortest end of the rows whose last is wrong from any state; none if these rows do not show it."""
    known = allocate(scope.slots, scope.frames)

    def shows(size: int) -> bool:
        forget_all(known)
        cells = np.zeros(CELLS, np.int64)
        part = rows[len(rows) - size :]
        done = int(follow(known, cells, part, np.int64(size), True, readings))
        return bool(cells[WRONG]) and int(cells[WRONG_LINE]) == done == size - 1

    size = 1
    while not shows(size):
        if size == len(rows):
            return rows[:0]
        size = min(2 * size, len(rows))
    low, high = size // 2 + 1, size
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if shows(middle) else (middle + 1, high)
    while not shows(high):  # more lines need not mean more knowledge where lines overlap
        high += 1
    return rows[len(rows) - high :]


def line_text(row: NDArray[np.int64], scope: Scope) -> str:
    """A line as people write it."""
    kind, src, dst, rights, status = (int(row[column]) for column in (KIND, SRC, DST, RIGHTS, STATUS))
    core = f"core {int(row[CORE])}: " if row[CORE] >= 0 else ""
    if kind == LineKind.LOST:
        return f"{core}lines are lost"
    names = [scope.name(slot) if slot >= 0 else "a page out of range" for slot in (src, dst)]
    mask = "" if rights == ALL_RIGHTS else f" {rights_name(rights) if rights < ALL_RIGHTS else f'rights {rights}'}"
    if kind == LineKind.LOOKUP:
        shown = "nothing" if status < 0 else f"frame {status} {rights_name(rights) if rights <= 7 else rights}"
        return f"{core}look {names[0]}: {shown}"
    answer = {0: "done", 1: "refused"}.get(status, str(status))
    to = f" → {names[1]}" if kind != LineKind.FLUSH else ""
    return f"{core}{LineKind(kind).name.lower()} {names[0]}{to}{mask}: {answer}"
