"""Each situation, by hand; and all of them together, against another wording of each."""

import random
from typing import Any

import numpy as np
import pytest

from model.spaces.dialect import CANONICAL
from model.spaces.keeping import EVERY_SET, keep, table_of
from model.spaces.literal import NIL
from refinement.check.driver import driver, indexed, situations
from refinement.check.driver.situations import PROSE, Situation, observe
from tests.refinement.check.plain import Database

SPACES, PAGES = 3, 2
SLOTS = SPACES * PAGES


def session(sigma: Any, phys: Any, rights: Any, kept: int = EVERY_SET) -> Any:
    """A model in that state, in three spaces of two pages."""
    bench = Database().bench(8)
    made = bench.session(CANONICAL.readings._replace(kept=kept), SLOTS)
    made.cells[driver.SPACES], made.cells[driver.PAGES], made.cells[driver.SLOTS] = SPACES, PAGES, SLOTS
    indexed.reset(made.model, SLOTS, 0)
    for x in range(SLOTS):
        indexed.set_element(made.model, x, sigma[x])
        made.model.phys[x], made.model.rights[x] = phys[x], rights[x]
    return made


def way(sigma: Any, x: int) -> list[int]:
    found: list[int] = []
    while sigma[x] >= 0 and len(found) < SLOTS:
        x = sigma[x]
        found.append(x)
    return found


def met(made: Any, sigma: Any, phys: Any, rights: Any, kind: int, src: int, dst: int, mask: int) -> list[Situation]:
    """The situations in other words, each with how often."""
    found = []
    firsts = [made.model.links[x, 0] for x in range(SLOTS)]
    S = Situation
    if kind == 3:
        child = firsts[src]
        if child < 0:
            return [S.FLUSH_OF_NOTHING]
        found.append(S.FLUSH_OF_CHILDREN)
        if child in sigma:
            found.append(S.FLUSH_OF_GRANDCHILDREN)
        left = keep(made.readings.kept, rights[child] & ~mask)
        if mask != 7 and left == 0:
            found.append(S.PARTIAL_FLUSH_THAT_REMOVES)
        if mask != 7 and left not in (0, rights[child]):
            found.append(S.PARTIAL_FLUSH_THAT_NARROWS)
        return found
    if sigma[src] == NIL:
        return [S.NIL_SOURCE]
    if src == dst:
        found.append(S.ITSELF)
    elif sigma[dst] == NIL:
        found.append(S.FREE_DESTINATION)
    elif sigma[dst] == src:
        found.append(S.OWN_CHILD)
    elif sigma[dst] < NIL:
        found.append(S.FRAME_HOLDER)
    elif dst in way(sigma, src):
        found.append(S.OWN_ANCESTOR)
    elif src in way(sigma, dst):
        found.append(S.OWN_DESCENDANT)
    else:
        found.append(S.SAME_FRAME if phys[dst] == phys[src] else S.OTHER_FRAME)
    if src != dst and dst in sigma:
        found.append(S.OCCUPIED_WITH_CHILDREN)
    if src // PAGES == dst // PAGES:
        found.append(S.WITHIN_ONE_SPACE)
    passed = keep(made.readings.kept, rights[src] & mask)
    if passed == 0:
        found.append(S.NO_RIGHTS)
    elif passed != rights[src]:
        found.append(S.FEWER_RIGHTS)
    elif mask != passed:
        found.append(S.MORE_RIGHTS)
    if kind == 2 and src in sigma:
        found.append(S.GRANT_WITH_CHILDREN)
        if keep(made.readings.kept, rights[firsts[src]] & mask) != rights[firsts[src]]:
            found.append(S.GRANT_THAT_RESTRICTS_CHILDREN)
    if kind == 2 and sigma[src] < NIL:
        found.append(S.GRANT_OF_FRAME_HOLDER)
    return found


def any_forest(generator: random.Random) -> tuple[list[int], list[int], list[int]]:
    order = generator.sample(range(SLOTS), SLOTS)
    sigma, phys, rights = [NIL] * SLOTS, [NIL] * SLOTS, [0] * SLOTS
    for n, x in enumerate(order[: generator.randrange(1, SLOTS + 1)]):
        sigma[x] = -2 - n if n < 2 else order[generator.randrange(n)]
        phys[x] = n if n < 2 else phys[sigma[x]]
        rights[x] = generator.choice((7, 7, 4, 6))
    return sigma, phys, rights


@pytest.mark.long
@pytest.mark.parametrize("kept", [EVERY_SET, table_of([0, 5, 6, 7, 4, 5, 6, 7]), table_of([0, 0, 0, 0, 4, 5, 6, 7])])
def test_every_situation_in_other_words(kept: int) -> None:
    generator, seen = random.Random(9), set()
    for _ in range(700):
        state = any_forest(generator)
        made = session(*state, kept=kept)
        kind, src, dst = generator.randrange(1, 4), generator.randrange(SLOTS), generator.randrange(SLOTS)
        mask = generator.choice((7, 7, 4, 1, 0))
        row = np.array([[kind, *divmod(src, PAGES), *divmod(dst, PAGES), mask]], np.uint32)
        before = made.cells.copy()
        observe(made, row, 0)
        counts = (made.cells - before).tolist()
        expected = met(made, *state, kind, src, dst, mask)
        deepest = 0
        if kind != 3 and src != dst and state[0][src] != NIL and state[0][dst] == NIL:
            deepest = len(way(state[0], src)) + (kind == 1)
        found = {n: count for n, count in enumerate(counts[driver.SITUATIONS :]) if count}
        assert found.pop(Situation.DEEPEST, 0) == deepest
        assert found == {int(each): 1 for each in expected}
        assert not any(counts[: driver.SITUATIONS])
        seen |= set(expected)
    assert seen == set(Situation) - {Situation.DEEPEST}


@pytest.mark.parametrize("row", [(1, 3, 0, 0, 0, 7), (1, 0, 0, 0, 2, 7), (3, 0, 0, 0, 0, 8)])
def test_what_is_out_of_range_meets_nothing(row: Any) -> None:
    made = session([-2, *[NIL] * 5], [0, *[NIL] * 5], [7, *[0] * 5])
    observe(made, np.array([row], np.uint32), 0)
    assert not made.cells[driver.SITUATIONS :].any()


def test_the_deepest_mapping_is_kept() -> None:
    made = session([-2, 0, 1, NIL, NIL, NIL], [0, 0, 0, NIL, NIL, NIL], [7, 7, 7, 0, 0, 0])
    for src, deepest in ((2, 3), (0, 3)):
        observe(made, np.array([[1, *divmod(src, 2), 2, 0, 7]], np.uint32), 0)
        assert made.cells[driver.SITUATIONS + Situation.DEEPEST] == deepest


def test_the_depth_of_a_circle_is_bounded() -> None:
    made = session([1, 0, NIL, NIL, NIL, NIL], [NIL] * 6, [7] * 6)
    assert situations.depth(made, 0) == SLOTS
    assert situations.depth(made, 2) == 0


def test_each_has_a_word() -> None:
    assert set(PROSE) == set(Situation)
    assert len(set(PROSE.values())) == len(Situation)
