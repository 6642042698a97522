"""The proof checker: accepts what follows, rejects what does not."""

from itertools import combinations, permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import config
from numba.core.registry import CPUDispatcher
from pysat.solvers import Solver

from proofs.engines.certificate import rup
from proofs.engines.certificate.rup import MalformedProofError, check


def pigeons(holes: int) -> list[list[int]]:
    """One pigeon more than there are holes."""
    clauses = [[i * holes + j + 1 for j in range(holes)] for i in range(holes + 1)]
    for j in range(holes):
        clauses += [[-(a * holes + j + 1), -(b * holes + j + 1)] for a, b in combinations(range(holes + 1), 2)]
    return clauses


def refuted(clauses: list[list[int]], name: str = "cadical195") -> list[str] | None:
    with Solver(name=name, bootstrap_with=clauses, with_proof=True) as solver:
        return None if solver.solve() else list(solver.get_proof())


def satisfiable(clauses: list[list[int]], variables: int) -> bool:
    return any(
        all(any(values[abs(literal) - 1] == (literal > 0) for literal in clause) for clause in clauses)
        for values in product((False, True), repeat=variables)
    )


@pytest.mark.long
def test_propagation_alone_refutes() -> None:
    assert check([[1], [-1]], [])
    assert check([[1], [-1, 2], [-2, 3], [-3]], [])
    assert check([[1, 2], []], [])
    assert check([[-1, 2], [-1, -2], [1]], [])  # by the last clause's propagation
    assert check([[1, 2], [-1, 3], [-2, 3], [-3]], ["3 0"])


def test_what_does_not_follow_is_rejected() -> None:
    assert not check([[1, 2]], ["1 0", "0"])
    assert not check([[1, 2], [-1, 2]], ["2 0", "0"])  # 2 follows, a contradiction does not
    assert not check([[1, 2], [1, -2], [-1, 2], [-1, -2]], [])  # nothing follows by propagation alone
    assert not check([[1, 2], [1, -2], [-1, 2], [-1, -2]], ["0"])  # the empty clause needs a step before
    assert not check([[-1], [-2], [-3]], ["1 2 3 0"])  # false already, and no more than that
    assert not check([[1, 2, 3, 4, 5, 6]], ["6 0"])
    assert not check([[1, 2, 3, 4, 5, 6]], ["-1 -2 -3 -4 -5 -6 0"])


def test_a_clause_that_was_deleted_is_not_used() -> None:
    clauses = [[1, 2], [1, -2], [-1, 2], [-1, -2]]
    assert check(clauses, ["1 0", "0"])
    assert not check(clauses, ["d 1 2 0", "1 0", "0"])
    assert check([*clauses, [2, 1]], ["d 1 2 0", "1 0", "0"])  # one of two alike is left
    assert check(clauses, ["d 5 6 0", "1 0", "0"])  # what is not there cannot be deleted


@pytest.mark.parametrize("line", ["1 2", "1 0 2 0", "x 0", "0 0", "", "d"])
def test_malformed_lines(line: str) -> None:
    with pytest.raises(MalformedProofError, match="line 1"):
        check([[1]], [line])


@pytest.mark.parametrize("solver", ["cadical195", "glucose4", "lingeling"])
@pytest.mark.parametrize("holes", [2, 4, 5])
def test_proofs_of_several_solvers(solver: str, holes: int) -> None:
    clauses = pigeons(holes)
    proof = refuted(clauses, solver)
    assert proof is not None
    assert check(clauses, proof)
    assert not check(clauses[1:], proof)  # with one pigeon less there is room for all


