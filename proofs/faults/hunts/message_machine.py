"""Kernels with broken messages run in lockstep with the literal model: random walks with fixed seeds, then shortened.

A walk draws operations that the model can do, so that threads meet: most draws at random are refused. Operations that
differ from these in one argument are among them, since a broken kernel may do what the model refuses.
"""

import random
from collections.abc import Sequence
from time import perf_counter

from machine import SV39, tlb
from model.messages import literal
from model.messages.operation import ARGUMENTS, SETS, Kind, Operation, size
from model.messages.readings import CANONICAL_MESSAGES, MessageReadings
from model.messages.scope import MessageScope, members
from model.messages.tables import NOT_YET, RUNS, Board, Table, Threads, board_of, first_row, view
from model.messages.theory import offered
from model.messages.trace import MessageTrace
from model.scope import ALL_RIGHTS
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE, NIL
from proofs.faults.record import Engine, HuntEnding, HuntResult
from refinement.faults.messages import MESSAGE_FAULTS
from refinement.kernel.lockstep import Difference
from refinement.messages.kernel import MessageKernel
from refinement.messages.lockstep import MessageLockstep, boot

Steps = tuple[Operation, ...]
READINGS = MessageReadings(), CANONICAL.readings
KINDS = tuple(kind for kind in Kind if offered(kind.name.lower(), READINGS[0]))
"""What the kernel can be asked for."""

SCOPES = (
    MessageScope(2, 4, 1, threads=2, ids=2, words=2, booted=2),
    MessageScope(2, 2, 2, threads=3, ids=3, words=2, booted=3, ports=1),
    MessageScope(3, 1, 1, threads=8, ids=8, words=2, booted=2, hardware=1, versions=2),
    MessageScope(2, 1, 1, threads=4, ids=4, words=1, booted=1, versions=2),
    MessageScope(1, 1, 1, threads=6, ids=6, words=1, booted=1, hardware=1, versions=2),
)
WALKS, LENGTH, TRIES = 150, 36, 4
WEIGHTS = {
    Kind.WAIT: 6,
    Kind.SEND: 12,
    Kind.SEND_MAP: 12,
    Kind.SEND_GRANT: 12,
    Kind.PAGE_FAULT: 4,
    Kind.THINK: 3,
    Kind.TIMEOUT: 0.5,
    Kind.ASSOCIATE: 4,
    Kind.CREATE: 4,
    Kind.END: 1.5,
}
"""How often a kind of operation is chosen where it is possible, if not once in a while."""

TELLING = {"actor": 1, "other": 3, "word": 1, "src": 4, "dst": 4, "into": 3, "frame": 1, "opens": 1}
"""Arguments of which another value makes a possible operation one that is to be refused, and how often it is they."""


ALIKE = {"other": "number", "src": "owner", "dst": "owner"}
"""In what another value is often like the one that it takes the place of."""


def walk(scope: MessageScope, seed: int) -> Steps:
    """Operations chosen on the literal model: possible ones, and before many one that is so but for an argument."""
    choose, board = random.Random(seed), board_of(scope)
    row, steps = first_row(scope), list[Operation]()
    while len(steps) < LENGTH:
        state, possible = view(row, board), dict[Kind, Operation]()
        for kind in KINDS:
            for _ in range(TRIES):
                o = Operation(kind, **_likely(kind, state, board, scope, choose))
                if _is_possible(o, row, board):
                    possible[kind] = o
                    break
        if not possible:  # the last thread has ended
            break
        awake = int(((state.life == RUNS) & (state.awaits == 0)).sum()) - scope.hardware
        weights = {**WEIGHTS, **({Kind.WAIT: 0.3} if awake == 1 else {})}  # who waits last is heard by nobody
        o = choose.choices(list(possible.values()), [weights.get(kind, 1) for kind in possible])[0]
        if choose.random() < 0.6:
            near = _near(o, state, board, scope, choose)
            steps.append(near)
            literal.act(state, board, near, *READINGS)
        steps.append(o)
        literal.act(state, board, o, *READINGS)
        if scope.hardware and choose.random() < 0.2:
            line = scope.booted
            raised = Operation(Kind.INTERRUPT, line, max(int(state.server[line]), 0))
            steps.append(raised)
            literal.act(state, board, raised, *READINGS)
    return tuple(steps)


def _near(o: Operation, s: Threads, b: Board, scope: MessageScope, choose: random.Random) -> Operation:
    """An operation that differs in one argument, or a message with any page into an open window."""
    window = members(int(s.window[o.other])) if o.kind == Kind.SEND else []
    if window and choose.random() < 0.5:
        live = [x for x in range(scope.slots) if s.spaces.phys[x] != NIL]
        kind = choose.choice((Kind.SEND_MAP, Kind.SEND_GRANT))
        return o._replace(kind=kind, src=choose.choice(live), dst=choose.choice(window))
    names = [name for name, weight in TELLING.items() if name in ARGUMENTS[Kind(o.kind)] for _ in range(weight)]
    name = choose.choice(names)
    values = _values(name, scope)
    if name in ALIKE and choose.random() < 0.7:  # another version of the number, another page of the space
        alike = getattr(b, ALIKE[name])
        values = [n for n in values if alike[n] == alike[getattr(o, name)]]
    return o._replace(**{name: choose.choice(values)})


def _is_possible(o: Operation, row: Table, board: Board) -> bool:
    return literal.act(view(row.copy(), board), board, o, *READINGS) == DONE


