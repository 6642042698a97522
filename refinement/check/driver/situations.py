"""Count the situations that a search has reached: states as the model has them before each operation."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS
from model.spaces.keeping import keep
from model.spaces.literal import NIL
from refinement.check.driver.compiling import Integer, compiled
from refinement.check.driver.driver import PAGES, SITUATIONS, Session, StepKind, is_in_range
from refinement.check.driver.indexed import derives


class Situation(IntEnum):
    """What an operation meets."""

    FREE_DESTINATION = 0
    OWN_CHILD = 1
    OWN_DESCENDANT = 2
    OWN_ANCESTOR = 3
    SAME_FRAME = 4
    OTHER_FRAME = 5
    FRAME_HOLDER = 6
    ITSELF = 7
    OCCUPIED_WITH_CHILDREN = 8
    WITHIN_ONE_SPACE = 9
    NIL_SOURCE = 10
    FEWER_RIGHTS = 11
    MORE_RIGHTS = 12
    NO_RIGHTS = 13
    GRANT_WITH_CHILDREN = 14
    GRANT_OF_FRAME_HOLDER = 15
    GRANT_THAT_RESTRICTS_CHILDREN = 16
    FLUSH_OF_NOTHING = 17
    FLUSH_OF_CHILDREN = 18
    FLUSH_OF_GRANDCHILDREN = 19
    PARTIAL_FLUSH_THAT_NARROWS = 20
    PARTIAL_FLUSH_THAT_REMOVES = 21
    DEEPEST = 22  # not a count: the deepest mapping that was made


PROSE = {
    Situation.FREE_DESTINATION: "destination nil",
    Situation.OWN_CHILD: "destination mapped from the source already",
    Situation.OWN_DESCENDANT: "destination derived from the source, not directly",
    Situation.OWN_ANCESTOR: "destination an ancestor of the source",
    Situation.SAME_FRAME: "destination shows the same frame by another path",
    Situation.OTHER_FRAME: "destination shows another frame",
    Situation.FRAME_HOLDER: "destination holds a frame",
    Situation.ITSELF: "destination is the source",
    Situation.OCCUPIED_WITH_CHILDREN: "destination in use, and mapped on",
    Situation.WITHIN_ONE_SPACE: "source and destination in one space",
    Situation.NIL_SOURCE: "source nil",
    Situation.FEWER_RIGHTS: "fewer rights passed on",
    Situation.MORE_RIGHTS: "more rights asked for than there are",
    Situation.NO_RIGHTS: "no right in common",
    Situation.GRANT_WITH_CHILDREN: "grant of a page that was mapped on",
    Situation.GRANT_OF_FRAME_HOLDER: "grant of a page that holds a frame",
    Situation.GRANT_THAT_RESTRICTS_CHILDREN: "grant that takes rights from children",
    Situation.FLUSH_OF_NOTHING: "flush with nothing below",
    Situation.FLUSH_OF_CHILDREN: "flush of children",
    Situation.FLUSH_OF_GRANDCHILDREN: "flush of more than one level",
    Situation.PARTIAL_FLUSH_THAT_NARROWS: "partial flush that narrows",
    Situation.PARTIAL_FLUSH_THAT_REMOVES: "partial flush that removes",
    Situation.DEEPEST: "deepest mapping",
}


@compiled
def depth(s: Session, x: Integer) -> int:
    """Return how many links lie between a slot and its frame; bounded, since links may lead round in a circle."""
    steps = 0
    while s.model.sigma[x] >= 0 and steps < len(s.model.sigma):
        x = s.model.sigma[x]
        steps += 1
    return steps


@compiled
def observe_pass(
    s: Session, count: NDArray[np.int64], kind: Integer, src: Integer, dst: Integer, rights: Integer
) -> None:
    """Count the situations of a map or a grant."""
    if s.model.sigma[src] == NIL:
        count[Situation.NIL_SOURCE] += 1
        return
    target = s.model.sigma[dst]
    if src == dst:
        count[Situation.ITSELF] += 1
    elif target == NIL:
        count[Situation.FREE_DESTINATION] += 1
        count[Situation.DEEPEST] = max(count[Situation.DEEPEST], depth(s, src) + (kind == StepKind.MAP))
    elif target == src:
        count[Situation.OWN_CHILD] += 1
    elif target < NIL:
        count[Situation.FRAME_HOLDER] += 1
    elif derives(s.model, src, dst):
        count[Situation.OWN_ANCESTOR] += 1
    elif derives(s.model, dst, src):
        count[Situation.OWN_DESCENDANT] += 1
    elif s.model.phys[dst] == s.model.phys[src]:
        count[Situation.SAME_FRAME] += 1
    else:
        count[Situation.OTHER_FRAME] += 1
    if src != dst and s.model.links[dst, 0] >= 0:
        count[Situation.OCCUPIED_WITH_CHILDREN] += 1
    if src // s.cells[PAGES] == dst // s.cells[PAGES]:
        count[Situation.WITHIN_ONE_SPACE] += 1
    passed = keep(s.readings.kept, s.model.rights[src] & rights)
    if passed == 0:
        count[Situation.NO_RIGHTS] += 1
    elif passed != s.model.rights[src]:
        count[Situation.FEWER_RIGHTS] += 1
    elif passed != rights:
        count[Situation.MORE_RIGHTS] += 1
    if kind == StepKind.GRANT:
        child = s.model.links[src, 0]
        if child >= 0:
            count[Situation.GRANT_WITH_CHILDREN] += 1
            if keep(s.readings.kept, s.model.rights[child] & rights) != s.model.rights[child]:
                count[Situation.GRANT_THAT_RESTRICTS_CHILDREN] += 1
        if s.model.sigma[src] < NIL:
            count[Situation.GRANT_OF_FRAME_HOLDER] += 1


@compiled
def observe(s: Session, program: NDArray[np.uint32], n: Integer) -> None:
    """Count the situations that step n of the program meets, before it is done."""
    if not is_in_range(s, program, n):
        return
    kind, rights = np.int64(program[n, 0]), np.int64(program[n, 5])
    src = np.int64(program[n, 1]) * s.cells[PAGES] + np.int64(program[n, 2])
    dst = np.int64(program[n, 3]) * s.cells[PAGES] + np.int64(program[n, 4])
    count = s.cells[SITUATIONS:]
    if kind != StepKind.FLUSH:
        observe_pass(s, count, kind, src, dst, rights)
        return
    child = s.model.links[src, 0]
    if child < 0:
        count[Situation.FLUSH_OF_NOTHING] += 1
        return
    count[Situation.FLUSH_OF_CHILDREN] += 1
    count[Situation.FLUSH_OF_GRANDCHILDREN] += s.model.links[child, 0] >= 0
    if rights != ALL_RIGHTS:
        kept = keep(s.readings.kept, s.model.rights[child] & ~rights)
        count[Situation.PARTIAL_FLUSH_THAT_REMOVES] += kept == 0
        count[Situation.PARTIAL_FLUSH_THAT_NARROWS] += kept != 0 and kept != s.model.rights[child]
