"""Terms of z3 may be given up while it works."""

import subprocess
import sys

GIVEN_UP_ELSEWHERE = """
from threading import Event, Thread

import z3

from model.running.z3_terms import read

given_up, ended = [], Event()

def give_up():
    while not ended.wait(0.0002):  # spinning, it would keep the interpreter from the other for minutes
        given_up.clear()

thread = Thread(target=give_up, daemon=True)
thread.start()
f, x = z3.Function("f", z3.IntSort(), z3.IntSort()), z3.Int("x")
for turn in range(150):
    given_up += [f(z3.Int(f"x{turn}_{i}")) for i in range(100)]
    solver = z3.Solver()
    solver.add(z3.ForAll([x], f(x) > f(x - 1)), f(0) == 0, f(5) < 5)
    assert solver.check() == z3.unsat
ended.set()
thread.join()
"""


def test_another_thread_gives_terms_up_while_z3_works() -> None:
    """As the garbage collector does in the threads of a pool; z3 crashed, or found what is false satisfiable."""
    subprocess.run([sys.executable, "-c", GIVEN_UP_ELSEWHERE], check=True, capture_output=True, timeout=120)
