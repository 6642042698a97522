"""Ranges of libraries: the sized example conforms, each of its defects is found by a shortest trace, and is told."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeReadings, Refusal, Timing
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.scope import ALL_RIGHTS
from model.spaces.dialect import CANONICAL
from musigma.cli import app
from refinement.check import (
    Conformance,
    RangeDialectReport,
    RangeReport,
    Target,
    TargetError,
    check_ranges,
    find_range_dialect,
    parse_target,
    replay_ranges,
)
from refinement.check.process import isolation
from refinement.check.process.order import DEFAULT_LIMITS, Order
from refinement.check.ranges.closure import RangeClosure, alphabet
from refinement.check.ranges.driver import as_numbers
from refinement.check.search.ranges.dialects import EXPERIMENTS, Outcome, combinations, expected
from tests import EXAMPLES
from tests.refinement.check.ranges.conftest import HEADERS, SOURCE

pytestmark = pytest.mark.long  # what is compiled first takes 9 s

Sized = Callable[..., Target]

SMALL, WIDE = RangeScope(2, 2, 2, 0b11), RangeScope(2, 4, 4, 0b111)
SOME = (ALL_RIGHTS, 4)
FOUND: dict[str, tuple[RangeScope, tuple[int, ...], str]] = {
    "EARLY_ASCENT": (SMALL, (7,), "map σ0[0] → σ1[0]; map σ0[0] → σ1[0..1] at 1; flush σ0[0]"),
    "GRANT_FIRST_PART": (SMALL, (7,), "grant σ0[0] → σ1[0]; grant σ0[0..1] → σ1[0..1]"),
    "LARGER_THAN_PARENT": (SMALL, (7,), "grant σ0[0] → σ1[0]; grant σ1[0..1] → σ0[0..1]"),
    "FLUSH_TOO_WIDE": (SMALL, (7,), "map σ0[0] → σ1[0]; map σ0[0..1] → σ1[0..1]; flush σ0[0]"),
    "WRONG_OFFSET": (SMALL, (7,), "map σ0[0..1] → σ1[0] at 1"),
    "FIRST_PAGE_INVALIDATED": (SMALL, (7,), "grant σ0[0] → σ1[0]"),
    "PARTIAL_SUCCESS_KEPT": (
        SMALL,
        (7,),
        "map σ0[0] → σ1[0]; grant σ0[0] → σ1[1]; map σ0[1] → σ0[0]; map σ0[0..1] → σ1[0..1]",
    ),
    "MERGE_UNCONTIGUOUS": (SMALL, (7,), "grant σ0[0] → σ1[1]; grant σ0[1] → σ1[0]; map σ1[0..1] → σ0[0..1]"),
    "NO_SPLIT": (SMALL, (7,), "map σ0[0..1] → σ1[0..1]; map σ0[0] → σ1[0]"),
    "SPLIT_FORGETS_CHILD": (SMALL, (7,), "map σ0[1] → σ1[0]; grant σ0[0] → σ1[0..1] at 1; flush σ0[1]"),
    "OFFSET_NOT_CUT": (RangeScope(2, 8, 8, 0b1011), (7,), "map σ0[0..1] → σ1[0..7] at 3"),
    "OFFSET_NOT_WRAPPED": (SMALL, (7,), "map σ0[0] → σ1[0..1] at 3"),
    "CROSSING_UNCHECKED": (WIDE, (7,), "map σ0[0..3] → σ1[0..3]; map σ1[0] → σ1[3]; map σ1[2..3] → σ1[0..1]"),
    "OWN_PAGES_STAY": (SMALL, (7,), "map σ0[0] → σ1[0]; map σ1[0] → σ1[0..1] at 1; flush σ1[0..1]"),
    "OWN_FIRST_ONLY": (SMALL, (7,), "map σ0[0] → σ1[1]; flush σ1[0..1] with its own pages"),
    "RIGHTS_OF_FIRST": (SMALL, SOME, "grant σ0[0] → σ1[0]; grant σ0[1] → σ1[1] r--; map σ1[0..1] → σ0[0..1]"),
    "SPLIT_WIDENS": (SMALL, SOME, "map σ0[0] → σ1[0]; map σ0[0..1] → σ1[0..1] r--; flush σ0[0]"),
    "GRANT_WHOLE": (WIDE, (7,), "map σ0[0..1] → σ1[0..1]; grant σ1[0] → σ1[2]"),
    "FLUSH_FIRST_PAGE": (SMALL, (7,), "map σ0[1] → σ1[0..1]; flush σ0[0..1]"),
    "PAGE_LEFT": (SMALL, (7,), "map σ0[0] → σ1[0]; map σ0[0..1] → σ1[0..1]; flush σ0[0..1]"),
    "HOLES_EMPTIED": (WIDE, (7,), "map σ0[0] → σ1[0]; map σ0[0] → σ1[3]; map σ1[2..3] → σ1[0..1]"),
    "GRANT_KEEPS_RIGHTS": (SMALL, SOME, "map σ0[0] → σ1[0]; grant σ0[0] → σ1[1] r--"),
    "CORE_FORGOTTEN": (SMALL, (7,), "map σ0[0] → σ1[0..1]; flush σ0[0]"),
    "NARROWED_ON_ONE_CORE": (SMALL, SOME, "map σ0[0] → σ1[0]; grant σ0[0] → σ1[1] r--"),
    "FRAME_OF_FIRST": (SMALL, (7,), "map σ0[0] → σ0[0]"),
    "SPLIT_INVALIDATED_LATE": (SMALL, (7,), "grant σ0[0] → σ1[0]"),
    "TABLE_NOT_NARROWED": (SMALL, SOME, "map σ0[0] → σ1[0]; grant σ0[0] → σ1[1] r--"),
    "ORDER_OF_PAGE": (SMALL, (7,), "map σ0[0] → σ0[0]"),
    "MISALIGNED_TAKEN": (RangeScope(2, 4, 4, 0b11), (7,), "flush σ1[1..2]"),
}
OWN_PAGES = (
    "flush of a range with its own pages (mapped from others, nothing mapped on): another page still shows something"
)
QUICK = ("WRONG_OFFSET", "FIRST_PAGE_INVALIDATED", "FLUSH_TOO_WIDE", "OWN_FIRST_ONLY")


def closure(target: Target, scope: RangeScope, rights: tuple[int, ...] = (7,), **more: Any) -> dict[str, Any]:
    work = RangeClosure(CANONICAL.readings, RangeReadings(), scope, 100.0, rights, **more)
    ending = isolation.perform(Order(target, work, DEFAULT_LIMITS))
    assert ending.how == "answered", ending
    return ending.value


def told(found: dict[str, Any], scope: RangeScope) -> str:
    return "; ".join(RangeOperation.of_row(row).text(scope) for row in found["path"])


def test_the_example_has_these_defects() -> None:
    listed = re.search(r"enum fault \{\n(.*?)\n\};", SOURCE.read_text("utf-8"), re.DOTALL)
    assert listed is not None
    assert set(re.findall(r"^ +([A-Z_]+),", listed[1], re.MULTILINE)) == {"NO_FAULT", *FOUND}


@pytest.mark.slow
def test_every_state_of_a_scope_conforms(sized: Sized) -> None:
    found = closure(sized(), SMALL, probing=True)
    assert (found["found"], found["complete"], found["states"]) == ([], True, 184)


@pytest.mark.slow
def test_two_operations_with_larger_mappings_conform(sized: Sized) -> None:
    assert closure(sized(), RangeScope(2, 2, 2, 0b11), depth=2)["found"] == []
    assert closure(sized(), RangeScope(2, 4, 4, 0b111), depth=1)["found"] == []


@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in FOUND]
)
def test_every_defect_is_found_by_a_shortest_trace(fault: str, sized: Sized) -> None:
    scope, rights, trace = FOUND[fault]
    target = sized(fault)
    found = closure(target, scope, rights, probing=scope == SMALL)["found"]
    assert [told(each, scope) for each in found] == [trace]
    steps = tuple(RangeOperation.of_row(row) for row in found[0]["path"])
    written = RangeTrace("canonical", "canonical", scope, steps)
    assert replay_ranges(target, RangeTrace.from_json(written.to_json())).step == len(steps)
    assert replay_ranges(sized(), written).failure is None


def test_what_is_known_is_passed_over_and_the_rest_collected(sized: Sized) -> None:
    target = sized("OWN_FIRST_ONLY")
    every = closure(target, SMALL, depth=2, collecting=True)["found"]
    causes = [each["cause"] for each in every]
    assert causes == [OWN_PAGES]
    again = closure(target, SMALL, depth=2, collecting=True, known=tuple(causes))
    assert again["found"] == []
    assert again["passed_over"][causes[0]] > 0


def test_several_defects_are_told_apart(sized: Sized) -> None:
    found = closure(sized("NO_SPLIT"), SMALL, depth=2, collecting=True)["found"]
    assert len({each["cause"] for each in found}) == len(found) > 1
    assert all(len(each["path"]) == 2 for each in found)


def test_the_report_names_the_first_difference(sized: Sized) -> None:
    report = check_ranges(sized("WRONG_OFFSET"), seconds=60.0)
    assert (report.verdict, report.exit_status) == (Conformance.DIVERGES, 1)
    assert report.findings[0].failure.sentence == "σ1[0] shows frame 0 rwx, in the model frame 1 rwx"
    assert report.findings[0].texts() == ["map σ0[0..1] → σ1[0] at 1"]


@pytest.mark.parametrize(
    ("fault", "dialect", "fits"),
    [
        ("NO_FAULT", "canonical", True),
        ("OWN_PAGES_STAY", "canonical with own=range", True),
        ("HOLES_EMPTIED", "canonical with holes=emptied", True),
        ("NO_SPLIT", "canonical", False),
    ],
)
def test_the_dialect_is_found_and_what_contradicts_it(fault: str, dialect: str, fits: bool, sized: Sized) -> None:
    found = find_range_dialect(sized(fault))
    assert isinstance(found, RangeDialectReport)
    assert (found.dialect.name, found.fits, found.tried) == (dialect, fits, 576)
    if not fits:
        assert [str(each) for each in found.against] == [
            "is a mapping split by what replaces it? after map σ0[0..1] → σ1[0..1]; map σ0[0] → σ1[0]: "
            "σ1[1] shows nothing, not frame 1 rwx"
        ]


def test_experiments_tell_readings_apart_but_where_pages_go_one_by_one() -> None:
    alike: dict[tuple[Outcome, ...], list[RangeReadings]] = {}
    for w in combinations():
        alike.setdefault(tuple(expected(each, CANONICAL, w) for each in EXPERIMENTS), []).append(w)
    together = [some for some in alike.values() if len(some) > 1]
    assert all(w.timing == Timing.ASCENDING for some in together for w in some)
    assert {w.refusal for some in alike.values() if some not in together for w in some} == set(Refusal)


def test_compiled_code_is_given_numbers_whose_types_need_no_python() -> None:
    given = as_numbers(CANONICAL.readings, RangeReadings(refusal=Refusal.PAGE))
    assert given == (CANONICAL.readings, RangeReadings(refusal=Refusal.PAGE))
    assert {type(each) for some in given for each in some} == {int}


LIBRARY = """
#define MUSIGMA_PAGES_BY_RANGES
#include "musigma2.h"
int musigma_init2(uint32_t s, uint32_t p, uint32_t f, uint64_t o) { (void)s; (void)p; (void)f; (void)o; return 0; }
int musigma_map2(const struct musigma_range *s, const struct musigma_range *d, uint32_t o, uint32_t r)
{ (void)s; (void)d; (void)o; (void)r; MAP }
int musigma_grant2(const struct musigma_range *s, const struct musigma_range *d, uint32_t o, uint32_t r)
{ (void)s; (void)d; (void)o; (void)r; return MUSIGMA_UNKNOWN; }
int musigma_flush2(const struct musigma_range *x, uint32_t r, uint32_t f)
{ (void)x; (void)r; (void)f; return MUSIGMA_UNKNOWN; }
int64_t musigma_lookup2(uint32_t s, uint32_t p, uint32_t *r, uint32_t *o)
{ *r = 7, *o = 0; return s == 0 && p < 2 ? (int64_t)p : -1; }
"""


def built(folder: Path, map_: str, before: str = "", after: str = "") -> Target:
    source = folder / "library.c"
    source.write_text(before + LIBRARY.replace("MAP }", map_ + " }") + after)
    library = folder / "library.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-I", str(HEADERS), "-o", str(library), str(source)], check=True)
    return parse_target(str(library))


def test_an_effect_is_compared_where_no_status_is_told(tmp_path: Path) -> None:
    found = closure(built(tmp_path, "return MUSIGMA_UNKNOWN;"), SMALL)["found"]
    assert told(found[0], SMALL) == "map σ0[0] → σ1[0]"  # what is refused before it agrees in effect


def test_a_crash_leaves_its_trace(tmp_path: Path) -> None:
    target = built(tmp_path, "if (d->space && d->order) *(volatile int *)0 = 1; return MUSIGMA_REFUSED;")
    report = check_ranges(target, seconds=2.0, known=["map of a page: refused, though it can be done"])
    crash = next(each for each in report.findings if each.failure.verdict == Conformance.CRASHED)
    assert crash.trace.operations[-1].dst_order == 1
    assert replay_ranges(target, crash.trace).failure is not None


def all_known(target: Target, *more: str) -> tuple[RangeReport, list[str]]:
    """The check once all causes that it finds are known, however far it gets each time; and these."""
    causes = list(more)
    for _ in range(8):
        report = check_ranges(target, known=causes, seconds=0.5)
        if not report.findings:
            return report, causes
        causes += [finding.cause for finding in report.findings]
    raise AssertionError(f"new causes come up again and again: {causes}")


def test_where_every_difference_is_known_and_nothing_else_happens_nothing_conforms(tmp_path: Path) -> None:
    target = built(tmp_path, "return MUSIGMA_REFUSED;")
    report, causes = all_known(target)
    assert causes
    assert (report.findings, report.exit_status) == ((), 3)
    assert report.never_agreed == ("map", "grant", "flush")
    assert report.sentence.startswith("undecided: of map, grant, flush nothing was seen but")


def test_what_conforms_but_for_what_is_known_says_so(sized: Sized) -> None:
    cause, other = OWN_PAGES, "map: no such"
    report, causes = all_known(sized("OWN_FIRST_ONLY"), other)
    assert all(each.startswith("flush of a range with its own pages") for each in causes if each != other)
    assert report.exit_status == 0
    assert report.sentence == f"conforms but for {len(report.known)} known cause{'s' * (len(report.known) > 1)}"
    assert cause in report.known
    assert report.phases[0].sentence.endswith("all but what lies behind differences")
    assert other in report.not_met


VERSION_1 = """
#undef musigma_abi_version
int musigma_abi_version(void) { return 1; }
"""


def test_a_library_of_version_1_has_no_ranges(tmp_path: Path) -> None:
    target = built(tmp_path, "return 1;", "#define musigma_abi_version other", VERSION_1)
    with pytest.raises(TargetError, match=r"it has no ranges \(see musigma2\.h\)"):
        check_ranges(target)
    report = check_ranges(target, known=(), seconds=1.0)
    assert report.findings[0].texts() == ["map σ0[0] → σ1[0]"]
    assert all(each.trace.scope.sizes == (0,) for each in report.findings)


def test_a_library_of_version_1_is_asked_for_what_it_can_say(tmp_path: Path) -> None:
    library = tmp_path / "mapdb.so"
    subprocess.run(
        ["cc", "-O1", "-shared", "-fPIC", "-I", str(HEADERS), "-o", str(library), str(EXAMPLES / "mapdb.c")], check=True
    )
    report = check_ranges(parse_target(str(library)), known=(), seconds=2.0)
    assert report.findings == ()
    assert report.verdict == Conformance.CONFORMS
    assert {o.own for o in alphabet(SMALL, RangeReadings(), (7,), spellings=True, sized=False)} == {False}


def test_a_library_of_version_2_exports_what_it_promises(tmp_path: Path) -> None:
    target = built(tmp_path, "return 1;", "#define musigma_map2 other")
    with pytest.raises(TargetError, match=r"it has ranges and does not export musigma_map2; see musigma2\.h"):
        check_ranges(target)


def test_the_command_collects_what_is_not_known(sized: Sized, tmp_path: Path) -> None:
    known, report = tmp_path / "known.txt", tmp_path / "report.json"
    known.write_text("# nothing yet\n")
    target = sized("OWN_FIRST_ONLY").where
    arguments = ["check", target, "--known", str(known), "--seconds", "1", "--json", str(report)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 1, done.output
    found = json.loads(report.read_text("utf-8"))["findings"]
    assert found[0]["trace"]["theory"] == "ranges"
    assert found[0]["cause"] in done.output.replace("\n", " ")


def test_wrong_options_are_refused_in_one_line(sized: Sized, tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    known.write_text("something\n")
    for arguments, said in (
        (["--known", str(tmp_path / "none")], "No such file or directory"),
        (["--known", str(known)], "line 1 is no cause"),
        (["--ranges", "canonikal"], "no dialect of ranges is called"),
        (["--ranges", "canonical with own=nobody"], "own has no reading"),
    ):
        done = CliRunner().invoke(app, ["check", sized().where, *arguments])
        assert done.exit_code == 2
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_offsets_are_said_in_more_ways_near_the_beginning() -> None:
    spelled, plain = (alphabet(WIDE, RangeReadings(), (7,), spellings=which, sized=True) for which in (True, False))
    spelled = [o for o in spelled if o.is_in(WIDE)]
    assert len(plain) < len(spelled)
    assert any(o.offset > 3 for o in spelled)
    assert {o.meaning(RangeReadings()) for o in spelled} == {o.meaning(RangeReadings()) for o in plain}


def test_own_pages_of_frames_are_left_alone() -> None:
    assert all(
        o.src >= SMALL.pages for o in alphabet(SMALL, RangeReadings(), (7,), spellings=True, sized=True) if o.own
    )
