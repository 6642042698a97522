"""The proof checker: accepts what follows, rejects what does not."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.core.registry import CPUDispatcher
from pysat.solvers import Solver

from proofs.engines import rup
from proofs.engines.rup import MalformedProofError, check


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


def test_propagation_alone_refutes():
    assert check([[1], [-1]], [])
    assert check([[1], [-1, 2], [-2, 3], [-3]], [])
    assert check([[1, 2], []], [])


def test_what_does_not_follow_is_rejected():
    assert not check([[1, 2]], ["1 0", "0"])
    assert not check([[1, 2], [-1, 2]], ["2 0", "0"])  # 2 follows, a contradiction does not
    assert not check([[1, 2], [1, -2], [-1, 2], [-1, -2]], [])  # nothing follows by propagation alone
    assert not check([[1, 2], [1, -2], [-1, 2], [-1, -2]], ["0"])  # the empty clause needs a step before


def test_a_clause_that_was_deleted_is_not_used():
    clauses = [[1, 2], [1, -2], [-1, 2], [-1, -2]]
    assert check(clauses, ["1 0", "0"])
    assert not check(clauses, ["d 1 2 0", "1 0", "0"])
    assert check([*clauses, [2, 1]], ["d 1 2 0", "1 0", "0"])  # one of two alike is left
    assert check(clauses, ["d 5 6 0", "1 0", "0"])  # what is not there cannot be deleted


@pytest.mark.parametrize("line", ["1 2", "1 0 2 0", "x 0", "0 0", "", "d"])
def test_malformed_lines(line: str):
    with pytest.raises(MalformedProofError, match="line 1"):
        check([[1]], [line])


@pytest.mark.parametrize("solver", ["cadical195", "glucose4", "lingeling"])
@pytest.mark.parametrize("holes", [2, 4, 5])
def test_proofs_of_several_solvers(solver: str, holes: int):
    clauses = pigeons(holes)
    proof = refuted(clauses, solver)
    assert proof is not None
    assert check(clauses, proof)
    assert not check(clauses[1:], proof)  # with one pigeon less there is room for all


def test_a_proof_cut_short_is_rejected():
    clauses = pigeons(4)
    proof = refuted(clauses)
    assert proof is not None
    assert not check(clauses, proof[: len(proof) // 4])


clauses_of = st.lists(
    st.lists(st.integers(1, 6).flatmap(lambda v: st.sampled_from([v, -v])), min_size=1, max_size=3), max_size=40
)


@given(clauses_of)
def test_random_clauses(clauses: list[list[int]]):
    proof = refuted(clauses)
    assert (proof is None) == satisfiable(clauses, 6)
    if proof is not None:
        assert check(clauses, proof)


@given(clauses_of, st.lists(st.lists(st.integers(-6, 6).filter(bool), max_size=3), max_size=12))
def test_no_invented_proof_refutes_what_has_a_model(clauses: list[list[int]], lines: list[list[int]]):
    if satisfiable(clauses, 6):
        assert not check(clauses, [" ".join(map(str, [*line, 0])) for line in lines])


def test_compiled_and_plain_agree(monkeypatch: pytest.MonkeyPatch):
    clauses = pigeons(3)
    proof = refuted(clauses)
    assert proof is not None
    for name in ("_assign", "_attach", "_propagate", "_check"):
        compiled = getattr(rup, name)
        assert isinstance(compiled, CPUDispatcher)
        monkeypatch.setattr(rup, name, compiled.py_func)
    assert check(clauses, proof)
    assert not check(clauses[1:], proof)
    assert not check(clauses, proof[:3])


def test_literals_are_encoded_without_repetition():
    assert rup._encoded([2, -1, 2]) == (1, 2)
    assert np.array(rup._encoded([])).size == 0
