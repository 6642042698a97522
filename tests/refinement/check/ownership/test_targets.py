"""Ownership of classes and of commands that speak JSON lines: the examples, defects in them, bad answers."""

import shlex
import sys
from pathlib import Path

import pytest

from model.ownership.operation import Kind
from model.ownership.readings import OWNERSHIP_DIALECTS
from model.ownership.trace import OwnershipTrace, pages_of
from refinement.check import (
    Conformance,
    OwnershipReport,
    Target,
    TargetError,
    check_ownership,
    command_target,
    find_ownership_dialect,
    parse_target,
    replay_ownership,
)
from tests import EXAMPLES

CLASS = (EXAMPLES / "owned.py").read_text("utf-8")
LINES = (EXAMPLES / "owned_json_lines.py").read_text("utf-8")
WAITS = "not self.borrowers[page] or self.retrieved[page]"
FORCED = "not self.borrowers[page]"


def of_class(folder: Path, *changes: str) -> Target:
    """The example's class with some texts replaced, each by what stands after it."""
    text = CLASS
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in text
        text = text.replace(old, new)
    (folder / "owned.py").write_text(text, "utf-8")
    return parse_target(f"{folder / 'owned.py'}:OwnedPages")


def of_command(folder: Path, old: str = "", new: str = "") -> Target:
    assert old in LINES
    if not (folder / "owned.py").exists():
        of_class(folder)
    (folder / "lines.py").write_text(LINES.replace(old, new), "utf-8")
    return command_target(shlex.join([sys.executable, str(folder / "lines.py")]))


def checked(target: Target, dialect: str = "ffa") -> OwnershipReport:
    return check_ownership(target, OWNERSHIP_DIALECTS[dialect], seconds=0.5, shrinking=5.0)


@pytest.mark.long
def test_the_example_class_conforms() -> None:
    report = checked(parse_target(f"{EXAMPLES / 'owned.py'}:OwnedPages"))
    assert (report.verdict, report.finding) == (Conformance.CONFORMS, None)


@pytest.mark.slow
def test_the_example_command_conforms() -> None:
    report = checked(command_target(shlex.join([sys.executable, str(EXAMPLES / "owned_json_lines.py")])))
    assert (report.finding, report.verdict) == (None, Conformance.CONFORMS), report.left_out


@pytest.mark.long
def test_a_defect_of_a_class_is_found_by_a_shortest_trace_and_replayed(tmp_path: Path) -> None:
    bad = of_class(tmp_path, WAITS, FORCED)
    finding = checked(bad).finding
    assert finding is not None
    assert [operation.kind for operation in finding.trace.operations] == [Kind.LEND, Kind.RETRIEVE, Kind.RECLAIM]
    assert finding.failure.sentence == "reclaim returned 0 (done), the model 1 (refused)"
    trace = OwnershipTrace.from_json(finding.trace.to_json())
    assert replay_ownership(bad, trace).step == 3
    assert replay_ownership(parse_target(f"{EXAMPLES / 'owned.py'}:OwnedPages"), trace).failure is None


@pytest.mark.long
def test_a_defect_of_a_command_is_found_as_well(tmp_path: Path) -> None:
    of_class(tmp_path, WAITS, FORCED)
    finding = checked(of_command(tmp_path)).finding
    assert finding is not None
    assert finding.failure.sentence == "reclaim returned 0 (done), the model 1 (refused)"


@pytest.mark.long
def test_the_dialect_of_a_class_is_found() -> None:
    assert find_ownership_dialect(parse_target(f"{EXAMPLES / 'owned.py'}:OwnedPages")).dialect.name == "ffa"


MAPPED = "    def mapped(self, party, page):\n        return {}\n"


def test_a_page_table_of_a_class_is_compared_and_may_answer_true(tmp_path: Path) -> None:
    trace = OwnershipTrace("ffa", pages_of(2, 1), ())
    right = MAPPED.format("self.has(party, page) >= ACCESSES") + "\n    def has("
    assert replay_ownership(of_class(tmp_path, "    def has(", right), trace).failure is None
    wrong = MAPPED.format("False") + "\n    def has("
    failure = replay_ownership(of_class(tmp_path, "    def has(", wrong), trace).failure
    assert failure is not None
    assert failure.sentence == "page 0: the page table of σ0 has no entry, in the model σ0 has access"


@pytest.mark.long
def test_an_answer_that_is_none_is_told(tmp_path: Path) -> None:
    away, wanted, given = "return OWNS + (0 if is_away", "if by not in self.borrowers", "return DONE\n\n    def lend"
    for old, new, said in (
        (away, "return None if page == 0 else (0 if is_away", "has returned None: return a sum of"),
        (wanted, "raise KeyError('x')\n        if by not in self.borrowers", "retrieve failed: KeyError"),
        (given, "\n\n    def lend", "donate failed: donate returned None"),
    ):
        finding = checked(of_class(tmp_path, old, new)).finding
        assert finding is not None, said
        assert said in finding.failure.sentence, finding.failure.sentence
    finding = checked(of_command(tmp_path, '{"has": owned.has(party, page)}', '{"had": 0}')).finding
    assert finding is not None
    assert "without 'has'" in finding.failure.sentence
    finding = checked(of_command(tmp_path, '{"has": owned.has(party, page)}', '{"has": -4}')).finding
    assert finding is not None
    assert "returned -4: return a sum of 1 for owns" in finding.failure.sentence


@pytest.mark.long
def test_a_size_that_a_class_refuses_is_left_out(tmp_path: Path) -> None:
    small = "        if pages > 1:\n            raise ValueError\n        self.owner = ["
    report = checked(of_class(tmp_path, "        self.owner = [", small))
    assert report.verdict == Conformance.SAMPLED
    assert any("2 parties × 2 pages" in each for each in report.left_out)


def test_what_does_not_have_the_interface_is_told_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="class OwnedPages has no method share, has"):
        checked(of_class(tmp_path, "def share(", "def shared(", "def has(", "def holds("))
    with pytest.raises(TargetError, match=r"must be made as OwnedPages\(parties, pages\)"):
        checked(of_class(tmp_path, "def __init__(self, parties, pages)", "def __init__(self, parties, pages, frames)"))
    with pytest.raises(TargetError, match="does not have retrieve, which the dialect offers"):
        checked(of_class(tmp_path, "def retrieve(", "def fetch("))
    with pytest.raises(TargetError, match="does not have lend, which the dialect offers"):
        checked(of_command(tmp_path, '"ownership", "lend", ', '"ownership", '))
    with pytest.raises(TargetError, match="and a command has 'ownership'"):
        checked(of_command(tmp_path, '"ownership", ', ""))
