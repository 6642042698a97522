"""Counterexamples that are kept: evaluated again, and of no account where they show nothing any more."""

import json
from typing import Any

import numpy as np
import pytest
import z3

from model.running.evaluate import Structure
from model.spaces.dialect import CANONICAL
from model.spaces.theory import Slot
from proofs.execution.named_after import CapturedNameError
from proofs.execution.values import Node
from proofs.faults.hunts import kept as file
from proofs.faults.hunts import proof_of_code as code
from proofs.faults.hunts.kept import Kept
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.sized.contracts import slot_of
from proofs.registry import registry
from proofs.verdict import Verdict

S = z3.DeclareSort("S")
X = z3.Const("x", S)
C = z3.Const("c", S)
HAS = z3.Function("has", S, z3.BoolSort())
TO = z3.Function("to", S, S)
SOME_HAS = Condition({"some has it": z3.Exists([X], HAS(X))}, {}, z3.ForAll([X], HAS(X)))
TRUE = Condition({}, {}, z3.Or(HAS(C), z3.Not(HAS(C))))


def test_a_model_is_kept_and_read_again() -> None:
    model = Structure(1, {"S": 3}, {"has": np.array([[False, True, True]]), "to": np.array([[2, 0, 0]])})
    kept = Kept.of(4, model)
    assert kept == Kept(4, {"S": 3}, {"has": (1, 2), "to": (2, 0, 0)})
    assert kept.json() == {"condition": 4, "sizes": {"S": 3}, "tables": {"has": [1, 2], "to": [2, 0, 0]}}
    found = kept.in_(Condition({"some has it": HAS(C)}, {}, HAS(TO(TO(X)))))
    assert found is None  # c is the first element, which has it not
    found = kept.in_(Condition({"has it not": z3.Not(HAS(C)), "it leads there": HAS(TO(C))}, {}, HAS(C)))
    assert found is not None
    assert {name: table.tolist() for name, table in found.symbols.items()} == {
        "has": [[False, True, True]],
        "to": [[2, 0, 0]],
        "c": [0],
    }


def test_what_is_no_finite_structure_is_not_kept() -> None:
    assert Kept.of(0, Structure(1, {}, {"p": np.array([True])})) is None
    number = np.empty(1, object)
    number[0] = 3
    assert Kept.of(0, Structure(1, {"S": 1}, {"n": number})) is None


@pytest.mark.parametrize(
    "kept",
    [
        Kept(0, {"S": 2}, {}),  # the hypothesis is false in it
        Kept(0, {"S": 2}, {"has": (0, 1)}),  # the goal holds in it
        Kept(0, {"S": 2}, {"has": (2,)}),  # there is no such element
        Kept(0, {}, {"has": (1,)}),
    ],
)
def test_what_shows_nothing_is_none(kept: Kept) -> None:
    assert kept.in_(SOME_HAS) is None
    place, outcome = code.with_fault([SOME_HAS], kept)
    assert (place, outcome.verdict) == (0, Verdict.UNPROVED)  # the solver finds one
    place, outcome = code.with_fault([TRUE], kept)
    assert (place, outcome.verdict) == (-1, Verdict.PROVED)


@pytest.mark.parametrize("table", [(0,), (0, 0, 0), (0, 2), (0, -1)])
def test_a_table_of_another_size_shows_nothing(table: tuple[int, ...]) -> None:
    condition = Condition({}, {}, TO(C) != C)
    assert Kept(0, {"S": 2}, {}).in_(condition) is not None
    assert Kept(0, {"S": 2}, {"to": (0, 0)}).in_(condition) is not None
    assert Kept(0, {"S": 2}, {"to": table}).in_(condition) is None


@pytest.mark.parametrize(("value", "shows"), [(3, True), (1, False), (4, False), (-1, False)])
def test_a_value_that_no_word_has_shows_nothing(value: int, shows: bool) -> None:
    word = z3.Function("word", S, z3.BitVecSort(2))
    condition = Condition({}, {}, z3.ULE(word(C), z3.BitVecVal(2, 2)))
    assert (Kept(0, {"S": 2}, {"word": (value, 0)}).in_(condition) is not None) == shows


