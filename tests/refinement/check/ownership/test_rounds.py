"""What an init leaves behind takes several rounds: they are found, made small, kept, replayed, and written down."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from model.ownership.operation import Kind, PageOperation
from model.ownership.readings import OWNERSHIP_DIALECTS
from model.ownership.trace import OwnershipTrace, pages_of
from model.trace import validate
from musigma.cli import app
from refinement.check import OwnershipFinding, Target, check_ownership, replay_ownership
from refinement.check.process.order import DEFAULT_LIMITS
from refinement.check.search.ownership.shrink import shrink_ownership
from refinement.check.search.ownership.trial import OwnershipTrial
from tests.refinement.check.ownership.conftest import HEADERS

Owned = Callable[..., Target]
LEFT = {"left": ("    memset(table, 0, sizeof table);\n", "")}
SHARED = PageOperation(Kind.SHARE, 0, 1, 0)


@pytest.fixture
def leaving(owned: Owned) -> Target:
    """A library whose second init leaves what stood in the page tables."""
    return owned("pkvm", **LEFT)


@pytest.fixture
def finding(leaving: Target) -> OwnershipFinding:
    found = check_ownership(leaving, OWNERSHIP_DIALECTS["pkvm"], seconds=0.5, shrinking=5.0).finding
    assert found is not None
    return found


def test_the_rounds_are_made_few_and_short_and_fail_again(finding: OwnershipFinding, leaving: Target) -> None:
    assert finding.reproducible
    assert len(finding.trace.before) == 1
    assert len(finding.trace.before[0]) == 1
    assert finding.trace.before[0][0].kind in (Kind.SHARE, Kind.DONATE)
    assert finding.trace.operations == ()
    assert "it takes 2 rounds: musigma_init_ownership leaves something behind" in finding.shortest
    trace = OwnershipTrace.from_json(finding.trace.to_json())
    assert trace == finding.trace
    replayed = replay_ownership(leaving, trace)
    assert (replayed.round, replayed.step, replayed.is_last) == (1, 0, True)
    assert replayed.failure is not None
    assert replayed.failure.sentence == finding.failure.sentence


def test_without_the_rounds_before_or_the_defect_nothing_fails(
    finding: OwnershipFinding, leaving: Target, owned: Owned
) -> None:
    alone = OwnershipTrace(finding.trace.dialect, finding.trace.scope, finding.trace.operations)
    assert replay_ownership(leaving, alone).failure is None
    assert replay_ownership(owned("pkvm"), finding.trace).failure is None


@pytest.mark.long
def test_the_rounds_are_printed_and_written_as_a_program(leaving: Target, tmp_path: Path, owned: Owned) -> None:
    trace, program = tmp_path / "trace.json", tmp_path / "main.c"
    arguments = ["check", leaving.where, "--ownership", "pkvm", "--seconds", "0.5", "--trace", str(trace)]
    said = CliRunner().invoke(app, [*arguments, "--main-c", str(program), "--svg", str(tmp_path / "a.svg")])
    assert said.exit_code == 1
    assert "  round 1: σ0 " in said.output
    assert "  then, from a fresh init:" in said.output
    for library, status in ((leaving, 1), (owned("pkvm"), 0)):
        made = ["cc", "-I", str(HEADERS), "-o", str(tmp_path / "main"), str(program), library.where]
        subprocess.run(made, check=True)
        assert subprocess.run([tmp_path / "main"], capture_output=True, check=False).returncode == status
        replayed = CliRunner().invoke(app, ["replay", str(trace), library.where])
        assert replayed.exit_code == status
        assert ("in round 2 of 2, step 0, its init:" in replayed.output) == bool(status)
    shown = CliRunner().invoke(app, ["replay", str(trace)])
    assert "Round 1 before: σ0 " in shown.output


def test_rounds_are_of_ownership_alone_and_fit_its_scope() -> None:
    value = OwnershipTrace("pkvm", pages_of(2, 1), (), "", ((SHARED,),)).to_json()
    value["before"][0][0]["arguments"]["other"] = "σ7"
    with pytest.raises(ValueError, match=r"at \$\.before\[0\]\[0\]: .*outside"):
        OwnershipTrace.from_json(value)
    value |= {"theory": "Appendix A", "dialect": "canonical"}
    with pytest.raises(ValueError, match="does not belong here"):
        validate(json.loads(json.dumps(value)))


def test_parties_and_pages_that_nobody_names_are_left_out_where_they_do_not_matter(owned: Owned) -> None:
    """A page table is wrong of the fourth party while somebody borrows the page, and no operation names that party."""
    right = "return table[party][page];"
    target = owned("pkvm", wide=(right, "return table[party][page] ^ (party == 3 && pages[page].borrowers != 0);"))
    trace = OwnershipTrace("pkvm", pages_of(6, 8), (SHARED._replace(page=5), PageOperation(Kind.DONATE, 0, 1, 7)))
    replayed = replay_ownership(target, trace)
    assert replayed.failure is not None
    found = OwnershipFinding(replayed.failure, trace, "random programs")
    trial = OwnershipTrial(target, OWNERSHIP_DIALECTS["pkvm"].readings, DEFAULT_LIMITS)
    small = shrink_ownership(trial, found, 10.0).trace
    assert (small.scope, small.operations) == (pages_of(4, 1), (SHARED,))
