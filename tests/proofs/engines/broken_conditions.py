"""Makers of conditions that go wrong in a worker process, for the tests of the pool."""

import os
import time
from collections.abc import Iterable

import z3

from proofs.obligation import Condition


def crash(obligation: str, dialect: str, invariants: frozenset[str]) -> Iterable[Condition]:
    os._exit(3)


def fail(obligation: str, dialect: str, invariants: frozenset[str]) -> Iterable[Condition]:
    raise RuntimeError("the formulas cannot be built")


def hang(obligation: str, dialect: str, invariants: frozenset[str]) -> Iterable[Condition]:
    time.sleep(600)
    return ()


def contradict(obligation: str, dialect: str, invariants: frozenset[str]) -> Iterable[Condition]:
    p = z3.Bool("p")
    return (Condition({"so it is": p, "so it is not": z3.Not(p)}, {}, z3.BoolVal(True)),)


def nothing(obligation: str, dialect: str, invariants: frozenset[str]) -> Iterable[Condition]:
    return ()
