"""Random programs, biased to where databases go wrong, compiled.

A program is drawn by a generator of its own, so that the seed and the stream's number reproduce it. Each program has
its own weights of operations and rights. It ends with probes: of each live slot, a flush or a grant after a replay of
the whole, since a node that is linked in a wrong place shows only then.
"""

import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Readings
from model.spaces.literal import NIL
from refinement.check.driver.bench import Bench
from refinement.check.driver.compiling import Integer, compile_for, compiled
from refinement.check.driver.driver import (
    FAULT,
    FIRST_STEP,
    FRAMES,
    MASKING,
    OPERATIONS,
    PAGES,
    SLOTS,
    WIDTH,
    Mismatch,
    Session,
    StepKind,
    look_all,
    look_both,
    look_changed,
    operate,
    start,
)
from refinement.check.driver.sequences import init_row
from refinement.check.driver.situations import observe

SIZES = (
    # scope, operations of a program at most, of which every so many compare all slots
    (Scope(2, 1, 1), 12, 1),
    (Scope(3, 1, 1), 16, 1),
    (Scope(2, 2, 1), 16, 1),
    (Scope(3, 2, 2), 30, 1),
    (Scope(4, 2, 1), 30, 1),
    (Scope(4, 4, 3), 80, 4),
    (Scope(8, 8, 4), 300, 16),
    (Scope(16, 16, 8), 1_000, 100),
    (Scope(64, 16, 16), 3_000, 500),
    (Scope(64, 256, 64), 10_000, 5_000),
)
"""From tiny to large; a stream takes them in turn, for about as many operations each."""

PIECES = 50  # of a stream at least, the first of them smaller, between which the clock is looked at
COUNT, LAST, FLUSHES, GRANTS, RIGHTS, CHAIN = 0, 1, 2, 3, 4, 5  # cells of the notes


class RandomWalk(NamedTuple):
    """The program being drawn, the live slots with the place of each among them, and the generator."""

    program: NDArray[np.uint32]
    live: NDArray[np.int64]
    place: NDArray[np.int64]
    notes: NDArray[np.int64]
    random: NDArray[np.uint64]


def new_path(steps: int, slots: int, seed: int, stream: int) -> RandomWalk:
    """Room for a program, and the stream's own generator."""
    return RandomWalk(
        np.zeros((steps + 2, WIDTH), np.uint32),
        np.zeros(slots, np.int64),
        np.full(slots, -1, np.int64),
        np.zeros(8, np.int64),
        np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64).astype(np.uint64),
    )


