"""The exit status of a run: that of its gravest verdict, wherever it stands."""

from itertools import permutations, product

import pytest

from proofs.verdict import EXIT_ALARM, EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED, Verdict, exit_status

V = Verdict
GRAVEST_FIRST = [
    ({V.DISAGREEMENT}, EXIT_ALARM),
    ({V.REFUTED, V.EXHAUSTED, V.UNPROVED, V.VACUOUS}, EXIT_FAILED),
    ({V.UNKNOWN, V.ERROR}, EXIT_INCOMPLETE),
    ({V.NOT_CLAIMED}, EXIT_FAILED),
    ({V.PROVED, V.WITNESSED}, EXIT_PASSED),
]


def test_every_verdict_has_a_status() -> None:
    assert sorted(v.name for some, _ in GRAVEST_FIRST for v in some) == sorted(v.name for v in Verdict)


@pytest.mark.parametrize("pair", list(product(Verdict, repeat=2)), ids=lambda pair: "-".join(v.value for v in pair))
def test_the_gravest_of_two_decides(pair: tuple[Verdict, Verdict]) -> None:
    expected = next(status for some, status in GRAVEST_FIRST if some.intersection(pair))
    assert exit_status(pair) == expected
    for three in permutations((*pair, V.PROVED)):
        assert exit_status(three) == expected


def test_only_passes_pass_and_nothing_is_no_pass() -> None:
    assert {verdict for verdict in Verdict if exit_status([verdict]) == EXIT_PASSED} == {V.PROVED, V.WITNESSED}
    assert exit_status([]) == EXIT_INCOMPLETE
