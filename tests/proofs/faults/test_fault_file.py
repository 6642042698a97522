"""Faults that a file defines: hunted by name in worker processes, refused in one line where the file has a mistake."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from proofs.engines.pool import workers
from proofs.faults.fault_file import faults_in
from proofs.faults.hunts.matrix import run
from proofs.faults.record import Engine
from proofs.input.theory_file import ExtensionError
from tests import EXAMPLES
from tests.proofs.faults.registers import restored

BEGINNING = "from musigma.theory import TheoryFault, refused\n"
FAULT = "TheoryFault({name!r}, 'it is refused', {action!r}, refused{more})"


@pytest.fixture(autouse=True)
def registers() -> Iterator[None]:
    """What a file adds to the registers is gone after each test."""
    with restored():
        yield


@pytest.mark.slow
def test_the_example_s_faults_are_killed() -> None:
    source = str(EXAMPLES / "own_faults.py")
    chosen = faults_in(source)
    with workers(1) as pool:
        matrix = run(pool, chosen, engines=[Engine.PROOF, Engine.EXPLORATION], judge=False, source=source)
    assert matrix.exit_status == 0
    assert {(f.engine, f.change) for _, findings in matrix.rows for f in findings if f.killed} == {
        (engine, each.name) for engine in (Engine.PROOF, Engine.EXPLORATION) for each in chosen
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no FAULTS"),
        ("FAULTS = []", "FAULTS is empty"),
        ("FAULTS = [1]", r"FAULTS\[0\] is a int"),
        ("FAULTS = [", r"wrong\.py:2"),
        (f"FAULTS = [{FAULT.format(name='Mine', action='map', more='')}]", "cannot name a fault"),
        (f"FAULTS = [{FAULT.format(name='grant-forgets-children', action='map', more='')}]", "is called .* already"),
        (f"FAULTS = [{FAULT.format(name='mine-a', action='unmap', more='')}]", "no action 'unmap'; one of map"),
        (f"FAULTS = [{FAULT.format(name='mine-b', action='map', more=', lambda r: False')}]", "no dialect can have it"),
        ("FAULTS = [TheoryFault('mine-c', '', 'map', lambda maker: 1 / 0)]", r"wrong\.py:2: fault mine-c"),
        ("FAULTS = [TheoryFault('mine-d', '', 'map', lambda maker: lambda d: 1)]", "wrong makes a int"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(BEGINNING + text + "\n", "utf-8")
    with pytest.raises(ExtensionError, match=message):
        faults_in(str(file))