def _values(name: str, scope: MessageScope) -> Sequence[int]:
    """All values of an argument that the kernel's calls have."""
    if name == "rights":
        return (ALL_RIGHTS, 4)
    if name == "keeps":
        return (0, (1 << scope.words) - 1)
    single = [1 << n for n in range(size(name, scope))] if name in SETS else list(range(size(name, scope)))
    more = {"willing": [0, (1 << scope.ids) - 1], "opens": [0]}
    return more.get(name, []) + single


def _likely(kind: Kind, s: Threads, b: Board, scope: MessageScope, choose: random.Random) -> dict[str, int]:
    """Arguments with which an operation is likely to be possible."""
    threads, slots = range(scope.threads), range(scope.slots)

    def some(*preferred: Sequence[int]) -> int:
        return choose.choice(next(each for each in preferred if each))

    waiting = [t for t in threads if s.awaits[t]]
    open_to = [t for t in waiting if s.window[t] and kind in (Kind.SEND_MAP, Kind.SEND_GRANT)]
    other = some(open_to, waiting, threads)
    able = [t for t in threads if s.life[t] == RUNS and not s.awaits[t] and not b.hardware[t]]
    actor = some([t for t in able if s.awaits[other] >> t & 1], able, threads)
    if kind == Kind.INTERRUPT:
        actor = some([t for t in threads if s.server[t] != NIL], threads)
        other = int(s.server[actor]) if s.server[actor] != NIL else other
    space = int(s.space[actor])
    if kind == Kind.PAGE_FAULT and s.pager[actor] != NIL:
        other = int(s.pager[actor])
    elif kind == Kind.ASSOCIATE:
        other = some([t for t in threads if b.hardware[t]], threads)
    elif kind == Kind.CREATE:
        other = some([t for t in threads if s.life[t] == NOT_YET], threads)
    elif kind == Kind.END:
        at_home = [t for t in threads if s.life[t] == RUNS and s.space[t] == space]
        others = [t for t in at_home if t != actor]
        other = some([t for t in others if t in s.server], others, at_home, threads)
    own = [x for x in slots if b.owner[x] == space]
    src = some([x for x in own if s.spaces.phys[x] != NIL], own)
    dst = some(own if kind == Kind.PAGE_FAULT else members(int(s.window[other])), slots)
    everything = {name: choose.choice(_values(name, scope)) for name in ARGUMENTS[kind]}
    known = [] if kind == Kind.THINK else members(int(s.known[space]))
    guessed = {"actor": actor, "other": other, "src": src, "dst": dst, "word": some(known, range(scope.words))}
    guessed |= {"frame": max(int(s.spaces.phys[src]), 0), "opens": 0, "willing": 0}
    if kind == Kind.WAIT:
        guessed |= {"opens": 1 << some(own), "willing": some(_values("willing", scope)[1:])}
    return {**everything, **{name: value for name, value in guessed.items() if name in everything}, "claimed": -1}


def failing(
    scope: MessageScope, kernel: type[MessageKernel], steps: Sequence[Operation]
) -> tuple[Steps, list[Difference]]:
    """The operations up to the one that shows a difference, and what it shows; nothing if none does."""
    both = MessageLockstep(boot(scope, format=SV39, buffer=tlb.riscv_asid, kernel=kernel))
    for number, o in enumerate(steps):
        try:
            found = both.do(o)
        except (LookupError, ValueError) as error:
            found = [Difference("crash", f"the kernel raises {type(error).__name__}: {error}")]
        if found:
            return tuple(steps[: number + 1]), found
    return tuple(steps), []


def shortened(
    scope: MessageScope, kernel: type[MessageKernel], steps: Steps, found: list[Difference]
) -> tuple[Steps, list[Difference]]:
    """The same without operations that are not needed for a difference."""
    again = True
    while again:
        again = False
        for at in range(len(steps)):
            shorter, differs = failing(scope, kernel, (*steps[:at], *steps[at + 1 :]))
            if differs:
                steps, found, again = shorter, differs, True
                break
    return steps, found


def _trace(scope: MessageScope, steps: Steps, change: str, difference: Difference) -> MessageTrace:
    """The operations as a trace that names the broken kernel, which does all of them when it is replayed."""
    shows = f"{difference.check}: {difference.message}"
    return MessageTrace(CANONICAL.name, CANONICAL_MESSAGES.name, scope, steps, shows, fault=change)


def find(change: str, kernel: type[MessageKernel], walks: int = WALKS) -> HuntResult:
    """Walk in each scope in turn until the kernel differs from the model."""
    begun, done = perf_counter(), 0
    for seed in range(walks):
        for scope in SCOPES:
            steps, found = failing(scope, kernel, walk(scope, seed))
            done += len(steps)
            if found:
                steps, found = shortened(scope, kernel, steps, found)
                checks = tuple(dict.fromkeys(difference.check for difference in found))
                told = "; ".join(o.text(scope) for o in steps)
                said = f"{found[0].check}: {found[0].message} (after: {told})"
                trace = _trace(scope, steps, change, found[0]) if change in MESSAGE_FAULTS else None
                seconds = perf_counter() - begun
                return HuntResult(
                    Engine.STATE_MACHINE, change, HuntEnding.KILLED, checks, len(steps), False, trace, said, seconds
                )
    said = f"no difference in {done} operations in {len(SCOPES)} scopes"
    return HuntResult(Engine.STATE_MACHINE, change, HuntEnding.SURVIVED, said=said, seconds=perf_counter() - begun)
