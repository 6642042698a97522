"""Ownership of pages: the example agrees in every dialect, and each defect of it is found by a trace that replays."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from model.ownership.literal import DONE, initial
from model.ownership.operation import Kind, PageOperation
from model.ownership.readings import OWNERSHIP_DIALECTS, Borrowers, ownership_named
from model.ownership.trace import OwnershipTrace, pages_of
from refinement.check import (
    Conformance,
    Limits,
    Target,
    TargetError,
    check,
    check_ownership,
    find_ownership_dialect,
    parse_target,
    replay_ownership,
)
from refinement.check.finding.ownership_finding import OwnershipReport
from refinement.check.ownership.works import OwnershipPrograms
from refinement.check.process import isolation
from refinement.check.process.order import Ending, Order
from refinement.check.search.ownership.dialects import candidates
from refinement.check.search.ownership.plan import limits_of, parts
from tests.refinement.check.ownership.conftest import SOURCE

Owned = Callable[..., Target]

DEFECTS = re.findall(r"^    ([A-Z_]+),  */\*", SOURCE.read_text("utf-8"), re.MULTILINE)
ELSEWHERE = {"RECLAIM_LEAVES_ENTRY": "pkvm", "RECLAIM_ANY_LOAN": "xen"}
"""Where a defect shows that does not with ffa."""

FEW = ("RECLAIM_MAPPED", "SHARE_LENDS", "RELINQUISH_UNCOUNTED", "WRONG_PAGE")


def checked(target: Target, dialect: str, seconds: float = 0.5) -> OwnershipReport:
    return check_ownership(target, OWNERSHIP_DIALECTS[dialect], seconds=seconds, shrinking=6.0)


def assert_found(target: Target, dialect: str) -> OwnershipReport:
    report = checked(target, dialect)
    assert report.verdict == Conformance.DIVERGES
    assert report.finding is not None
    assert report.finding.reproducible
    assert report.exit_status == 1
    trace = report.finding.trace
    again = replay_ownership(target, OwnershipTrace.from_json(trace.to_json()))
    assert again.failure == report.finding.failure
    assert again.step == len(trace.operations)
    return report


@pytest.mark.long
@pytest.mark.parametrize("dialect", sorted(OWNERSHIP_DIALECTS))
def test_the_example_agrees_in_every_dialect(dialect: str, owned: Owned) -> None:
    report = checked(owned(dialect), dialect)
    assert report.verdict == Conformance.CONFORMS, report.sentence
    assert report.exit_status == 0
    assert set(report.needed) == {part.name for part in parts() if part.needed}
    assert all(report.needed.values())
    assert {phase.kind for phase in report.phases} == {"exhaustive", "limits", "random"}


def test_the_example_has_defects() -> None:
    assert len(DEFECTS) == 26
    assert {*FEW, *ELSEWHERE} <= set(DEFECTS)
    told = (SOURCE.parents[1] / "faults" / "ownership.rst").read_text("utf-8")
    assert [name for name in DEFECTS if f"``{name}``" not in told] == []


@pytest.mark.long
@pytest.mark.parametrize("defect", FEW)
def test_a_defect_is_found_by_a_shortest_trace(defect: str, owned: Owned) -> None:
    report = assert_found(owned("ffa", defect), "ffa")
    assert report.finding is not None
    assert report.finding.is_shortest


@pytest.mark.long
@pytest.mark.parametrize("defect", sorted({*DEFECTS} - {*FEW}))
def test_every_defect_is_found(defect: str, owned: Owned) -> None:
    dialect = ELSEWHERE.get(defect, "ffa")
    report = assert_found(owned(dialect, defect), dialect)
    assert report.finding is not None
    assert report.finding.is_shortest == (defect != "COUNT_OF_TWO_BITS")


@pytest.mark.long
def test_where_no_status_is_told_the_effect_is_compared(owned: Owned) -> None:
    told = {
        "done": ("return MUSIGMA_OWN_DONE", "return MUSIGMA_NOT_TOLD"),
        "refused": ("return MUSIGMA_OWN_REFUSED", "return MUSIGMA_NOT_TOLD"),
    }
    assert checked(owned("xen", **told), "xen").verdict == Conformance.CONFORMS
    found = assert_found(owned("xen", "RECLAIM_BY_ANYBODY", **told), "xen")
    assert "page 0: σ1 has nothing of it" in found.sentence


def test_a_page_table_that_says_something_else_is_found(owned: Owned) -> None:
    stale = {"stale": ("return table[party][page]; }", "return table[party][page] || party; }")}
    found = assert_found(owned("pkvm", **stale), "pkvm")
    assert found.finding is not None
    assert found.finding.trace.operations == ()
    assert found.finding.failure.sentence.startswith("page 0: the page table of σ1 has an entry")


def test_the_targets_own_check_is_asked(owned: Owned) -> None:
    own = {"own": ("int musigma_mapped(", "int musigma_check_ownership(void) { return 7; }\nint musigma_mapped(")}
    assert "own check returned 7" in checked(owned("pkvm", **own), "pkvm").sentence


def test_a_crash_leaves_its_trace(owned: Owned) -> None:
    crash = {
        "crash": ("    if (borrows(page, other))\n", "    if (borrows(page, other)) __builtin_trap();\n    if (0)\n")
    }
    report = checked(owned("pkvm", **crash), "pkvm")
    assert report.verdict == Conformance.CRASHED
    assert report.finding is not None
    assert report.finding.texts() == ["σ0 shares page 0 with σ1", "σ0 shares page 0 with σ1"]
    assert "in share" in report.finding.failure.sentence


@pytest.mark.long
def test_a_target_that_takes_few_parties_is_sampled(owned: Owned) -> None:
    small = {"small": ("MOST_PARTIES = 32", "MOST_PARTIES = 2")}
    report = checked(owned("pkvm", **small), "pkvm")
    assert report.verdict == Conformance.SAMPLED
    assert report.exit_status == 3
    assert any("3 parties" in each for each in report.left_out)
    smaller = {"smaller": ("if (wanted > MOST_PARTIES", "if (1 || wanted > MOST_PARTIES")}
    assert checked(owned("pkvm", **smaller), "pkvm").verdict == Conformance.UNDECIDED


COUNTER = {
    "counter": ("uint32_t parties, count;", "uint32_t parties, count, calls;"),
    "start": ("count = of_pages;", "count = of_pages; calls = 0;"),
}
AT_LIMITS = {
    "33 borrowers of a page": {"mask": ("MOST_PARTIES = 32", "MOST_PARTIES = 34")},
    "a page that 20 parties hand on": {"bits": ("uint32_t owner;", "uint32_t owner : 4;")},
    "the last page of 20": {"index": ("struct page *page = &pages[n];", "struct page *page = &pages[n & 15];")},
    "300 loans, one after another": COUNTER
    | {"loans": ("page->lent = lent;", "page->lent = lent; if (++calls > 200) page->owner = other;")},
    "300 donations to and fro": COUNTER
    | {"gifts": ("!FAULT(DONATE_UNMAPPED)", "!FAULT(DONATE_UNMAPPED) && ++calls < 200")},
    "what is refused, 300 times": COUNTER
    | {
        "refusals": (
            "if (!borrows(page, by) || !table[by][n])",
            "if (++calls < 200 && (!borrows(page, by) || !table[by][n]))",
        )
    },
}
"""What shows at a limit alone, as a change of the example's source."""


