"""Random programs of threads, compiled: mostly steps that the model does, and some that it refuses."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.messages.operation import Kind, Operation
from model.messages.readings import Ids, MessageReadings, Sender
from model.messages.scope import MessageScope
from model.messages.tables import view
from model.scope import ALL_RIGHTS
from model.spaces.dialect import Readings
from model.spaces.literal import DONE, REFUSED
from refinement.check.driver.bench import Bench
from refinement.check.driver.compiling import Integer, compile_for, compiled
from refinement.check.driver.driver import FAULT, OPERATIONS
from refinement.check.driver.walk import RandomWalk, draw, new_path
from refinement.check.messages.lockstep import operate, operation
from refinement.check.messages.looking import look_all
from refinement.check.messages.naming import addressee, own_pages
from refinement.check.messages.steps import KINDS, Rows
from refinement.check.messages.talk import (
    IDS,
    PAGES,
    QUIET,
    SPACES,
    THREADS,
    WORDS,
    Differs,
    Talk,
    copy,
    failure,
    start,
    talk_on,
)
from refinement.check.messages.trees import outcome
from refinement.check.messages.warm import on_model

PIECES = 50  # of a stream, between which the clock is looked at
TRIES = 60  # for an operation of a kind that the model does
KINDS_TRIED = 5

# How likely each kind is, and up to where the kinds before it reach.
_LIKELY = {Kind.WAIT: 24, Kind.SEND: 20, Kind.SEND_MAP: 16, Kind.SEND_GRANT: 8, Kind.PAGE_FAULT: 7, Kind.CREATE: 6}
_LIKELY |= {Kind.TIMEOUT: 3, Kind.FLUSH: 5, Kind.INTERRUPT: 4, Kind.END: 3, Kind.ASSOCIATE: 2}
ORDER = np.array(KINDS, np.int64)
REACH = np.cumsum([_LIKELY[kind] for kind in KINDS]).astype(np.int64)


def sizes(messages: MessageReadings) -> tuple[tuple[MessageScope, int], ...]:
    """Scopes from tiny to large, and how many operations a program has at most."""
    versions = 2 if messages.ids == Ids.VERSIONS_WRAP else 1

    def scope(spaces: int, pages: int, frames: int, *, ids: int, **threads: int) -> MessageScope:
        numbers = {"ids": ids * versions, "words": pages + 1, "versions": versions, **threads}
        return MessageScope(spaces, pages, frames, **numbers)

    return (
        (scope(2, 1, 1, threads=5, ids=4, booted=2, hardware=1), 20),
        (scope(2, 2, 1, threads=5, ids=4, booted=3), 40),
        (scope(3, 2, 2, threads=8, ids=5, booted=3, hardware=1, ports=1), 80),
        (scope(4, 4, 3, threads=16, ids=9, booted=5, hardware=2, ports=1), 200),
    )


@compiled
def any_window(k: Talk, p: RandomWalk, t: Integer) -> int:
    """No window, a page, or the whole space."""
    way = draw(p, 8)
    if way < 2:
        return 0
    s = view(k.row, k.board)
    if way == 2:
        return int(own_pages(k.row, k.board, t))
    return int(np.int64(1) << (s.space[t] * k.numbers[PAGES] + draw(p, k.numbers[PAGES])))


@compiled
def any_partner(k: Talk, p: RandomWalk) -> int:
    """Any thread, mostly, or one."""
    if draw(p, 2) == 0:
        return int((np.int64(1) << k.numbers[IDS]) - 1)
    return int(np.int64(1) << draw(p, k.numbers[IDS]))


@compiled
def any_kind(p: RandomWalk) -> int:
    """A kind of operation."""
    way, n = draw(p, REACH[-1]), 0
    while REACH[n] <= way:
        n += 1
    return int(ORDER[n])


@compiled
def compose(k: Talk, p: RandomWalk, rows: Rows, kind: Integer) -> None:
    """An operation of the kind as it comes, which perhaps is none in this state."""
    s, o, pages = view(k.row, k.board), rows[0], k.numbers[PAGES]
    for n in range(len(o)):
        o[n] = -1
    o[6], o[11], o[12], o[13] = ALL_RIGHTS, 0, 0, 0
    actor, other = draw(p, k.numbers[THREADS]), draw(p, k.numbers[THREADS])
    o[0], o[1], o[2] = kind, actor, other
    if kind == Kind.CREATE:
        o[8], o[9] = draw(p, k.numbers[SPACES]), draw(p, k.numbers[IDS])
    elif kind == Kind.WAIT:
        o[2], o[11], o[12] = -1, any_partner(k, p), any_window(k, p, actor)
    elif kind == Kind.SEND or kind == Kind.SEND_MAP or kind == Kind.SEND_GRANT:
        o[3] = draw(p, k.numbers[WORDS])
        if draw(p, 3) > 0:
            o[11] = any_partner(k, p) if draw(p, 2) == 0 else np.int64(1) << k.board.ident[other]
            o[12] = any_window(k, p, actor)
        if k.messages.sender != Sender.KERNEL or draw(p, 4) == 0:
            o[10] = draw(p, k.numbers[IDS])
        if kind != Kind.SEND:
            o[4], o[5] = s.space[actor] * pages + draw(p, pages), s.space[other] * pages + draw(p, pages)
            o[6] = ALL_RIGHTS if draw(p, 3) > 0 else draw(p, ALL_RIGHTS + 1)
    elif kind == Kind.FLUSH:
        o[2], o[4] = -1, s.space[actor] * pages + draw(p, pages)
        o[6] = ALL_RIGHTS if draw(p, 3) > 0 else draw(p, ALL_RIGHTS + 1)
    elif kind == Kind.TIMEOUT:
        o[1] = -1
    elif kind == Kind.PAGE_FAULT:
        o[5] = s.space[actor] * pages + draw(p, pages)
    if kind != Kind.ASSOCIATE and kind != Kind.CREATE and o[2] >= 0:
        o[2] = addressee(k.row, k.board, operation(rows, 0))


@compiled
def one_program(k: Talk, p: RandomWalk, rows: Rows, most: Integer, met: NDArray[np.int64]) -> int:
    """A program of at most so many operations; all is compared after each. ``met`` counts how each kind ended."""
    fault = start(k)
    for _ in range(1 + draw(p, most)):
        if fault != 0:
            break
        refusal = draw(p, 6) == 0
        status, kind = np.int64(-1), np.int64(0)
        for attempt in range(KINDS_TRIED * TRIES):
            if attempt % TRIES == 0:
                kind = np.int64(any_kind(p))
            compose(k, p, rows, kind)
            copy(k.row, k.spare)
            status = np.int64(outcome(k, k.spare, rows, 0))
            if status == DONE or (status == REFUSED and refusal):
                break
        if status != DONE and status != REFUSED:
            continue
        met[rows[0, 0], status] += 1
        fault = operate(k, rows, 0)
        if fault == 0:
            fault = look_all(k)
    return int(fault)


@compiled
def walk(k: Talk, p: RandomWalk, rows: Rows, most: Integer, operations: Integer, met: NDArray[np.int64]) -> int:
    """Programs until so many operations were compared, or one failed."""
    end = k.cells[OPERATIONS] + operations
    fault = 0
    while fault == 0 and k.cells[OPERATIONS] < end:
        fault = one_program(k, p, rows, most, met)
        if fault == Differs.CYCLE or fault == Differs.NO_STEP:
            fault = 0
    if fault == 0:
        k.cells[FAULT] = 0
    return fault


@dataclass(frozen=True, slots=True)
class MessageWalk:
    """A stream of random programs, of about so many operations at each size up to the ``largest``."""

    messages: MessageReadings
    readings: Readings
    seed: int
    stream: int
    operations: int
    largest: int
    seconds: float

    def do(self, bench: Bench) -> dict[str, Any]:
        """``refused``: sizes that the target refused; ``met``: by kind how many operations were done and refused."""
        path = new_path(0, 1, self.seed, self.stream)
        rows, met = np.zeros((1, len(Operation._fields)), np.int64), np.zeros((len(Kind), 2), np.int64)
        refused, end = [], time.monotonic() + self.seconds
        for number, (scope, most) in enumerate(sizes(self.messages)[: self.largest + 1]):
            k = talk_on(bench, scope, self.messages, self.readings)
            fault, stop = 0, bench.cells[OPERATIONS] + self.operations
            while fault in QUIET and bench.cells[OPERATIONS] < stop and time.monotonic() < end:
                fault = walk(k, path, rows, most, self.operations // PIECES + 1, met)
            if fault == Differs.UNFIT:
                refused.append(number)
                bench.cells[FAULT] = 0
            elif fault not in QUIET:
                break
        return {"failure": failure(bench), "refused": refused, "met": met.tolist()}

    @staticmethod
    def warm_up() -> None:
        """Compile, or load what was compiled before."""
        rows, met = np.zeros((1, len(Operation._fields)), np.int64), np.zeros((len(Kind), 2), np.int64)
        compile_for(walk, on_model(), new_path(0, 1, 0, 0), rows, 1, 0, met)
