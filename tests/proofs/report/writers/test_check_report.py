"""What is printed of a finding that did not fail again, and of one that was not run again."""

from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from model.spaces.dialect import CANONICAL
from proofs.report.writers.check_report import print_check
from refinement.check.finding.finding import NOT_RUN_AGAIN, Conformance, Failure, Finding
from refinement.check.finding.report import CheckReport

PROGRAM = np.array([(0, 2, 2, 1, 0, 0), (1, 0, 0, 1, 1, 5)], np.uint32)
FOUND = Finding(Failure(Conformance.DIVERGES, "it differs"), PROGRAM, "canonical", "random: 3", "no shorter trace")
AGREES = "run as it stands it agrees"


@pytest.mark.parametrize(
    ("finding", "agrees"),
    [
        (FOUND, False),
        (replace(FOUND, reproducible=False, shortest="it did not fail again in a fresh process"), True),
        (replace(FOUND, reproducible=False, shortest=NOT_RUN_AGAIN), False),
    ],
)
def test_what_was_not_run_again_is_not_said_to_agree(finding: Finding, agrees: bool) -> None:
    report = CheckReport("a.so", CANONICAL, Conformance.DIVERGES, finding, (), 1, 1.0, ("lookup",))
    console = Console(width=200)
    with console.capture() as caught:
        print_check(console, report, None, asked=False)
    assert (AGREES in caught.get()) == agrees
    assert f"found by random: 3; {finding.shortest}" in caught.get()