@compiled
def scramble(z: Any) -> Any:
    """A number of 64 bits for each other one, whose every bit depends on all of it (the last steps of splitmix64)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled
def draw(p: RandomWalk, below: Integer) -> int:
    """A number from 0 to below - 1 (splitmix64)."""
    p.random[0] += np.uint64(0x9E3779B97F4A7C15)
    return int(np.int64(scramble(p.random[0]) >> np.uint64(33)) % below)


@compiled
def follow_changes(s: Session, p: RandomWalk) -> None:
    """The live slots after an operation."""
    for n in range(s.model.changed[0]):
        x = s.model.changed[1 + n]
        if s.model.sigma[x] != NIL and p.place[x] < 0:
            p.place[x] = p.notes[COUNT]
            p.live[p.notes[COUNT]] = x
            p.notes[COUNT] += 1
        elif s.model.sigma[x] == NIL and p.place[x] >= 0:
            p.notes[COUNT] -= 1
            moved = p.live[p.notes[COUNT]]
            p.live[p.place[x]] = moved
            p.place[moved] = p.place[x]
            p.place[x] = -1


@compiled
def any_live(s: Session, p: RandomWalk) -> int:
    """A live slot, if there is one."""
    return int(p.live[draw(p, p.notes[COUNT])]) if p.notes[COUNT] > 0 else draw(p, s.cells[SLOTS])


@compiled
def any_destination(s: Session, p: RandomWalk, src: Integer) -> int:
    """A destination: often one that is in use, and related to the source."""
    way = draw(p, 100)
    if way < 40:
        return draw(p, s.cells[SLOTS])
    if way < 60:
        return any_live(s, p)
    if way < 70:  # up
        x = np.int64(src)
        for _ in range(1 + draw(p, 3)):
            if s.model.sigma[x] >= 0:
                x = s.model.sigma[x]
        return int(x)
    if way < 85:  # down
        x = np.int64(src)
        for _ in range(1 + draw(p, 3)):
            if s.model.links[x, 0] >= 0:
                x = s.model.links[x, 0]
        return int(x)
    if way < 97:  # the same frame, by another path
        for _ in range(4):
            x = np.int64(any_live(s, p))
            if s.model.phys[x] == s.model.phys[src] and x != src:
                return int(x)
        return draw(p, s.cells[SLOTS])
    return int(src)


@compiled
def any_rights(p: RandomWalk) -> int:
    """A set of rights, as this program likes them."""
    if p.notes[RIGHTS] == 0 or draw(p, 10) < 3:
        return ALL_RIGHTS
    return draw(p, 8) if p.notes[RIGHTS] == 1 else 1 + draw(p, 7)


@compiled
def write_step(
    s: Session, p: RandomWalk, n: Integer, kind: Integer, src: Integer, dst: Integer, rights: Integer
) -> None:
    """Step n of the program is that operation between two slots, or that look at the first."""
    pages = s.cells[PAGES]
    p.program[n, 0], p.program[n, 5] = kind, rights
    p.program[n, 1], p.program[n, 2] = src // pages, src % pages
    p.program[n, 3], p.program[n, 4] = dst // pages, dst % pages


@compiled
def compose(s: Session, p: RandomWalk, n: Integer) -> None:
    """Step n of the program."""
    way = draw(p, 100)
    src = any_live(s, p) if draw(p, 50) > 0 else draw(p, s.cells[SLOTS])
    dst = 0
    if way < p.notes[FLUSHES]:
        kind = StepKind.FLUSH
    else:
        kind = StepKind.GRANT if way < p.notes[FLUSHES] + p.notes[GRANTS] else StepKind.MAP
        if p.notes[CHAIN] > 0 and draw(p, 8) > 0:
            src = p.notes[LAST]
        dst = any_destination(s, p, src)
        p.notes[LAST] = dst
    write_step(s, p, n, kind, src, dst, any_rights(p))


@compiled
def compose_probe(s: Session, p: RandomWalk, n: Integer, x: Integer) -> None:
    """What step n asks to see how a live slot is linked: mostly a flush of all rights, or of some, or a grant."""
    way, onto = draw(p, 8), draw(p, s.cells[SLOTS])
    kind = StepKind.GRANT if way == 0 else StepKind.FLUSH
    rights = 1 + draw(p, ALL_RIGHTS) if way == 1 or way == 2 else ALL_RIGHTS
    write_step(s, p, n, kind, x, onto, rights)


@compiled
def compose_look(s: Session, p: RandomWalk, n: Integer) -> None:
    """Step n looks at a slot, often one that the last operation had to do with."""
    x = p.notes[LAST] if draw(p, 2) == 0 else any_live(s, p)
    none = np.int64(0)
    write_step(s, p, n, StepKind.LOOK, x, none, none)


@compiled
def one_program(s: Session, p: RandomWalk, init: NDArray[np.uint32], most: Integer, every: Integer) -> int:
    """A program of at most so many operations, and its probes.

    Of some programs the slots are not compared as they change, but where the program looks, and all at the end.
    """
    while p.notes[COUNT] > 0:
        p.notes[COUNT] -= 1
        p.place[p.live[p.notes[COUNT]]] = -1
    fault = start(s, init, FIRST_STEP)
    for x in range(s.cells[FRAMES]):
        p.place[x], p.live[x] = x, x
    p.notes[COUNT] = s.cells[FRAMES]
    p.notes[LAST] = 0
    p.notes[FLUSHES] = 2 + draw(p, 4) * draw(p, 10)
    p.notes[GRANTS] = draw(p, 3) * draw(p, 20)
    p.notes[RIGHTS] = draw(p, 3)
    p.notes[CHAIN] = draw(p, 3) == 0
    unwatched = draw(p, 4) == 0
    steps = FIRST_STEP + 1
    length = 1 + draw(p, most)
    while fault == 0 and steps <= length:
        if unwatched and draw(p, 4) == 0:
            compose_look(s, p, steps)
        else:
            compose(s, p, steps)
            observe(s, p.program, steps)
        fault = operate(s, p.program, steps)
        if fault == Mismatch.CYCLE:
            if s.cells[MASKING] != 0:  # the target may be elsewhere than the model, so nothing more is asked of it
                return 0
            fault = 0
            break
        steps += 1
        if fault == 0:
            fault = 0 if unwatched else look_changed(s)
            follow_changes(s, p)
        if fault == 0 and not unwatched:
            fault = look_both(s, draw(p, s.cells[SLOTS]))
        if fault == 0 and not unwatched and steps % every == 0:
            fault = look_all(s)
    if fault == 0:
        fault = look_all(s)
    probes = min(p.notes[COUNT], 24 if s.cells[SLOTS] <= 256 else 2)
    for probe in range(probes):
        x = p.live[probe] if probes == p.notes[COUNT] else any_live(s, p)
        compose_probe(s, p, steps, x)
        if probe > 0 and fault == 0:
            fault = start(s, init, FIRST_STEP)
            for n in range(1, steps):
                if fault == 0:
                    fault = operate(s, p.program, n)
        if fault == 0:
            fault = operate(s, p.program, steps)
        if fault == 0:
            fault = look_all(s)
        if fault == Mismatch.CYCLE:
            fault = 0
    return fault


@compiled
def walk(
    s: Session, p: RandomWalk, init: NDArray[np.uint32], most: Integer, every: Integer, operations: Integer
) -> int:
    """Programs until so many operations were compared, or one failed."""
    end = s.cells[OPERATIONS] + operations
    fault = 0
    while fault == 0 and s.cells[OPERATIONS] < end:
        fault = one_program(s, p, init, most, every)
    return fault


@dataclass(frozen=True, slots=True)
class Walk:
    """A stream of random programs, of about so many operations at each size from ``smallest`` to ``largest``."""

    readings: Readings
    seed: int
    stream: int
    operations: int
    smallest: int = 0
    largest: int = len(SIZES) - 1
    seconds: float = 600.0

    def do(self, bench: Bench) -> dict[str, Any]:
        """``sizes`` that the target refused, by their place in :data:`SIZES`."""
        sizes = SIZES[self.smallest : self.largest + 1]
        session = bench.session(self.readings, max(scope.slots for scope, _, _ in sizes))
        path = new_path(max(most for _, most, _ in sizes), len(session.model.sigma), self.seed, self.stream)
        refused, end = [], time.monotonic() + self.seconds
        for number, (scope, most, every) in enumerate(sizes, self.smallest):
            init = init_row(scope)
            fault, stop = 0, bench.cells[OPERATIONS] + self.operations
            piece = 1
            while fault == 0 and bench.cells[OPERATIONS] < stop and time.monotonic() < end:
                fault = walk(session, path, init, most, every, piece)
                piece = min(2 * piece, self.operations // PIECES + 1)
            if fault == Mismatch.UNFIT:
                refused.append(number)
                bench.cells[FAULT] = 0
            elif fault != 0:
                return {"failure": bench.failure(), "size": number, "refused": refused}
        return {"refused": refused}


def warm_up(session: Session) -> None:
    """Compile; ``session`` is not used otherwise."""
    compile_for(walk, session, new_path(0, 1, 0, 0), session.rows, 1, 1, 0)
