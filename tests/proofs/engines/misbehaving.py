"""Conditions that misbehave where they are made, or in the solver; imported by worker processes."""

import os
import signal
from collections.abc import Iterable

import z3

from proofs.engines.pool import conditions_of
from proofs.obligation import Condition


def conditions(obligation: str, dialect: str, invariants: frozenset[str]) -> Iterable[Condition]:
    """What the name of the obligation says."""
    p = z3.Bool("p")
    if obligation == "hangs":
        while True:
            pass
    if obligation == "crashes":
        os.kill(os.getpid(), signal.SIGSEGV)
    if obligation == "leaves":
        os._exit(3)
    if obligation == "raises":
        raise ValueError("as it says")
    if obligation == "eats memory in Python":
        return [_eaten(p)]
    if obligation == "eats memory in the solver":
        return [_product(2048)]
    if obligation == "takes too long":
        return [_pigeons(12)]
    if obligation == "contradicts itself":
        return [Condition({"p holds": p, "p fails": z3.Not(p), "q": z3.Bool("q")}, {}, z3.Bool("goal"))]
    if obligation == "has no condition":
        return []
    return [Condition({"p": p}, {"p": "assumption"}, z3.Or(p, z3.Bool("q")) if obligation == "holds" else z3.Bool("q"))]


def sabotaged(victim: str, how: str, obligation: str, dialect: str, invariants: frozenset[str]) -> Iterable[Condition]:
    """The theory's conditions, but those of one obligation misbehave."""
    return (
        conditions(how, dialect, invariants) if obligation == victim else conditions_of(obligation, dialect, invariants)
    )


def without_a_witness(obligation: str, dialect: str, invariants: frozenset[str]) -> Iterable[Condition]:
    """Hypotheses of functions from elements to numbers: they have a model, which cannot be evaluated."""
    sort = z3.DeclareSort("S")
    x, height = z3.Const("x", sort), z3.Function("height", sort, z3.IntSort())
    high = z3.ForAll([x], height(x) > 3)
    return [Condition({"all are high": high}, {}, z3.ForAll([x], height(x) > 2))]


def _eaten(p: z3.BoolRef) -> Condition:
    eaten = [bytearray(64 << 20) for _ in range(200)]
    return Condition({"p": p}, {}, z3.BoolVal(bool(eaten)))


def _product(bits: int) -> Condition:
    """A number is no product of two others: written out as gates, multiplication takes more than a worker may have."""
    x, y = z3.BitVecs("x y", bits)
    return Condition({"x": x > 1, "y": y > 1}, {}, x * y != (1 << (bits - 1)) + 12345)


def _pigeons(holes: int) -> Condition:
    """One pigeon more than there are holes: true, and out of reach for propagation and learning."""
    place = [[z3.Bool(f"p{i}_{j}") for j in range(holes)] for i in range(holes + 1)]
    at_most_one = [
        z3.Not(z3.And(place[i][j], place[k][j])) for j in range(holes) for i in range(holes + 1) for k in range(i)
    ]
    return Condition({"a hole for each": z3.And(*(z3.Or(*row) for row in place))}, {}, z3.Not(z3.And(*at_most_one)))
