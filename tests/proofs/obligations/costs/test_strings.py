"""Bounded strings by their definition: proved in one set, refuted in sets, and run on the machine's buffer (P2)."""

from itertools import product

import pytest

from machine.costs.caches import Cache
from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.obligations.costs.replacement import misses
from proofs.obligations.costs.strings import each_page_once, worse_in_sets
from proofs.registry import registry
from proofs.verdict import Verdict


@pytest.mark.long
def test_strings__refill__each_page_once() -> None:
    obligation = registry()["strings__refill__each_page_once"]
    outcome = discharge_all(obligation.conditions(CANONICAL, frozenset()), Satisfiable(), Settings(seconds=20.0))
    assert outcome.verdict == Verdict.PROVED, outcome.reason


def test_in_sets_it_falls() -> None:
    outcome = discharge_all([each_page_once(6, 8, sets=2)], Satisfiable(), Settings(solvers=Solvers.Z3, seconds=20.0))
    assert outcome.verdict == Verdict.UNPROVED
    shorter = discharge_all([each_page_once(5, 8, sets=2)], Satisfiable(), Settings(solvers=Solvers.Z3, seconds=20.0))
    assert shorter.verdict == Verdict.PROVED


@pytest.mark.parametrize(
    ("entries", "ways", "string"),
    [
        (32, 4, (0, 8, 16, 24, 32, 0)),
        (64, 4, (0, 16, 32, 48, 64, 0)),
        (4, 1, (0, 4, 0)),
        (4, 4, ()),
    ],
)
def test_the_string_that_is_found_does_worse(entries: int, ways: int, string: tuple[int, ...]) -> None:
    found = worse_in_sets(entries, ways, longest=7)
    assert found == string
    if found:
        sets = Cache(entries, ways, 1)
        assert sum(not sets.touch(page) for page in found) == len(set(found)) + 1
        assert misses(list(found), entries) == len(set(found))


def test_no_shorter_string_does_worse() -> None:
    for length in (1, 2, 3):
        for string in product(range(6), repeat=length):
            cache = Cache(4, 2, 1)
            assert sum(not cache.touch(page) for page in string) == len(set(string))
    assert len(worse_in_sets(4, 2)) == 4