def test_a_proof_cut_short_is_rejected() -> None:
    clauses = pigeons(4)
    proof = refuted(clauses)
    assert proof is not None
    assert not check(clauses, proof[: len(proof) // 4])


clauses_of = st.lists(
    st.lists(st.integers(1, 6).flatmap(lambda v: st.sampled_from([v, -v])), min_size=1, max_size=3), max_size=40
)


@pytest.mark.long
@given(clauses_of)
def test_random_clauses(clauses: list[list[int]]) -> None:
    proof = refuted(clauses)
    assert (proof is None) == satisfiable(clauses, 6)
    if proof is not None:
        assert check(clauses, proof)


@given(clauses_of, st.lists(st.lists(st.integers(-6, 6).filter(bool), max_size=3), max_size=12))
def test_no_invented_proof_refutes_what_has_a_model(clauses: list[list[int]], lines: list[list[int]]) -> None:
    if satisfiable(clauses, 6):
        assert not check(clauses, [" ".join(map(str, [*line, 0])) for line in lines])


def test_compiled_and_plain_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    clauses = pigeons(3)
    proof = refuted(clauses)
    assert proof is not None
    for name in ("_assign", "_attach", "_propagate", "_check"):
        assert isinstance(getattr(rup, name), CPUDispatcher) != config.DISABLE_JIT  # type: ignore[attr-defined]
        monkeypatch.setattr(rup, name, plain(name))
    assert check(clauses, proof)
    assert not check(clauses[1:], proof)
    assert not check(clauses, proof[:3])


def test_literals_are_encoded_without_repetition() -> None:
    assert rup._encoded([2, -1, 2]) == (1, 2)
    assert np.array(rup._encoded([])).size == 0


# every step, to the letter


def plain(name: str) -> Any:
    """A function of the checker, not compiled."""
    function = getattr(rup, name)
    return getattr(function, "py_func", function)


def test_clauses_and_steps_as_numbers() -> None:
    clauses = [[1, 2], [2, 1], [3]]
    lines = ["d 1 2 0", "d 2 1 0", "d 1 2 0", "3 0", "d 3 0", "d 3 0", "d 3 0", "-1 0", "0", "d 0"]
    added = [(0, 2), (0, 2), (4,), (4,), (1,), ()]
    steps = [(0, 1), (0, 0), (1, 3), (0, 3), (0, 2), (1, 4), (1, 5), (0, 5)]
    assert rup._steps(clauses, lines) == (added, steps)
    assert rup._steps(clauses, ["d 3 0", "1 0"]) == ([*added[:3], (0,)], [(0, 2), (1, 3)])
    assert rup._steps(clauses, ["d 2 0", "d 3 0"]) == (added[:3], [(0, 2)])
    assert rup._steps([], []) == ([], [])


@pytest.mark.parametrize(
    ("clauses", "proof", "asked"),
    [
        ([[1, -3]], ["2 0", "d -3 1 0"], ([0, 5, 2], [0, 2, 3], 1, [[1, 1], [0, 0]], 3)),
        ([[1], [-2]], [], ([0, 3], [0, 1, 2], 2, [], 2)),
        ([], ["0"], ([], [0, 0], 0, [[1, 0]], 0)),
        ([], [], ([], [0], 0, [], 0)),
    ],
)
@pytest.mark.parametrize("accepted", [0, 1])
def test_what_the_compiled_part_is_given(
    monkeypatch: pytest.MonkeyPatch, clauses: list[list[int]], proof: list[str], asked: Any, accepted: int
) -> None:
    given: list[Any] = []

    def accept(literals: Any, starts: Any, number: int, steps: Any, variables: int) -> int:
        assert steps.shape == (len(asked[3]), 2)
        given.append((literals.tolist(), starts.tolist(), number, steps.tolist(), variables))
        return accepted

    monkeypatch.setattr(rup, "_check", accept)
    assert check(clauses, proof) is bool(accepted)
    assert given == [asked]


@pytest.mark.parametrize(
    ("values", "result", "watched", "following", "heads"),
    [
        ({}, -2, {2: 0, 3: 2}, {2: 7, 3: -1}, {0: 2, 2: 3}),  # the first two that are open
        ({0: -1}, -2, {2: 2, 3: 4}, {2: -1, 3: -1}, {2: 2, 4: 3}),
        ({2: -1}, -2, {2: 0, 3: 4}, {2: 7, 3: -1}, {0: 2, 4: 3}),
        ({0: -1, 2: 1}, -2, {2: 2, 3: 4}, {2: -1, 3: -1}, {2: 2, 4: 3}),  # or true
        ({0: -1, 2: -1}, 4, {}, {}, {}),  # one alone is told, and not watched
        ({0: -1, 4: -1}, 2, {}, {}, {}),
        ({2: -1, 4: -1}, 0, {}, {}, {}),
        ({2: -1, 4: 1, 0: -1}, 4, {}, {}, {}),
        ({0: -1, 2: -1, 4: -1}, -1, {}, {}, {}),  # all are false
    ],
)
def test_two_literals_that_are_not_false_are_watched(
    values: dict[int, int], result: int, watched: dict[int, int], following: dict[int, int], heads: dict[int, int]
) -> None:
    value = np.zeros(6, np.int8)
    for literal, each in values.items():
        value[literal], value[literal ^ 1] = each, -each
    literals, starts = np.array([1, 3, 5, 0, 2, 4, 1], np.int64), np.array([0, 3, 6, 7], np.int64)
    watches, next_, first = np.full(8, -1, np.int64), np.full(8, -1, np.int64), np.full(6, -1, np.int64)
    first[0] = 7  # another clause watches it already
    assert plain("_attach")(literals, starts, 1, value, watches, first, next_) == result
    for array, known, before in ((watches, watched, {}), (next_, following, {}), (first, heads, {0: 7})):
        expected = np.full(len(array), -1, np.int64)
        for at, each in {**before, **known}.items():
            expected[at] = each
        assert array.tolist() == expected.tolist()


def test_a_literal_is_assigned_with_its_negation() -> None:
    value, trail = np.zeros(6, np.int8), np.full(3, -1, np.int64)
    assert plain("_assign")(value, trail, 1, 3) == 2
    assert (value.tolist(), trail.tolist()) == ([0, 0, -1, 1, 0, 0], [-1, 3, -1])


class Clauses:
    """Clauses attached without any value, and what is then propagated."""

    def __init__(self, *clauses: list[int]) -> None:
        encoded = [rup._encoded(clause) for clause in clauses]
        self.encoded = encoded
        self.starts = np.array([0, *np.cumsum([len(clause) for clause in encoded])], np.int64)
        self.literals = np.array([literal for clause in encoded for literal in clause], np.int64)
        variables = int(self.literals.max()) // 2 + 1
        self.value, self.trail = np.zeros(2 * variables, np.int8), np.zeros(variables + 1, np.int64)
        self.watched = np.full(2 * len(encoded), -1, np.int64)
        self.following = np.full(2 * len(encoded), -1, np.int64)
        self.first = np.full(2 * variables, -1, np.int64)
        self.deleted = np.zeros(len(encoded), np.bool_)
        self.length = self.done = 0
        for clause in range(len(encoded)):
            attached = plain("_attach")(
                self.literals, self.starts, clause, self.value, self.watched, self.first, self.following
            )
            assert attached == -2

    def propagate(self, *assumed: int) -> int:
        """Assume literals, as numbers from 1; the new length of the trail."""
        for literal in assumed:
            self.length = plain("_assign")(self.value, self.trail, self.length, *rup._encoded([literal]))
        done, self.done = self.done, self.length
        given = (self.literals, self.starts, self.deleted, self.value, self.trail, done, self.length)
        reached: int = plain("_propagate")(*given, self.watched, self.first, self.following)
        if reached >= 0:
            self.length = self.done = reached
        return reached

    def undo(self) -> None:
        """Nothing is assumed any more; the watches stay where they are."""
        self.value[:] = 0
        self.length = self.done = 0

    @property
    def values(self) -> list[int]:
        """The literals on the trail, as numbers from 1."""
        return [(-1 if each % 2 else 1) * (int(each) // 2 + 1) for each in self.trail[: self.length]]

    def lists(self) -> dict[int, set[int]]:
        """Which places each literal's list has; none has a place twice, and each place is where its watch says."""
        found: dict[int, set[int]] = {}
        for literal, head in enumerate(self.first):
            place, places = int(head), list[int]()
            while place != -1:
                assert place not in places
                assert self.watched[place] == literal
                places.append(place)
                place = int(self.following[place])
            if places:
                found[literal] = set(places)
        return found

    def every_clause_is_watched_twice(self) -> bool:
        """But for deleted ones: by two different literals of its own, each in its literal's list."""
        listed = self.lists()
        for clause, literals in enumerate(self.encoded):
            pair = [int(self.watched[2 * clause]), int(self.watched[2 * clause + 1])]
            if not self.deleted[clause]:
                places = [2 * clause + side in listed.get(pair[side], ()) for side in (0, 1)]
                if not all(places) or pair[0] == pair[1] or not set(pair) <= set(literals):
                    return False
        return True


def test_units_are_propagated_in_order_and_the_lists_stay_whole() -> None:
    some = Clauses([1, 2, 3], [-1, 2], [-1, -2, 4], [1, 5], [-4, 5, 6])
    assert some.propagate(1) == 3
    assert some.values == [1, 2, 4]
    assert some.every_clause_is_watched_twice()
    assert some.propagate(-5) == 5
    assert some.values == [1, 2, 4, -5, 6]
    assert some.every_clause_is_watched_twice()


def test_a_contradiction_is_told_and_the_lists_stay_whole() -> None:
    some = Clauses([-1, 2], [-1, 3], [-1, -2, -3], [-1, 4], [-1, 5], [-2, 6], [-3, 6, 7])
    assert some.propagate(1) == -1
    assert some.every_clause_is_watched_twice()
    assert sum(map(len, some.lists().values())) == 2 * len(some.encoded)


def test_a_deleted_clause_propagates_nothing_and_leaves_the_list() -> None:
    some = Clauses([-1, 2], [-1, 3], [-1, 4])
    some.deleted[1] = True
    assert some.propagate(1) == 3
    assert set(some.values) == {1, 2, 4}
    assert some.every_clause_is_watched_twice()
    assert 1 not in {place // 2 for place in some.lists()[1]}


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
def test_every_literal_of_a_clause_can_take_a_watch(order: tuple[int, ...]) -> None:
    some = Clauses([1, 2, 3], [4, 5])
    for _ in range(2):
        for false in order:  # wherever the watches were left
            assert some.propagate(-false) == 1
            assert some.values == [-false]
            assert some.every_clause_is_watched_twice()
            some.undo()
    one, other, last = order
    assert some.propagate(-one) == 1
    assert some.propagate(-other) == 3
    assert some.values == [-one, -other, last]


def test_a_clause_with_a_true_literal_propagates_nothing() -> None:
    some = Clauses([-1, 2, 3], [-1, -2])
    assert some.propagate(3) == 1
    assert some.propagate(1) == 3
    assert some.values == [3, 1, -2]
    assert some.every_clause_is_watched_twice()


literals_of = st.integers(1, 5).flatmap(lambda v: st.sampled_from([v, -v]))


@pytest.mark.long
@given(
    st.lists(st.lists(literals_of, min_size=2, max_size=4, unique_by=abs), min_size=1, max_size=12),
    st.lists(literals_of, min_size=1, max_size=5, unique_by=abs),
    st.sets(st.integers(0, 11)),
)
def test_propagation_reaches_what_follows_by_units(
    clauses: list[list[int]], assumed: list[int], deleted: set[int]
) -> None:
    deleted &= set(range(len(clauses)))
    some = Clauses(*clauses, [1, 2, 3, 4, 5])
    for clause in deleted:
        some.deleted[clause] = True
    reached: set[int] = set()
    left = [set(each) for number, each in enumerate([*clauses, [1, 2, 3, 4, 5]]) if number not in deleted]
    for literal in assumed:
        if -literal in reached or literal in reached:
            continue
        reached.add(literal)
        growing, contradiction = True, False
        while growing and not contradiction:
            open_ = [clause - {-each for each in reached} for clause in left if not clause & reached]
            contradiction = set() in open_ or any({-u} in open_ for (u, *more) in open_ if not more)
            units = {next(iter(clause)) for clause in open_ if len(clause) == 1}
            growing = not units <= reached
            reached |= units
        told = some.propagate(literal)
        assert some.every_clause_is_watched_twice()
        assert (told == -1) == contradiction
        if contradiction:
            return
        assert set(some.values) == reached
