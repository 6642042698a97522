"""Terms of z3 may be given up while it works, and what a relation says of them is built once."""

import gc
import subprocess
import sys

import pytest
import z3

from model.running.z3_terms import remembered

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


@pytest.mark.long
def test_another_thread_gives_terms_up_while_z3_works() -> None:
    """As the garbage collector does in the threads of a pool; z3 crashed, or found what is false satisfiable."""
    subprocess.run([sys.executable, "-c", GIVEN_UP_ELSEWHERE], check=True, capture_output=True, timeout=120)


def test_a_relation_is_built_once_for_the_same_arguments() -> None:
    built: list[tuple[object, ...]] = []

    @remembered
    def above(level: int, one: z3.ArithRef, other: z3.ArithRef | None = None) -> z3.BoolRef:
        built.append((level, one, other))
        return one > level if other is None else one > other

    a, b = z3.Ints("a b")
    assert above(1, a).eq(a > 1)
    assert above(1, z3.Int("a")).eq(a > 1)
    assert len(built) == 1
    for arguments, said in (((2, a), a > 2), ((1, b), b > 1), ((1, a, b), a > b), ((1, b, a), b > a)):
        for _ in range(2):
            assert above(*arguments).eq(said)
    assert above(1, a, other=b).eq(a > b)
    assert above(1, a, other=a).eq(a > a)
    assert len(built) == 7


def test_a_number_is_no_term_that_has_it() -> None:
    @remembered
    def shown(each: object) -> str:
        return str(each)

    a = z3.Int("a")
    assert [shown(a), shown(a.get_id())] == ["a", str(a.get_id())]


def test_arguments_keep_their_numbers() -> None:
    shown = remembered(str)
    for number in range(300):  # a term that was given up would leave its number to the next
        assert shown(z3.Bool(f"p{number}") == z3.Bool("q")) == f"p{number} == q"
        gc.collect(0)


def test_what_is_remembered_is_remembered_once() -> None:
    once = remembered(z3.Not)
    assert remembered(once) is once
    assert once(z3.Bool("p")).eq(z3.Not(z3.Bool("p")))
