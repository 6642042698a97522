"""The file of known causes: lines as the report prints them."""

from pathlib import Path

import pytest

from proofs.commands.shared.common import UsageError
from proofs.commands.shared.known_causes import causes_in

CAUSE = "map of a page onto an ancestor (reading ancestor): refused, though it can be done"


@pytest.mark.parametrize("line", [CAUSE, f"1. {CAUSE}", f"  12.  {CAUSE}  "])
def test_a_line_is_taken_as_the_report_prints_it(line: str, tmp_path: Path) -> None:
    file = tmp_path / "known.txt"
    file.write_text(f"# known\n\n{line}\n", "utf-8")
    assert causes_in(file) == (CAUSE,)


def test_what_is_no_cause_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "known.txt"
    file.write_text(f"{CAUSE}\n3. nonsense\n", "utf-8")
    with pytest.raises(UsageError):
        causes_in(file)
