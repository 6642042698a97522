"""z3 takes an interrupt for itself; who asks it is interrupted all the same."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import z3

import model
from model.running.solving import INTERRUPTED, answer_of, limit

ROOT = Path(model.__file__).parent.parent
PACKAGES = ("model", "refinement", "machine", "proofs", "musigma")

# Hard enough for z3 to work at it until it is interrupted, or its time is over.
ASKS = """
import os, signal, threading
import z3
from model.running.solving import answer_of
solver, numbers = z3.Solver(), z3.Ints(" ".join(f"x{n}" for n in range(12)))
solver.add(z3.Sum([n * n * n for n in numbers]) == 3 * numbers[0] * numbers[1] * numbers[2] + 7, z3.Distinct(*numbers))
solver.add([n > 1000 for n in numbers])
solver.set("timeout", 20_000)
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    print(answer_of(solver))
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_while_z3_works_is_one() -> None:
    asked = subprocess.run([sys.executable, "-c", ASKS], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert asked.stdout == "interrupted\n", asked.stderr


class Says:
    def __init__(self, answer: z3.CheckSatResult, reason: str) -> None:
        self.answer, self.reason = answer, reason

    def check(self, *assumptions: z3.ExprRef) -> z3.CheckSatResult:
        assert assumptions == (z3.Bool("p"),)
        return self.answer

    def reason_unknown(self) -> str:
        return self.reason


class Told:
    """A solver that remembers what is set."""

    def __init__(self) -> None:
        self.options: dict[str, int] = {}

    def set(self, key: str, value: int) -> None:
        assert key not in self.options
        self.options[key] = value


@pytest.mark.parametrize(
    ("answer", "reason"), [(z3.unknown, "timeout"), (z3.unknown, ""), (z3.sat, INTERRUPTED), (z3.unsat, INTERRUPTED)]
)
def test_every_other_answer_is_one(answer: z3.CheckSatResult, reason: str) -> None:
    assert answer_of(Says(answer, reason), z3.Bool("p")) == answer


@pytest.mark.parametrize(
    ("seconds", "steps", "milliseconds"),
    [(2.5, 5_000_000, 12_500), (0.0005, 2_000, 5), (0.0, 2_000, 5), (10_000.0, 2**32 - 1, 50_000_000)],
)
def test_a_limit_is_one_of_steps_and_a_longer_one_by_the_clock(seconds: float, steps: int, milliseconds: int) -> None:
    told = Told()
    limit(told, seconds)
    assert told.options == {"rlimit": steps, "timeout": milliseconds}


def test_z3_gives_up_after_its_steps_and_has_as_many_for_the_next_question() -> None:
    solver, numbers = z3.Solver(), z3.Ints("a b c d")
    limit(solver, 0.05)
    solver.set("timeout", 2**32 - 1)  # so that nothing else ends it
    for hard in (True, False, True):
        solver.push()
        if hard:
            solver.add(z3.Sum([n * n * n for n in numbers]) == 3 * numbers[0] * numbers[1] + 7, numbers[0] > 1000)
        assert answer_of(solver) == (z3.unknown if hard else z3.sat)
        solver.pop()


def test_nothing_else_asks_z3() -> None:
    asks = re.compile(r"\b(\w*solver|plain|optimi[sz]er)\.check\(")
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert [str(path) for path in sources if asks.search(path.read_text("utf-8"))] == [
        str(ROOT / "model" / "running" / "solving.py")
    ]
