"""An obligation asked of a mutant."""

from collections.abc import Iterator
from typing import Any

import pytest
import z3

from proofs.engines.smt.outcome import Settings
from proofs.execution.syntax import OtherCodeError
from proofs.mutation.record import MutantEnding, Noticed
from proofs.mutation.runner import asking, items
from proofs.mutation.runner.inplace import Live
from proofs.mutation.runner.items import ProofItem
from proofs.obligation import Condition
from proofs.verdict import Verdict
from refinement.kernel import primitives
from refinement.rewriting import replaced

NAMES = ("irreflexive", "transitive")


def refuse(*_: object) -> None:
    raise AssertionError("a solver is asked")


def test_conditions_that_a_mutant_leaves_as_they_are_are_not_solved_again(monkeypatch: pytest.MonkeyPatch) -> None:
    item = ProofItem("flush__preserves__irreflexive", "canonical", NAMES)
    item.keep()
    monkeypatch.setattr(items, "discharge_all", refuse)
    assert item.run() is None
    item.invariants = frozenset(NAMES[:1])
    with pytest.raises(AssertionError, match="a solver is asked"):
        item.run()


def test_a_solver_has_the_seconds_that_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """But never more than while what it does was recorded."""
    given = []

    class Known:
        verdict = Verdict.PROVED

    def discharge(conditions: object, shown: object, settings: Settings) -> Known:
        given.append(settings.seconds)
        return Known()

    monkeypatch.setattr(items, "discharge_all", discharge)
    item = ProofItem("flush__preserves__irreflexive", "canonical", NAMES)
    for seconds in (1.5, 1000.0):
        assert item.run(None, seconds) is None
    assert item.run() is None
    assert given == [1.5, items.SETTINGS.seconds, items.SETTINGS.seconds]
    given.clear()
    for usual in (0.4, 0.01):
        asking.run_items([item], {item.name: usual}, lambda **told: None, 0, fresh=False, hinted=True)
    assert given == [4.0, 1.0]


class Asked:
    """An item that answers by the seconds that it has."""

    file = group = "asked"
    decided = False

    def __init__(self, name: str, asked: list[tuple[str, float]], needs: float, proved: bool, is_proof: bool) -> None:
        self.name, self.is_proof = name, is_proof
        self._asked, self._needs, self._proved = asked, needs, proved

    def run(self, following: object, seconds: float) -> Noticed | None:
        self._asked.append((self.name, seconds))
        self.decided = self._proved and seconds >= self._needs
        return Noticed(MutantEnding.PROOF, "") if not self._proved and seconds >= self._needs else None


def questions(
    *items: tuple[str, float, bool, bool], skip: int = 0, hinted: bool = False
) -> tuple[list[tuple[str, float]], dict[str, object]]:
    asked: list[tuple[str, float]] = []
    told: list[dict[str, object]] = []
    made: list[Any] = [Asked(name, asked, *rest) for name, *rest in items]  # type: ignore[arg-type]
    usual = dict.fromkeys((each.name for each in made), 0.0)
    asking.run_items(made, usual, lambda **each: told.append(each), skip, fresh=False, hinted=hinted)
    return asked, told[-1]


def test_what_a_solver_gives_up_soon_is_asked_again_and_what_it_proves_is_not() -> None:
    late = ("late", 1.0, False, True)
    soon = ("soon", 0.0, False, True)
    proved = ("proved", 0.0, True, True)
    test = ("test", 0.0, True, False)
    brief, whole = asking.BRIEF, asking.SOLVER
    asked, last = questions(late, proved, test)
    assert asked == [("late", brief), ("proved", brief), ("late", whole)]
    assert (last["end"], last["by"]) == ("proof", "late")
    assert questions(late, soon, test)[0] == [("late", brief), ("soon", brief)]
    assert questions(late, soon, hinted=True)[0] == [("late", whole)]
    assert questions(proved, late, skip=2)[0] == [("proved", whole), ("late", whole)]
    asked, last = questions(test, proved, hinted=True)
    assert asked == [("test", whole), ("proved", brief)]
    assert last["end"] == "survived"


def test_an_obligation_that_kept_nothing_is_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    item = ProofItem("flush__preserves__irreflexive", "canonical", NAMES)
    assert item.run() is None
    monkeypatch.setattr(items, "discharge_all", refuse)
    with pytest.raises(AssertionError, match="a solver is asked"):
        item.run()


def test_only_the_same_terms_under_the_same_names_are_the_same() -> None:
    p, q = z3.Bools("p q")
    about = {"one": "invariant"}
    kept = Condition({"one": p}, about, q)
    assert items._are_same([kept], [Condition({"one": p}, about, q)])
    assert not items._are_same([kept], [Condition({"one": p}, about, p)])
    assert not items._are_same([kept], [Condition({"one": q}, about, q)])
    assert not items._are_same([kept], [Condition({"other": p}, about, q)])
    assert not items._are_same([kept], [Condition({}, {}, q)])
    assert not items._are_same([kept], [])
    assert not items._are_same([kept], [kept, kept])


def forget() -> None:
    """What proofs before left behind goes, as it does before each mutant."""
    Live.of(lambda file: "proofs" in file).forget()


@pytest.fixture
def mutating(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """What was computed of a mutant is gone with it."""
    yield monkeypatch
    monkeypatch.undo()
    forget()


@pytest.mark.long
def test_a_mutant_that_was_not_executed_is_not_noticed(mutating: pytest.MonkeyPatch) -> None:
    item = ProofItem("link_leaf__preserves__first_child", "canonical", ())
    assert item.run() is None
    code = primitives.link_leaf.__code__
    mutating.setattr(primitives.link_leaf, "__code__", code.replace(co_consts=(*code.co_consts, 0)))
    forget()
    with pytest.raises(OtherCodeError, match="runs other code than its file holds"):
        item.conditions()
    assert item.run() is None


@pytest.mark.long
def test_a_mutant_that_terms_cannot_execute_is_refused(mutating: pytest.MonkeyPatch) -> None:
    function = replaced(primitives.link_leaf, "first != NONE", "first")
    mutating.setattr(primitives, "link_leaf", function)
    forget()
    noticed = ProofItem("link_leaf__preserves__first_child", "canonical", ()).run()
    assert noticed is not None
    assert noticed.ending == MutantEnding.REFUSED
