"""Paths: what is replayed, what is known, and how a path ends."""

import pytest
import z3

from model.spaces.theory import Right, Slot
from proofs.execution.path import Cut, ExecutionError, Path, Point, Raised, TooManyPathsError, negated, paths
from proofs.execution.values import Node, Rights, Truth, Value, equal, free, no_node
from proofs.obligations.tree.tree import BEFORE, SymbolicTree
from refinement.kernel.mapping_tree import FREE, NONE, ROOTS

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


def test_what_is_learnt_as_a_whole_is_known_in_its_parts() -> None:
    p, q = z3.Bools("p q")
    path = Path()
    path.learn({"both": z3.And(p, z3.Not(q))})
    assert (path.known(p), path.known(q), path.known(z3.Not(q))) == (True, False, True)
    assert path.known(z3.Bool("r")) is None


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


def test_more_ways_than_asked_for_are_refused() -> None:
    def code(path: Path) -> None:
        for name in "pqr":
            path.decide(z3.Bool(name))

    assert len(list(paths(code, most=8))) == 8
    with pytest.raises(TooManyPathsError, match="more than 7 ways"):
        list(paths(code, most=7))


def test_an_exception_that_nobody_expects_is_an_error() -> None:
    def raises(path: Path) -> None:
        raise Raised(ValueError("no"), "f, line 3")

    def fails(path: Path) -> None:
        raise KeyError("missing")

    with pytest.raises(ExecutionError, match="f, line 3: raises ValueError"):
        list(paths(raises))
    with pytest.raises(ExecutionError, match="'missing' \\(KeyError\\)"):
        list(paths(fails))


def test_numbers_without_a_meaning_are_refused() -> None:
    path = Path()
    with pytest.raises(ExecutionError, match="may name"):
        Value(n, path) == 7  # noqa: B015
    with pytest.raises(ExecutionError, match="mixes up"):
        Value(n, path) == Value(z3.Const("s", Slot), path)  # noqa: B015
    with pytest.raises(ExecutionError, match="is no set of rights"):
        Rights(lambda a: z3.BoolVal(True), path) == 3  # noqa: B015


def test_an_assumption_has_one_meaning() -> None:
    path = Path()
    path.assume({"it": z3.Bool("p")})
    with pytest.raises(ValueError, match="assumed twice"):
        path.assume({"it": z3.Bool("q")})


def test_a_demand_knows_what_was_decided_and_assumed_before_it() -> None:
    path = Path()
    path.decide(z3.Bool("p"))
    path.demand("it", lambda: z3.Bool("r"))
    path.assume({"granted": z3.Bool("q")})
    path.decide(z3.Bool("s"))
    path.demand("it", lambda: z3.Bool("r"))
    assert [(demand.facts, demand.assumed) for demand in path.demands] == [(1, 0), (2, 1)]


def anew() -> Path:
    path = Path()
    path.learn({"learnt": z3.Bool("l")})
    path.assume({"granted": z3.Bool("g")})
    path.decide(z3.Bool("p"))
    path.demand("it", lambda: z3.Bool("r"))
    path.reach(Point("f", 1, 0, "before"))
    path.begin_anew()
    path.assume({"granted later": z3.Bool("h")})
    path.reach(Point("f", 2, 0, "after"))
    path.note(z3.Bool("q"))
    path.demand("it", lambda: z3.Bool("r"))
    return path


def test_a_path_that_begins_anew_knows_nothing_of_what_was_before() -> None:
    path = anew()
    known = {name: path.known(z3.Bool(name)) for name in ("g", "h", "p", "l", "q")}
    assert known == {"g": None, "h": True, "p": None, "l": None, "q": True}
    assert [(d.since, d.facts, d.granted, d.assumed) for d in path.demands] == [(0, 1, 0, 1), (1, 2, 1, 2)]


def test_a_path_that_begins_anew_is_two() -> None:
    before, after = anew().parts()
    assert (before.facts, before.assumed) == ([z3.Bool("p")], {"granted": z3.Bool("g")})
    assert (after.facts, after.assumed) == ([z3.Bool("q")], {"granted later": z3.Bool("h")})
    assert [[point.text for point in part.reached] for part in (before, after)] == [["before"], ["after"]]
    path = Path()
    assert path.parts() == (path,)


def test_negation_does_not_pile_up() -> None:
    p = z3.Bool("p")
    assert negated(negated(p)).eq(p)


def test_rights_are_sets() -> None:
    some = z3.Function("some", Right, z3.BoolSort())
    rights = Rights(some, Path())
    for same in (rights & ~rights == 0, rights & 7 == rights, rights | ~rights == 7):
        solver = z3.Solver()
        solver.add(z3.Not(same.term))
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
