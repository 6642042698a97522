"""Operations are left out of what fails as long as it fails, and as long as there is time."""

from collections.abc import Iterator

import pytest

from refinement.check.finding.finding import Conformance, Failure
from refinement.check.search import descent
from refinement.check.search.descent import descend, without_stretches
from tests import clock as clocks

FAILURE, OTHER = Failure(Conformance.DIVERGES, "it was seen"), Failure(Conformance.HUNG, "it was seen again")


@pytest.mark.parametrize(
    ("seconds", "tried", "left"),
    [
        (60, [[8, 7], [6], [5, 4], [3], [2, 1], [0]], 3),
        (4, [[8, 7], [6], [5, 4], [3]], 3),
        (5, [[8, 7], [6], [5, 4], [3], [2, 1], [0]], 3),
        (3, [[8, 7], [6], [5, 4]], 4),
        (1, [[8, 7], [6]], 6),
        (0.5, [[8, 7]], 9),
        (0, [], 9),
    ],
)
def test_the_first_that_fails_is_taken_while_there_is_time(
    monkeypatch: pytest.MonkeyPatch, seconds: float, tried: list[list[int]], left: int
) -> None:
    """A second goes by with each batch; one that was begun is done to its end."""
    clock, noted = [100.0], list[list[int]]()
    clocks.tells(monkeypatch, lambda: clock[0], descent)

    def first(batch: list[int]) -> tuple[int, Failure] | None:
        clock[0] += 1
        noted.append(batch)
        return next(((each, OTHER) for each in batch if each in (6, 4, 3)), None)

    def candidates(number: int) -> Iterator[list[int]]:
        batches = {9: [[8, 7], [6], [5]], 6: [[5, 4]], 4: [[3]], 3: [[2, 1], [0]]}
        yield from batches[number]

    found = descend(first, (9, FAILURE), candidates, 100.0 + seconds)
    assert noted == tried
    assert found == (left, OTHER if left < 9 else FAILURE)


def test_stretches_are_left_out_the_longest_first() -> None:
    assert [list(without_stretches(tuple(range(steps)))) for steps in range(4)] == [
        [],
        [[()]],
        [[(1,), (0,)]],
        [[(1, 2), (0, 2), (0, 1)]],
    ]
    longest, single = without_stretches((1, 2, 3, 4, 5))
    assert longest == [(3, 4, 5), (1, 2, 5), (1, 2, 3, 4)]
    assert len(single) == 5
