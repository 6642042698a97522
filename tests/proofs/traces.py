"""Traces that the tests of storyboards share: the shortest counterexamples of five kinds, and random ones."""

import random

from model.scope import ALL_RIGHTS, Scope
from model.spaces import literal as spaces
from model.spaces.dialect import dialect_named
from model.spaces.operation import Operation
from model.trace import Trace

RW = 6

DANGLING = Trace(
    "canonical without not-ancestor",
    Scope(3, 1, 1),
    (Operation("map", 0, 1), Operation("map", 1, 2), Operation("map", 2, 1)),
    "map__preserves__no_dangling_link: violated: after map: no link leads to a page that is gone",
    "map__preserves__no_dangling_link",
)
CYCLE = Trace(
    "literal-eager",
    Scope(3, 1, 1),
    (Operation("map", 0, 0),),
    "map__preserves__irreflexive: violated: after map: no slot derives from itself",
    "map__preserves__irreflexive",
)
LOST = Trace(
    "tree",
    Scope(3, 1, 1),
    (Operation("map", 0, 1), Operation("map", 1, 0)),
    "map__preserves__no_frame_lost: violated: after map: every frame is held by some slot",
    "map__preserves__no_frame_lost",
)
WIDENED = Trace(
    "x2-keep",
    Scope(3, 1, 1),
    (Operation("map", 0, 1, RW), Operation("map", 1, 2), Operation("map", 0, 2), Operation("flush", 0, -1, RW)),
    "flush__takes__exactly_the_rights_named: violated: what derives from the page loses the rights named, no others",
    "flush__takes__exactly_the_rights_named",
)
OVERWRITTEN = Trace(
    "canonical without no-frame-holder",
    Scope(2, 2, 2),
    (Operation("map", 0, 1),),
    "map__preserves__no_frame_lost: violated: after map: every frame is held by some slot",
    "map__preserves__no_frame_lost",
)
GRANTED = Trace(
    "canonical",
    Scope(4, 2, 1),
    (Operation("map", 0, 2), Operation("map", 2, 4, RW), Operation("grant", 2, 7, RW), Operation("flush", 7, -1, 2)),
)


TRACES = {
    "dangling": DANGLING,
    "cycle": CYCLE,
    "lost": LOST,
    "widened": WIDENED,
    "overwritten": OVERWRITTEN,
    "granted": GRANTED,
}


def random_trace(seed: int, length: int, scope: Scope, dialect: str = "canonical") -> Trace:
    """Operations that the dialect does, not refuses, so that many slots come into use."""
    choose = random.Random(seed)
    readings = dialect_named(dialect).readings
    state, operations = spaces.initial(scope), []
    for _ in range(50 * length):
        used = [slot for slot in range(scope.slots) if state.sigma[slot] != spaces.NIL] or [0]
        kind = choose.choice(["map"] * 6 + ["grant", "flush"])
        dst = -1 if kind == "flush" else choose.randrange(scope.slots)
        operation = Operation(kind, choose.choice(used), dst, choose.choice([ALL_RIGHTS, ALL_RIGHTS, RW, 4]))
        if operation.apply(state, readings) == spaces.DONE:
            operations.append(operation)
        if len(operations) == length:
            break
    return Trace(dialect, scope, tuple(operations))
