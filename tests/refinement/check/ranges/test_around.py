"""Libraries around the sized example that differ from it in one way, which the check of ranges finds, or allows."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Kind
from musigma.cli import app
from refinement.check import RangeFinding, Target, check_ranges, parse_target, replay_ranges
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS, Order
from refinement.check.ranges.closure import beyond
from refinement.check.ranges.driver import is_told_alike
from refinement.check.ranges.sampling import RangeSampling
from refinement.check.search.ranges.plan import WIDE
from tests import EXAMPLES
from tests.refinement.check.ranges.conftest import HEADERS, SOURCE
from tests.refinement.check.ranges.test_ranges import SMALL, closure, told

pytestmark = pytest.mark.long  # what is compiled first takes 9 s

Sized = Callable[..., Target]

SILENT = """\
#define MUSIGMA_PAGES_BY_RANGES
#include "musigma2.h"
#define MUSIGMA_DONE 2
#define MUSIGMA_REFUSED 2
#include "{source}"
"""
"""No operation tells whether it was done."""

CHECKED = """\
#include "{source}"
int musigma_check(void)
{{
    for (uint32_t slot = 0; slot < spaces * pages; slot++)
        if (at_slot[slot] && at_slot[slot]->space && at_slot[slot]->order) return 7;
    return 0;
}}
"""
"""Its own check fails whenever a space but σ0 has a large mapping."""

UPSIDE_DOWN = """\
#define musigma_lookup2 told
#include "{source}"
#undef musigma_lookup2
int64_t musigma_lookup2(uint32_t space, uint32_t page, uint32_t *rights, uint32_t *order)
{{
    int64_t frame = told(space, page, rights, order);
    *order = 5 - *order;
    return frame;
}}
"""

LARGE_REFUSED = """\
#define musigma_map2 mapped
#include "{source}"
#undef musigma_map2
int musigma_map2(const struct musigma_range *src, const struct musigma_range *dst, uint32_t offset, uint32_t rights)
{{
    return src->order > 5 && dst->order > 5 ? MUSIGMA_REFUSED : mapped(src, dst, offset, rights);
}}
"""
"""No range of more than 32 pages is mapped to as large a one."""


def around(folder: Path, text: str, *macros: str) -> Target:
    source, library = folder / "around.c", folder / "around.so"
    source.write_text(text.format(source=SOURCE), "utf-8")
    named = [*macros, "-I", str(HEADERS), "-o", str(library)]
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", *named, str(source)], check=True)
    return parse_target(str(library))


def first_of(target: Target) -> RangeFinding:
    report = check_ranges(target, seconds=1.0)
    assert len(report.findings) == 1, report.sentence
    return report.findings[0]


def test_its_own_check_is_asked_for(tmp_path: Path) -> None:
    found = first_of(around(tmp_path, CHECKED))
    assert found.texts() == ["map σ0[0..1] → σ1[0..1]"]
    assert found.failure.sentence == "the target's own check returned 7"
    assert found.cause == "map of a range: the target's own check fails"


def test_orders_that_cannot_be_are_found(tmp_path: Path) -> None:
    found = first_of(around(tmp_path, UPSIDE_DOWN))
    assert found.failure.sentence.startswith("σ0[0] is said to be in a mapping of order 4: there is no mapping of that")
    assert found.cause.endswith("shows a mapping that cannot be")


def test_a_range_that_is_none_is_found_to_be_taken_and_replays(sized: Sized) -> None:
    scope, target = RangeScope(2, 4, 4, 0b11), sized("MISALIGNED_TAKEN")
    found = closure(target, scope)["found"]
    assert found[0]["cause"] == "flush of a range out of range: done, though it is to be refused"
    steps = tuple(RangeOperation.of_row(row) for row in found[0]["path"])
    trace = RangeTrace.from_json(RangeTrace("canonical", "canonical", scope, steps).to_json())
    assert not trace.operations[-1].is_in(scope)
    assert replay_ranges(target, trace).step == len(steps)
    assert replay_ranges(sized(), trace).failure is None


def test_what_pages_say_of_their_mappings_is_compared_with_the_page_before() -> None:
    assert is_told_alike(1, 1, 1)
    assert is_told_alike(1, 0, 0)
    assert is_told_alike(2, 1, 1)
    assert is_told_alike(2, -1, 1)
    assert not is_told_alike(1, 1, 0)
    assert not is_told_alike(1, 0, 1)
    assert not is_told_alike(1, -1, 1)
    assert not is_told_alike(2, 2, 1)


def test_ranges_that_are_none_of_every_kind_are_tried() -> None:
    scope = RangeScope(2, 8, 8, 0b1011)
    tried = list(beyond(scope))
    assert not any(o.is_in(scope) for o in tried)
    texts = {o.text(scope) for o in tried if o.kind == Kind.FLUSH}
    assert texts == {
        "flush σ1[0..3]",  # of an order that is not among them
        "flush σ1[0..15]",
        "flush σ1[0..2147483647]",
        "flush σ1[0..4294967295]",
        "flush σ1[1..2]",  # misaligned
        "flush σ1[1..8]",
        "flush σ1[7..8]",  # beyond the space
        "flush σ1[7..14]",
        "flush σ2[0]",
    }
    assert {o.kind for o in tried} == {Kind.MAP, Kind.GRANT, Kind.FLUSH}


def test_mappings_as_large_as_real_ones_are_tried(sized: Sized, tmp_path: Path) -> None:
    (scope, length), *_ = WIDE
    assert (scope.pages, scope.sizes) == (1024, (0, 9))
    work = RangeSampling(CANONICAL.readings, RangeReadings(), scope, 60.0, 1, length, programs=8, edges=True)
    found = []
    for target in (sized(), around(tmp_path, LARGE_REFUSED)):
        ending = isolation.perform(Order(target, work, DEFAULT_LIMITS))
        assert ending.how == "answered", ending
        found.append(ending.value["found"])
    assert found[0] == []
    assert "refused, though it can be done" in found[1][0]["cause"]
    assert RangeOperation.of_row(found[1][0]["path"][-1]).order == 9


def test_the_report_says_what_was_not_tried(sized: Sized) -> None:
    report = check_ranges(sized(), seconds=1.0)
    assert any(phase.name.startswith("limits, 2 spaces × 1024 pages") for phase in report.phases)
    assert list(report.left_out) == report.to_json()["left_out"] != []
    assert "no flush with its own pages was tried" in report.left_out[0]


def test_a_library_that_returns_no_status_conforms_and_its_dialect_is_found(tmp_path: Path) -> None:
    target = around(tmp_path, SILENT)
    done = CliRunner().invoke(app, ["check", target.where, "--seconds", "10", "--seed", "1", "--dialect", "auto"])
    assert done.exit_code == 0, done.output
    said = done.output.replace("\n", " ")
    assert "dialect canonical fits" in said
    assert "ranges: of 576 readings, canonical fits" in said


def test_an_effect_is_compared_where_no_status_is_told(tmp_path: Path) -> None:
    found = closure(around(tmp_path, SILENT, "-DMUSIGMA_FAULT=NO_SPLIT"), SMALL)["found"]
    assert told(found[0], SMALL) == "map σ0[0..1] → σ1[0..1]; map σ0[0] → σ1[0]"


def known_of(target: str, folder: Path, known: str, *more: str) -> tuple[int, str]:
    file = folder / "known.txt"
    file.write_text(known)
    done = CliRunner().invoke(app, ["check", target, "--known", str(file), "--seed", "1", *more])
    return done.exit_code, done.output.replace("\n", " ")


def reference(folder: Path, *macros: str) -> str:
    library = folder / "mapdb.so"
    named = [*macros, "-I", str(HEADERS), "-o", str(library), str(EXAMPLES / "mapdb.c")]
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", *named], check=True)
    return str(library)


def test_limits_run_beside_what_is_known(tmp_path: Path) -> None:
    library = reference(tmp_path, "-DMUSIGMA_FAULT=DEPTH_WRAP_8")
    status, said = known_of(library, tmp_path, "", "--seconds", "10")
    assert status == 1, said
    assert "1. " in said
    assert "conforms" not in said


def test_auto_goes_with_known_on_version_1(tmp_path: Path) -> None:
    status, said = known_of(reference(tmp_path), tmp_path, "", "--seconds", "10", "--dialect", "auto")
    assert "it has no ranges" not in said
    assert "dialect canonical fits" in said
    assert (status, "sequences of 2" in said) == (0, True), said


@pytest.mark.slow
def test_what_is_known_is_passed_over_by_sequences_limits_and_random_programs(tmp_path: Path) -> None:
    library, report, causes = (
        reference(tmp_path, "-DMUSIGMA_FAULT=EMPTY_RIGHTS_MAP"),
        tmp_path / "report.json",
        list[str](),
    )
    for _ in range(6):
        status, said = known_of(library, tmp_path, "\n".join(causes), "--seconds", "20", "--json", str(report))
        value = json.loads(report.read_text("utf-8"))
        found = [each["cause"] for each in (*value["findings"], *value["single_pages"]) if each["cause"]]
        if not found:
            break
        causes += found
    assert causes
    number = len(value["known"])
    assert (status, value["sentence"]) == (0, f"conforms but for {number} known cause{'s' * (number > 1)}"), said
    masked = value["single_pages"][-1]
    assert masked["known"]
    assert {phase["kind"] for phase in masked["phases"]} == {"exhaustive", "limits", "random"}


FRAMES_GO = """\
#include "{source}"
uint32_t musigma_options(void) {{ return MUSIGMA_FRAMES_GO; }}
"""
"""Frames may be lost by a flush with its own pages."""

FRAMES_KEPT = """\
#define musigma_flush2 flushed
#include "{source}"
#undef musigma_flush2
uint32_t musigma_options(void) {{ return MUSIGMA_FRAMES_GO; }}
int musigma_flush2(const struct musigma_range *at, uint32_t rights, uint32_t flags)
{{
    const struct node *n = at->space < spaces && at->page < pages ? at_slot[slot_of(at->space, at->page)] : NULL;
    return flushed(at, rights, n && !n->parent ? flags & ~MUSIGMA_OWN_PAGES : flags);
}}
"""
"""They are never lost, although it says that they can be."""


def test_flushes_of_frames_are_tried_where_the_library_says_so(tmp_path: Path) -> None:
    conforms, more = closure(around(tmp_path, FRAMES_GO), SMALL, probing=True), tmp_path / "kept"
    assert (conforms["found"], conforms["complete"]) == ([], True)
    assert conforms["states"] > 184
    more.mkdir()
    found = closure(around(more, FRAMES_KEPT), SMALL)["found"]
    assert told(found[0], SMALL) == "flush σ0[0] with its own pages"


def test_the_report_leaves_out_nothing_where_frames_can_be_lost(tmp_path: Path) -> None:
    report = check_ranges(around(tmp_path, FRAMES_GO), seconds=1.0)
    assert report.findings == ()
    assert not any("own pages" in each for each in report.left_out)


def test_random_programs_lose_frames_where_they_can(tmp_path: Path) -> None:
    work = RangeSampling(CANONICAL.readings, RangeReadings(), SMALL, 60.0, 1, 12, programs=200)
    ending = isolation.perform(Order(around(tmp_path, FRAMES_KEPT), work, DEFAULT_LIMITS))
    assert RangeOperation.of_row(ending.value["found"][0]["path"][-1]).own
