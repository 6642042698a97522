"""What was not searched is said once for each reason, with the names of all."""

from collections import Counter

import pytest

from refinement.check import check, parse_target
from refinement.check.search.remarks import NO_TIME, OVERDUE, Remarks
from tests import EXAMPLES


def test_a_reason_is_said_once() -> None:
    remarks = Remarks()
    for name in ("a chain of 255", "a fan", "a chain of 256", "a chain of 65,535", "a fan"):
        remarks.leave_out(name, NO_TIME)
    remarks.append("a sentence")
    remarks.leave_out("stream 3", OVERDUE)
    assert remarks.lines() == ("a sentence", f"{NO_TIME}: a chain of 255 and 2 like it; a fan", f"{OVERDUE}: stream 3")


@pytest.mark.long
def test_a_search_without_time_has_a_line_for_it() -> None:
    report = check(parse_target(f"{EXAMPLES / 'mapdb.py'}:MappingDatabase"), seconds=0.5, seed=1)
    reasons = Counter(line.partition(":")[0] for line in report.remarks)
    assert reasons[NO_TIME] == 1
    assert set(reasons.values()) == {1}
