"""What is said of answers that cannot be read, and of functions that are not there: the look-up, and what it lacks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from model.ranges.literal import first
from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.spaces.operation import Kind
from refinement.check import TargetError
from refinement.check.driver import masking
from refinement.check.driver.driver import Mismatch
from refinement.check.ranges.cause import cause_of
from refinement.check.ranges.driver import FAULT, GOT, IN_SPACE
from refinement.check.target.class_targets import ClassDatabase
from refinement.check.target.guarding import Guard
from refinement.check.target.json_lines import Command
from refinement.check.target.loaders import load_library
from refinement.check.target.range_calls import RangeCall

ANSWERS = """
for n, question in enumerate(iter(input, None)):
    print({hello!r} if n == 0 else {answer!r}, flush=True)
"""
MAP = RangeOperation(Kind.MAP, 1, 0, 1, 0, 0, 7)
MAP_ONTO_ITSELF = "map of a page onto itself (reading own_slot)"


class Two:
    """A look-up with two values where three are asked."""

    def __init__(self, *sizes: object) -> None:
        """Nothing is kept."""

    def lookup2(self, space: int, page: int) -> object:
        """Raise in one space."""
        if space:
            raise KeyError("pte")
        return 0, 7


def cause(in_space: int, lacks: str) -> str:
    scope = RangeScope(2, 2, 2)
    cells = [0] * 9
    cells[FAULT], cells[GOT], cells[IN_SPACE] = Mismatch.ERROR, -2, in_space
    return cause_of(first(scope, 1, RangeReadings()), MAP, cells, scope, RangeReadings(), lacks)


@pytest.mark.parametrize(
    ("space", "lacks"), [(0, "lookup2 returns no (frame, rights, order)"), (1, "it raises KeyError")]
)
def test_a_class_that_answers_a_look_up_wrongly(space: int, lacks: str) -> None:
    guard, database = Guard(), ClassDatabase(Two, sized=True)
    database.init_sized(1, 1, 1, (0,))
    asked = guard.guarded(-2, lambda: database.lookup_sized(RangeCall.LOOKUP, None, space, 0)[0])
    assert (asked(), guard.lacks()) == (-2, lacks)
    assert cause(0, guard.lacks()) == f"a look-up: {lacks}"


@pytest.mark.parametrize(
    ("answer", "lacks"),
    [
        ('{"frame": 0, "rights": 7}', "lookup2 is answered without 'order'"),
        ('{"frame": 0, "rights": "r", "order": 0}', "lookup2 is answered without a whole number 'rights'"),
        ("panic", "lookup2 is answered with no JSON object"),
    ],
)
def test_a_program_that_answers_a_look_up_wrongly(answer: str, lacks: str, tmp_path: Path) -> None:
    file = tmp_path / "lines.py"
    hello = json.dumps({"version": 1, "has": ["map2", "grant2", "flush2", "lookup2"]})
    file.write_text(ANSWERS.format(hello=hello, answer=answer), "utf-8")
    guard, command = Guard(), Command(f"{sys.executable} {file}")
    with command._process as process:
        asked = guard.guarded(-2, lambda: command.lookup_sized(RangeCall.LOOKUP, None, 0, 0)[0])
        assert (asked(), guard.lacks()) == (-2, lacks)
        process.kill()
    assert lacks.rpartition(" ")[2] in guard.message() or answer in guard.message()


def test_an_operation_without_a_status_is_named_by_what_it_met() -> None:
    assert cause(-1, "map2 returns no number") == f"{MAP_ONTO_ITSELF}: no status"
    assert cause(0, "") == masking.TEXTS[masking.UNREADABLE]
    assert masking.numbers(["a look-up: lookup2 is answered without 'order'"]) == [masking.UNREADABLE]


@pytest.mark.parametrize(
    ("source", "lacking", "made"),
    [
        ("2", "musigma_init, musigma_map, musigma_grant, musigma_flush, musigma_lookup, musigma_grant2", True),
        ("2; } int musigma_init() { return 0", "musigma_map, musigma_grant, musigma_flush, musigma_lookup", True),
        ("1", "musigma_init, musigma_map, musigma_grant, musigma_flush, musigma_lookup", False),
    ],
)
def test_a_library_is_told_all_that_it_lacks(source: str, lacking: str, *, made: bool, tmp_path: Path) -> None:
    file, library = tmp_path / "some.c", tmp_path / "some.so"
    ranges = "".join(f"int musigma_{name}(void) {{ return 0; }}\n" for name in ("init2", "map2", "flush2", "lookup2"))
    file.write_text(f"int musigma_abi_version(void) {{ return {source}; }}\n{ranges}", "utf-8")
    subprocess.run(["cc", "-w", "-shared", "-fPIC", "-o", str(library), str(file)], check=True)
    with pytest.raises(TargetError, match=f"does not export {lacking}") as caught:
        load_library(str(library))
    assert str(caught.value).endswith("made of those of ranges" if made else "see musigma.h")
    assert ("musigma_grant2; see musigma2.h; with MUSIGMA_PAGES_BY_RANGES defined" in str(caught.value)) == made