def test_what_has_no_finite_structure_is_not_evaluated() -> None:
    number = z3.Int("n")
    assert Kept(0, {"S": 1}, {"n": (0,)}).in_(Condition({}, {}, number > 0)) is None
    other = z3.Function("has", S, S)  # two symbols of one name
    both = Condition({"one": HAS(C)}, {}, other(C) != C)
    assert Kept(0, {"S": 1}, {"has": (0,)}).in_(both) is None


def test_the_solver_is_not_asked_where_a_kept_one_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("asked")

    asked: list[int] = []

    def conditions() -> Any:
        for number in range(4):
            asked.append(number)
            yield SOME_HAS if number == 2 else TRUE

    monkeypatch.setattr(code, "discharge", never)
    place, outcome = code.with_fault(conditions(), Kept(2, {"S": 2}, {"has": (1,)}))
    assert (place, outcome.verdict, asked) == (2, Verdict.UNPROVED, [0, 1, 2])
    assert outcome.counterexample is not None


def test_a_kept_one_is_none_of_a_condition_that_no_solver_would_be_asked() -> None:
    node = z3.Const("n", Node)
    captured = z3.ForAll([node], z3.Function("has", Node, Slot, z3.BoolSort())(node, slot_of(node)))
    kept = Kept(0, {"Node": 1, "Slot": 1}, {})
    assert kept.in_(Condition({}, {}, captured)) is not None
    with pytest.raises(CapturedNameError):
        code.with_fault([Condition({}, {}, captured)], kept)


def test_all_conditions_are_asked_where_a_kept_one_is_of_none() -> None:
    for place in (0, 1, 3, 9):
        found, outcome = code.with_fault(iter([TRUE, TRUE, SOME_HAS]), Kept(place, {"S": 2}, {"has": (1,)}))
        assert (found, outcome.verdict) == (2, Verdict.UNPROVED)


def test_a_hunt_takes_what_is_kept_of_its_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"condition": 1, "sizes": {"S": 2}, "tables": {"has": [1]}}
    monkeypatch.setattr(file, "_file", lambda: {"one": {"an_obligation": told}})
    assert file.kept("one", "an_obligation") == Kept(1, {"S": 2}, {"has": (1,)})
    assert file.kept("one", "another") is None
    assert file.kept("other", "an_obligation") is None
    given: list[tuple[str, Kept | None]] = []

    def verdict(obligation: str, _: Any, before: Kept | None = None) -> tuple[Verdict, str]:
        given.append((obligation, before))
        return Verdict.UNPROVED, ""

    monkeypatch.setattr(code, "_verdict", verdict)
    monkeypatch.setattr(code, "kept", lambda fault, name: Kept(7, {}, {fault: (0,), name: ()}))
    fault = "link-leaf-parent-unwritten"
    code.find(fault, few=True, proved=frozenset(code.hints()[fault]))
    assert given == [(name := code.hints()[fault][0], Kept(7, {}, {fault: (0,), name: ()}))]


def test_what_is_kept_is_of_faults_by_which_obligations_fall() -> None:
    found = json.loads(file.FILE.read_text("utf-8"))
    assert found
    for fault, obligations in found.items():
        assert obligations.keys() <= set(code.hints()[fault]), fault


@pytest.mark.slow
@pytest.mark.parametrize("fault", json.loads(file.FILE.read_text("utf-8")))
def test_every_one_still_shows_what_it_is_kept_for(fault: str) -> None:
    for name in json.loads(file.FILE.read_text("utf-8"))[fault]:
        obligation, before = registry()[name], file.kept(fault, name)
        assert isinstance(obligation, CodeObligation)
        assert before is not None
        conditions = list(obligation.conditions(CANONICAL, frozenset(), code.CODE_FAULTS[fault].code))
        assert before.in_(conditions[before.place]) is not None, f"python .ci/record_counterexamples.py '{fault}'"
