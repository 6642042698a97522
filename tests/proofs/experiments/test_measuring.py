"""Measuring a machine: what becomes of its numbers, and of what goes wrong; no time is asserted."""

import re
from pathlib import Path

import pytest

from proofs.experiments import measuring
from proofs.experiments.measuring import LINES, PLAIN, Measured, MeasuringError, derived, findings, parse, tables

NAMES = [*PLAIN, *(f"{kind}-{n}" for kind in ("apart", "beside") for n in LINES)]


def output(repetitions: int = 3, pinned: int = 1, **values: float) -> str:
    lines = [f"pinned {pinned}"]
    for turn in range(repetitions):
        lines += [f"{name} {values.get(name.replace('-', '_'), 10.0) + turn}" for name in NAMES]
    return "\n".join(lines)


def test_what_the_program_prints_is_read() -> None:
    pinned, found = parse(output(addition=0.0, futex_processes=100.0), 3)
    assert pinned
    assert found["addition"].values == (0.0, 1.0, 2.0)
    assert (found["futex-processes"].median, found["futex-processes"].middle) == (101.0, (100.5, 101.5))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "did not print all"),
        (output(2), "did not print all"),
        (output().replace("call 10.0\n", "", 1), "did not print all"),
        (output() + "\nmore 1.0", "did not print all"),
        (output().replace("call 10.0", "call ten", 1), "printed 'call ten'"),
    ],
)
def test_what_it_should_not_print_is_no_measurement(text: str, said: str) -> None:
    with pytest.raises(MeasuringError, match=said):
        parse(text, 3)


def test_differences_are_by_repetition() -> None:
    _, found = parse(output(futex_processes=30.0, futex_threads=10.0, apart_64=17.0), 3)
    more = derived(found)
    assert more["switch of spaces"].values == (10.0, 10.0, 10.0)
    assert more["buffer miss, 64 pages"].values == (7.0, 7.0, 7.0)
    assert more["switch of threads"].values == (-5.0, -5.5, -6.0)


def test_noise_is_named() -> None:
    assert not Measured((100.0, 101.0, 102.0)).noisy
    assert Measured((100.0, 150.0, 200.0)).noisy
    assert Measured((-1.0, 0.0, 1.0)).noisy


def test_rows_stand_beside_those_of_1995() -> None:
    _, found = parse(output(addition=1.0, pipe_processes=4000.0), 3)
    measured, first, second = tables(found, 3)
    rows = {row[0]: tuple(map(str, row[1:])) for row in measured.rows}
    assert rows["round trip, pipes, processes"][0] == "4001"
    assert rows["round trip, pipes, processes"][3] == "2000", "an addition took 2 ns: a cycle"
    assert [str(row[0]) for row in first.rows][-2:] == ["MIPS R4000", "this machine"]
    assert [str(cell) for cell in second.rows[0]] == ["L3", "486", "50", "10", "250"]
    assert str(second.rows[12][0]) == "this machine: round trip, pipes, processes"
    assert [str(cell) for cell in second.rows[12][2:]] == ["500", "4", "1000"]


def test_what_is_lost_in_noise_is_unknown() -> None:
    _, found = parse(output(addition=1.0, futex_processes=30.0, apart_64=16.0), 3)
    row = list(map(str, tables(found, 3)[1].rows[-1]))
    assert row == ["this machine", "?", "3", "5", "n/a"], "of the misses one is told from nothing"
    _, found = parse(output(addition=1.0, futex_threads=30.0), 3)
    assert list(map(str, tables(found, 3)[1].rows[-1])) == ["this machine", "?", "?", "?", "n/a"]


def test_without_a_clock_there_are_no_cycles() -> None:
    _, found = parse(output(addition=-1.0), 3)
    measured, *_ = tables(found, 3)
    assert {str(row[4]) for row in measured.rows} == {"?"}


def test_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    assert findings(3).incomplete == ("there is no C compiler: install one, or name it in the environment variable CC",)


def test_a_compiler_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho as told >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    assert findings(3).incomplete == ("cc: as told",)


def test_a_compiler_that_hangs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\nexec sleep 60\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    monkeypatch.setattr(measuring, "COMPILED_WITHIN", 0.2)
    assert findings(3).incomplete == ("cc took more than 0.2 s",)


def test_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Plan 9")
    assert findings(3).incomplete == ("the measuring program is for Linux, and this is Plan 9",)


def test_this_machine_is_measured() -> None:
    told = findings(3)
    assert told.incomplete == ()
    assert len(told.grids) == 3
    assert len(told.grids[0].rows) == len(PLAIN) + 2 + len(LINES)
    assert any("noisy" in note for note in told.notes)


@pytest.mark.parametrize("virtual", [True, False])
def test_a_virtual_machine_says_so(virtual: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "run", lambda repetitions: parse(output(pinned=0), 3))
    monkeypatch.setattr(measuring, "_read", lambda path: "flags : hypervisor" if virtual else "flags : fpu")
    notes = " ".join(findings(3).notes)
    assert ("virtual machine" in notes) == virtual
    assert "could not be kept on one processor" in notes
    assert re.search(r"\d+ of 21 measurements are noisy", notes)
