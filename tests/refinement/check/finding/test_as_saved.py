"""Every trace that is reported has been run as it is saved, alone, in a fresh process, and fails where it says."""

import json
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

from model.spaces.dialect import dialect_named
from refinement.check import Finding, Limits, Target, as_json, check, replay
from refinement.check.driver.steps import from_json
from tests import EXAMPLES
from tests.refinement.check.test_faults import CRASHES, TRACES

Build = Callable[..., Target]
Faulty = Callable[[str], Target]

# It dies in its third flush, however often it was begun anew.
THIRD_FLUSH = f"""
#define musigma_flush reference_flush
#include "{EXAMPLES / "mapdb.c"}"
#undef musigma_flush
int musigma_flush(uint32_t space, uint32_t page, uint32_t rights)
{{ static int count; if (++count == 3) abort(); return reference_flush(space, page, rights); }}
"""

SAMPLE = ("INIT_KEEPS_STATE", "RIGHTS_CACHED", "RANGE_OFF_BY_ONE")
SHORT = [name for name, trace in TRACES.items() if isinstance(trace, list)]
# Of those with short traces every second one, with another seed in turn; all, with each seed, take minutes.
TURNS = {*((name, 1) for name in SAMPLE), *((name, 1 + place % 3) for place, name in enumerate(SHORT[::2]))}


def cases() -> Iterator[object]:
    """Each fault with three seeds; those that are not slow are in every run of the long tests."""
    for name, seed in product((*TRACES, *CRASHES), (1, 2, 3)):
        yield pytest.param(name, seed, marks=() if (name, seed) in TURNS else pytest.mark.slow)


@pytest.mark.long
@pytest.mark.parametrize(("name", "seed"), list(cases()))
def test_it_fails_in_its_last_step(faulty: Faulty, tmp_path: Path, name: str, seed: int) -> None:
    target, limits = faulty(name), Limits(hang=2.0)
    finding = check(target, seconds=60.0 if name not in SAMPLE else 8.0, seed=seed, limits=limits).finding
    assert finding is not None
    assert finding.reproducible
    (tmp_path / "saved.json").write_text(json.dumps(as_json(finding)), "utf-8")
    saved = from_json(json.loads((tmp_path / "saved.json").read_text("utf-8")))
    bounds = Limits(hang=2.0, stack=saved.stack)
    again = replay(target, saved.program, dialect_named(saved.dialect), limits=bounds, repeated=saved.repeated)
    assert again.failure == finding.failure
    assert again.step == len(saved.program) - 1


@pytest.mark.long
def test_what_earlier_programs_of_a_process_had_a_part_in(build: Build) -> None:
    """A candidate that failed after others is cut off where it fails alone."""
    target = build(THIRD_FLUSH)
    finding = check(target, seconds=3.0, seed=1, shrinking=10.0).finding
    assert isinstance(finding, Finding)
    assert finding.reproducible
    assert [text.partition(" ")[0] for text in finding.texts()] == ["flush"] * 3
    again = replay(target, finding.program, dialect_named(finding.dialect))
    assert (again.step, again.failure) == (3, finding.failure)