@pytest.mark.long
@pytest.mark.parametrize("limit", sorted(AT_LIMITS))
def test_what_shows_at_a_limit_alone_is_found_there(limit: str, owned: Owned) -> None:
    report = assert_found(owned("xen", **AT_LIMITS[limit]), "xen")
    assert report.phases[-1].name == limit


@pytest.mark.slow
def test_a_library_that_hangs_before_its_first_state_is_found(owned: Owned) -> None:
    target = owned("xen", hangs=("return MUSIGMA_OWNERSHIP_VERSION;", "for (;;);"))
    report = check_ownership(target, OWNERSHIP_DIALECTS["xen"], seconds=0.5, limits=Limits(hang=0.5))
    assert report.verdict == Conformance.HUNG
    assert report.finding is not None
    assert report.finding.trace.operations == ()


@pytest.mark.long
@pytest.mark.parametrize("dialect", sorted(OWNERSHIP_DIALECTS))
def test_the_dialect_is_found(dialect: str, owned: Owned) -> None:
    found = find_ownership_dialect(owned(dialect))
    assert (found.dialect.name, found.fits, found.against) == (dialect, True, ())


@pytest.mark.long
def test_a_dialect_that_nobody_has_named_is_found_and_what_contradicts_the_best_is_told(owned: Owned) -> None:
    one = {"one": ("    if (borrows(page, other))\n", "    if (page->borrowers)\n")}
    found = find_ownership_dialect(owned("pkvm", **one))
    assert found.fits
    assert found.dialect.readings == OWNERSHIP_DIALECTS["pkvm"].reading(borrowers=Borrowers.ONE).readings
    wrong = find_ownership_dialect(owned("xen", "RELINQUISH_ENDS_LOAN"))
    assert not wrong.fits
    assert wrong.dialect.name == "xen"
    assert wrong.against
    assert all(
        re.search(r"(σ\d) relinquishes page (\d): then, of page \2, \1 has nothing of it", each)
        for each in wrong.against
    )


