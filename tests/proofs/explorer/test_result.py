"""How a search ended, to the last case; and what is told on the way."""

from typing import Any

import pytest

from proofs.explorer.result import Flaw, Progress, SearchEnd, SearchResult

FLAW = Flaw("p", (), (0,))


def found(**told: Any) -> Any:
    return SearchResult(
        **{
            **{"complete": False, "reason": "", "states": 1, "transitions": 0, "layers": (1,), "flaws": ()},
            **{"checked": (), "bytes_used": 0, "seconds": 0.0},
            **told,
        }
    )


def test_the_exit_status_of_every_verdict() -> None:
    assert {verdict.value: verdict.exit_status for verdict in SearchEnd} == {
        "exhausted": 0,
        "violated": 1,
        "truncated": 3,
        "interrupted": 130,
        "refused": 2,
    }


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ({"complete": True, "flaws": (FLAW,)}, SearchEnd.VIOLATED),
        ({"interrupted": True, "flaws": (FLAW,)}, SearchEnd.VIOLATED),
        ({"complete": True}, SearchEnd.EXHAUSTED),
        ({"interrupted": True}, SearchEnd.INTERRUPTED),
        ({}, SearchEnd.TRUNCATED),
    ],
)
def test_the_verdict_of_a_search(told: Any, verdict: Any) -> None:
    assert found(**told).verdict is verdict


def test_only_a_limit_truncates() -> None:
    ends = [(complete, interrupted) for complete in (False, True) for interrupted in (False, True)]
    assert [end for end in ends if found(complete=end[0], interrupted=end[1]).truncated] == [(False, False)]


def test_the_depth_is_the_number_of_layers_after_the_first() -> None:
    assert found(layers=(1, 4, 2)).depth == 2


def test_progress_in_numbers() -> None:
    def progress(seconds: Any, expanded: Any, expected: Any) -> Any:
        return Progress(90, 3, 0.5, 0, seconds, expanded, expected)

    assert progress(2.0, 50, None).rate == 45.0
    assert progress(0.5, 50, None).rate == 180.0
    assert progress(0.0, 50, None).rate == 0.0
    assert progress(2.0, 50, None).seconds_left is None
    assert progress(2.0, 0, 10).seconds_left is None
    assert progress(2.0, 1, 10).seconds_left == 18.0
    assert progress(2.0, 50, 0).seconds_left == 0.0
    assert progress(2.0, 50, 40).seconds_left == 0.0
    assert progress(2.0, 40, 50).seconds_left == 0.5
