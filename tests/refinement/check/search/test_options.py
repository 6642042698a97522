"""A target that knows σ0 only as the source of a map, and in a flush: it is never asked for anything else."""

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model.messages.operation import Kind as Sent
from model.messages.readings import CANONICAL_MESSAGES
from model.messages.scope import MessageScope
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Kind
from refinement.check import CheckReport, Limits, Target, TargetError, check, find_dialect, parse_target
from refinement.check.driver.driver import SOURCE_ONLY
from refinement.check.messages.alphabet import alphabet
from refinement.check.messages.naming import can_be_asked
from refinement.check.messages.talk import talk_on
from refinement.check.process import isolation
from refinement.check.search.races.engine import _Race
from refinement.check.search.races.plan import parts, scenarios
from refinement.check.search.races.shrink import RaceTrial
from refinement.check.search.ranges.check import check_ranges
from refinement.check.search.ranges.dialects import RangeDialectReport, find_range_dialect
from refinement.check.target.message_calls import MessageCall
from refinement.check.target.options import Option, options_named
from tests import EXAMPLES, ROOT
from tests.refinement.check.plain import Database
from tests.refinement.check.served import served

Build = Callable[..., Target]

CLASS = """
import subprocess
import sys
sys.path.insert(0, {folder!r})
from mapdb import MappingDatabase
class Special(MappingDatabase):
    sigma0_is_source = {option}
    def map(self, a, b, c, d, rights):
        assert c != 0, "mapped to σ0"
        return super().map(a, b, c, d, rights)
    def grant(self, a, b, c, d, rights):
        assert 0 not in (a, c), "granted to or by σ0"
        return super().grant(a, b, c, d, rights)
"""

SIZED = """
#include <stdlib.h>
#define musigma_map2 inner_map2
#define musigma_grant2 inner_grant2
#include "sized.c"
#undef musigma_map2
#undef musigma_grant2
uint32_t musigma_options(void) { return MUSIGMA_SIGMA0_IS_SOURCE; }
int musigma_map2(const struct musigma_range *src, const struct musigma_range *dst, uint32_t offset, uint32_t rights)
{
    if (dst->space == 0)
        abort();
    return inner_map2(src, dst, offset, rights);
}
int musigma_grant2(const struct musigma_range *src, const struct musigma_range *dst, uint32_t offset, uint32_t rights)
{
    if (dst->space == 0 || src->space == 0)
        abort();
    return inner_grant2(src, dst, offset, rights);
}
"""


def quick(target: Target) -> CheckReport:
    return check(target, seconds=1.0, seed=1, limits=Limits(hang=5.0, memory=1 << 28), shrinking=5.0, small_stack=0)


def written(folder: Path, option: bool) -> Target:
    path = folder / "special.py"
    path.write_text(CLASS.format(folder=str(EXAMPLES), option=option), "utf-8")
    return parse_target(f"{path}:Special")


def sized(folder: Path, *defines: str) -> Target:
    source, library = folder / "special.c", folder / f"special{len(defines)}.so"
    source.write_text(SIZED, "utf-8")
    headers = ["-I", str(ROOT / "refinement" / "check"), "-I", str(EXAMPLES)]
    flags = ["-O1", "-shared", "-fPIC", *headers, *(f"-D{define}" for define in defines)]
    subprocess.run(["cc", *flags, "-o", str(library), str(source)], check=True)
    return parse_target(str(library))


def test_options_by_name() -> None:
    assert options_named(lambda name: name == "sigma0_is_source") == Option.SIGMA0_IS_SOURCE
    assert options_named(lambda name: name == "other") == Option.NONE
    assert Option.SIGMA0_IS_SOURCE.names() == ["sigma0_is_source"]
    assert Option.NONE.names() == []