def test_the_candidates_are_all_that_are_right_once() -> None:
    names = [dialect.name for dialect in candidates()]
    assert names[:3] == list(OWNERSHIP_DIALECTS)
    assert len(names) == len(set(names)) == 64
    assert all(ownership_named(dialect.name).readings == dialect.readings for dialect in candidates())


def test_what_does_not_have_the_interface_is_refused(owned: Owned, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="does not have lend, retrieve, relinquish, which the dialect offers"):
        checked(owned("pkvm"), "ffa")
    with pytest.raises(TargetError, match="check it with --ownership"):
        check(owned("pkvm"), seconds=1.0)
    (tmp_path / "a.py").write_text("class A: pass\n", "utf-8")
    with pytest.raises(TargetError, match=r"has no method .*; one that keeps ownership of pages has donate"):
        checked(parse_target(f"{tmp_path / 'a.py'}:A"), "pkvm")
    lacking = {"lacking": ("int musigma_has(", "int musigma_had(")}
    with pytest.raises(TargetError, match="does not export musigma_has"):
        checked(owned("pkvm", **lacking), "pkvm")
    other = {"other": ("return MUSIGMA_OWNERSHIP_VERSION", "return 9")}
    with pytest.raises(TargetError, match="returns 9; version 1 is known"):
        checked(owned("pkvm", **other), "pkvm")


def test_the_limits_are_programs_that_the_model_does() -> None:
    for dialect in OWNERSHIP_DIALECTS.values():
        programs = {limit.name: limit.program for limit in limits_of(dialect.readings)}
        for name, (scope, operations) in programs.items():
            state = initial(scope)
            done = [each.apply(state, dialect.readings) == DONE for each in operations]
            assert sum(done) > len(done) // 2 or name == "what is refused, 300 times"
        scope, operations = programs["259 borrowers of a page"]
        assert {each.other for each in operations if each.kind in (Kind.SHARE, Kind.LEND)} == {*range(1, scope.spaces)}
        given = [each.other for each in programs["a page that 300 parties hand on"][1] if each.kind == Kind.DONATE]
        assert given == [1, 2, 4, 8, 16, 32, 64, 128, 256, 299, 0]
        refused = {(each.by, each.kind) for each in programs["what is refused, 300 times"][1]}
        assert {(2, kind) for kind in Kind} | {(0, Kind.SHARE), (0, Kind.DONATE)} <= refused


def test_a_replay_says_where_it_fails_and_what_was_shown(owned: Owned) -> None:
    trace = OwnershipTrace("pkvm", pages_of(2, 1), (PageOperation(Kind.SHARE, 0, 1, 0),) * 2)
    agreed = replay_ownership(owned("pkvm"), trace)
    assert agreed.failure is None
    assert agreed.exit_status == 0
    assert agreed.operation() is None
    assert agreed.shown == ((5, 0), (5, 6), (5, 6))
    failed = replay_ownership(owned("pkvm", "SHARE_LENDS"), trace)
    assert (failed.step, failed.exit_status) == (1, 1)
    assert failed.operation() == PageOperation(Kind.SHARE, 0, 1, 0)
    nothing = OwnershipTrace("pkvm", pages_of(2, 1), ())
    assert replay_ownership(owned("pkvm"), nothing).exit_status == 3


@pytest.mark.long
def test_a_limit_that_is_not_gone_through_is_named_and_the_verdict_rests_on_less(
    owned: Owned, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform = isolation.perform

    def late(order: Order) -> Ending:
        ending = perform(order)
        return replace(ending, how="overdue", value={}) if isinstance(order.work, OwnershipPrograms) else ending

    monkeypatch.setattr(isolation, "perform", late)
    report = checked(owned("xen"), "xen")
    assert report.verdict == Conformance.SAMPLED
    assert any("300 loans, one after another" in each for each in report.left_out)
