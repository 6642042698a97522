"""What a verdict on ranges rests on: scopes without which nothing conforms, those that are demanded, sizes refused."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from model.ranges.operation import RangeOperation
from model.ranges.readings import CANONICAL_RANGES
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Kind
from musigma.cli import app
from refinement.check import Conformance, Failure, Target, TargetError, check_ranges, find_range_dialect, replay_ranges
from refinement.check.process.order import DEFAULT_LIMITS
from refinement.check.search.ranges.check import _Search
from refinement.check.search.ranges.plan import OF_ONE_SIZE, WIDE, parts
from tests import EXAMPLES
from tests.refinement.check.ranges.test_around import around
from tests.refinement.check.ranges.test_ranges import SMALL, closure

pytestmark = pytest.mark.long  # what is compiled first takes 9 s

Sized = Callable[..., Target]

MEETING = RangeScope(2, 2, 1, 0b11)

OF_512_PAGES = """\
#define musigma_init2 any_size
#include "{source}"
#undef musigma_init2
int musigma_init2(uint32_t s, uint32_t p, uint32_t f, uint64_t o)
{{
    return (o & ~513ull) ? 1 : any_size(s, p, f, o);
}}
"""
"""Its mappings have one page or 512, as those of x86-64 have, and no others."""


def needed(*, slow: bool) -> list[RangeScope]:
    return [part.scope for part in parts(sized=True, slow=slow) if part.needed]


def test_what_is_needed_comes_first_for_every_target() -> None:
    assert needed(slow=True) == needed(slow=False) == [SMALL, MEETING]
    assert [part.needed for part in parts(sized=True)][:3] == [True, True, False]


def test_sizes_that_are_not_refused_share_the_time(sized: Sized, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted, given = OF_ONE_SIZE[1:3], dict[RangeScope, float]()

    def perform(self: _Search, work: Any, wall: float) -> Any:
        unfit = work.scope not in {scope for scope, _ in accepted}
        given[work.scope] = work.seconds
        value = {"unfit": unfit, "programs": 1, "agreed": [], "passed_over": {}, "found": []}
        return SimpleNamespace(how="answered", value=value, operations=1)

    monkeypatch.setattr(_Search, "_perform", perform)
    search = _Search(sized(), CANONICAL_RANGES, CANONICAL, DEFAULT_LIMITS, (), collecting=False)
    search.unfit = True
    search.go_to_limits(1, 6.0, lambda line: None)
    assert {given[scope] for scope, _ in accepted} == {3.0}
    said = [phase.sentence for phase in search.phases]
    assert len(said) == len({*OF_ONE_SIZE, *WIDE})
    assert sum("refuses" not in each for each in said) == 2


def test_without_time_it_rests_on_what_is_needed(sized: Sized) -> None:
    report = check_ranges(sized(), seconds=0.0)
    assert report.verdict == Conformance.CONFORMS
    assert report.rests_on == (str(SMALL), str(MEETING))


def test_ways_that_cross_are_tried_where_there_is_no_time(sized: Sized) -> None:
    target = sized("CROSSING_UNCHECKED")
    assert closure(target, SMALL)["found"] == []
    report = check_ranges(target, seconds=0.0)
    assert (report.exit_status, report.findings[0].trace.scope) == (1, MEETING)


def test_what_is_demanded_and_not_gone_through_is_no_pass(sized: Sized) -> None:
    report = check_ranges(sized(), seconds=0.0, required=("ranges", "ranges: 2 spaces × 8 pages"))
    assert report.missing == ("ranges: 2 spaces × 8 pages",)
    assert (report.verdict, report.exit_status) == (Conformance.UNDECIDED, 3)
    assert report.to_json()["missing"] == list(report.missing)


def test_the_command_demands_parts_of_ranges(sized: Sized) -> None:
    asked = ["check", sized().where, "--seconds", "1", "--require"]
    result = CliRunner().invoke(app, [*asked, "ranges: 2 spaces × 8 pages"])
    assert result.exit_code == 3, result.output
    assert "ranges: required, and not gone through whole: ranges: 2 spaces × 8 pages" in result.output
    result = CliRunner().invoke(app, [*asked, "ranges: 5 spaces"])
    assert result.exit_code == 2
    assert "no part of the search is called so" in result.output


def test_parts_of_ranges_are_not_demanded_of_single_pages() -> None:
    asked = ["check", f"{EXAMPLES / 'mapdb.py'}:MappingDatabase", "--seconds", "1", "--require", "ranges"]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 2
    assert "the target has no ranges" in result.output


def test_sizes_that_init_refuses_are_left_out(tmp_path: Path) -> None:
    target = around(tmp_path, OF_512_PAGES)
    report = check_ranges(target, seconds=2.0)
    assert report.findings == ()
    assert (report.verdict, report.exit_status, report.rests_on) == (Conformance.SAMPLED, 3, ())
    refused = [phase.name for phase in report.phases if "init refuses this size" in phase.sentence]
    assert str(SMALL) in refused
    tried = [phase for phase in report.phases if phase.operations]
    assert "1024 pages" in tried[0].name
    with pytest.raises(TargetError, match="its init refuses 2 spaces × 2 pages × 2 frames"):
        replay_ranges(target, RangeTrace("canonical", "canonical", SMALL, (RangeOperation(Kind.FLUSH, 0, 0),)))
    untold = find_range_dialect(target)
    assert isinstance(untold, Failure)
    assert untold.verdict == Conformance.UNDECIDED
    assert "init refuses each size" in untold.sentence