@pytest.mark.long
def test_a_class_is_asked_for_what_it_knows(tmp_path: Path) -> None:
    report = quick(written(tmp_path, True))
    assert report.exit_status == 0, report.finding
    assert any(remark.startswith("σ0 is a source alone") for remark in report.remarks)
    found = find_dialect(written(tmp_path, True))
    assert found.fits
    assert found.dialect.name == "canonical"
    assert set(found.unanswered) == {
        "a page mapped onto a slot that holds a frame",
        "a page mapped onto its frame's holder",
    }


@pytest.mark.long
def test_without_the_option_it_is_asked_for_all(tmp_path: Path) -> None:
    report = quick(written(tmp_path, False))
    assert report.exit_status == 1
    assert report.finding is not None
    assert "σ0" in report.finding.failure.sentence


@pytest.mark.long
def test_a_command_says_it_too(tmp_path: Path) -> None:
    written(tmp_path, True)
    report = quick(served(tmp_path, "special", "Special", "sigma0_is_source"))
    assert report.exit_status == 0, report.finding


@pytest.mark.long
def test_ranges_too(tmp_path: Path) -> None:
    report = check_ranges(sized(tmp_path), seconds=4.0)
    assert report.findings == ()
    found = find_range_dialect(sized(tmp_path))
    assert isinstance(found, RangeDialectReport)
    assert found.fits
    wrong = check_ranges(sized(tmp_path, "MUSIGMA_FAULT=NO_SPLIT"), seconds=4.0)
    assert [finding.texts() for finding in wrong.findings] == [["map σ0[0..1] → σ1[0..1]", "map σ0[0] → σ1[0]"]]


def test_scenarios_of_threads_are_left_out() -> None:
    trial = RaceTrial(Target("library", "nowhere"), "canonical", CANONICAL.readings, Limits(), isolation.perform, 1)
    with ThreadPoolExecutor(1) as pool:
        race = _Race(trial, pool, 1, 0.0, lambda line: None)
        every = [each for part in parts(2)[:1] for each in scenarios(part, CANONICAL.readings)]
        assert list(race.sayable(every)) == every
        race.options = Option.SIGMA0_IS_SOURCE
        said = list(race.sayable(every))
    assert 0 < len(said) < len(every)
    calls = [call for each in said for call in (*each.setup, *(call for _, call in each.calls))]
    passes = [call for call in calls if call[0] in (Kind.MAP, Kind.GRANT)]
    assert all(call[3] != 0 for call in passes)
    assert all(call[1] != 0 for call in passes if call[0] == Kind.GRANT)
    assert any(call[1] == 0 for call in passes)
    assert any(call[1] == 0 for call in calls if call[0] == Kind.FLUSH)


@pytest.mark.long
def test_messages_are_asked_for_what_it_knows() -> None:
    scope = MessageScope(2, 2, 1, threads=2, booted=2)
    for option, all_of_them in ((Option.NONE, True), (Option.SIGMA0_IS_SOURCE, False)):
        bench = Database().bench()
        bench.cells[SOURCE_ONLY] = option
        bench.loaded.messages[:] = [1] * len(MessageCall)
        k = talk_on(bench, scope, CANONICAL_MESSAGES.readings, CANONICAL.readings)
        items = [o for o in alphabet(scope, CANONICAL_MESSAGES.readings) if o.kind in (Sent.SEND_MAP, Sent.SEND_GRANT)]
        asked = [o for o in items if can_be_asked(k, k.row, o)]
        to_sigma0 = [o for o in asked if k.board.owner[o.dst] == 0]
        by_sigma0 = [o for o in asked if k.board.owner[o.src] == 0 and o.kind == Sent.SEND_GRANT]
        assert any(k.board.owner[o.src] == 0 and o.kind == Sent.SEND_MAP for o in asked)
        assert bool(to_sigma0) == bool(by_sigma0) == all_of_them


def test_an_option_that_is_not_known(build: Build) -> None:
    source = (EXAMPLES / "coarse.c").read_text("utf-8") + "\nuint32_t musigma_options(void) { return 6; }\n"
    with pytest.raises(TargetError, match="returns 0x6, of which 0x4 is not known"):
        quick(build(source))
