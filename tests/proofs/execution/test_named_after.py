"""A constant that is named after a term stands for one element only: no quantifier around it binds that element."""

import re

import pytest
from z3 import And, BoolSort, BoolVal, Const, Consts, Exists, ForAll, Function, Implies, IntSort, Not

from model.spaces.theory import Slot
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.execution.named_after import CapturedNameError, check_named, constant_after, named
from proofs.execution.path import Path
from proofs.execution.values import Node, Value
from proofs.obligation import Condition
from proofs.obligations.sized.contracts import slot_of
from proofs.obligations.tree.tree import SymbolicTree

n, m = Consts("n m", Node)
next_of = Function("next_of", Node, Node)
has = Function("has", Node, Slot, BoolSort())


@pytest.mark.parametrize("quantifier", [ForAll, Exists])
def test_what_is_bound_around_a_name_of_it_is_refused(quantifier: object) -> None:
    for place, bound in ((n, n), (next_of(n), n), (next_of(next_of(m)), m)):
        captured = quantifier([bound], has(place, slot_of(place)))  # type: ignore[operator]
        with pytest.raises(CapturedNameError, match="is one constant for every"):
            check_named([BoolVal(True), Not(And(BoolVal(True), captured))])
        within = ForAll([m], quantifier([n], Implies(n != m, has(bound, slot_of(place)))))  # type: ignore[operator]
        with pytest.raises(CapturedNameError):
            check_named([within])


def test_what_is_free_or_another_may_be_named() -> None:
    other = Const("n", IntSort())
    check_named(
        [has(n, slot_of(n)), ForAll([m], has(m, slot_of(n))), ForAll([other], And(other > 0, has(n, slot_of(n))))]
    )
    check_named([ForAll([n], has(n, Const("slot of n", Slot)))])


def test_a_name_of_a_name_is_of_both() -> None:
    first = constant_after(f"parent[{named(n)}]", Node, n)
    with pytest.raises(CapturedNameError):
        check_named([ForAll([n], has(n, slot_of(first)))])
    with pytest.raises(CapturedNameError):
        check_named([ForAll([first], has(first, slot_of(first)))])
    check_named([ForAll([m], has(m, slot_of(first)))])


def test_a_function_of_a_terms_is_not_what_is_bound_under_its_name() -> None:
    bound = Const("next_of", Node)
    check_named([ForAll([bound], has(bound, slot_of(next_of(n))))])


def test_a_number_in_a_term_is_no_constant_of_it() -> None:
    number = Const("number", IntSort())
    after = constant_after(f"at[{named(number + 1)}]", IntSort(), number + 1)
    check_named([after > 0])
    with pytest.raises(CapturedNameError):
        check_named([ForAll([number], after > number)])


def test_of_several_names_each_is_looked_at() -> None:
    """That of ``m`` is met first, and nothing binds ``m``."""
    with pytest.raises(CapturedNameError):
        check_named([ForAll([n], And(has(n, slot_of(m)), has(n, slot_of(n))))])
    with pytest.raises(CapturedNameError):
        check_named([ForAll([m], And(has(n, slot_of(m)), has(n, slot_of(n))))])


def test_each_term_has_a_name_of_its_own() -> None:
    assert named(n) == "n"
    assert re.fullmatch("next_of [0-9a-f]{16}", named(next_of(n)))
    assert len({named(each) for each in (n, m, next_of(n), next_of(m), next_of(next_of(n)))}) == 5


def test_what_a_column_held_is_named_after_its_index() -> None:
    tree = SymbolicTree(Path())
    held = tree.columns["parent"].held(n)
    with pytest.raises(CapturedNameError, match="parent"):
        check_named([ForAll([n], held == n)])
    read = tree.columns["parent"][Value(n, tree.path)]
    assert isinstance(read, Value)
    assert read.term.eq(held)


def test_such_a_condition_is_not_decided() -> None:
    """From what all nodes' slots are, by one name, it would follow that all nodes have one slot."""
    given = {"every node has its slot": ForAll([n], has(n, slot_of(n)))}
    goal = ForAll([m], has(m, slot_of(n)))
    with pytest.raises(CapturedNameError):
        discharge(Condition(given, dict.fromkeys(given, "assumption"), goal), Satisfiable())
