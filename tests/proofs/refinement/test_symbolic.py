"""The executor: what it replays, what it refuses, and that it agrees with lists."""

import pytest
import z3
from proofs.refinement.symbolic import (
    Cut,
    Node,
    Path,
    Rights,
    TooManyPathsError,
    Truth,
    Value,
    equal,
    free,
    no_node,
    paths,
)

from model.theory import Right, Slot
from proofs.refinement.source import rebind
from proofs.refinement.tree import BEFORE, SymbolicTree
from refinement.mapping_tree import FREE, NONE, ROOTS

n, m = z3.Consts("n m", Node)


def test_every_way_is_taken_once() -> None:
    p, q = z3.Bools("p q")

    def code(path: Path) -> str:
        if Truth(p, path):
            return "p"
        return "q" if Truth(q, path) else "neither"

    assert [(result, path.facts) for path, result in paths(code)] == [
        ("p", [p]),
        ("q", [z3.Not(p), q]),
        ("neither", [z3.Not(p), z3.Not(q)]),
    ]


def test_what_is_known_is_not_asked_again() -> None:
    def code(path: Path) -> int:
        node = Value(n, path)
        return sum(
            bool(question) for question in (node == Value(m, path), Value(m, path) == node, node != Value(m, path))
        )

    assert [result for _, result in paths(code)] == [2, 1]


def test_numbers_that_differ_differ() -> None:
    def code(path: Path) -> tuple[bool, bool]:
        return bool(Value(free, path) == ROOTS), bool(Value(free, path) == FREE)

    assert [(result, path.facts) for path, result in paths(code)] == [((False, True), [])]
    assert z3.is_true(equal(n, n))


def test_a_cut_ends_a_path_and_not_the_others() -> None:
    def code(path: Path) -> int:
        if Truth(z3.Bool("p"), path):
            raise Cut
        return 1

    assert [result for _, result in paths(code)] == [None, 1]


def test_a_loop_without_a_cut_is_refused() -> None:
    def code(path: Path) -> None:
        number = 0
        while Truth(z3.Bool(f"p{number}"), path):
            number += 1

    with pytest.raises(TooManyPathsError, match="it loops"):
        list(paths(code))


def test_numbers_without_a_meaning_are_refused() -> None:
    path = Path()
    with pytest.raises(TypeError, match="may name"):
        Value(n, path) == 7  # noqa: B015
    with pytest.raises(TypeError, match="is no Node"):
        Value(n, path) == Value(z3.Const("s", Slot), path)  # noqa: B015
    with pytest.raises(TypeError, match="is no set of rights"):
        Rights(lambda a: z3.BoolVal(True), path) == 3  # noqa: B015


def test_an_assumption_has_one_meaning() -> None:
    path = Path()
    path.assume({"it": z3.Bool("p")})
    with pytest.raises(ValueError, match="assumed twice"):
        path.assume({"it": z3.Bool("q")})


def test_rights_are_sets() -> None:
    some = z3.Function("some", Right, z3.BoolSort())
    rights = Rights(some, Path())
    solver = z3.Solver()
    solver.add(z3.Not((rights & ~rights == 0).term))
    assert solver.check() == z3.unsat
    solver = z3.Solver()
    solver.add(z3.Not((rights & 7 == rights).term))
    assert solver.check() == z3.unsat


def test_a_column_gives_back_what_was_stored_last() -> None:
    path = Path()
    tree = SymbolicTree(path)
    tree.tree.parent[Value(n, path)] = ROOTS  # type: ignore[index]
    tree.tree.parent[Value(n, path)] = FREE  # type: ignore[index]
    assert tree.tree.parent[Value(n, path)].term.eq(free)  # type: ignore[index,attr-defined]
    elsewhere = tree.tree.parent[Value(m, path)].term  # type: ignore[index,attr-defined]
    solver = z3.Solver()
    solver.add(*path.facts, n != m, z3.Not(BEFORE.parent(m, elsewhere)))
    assert solver.check() == z3.unsat
    assert path.writes == {"parent": 2}
    assert path.reads == {"parent": 2}
    with pytest.raises(TypeError, match="no bound"):
        len(tree.tree.parent)


def test_an_index_that_may_be_none_is_demanded_not_to_be() -> None:
    path = Path()
    tree = SymbolicTree(path)
    tree.tree.parent[Value(n, path)]  # type: ignore[index]
    assert [demand.formula() for demand in path.demands] == [n != no_node]
    tree.tree.parent[FREE]
    assert len(path.demands) == 1
    tree.tree.parent[NONE]
    assert len(path.demands) == 2


def test_rebinding_leaves_the_function_alone() -> None:
    def twice() -> int:
        return 2 * helper()  # noqa: F821

    assert rebind(twice, helper=lambda: 4)() == 8
    assert "helper" not in globals()
    with pytest.raises(NameError, match="does not use absent"):
        rebind(twice, absent=1)
