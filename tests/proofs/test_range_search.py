"""Shortest traces of ranges by name: what each wrong reading breaks."""

import pytest

from proofs.counterexample import counterexample, names
from proofs.range_search import WRONG_READINGS

SHORTEST = {
    "no-crossing": "map σ0[0] → σ1[0]; map σ0[0] → σ2[0]; map σ1[0] → σ2[1]; map σ2[0..1] → σ1[0..1]",
    "crossing=allowed": "map σ0[0] → σ1[0]; map σ0[0] → σ2[0]; map σ1[0] → σ2[1]; map σ2[0..1] → σ1[0..1]",
    "window=rotated, crossing=allowed": "map σ0[0..1] → σ1[0..1]; map σ1[0..1] → σ1[0..1] at 1",
    "own=range": "map σ0[0] → σ1[0]; map σ1[0] → σ2[0]; map σ2[0] → σ1[1]; flush σ1[0..1]",
    "holes=emptied": "map σ0[0] → σ1[0]; map σ1[1] → σ1[0]",
    "unit=mapping": "map σ0[0..1] → σ1[0..1]; flush σ0[0]",
    "unit=mapping, part_granted=mapped": "grant σ0[0] → σ1[0]",
    "timing=ascending, crossing=allowed": (
        "map σ0[0] → σ1[0]; map σ0[0] → σ2[0]; map σ1[0] → σ2[1]; map σ2[0..1] → σ1[0..1]"
    ),
}
QUICK = [name for name, trace in SHORTEST.items() if "σ2" not in trace]


def told(name: str) -> str:
    found = counterexample(name)
    assert found.ranges is not None
    assert found.shown
    return "; ".join(operation.text(found.ranges.scope) for operation in found.ranges.operations)


def test_every_wrong_reading_has_a_trace_here() -> None:
    assert set(SHORTEST) == {"no-crossing", *WRONG_READINGS}
    assert set(SHORTEST) <= set(names())


@pytest.mark.parametrize("name", QUICK)
def test_two_spaces_show_it(name: str) -> None:
    assert told(name) == SHORTEST[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SHORTEST if name not in QUICK])
def test_three_spaces_show_it(name: str) -> None:
    assert told(name) == SHORTEST[name]
