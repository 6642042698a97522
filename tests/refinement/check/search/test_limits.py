"""Numbers at which counters, stacks and pools end, caches that look-ups fill, and memory that is not given back."""

import re
from collections import Counter
from collections.abc import Callable

import pytest

from model.spaces.dialect import dialect_named
from refinement.check import Conformance, Finding, Limits, Target, as_json, check, replay
from refinement.check.driver.steps import from_json
from refinement.check.search.descent import IN_PART, WHOLE
from refinement.check.search.limits import FAMILIES, limits
from refinement.check.search.numbers import smallest
from refinement.check.search.shrink import FEW
from tests import EXAMPLES, ROOT

Build = Callable[..., Target]
SOURCE = (ROOT / "tests" / "refinement" / "check" / "databases" / "more_faults.c").read_text("utf-8")
VERSIONS = ROOT / "tests" / "refinement" / "check" / "databases" / "versions.c"
CALLS = ("init", "map", "grant", "flush", "lookup")


def found_in(build: Build, fault: str, seconds: float = 6.0) -> Finding:
    inside = [f"#define musigma_{call} reference_{call}" for call in CALLS]
    outside = [f"#undef musigma_{call}" for call in CALLS]
    around = "\n".join([*inside, f'#include "{EXAMPLES / "mapdb.c"}"', *outside])
    target = build(SOURCE.replace('#include "MAPDB"', around), f"WRONG={fault}", "musigma_lookup_hw=unused")
    report = check(target, seconds=seconds, seed=1, limits=Limits(hang=3.0))
    assert isinstance(report.finding, Finding), report
    assert report.verdict == Conformance.DIVERGES
    saved = from_json(as_json(report.finding))
    again = replay(target, saved.program, limits=Limits(stack=saved.stack), repeated=saved.repeated)
    assert again.failure is not None
    assert again.step == len(saved.program) - 1
    return report.finding


@pytest.mark.long
def test_a_size_is_lowered(build: Build) -> None:
    finding = found_in(build, "FEWER_SLOTS")
    assert finding.length == 0
    assert 1024 < finding.scope.slots < 1200


@pytest.mark.slow
def test_an_exact_power_of_two(build: Build) -> None:
    finding = found_in(build, "CHILDREN_IN_8_BITS")
    assert finding.length == 257
    assert finding.failure.sentence.endswith("in the model nothing")


@pytest.mark.slow
def test_a_counter_that_saturates(build: Build) -> None:
    assert found_in(build, "SATURATING").length == 257


@pytest.mark.long
def test_a_cache_that_look_ups_fill(build: Build) -> None:
    finding = found_in(build, "WARM_CACHE")
    assert finding.texts() == ["look σ1[0]", "map σ0[0] → σ1[0]"]
    assert "look-ups among the steps" in finding.shortest


@pytest.mark.long
def test_an_init_that_leaks(build: Build) -> None:
    finding = found_in(build, "INIT_LEAKS", 12.0)
    assert finding.failure.sentence.startswith("each time, an init takes ")
    assert finding.repeated == 1


@pytest.mark.slow
def test_a_pool_that_inits_use_up(build: Build) -> None:
    finding = found_in(build, "INIT_POOL")
    assert finding.length == 1000
    assert finding.failure.sentence == "init returned -1, which is no status"


@pytest.mark.long
def test_an_operation_that_leaks(build: Build) -> None:
    assert found_in(build, "FLUSH_LEAKS", 12.0).repeated > 0


@pytest.mark.long
def test_rights_that_are_cut_off(build: Build) -> None:
    assert found_in(build, "RIGHTS_MASKED").failure.sentence.endswith(" returned 0 (done), the model 1 (refused)")


def test_a_short_search_comes_to_the_small_stack() -> None:
    groups = [limit.group for limit in limits()]
    assert next(n for n, limit in enumerate(limits()) if limit.small_stack) < groups.index(
        "chains and fans of about 16,384"
    )


@pytest.mark.long
def test_a_page_whose_number_is_cut_off(build: Build) -> None:
    finding = found_in(build, "PAGE_IN_9_BITS", 20.0)
    assert (finding.length, finding.scope.pages) == (0, 513)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "flushes"), [("uint8_t", 256), pytest.param("uint16_t", 65_536, marks=pytest.mark.slow)]
)
def test_a_version_that_comes_round(build: Build, version: str, flushes: int) -> None:
    target = build(VERSIONS, f"VERSION={version}")
    dialect = dialect_named("canonical with frame_holder=replaced")
    report = check(target, dialect, seconds=40.0 if flushes > FEW else 10.0, seed=1, shrinking=4.0)
    assert isinstance(report.finding, Finding), report
    assert report.finding.failure.sentence.endswith(" shows frame 0 rwx, in the model nothing")
    done = Counter(text.partition(" ")[0] for text in report.finding.texts())
    assert done["flush"] == flushes
    if report.finding.shortest.startswith(WHOLE):
        assert (done["map"], done["look"]) == (1, 0)
    else:
        assert report.finding.shortest.startswith(IN_PART)


@pytest.mark.long
def test_a_leak_is_told_for_a_whole_round(build: Build) -> None:
    source = f'''
#include <stdlib.h>
#define musigma_map reference_map
#include "{EXAMPLES / "mapdb.c"}"
#undef musigma_map
static void *volatile taken;
int musigma_map(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t r)
{{
    int status = reference_map(a, b, c, d, r);
    if (status == 0 && b == 1)
        taken = malloc(1000);
    return status;
}}
'''
    report = check(build(source), seconds=12.0, seed=1)
    assert isinstance(report.finding, Finding), report
    said = re.fullmatch(r"each time, (.*) takes (\d+) bytes that are not given back", report.finding.failure.sentence)
    assert said, report.finding.failure.sentence
    assert said[1] == "a map and a flush"
    assert 1000 <= int(said[2]) <= 1040


@pytest.mark.long
def test_a_slow_database_is_left_in_time(build: Build) -> None:
    source = f'''
#include <unistd.h>
#define musigma_flush reference_flush
#include "{EXAMPLES / "mapdb.c"}"
#undef musigma_flush
int musigma_flush(uint32_t space, uint32_t page, uint32_t rights)
{{ usleep(20000); return reference_flush(space, page, rights); }}
'''
    report = check(build(source), seconds=1.0, seed=1, limits=Limits(hang=30.0))
    took = {phase.name: phase.seconds for phase in report.phases}
    assert took["leaks"] < 10.0  # not the half a minute that a call may take
    assert took["random"] < 10.0


def test_no_limit_has_the_name_of_another() -> None:
    names = [limit.name for limit in limits()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("family", FAMILIES)
def test_sizes_are_exact(family: str) -> None:
    """A fan of n has n children, a chain n links."""
    for limit in limits():
        if limit.family == family:
            program = limit.program()
            assert int((program[:, 0] == 1).sum()) >= limit.size


def test_bisection() -> None:
    tried: list[int] = []

    def fails(number: int) -> bool:
        tried.append(number)
        return number >= 1025

    assert smallest(1, 65_540, fails, lambda: False) == 1025
    assert len(tried) < 20
