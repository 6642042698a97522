"""The table of what finds each fault of the reference database has all faults, and the page counts it right."""

import re
from collections import Counter

from proofs.faults.hunts.reference import names
from tests import ROOT

PAGES = ROOT / "docs" / "faults"
ROWS = [re.split(r"  +", line.strip()) for line in (PAGES / "phases.inc").read_text("utf-8").splitlines()[4:] if line]
PAGE = " ".join((PAGES / "index.rst").read_text("utf-8").split())


def test_each_fault_has_a_row() -> None:
    assert ROWS[0] == ["fault", "found by", "where"]
    assert [row[0] for row in ROWS[1:]] == list(names())


def test_none_is_found_by_luck() -> None:
    """A fault that is added has to be found by something that every run goes through."""
    assert {row[1] for row in ROWS[1:]} == {"exhaustive", "limits", "hardware look-up"}
    assert all(len(row) == 3 for row in ROWS)


def test_the_page_counts_what_the_table_says() -> None:
    found = Counter(row[1] for row in ROWS[1:])
    assert f"each of the {len(names())} faults" in PAGE
    counted = re.search(r"Sequences and states find (\d+), limits (\d+), random programs none; (\d+) need", PAGE)
    assert counted is not None
    assert [int(each) for each in counted.groups()] == [found[e] for e in ("exhaustive", "limits", "hardware look-up")]
