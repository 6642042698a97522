"""The largest inductive set: dropped by counterexamples alone, round by round; and what a proof from it is worth."""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Answer, Outcome
from proofs.inductive import Inductive, inductive_invariants
from proofs.input.extension import Specification
from proofs.obligation import Obligation
from proofs.registry import registry
from proofs.verdict import Verdict

V = Verdict


def of_theory(name: str) -> Obligation[Any, Any]:
    found = registry()[name]
    assert isinstance(found, Obligation)
    return found


RESTS, FREE = of_theory("map__preserves__irreflexive"), of_theory("initial__has__irreflexive")
NAMES = ["a", "b", "c"]
MATRIX = [f"{what}__{name}" for name in NAMES for what in ("initial__has", "map__preserves", "flush__preserves")]
STEPS = [name for name in MATRIX if not name.startswith("initial")]
Say = Callable[[int, str, frozenset[str]], Verdict]


class Rounds:
    """Workers that answer as told, and what they were asked in each round."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.order: Callable[[list[str]], Iterable[str]] = list
        self.asked: list[tuple[list[str], str, frozenset[str], Container[str]]] = []

    def discharge(
        self, names: list[str], dialect: str, invariants: frozenset[str], thorough: Container[str]
    ) -> Iterator[tuple[str, Outcome]]:
        self.asked.append((list(names), dialect, invariants, thorough))
        for name in self.order(names):
            yield name, Outcome(self.say(len(self.asked), name, invariants), reason=f"round {len(self.asked)}")


def as_told(given: dict[str, Obligation[Any, Any]]) -> Any:
    """A theory of three actions and three invariants with these obligations."""
    theory: Any = SimpleNamespace(
        actions=["map", "grant", "flush"],
        invariants=NAMES,
        registry=given,
        messages="",
        ranges="",
        cores=False,
        ownership=False,
        is_sparse=False,
        own=list(given.values()),
        beneath=None,
        others=(),
        relied=frozenset(),
        every_invariant=frozenset(NAMES),
    )
    theory.inductive_steps = lambda dialect: Specification.inductive_steps(theory, dialect)
    return theory


def found(
    say: Say,
    thorough: Container[str] = (),
    used: Container[str] = ("map", "flush"),
    order: Callable[[list[str]], Iterable[str]] = list,
    hypotheses: frozenset[str] | None = None,
) -> tuple[Inductive, Rounds, list[tuple[str, Verdict]]]:
    told: list[tuple[str, Verdict]] = []
    rounds = Rounds(say)
    rounds.order = order
    given = {each.id: each for name in NAMES for each in about(name, used)}
    theory = as_told(given)
    dialect: Any = SimpleNamespace(name="as told", readings=READ)
    workers: Any = rounds
    tell: Callable[[str, Outcome], None] = lambda name, outcome: told.append((name, outcome.verdict))  # noqa: E731
    return inductive_invariants(dialect, workers, theory, tell, thorough, hypotheses), rounds, told


READ = CANONICAL.readings


def about(invariant: str, used: Container[str]) -> Iterator[Obligation[Any, Any]]:
    yield replace(FREE, id=f"initial__has__{invariant}", invariant=invariant)
    for action in ("map", "grant", "flush"):
        applies = lambda readings, use=action in used: use and readings is READ  # noqa: E731
        name = f"{action}__preserves__{invariant}"
        yield replace(RESTS, id=name, action=action, invariant=invariant, applies=applies)


@pytest.mark.parametrize("missing", ["initial__has__b", "flush__preserves__c"])
def test_an_invariant_that_nothing_shows_is_not_assumed(missing: str) -> None:
    given = {each.id: each for name in NAMES for each in about(name, ("map", "flush")) if each.id != missing}
    theory = as_told(given)
    workers: Any = Rounds(lambda number, name, invariants: V.PROVED)
    with pytest.raises(KeyError):
        inductive_invariants(CANONICAL, workers, theory)


def test_all_are_kept_in_one_round_where_all_are_proved() -> None:
    inductive, rounds, told = found(lambda number, name, invariants: V.PROVED, ["thorough"])
    assert rounds.asked == [(MATRIX, "as told", frozenset(NAMES), ["thorough"])]
    assert (inductive.assumed, inductive.shown, inductive.undecided) == (frozenset(NAMES), frozenset(NAMES), {})
    assert list(inductive.outcomes) == MATRIX
    assert told == [(name, V.PROVED) for name in MATRIX if name.startswith("initial")]


@pytest.mark.parametrize("some", [frozenset("bc"), frozenset("b"), frozenset[str]()])
def test_no_invariant_is_assumed_but_those_that_may_be(some: frozenset[str]) -> None:
    inductive, rounds, _ = found(lambda number, name, invariants: V.PROVED, hypotheses=some)
    assert [(names, left) for names, _, left, _ in rounds.asked] == [(MATRIX, some)]
    assert (inductive.assumed, inductive.shown) == (some, some)


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("place", MATRIX)
def test_only_a_counterexample_drops_an_invariant(verdict: Verdict, place: str) -> None:
    inductive, rounds, _ = found(lambda number, name, invariants: verdict if name == place else V.PROVED)
    name = place.rpartition("__")[2]
    dropped = {name} if verdict == V.UNPROVED else set()
    assert inductive.assumed == frozenset(NAMES) - dropped
    assert len(rounds.asked) == (2 if dropped else 1)
    settled = verdict in (V.PROVED, V.UNPROVED)
    assert inductive.undecided.keys() == (set() if settled else {place})
    assert inductive.shown == (inductive.assumed if settled else frozenset())


def test_each_round_assumes_what_is_left_and_asks_about_the_steps_again() -> None:
    def say(number: int, name: str, invariants: frozenset[str]) -> Verdict:
        fails = name == "flush__preserves__a" or (name == "map__preserves__b" and "a" not in invariants)
        return V.UNPROVED if fails else V.PROVED

    inductive, rounds, told = found(say)
    assert [(names, left) for names, _, left, _ in rounds.asked] == [
        (MATRIX, frozenset("abc")),
        (STEPS, frozenset("bc")),
        (STEPS, frozenset("c")),
    ]
    assert inductive.shown == {"c"}
    assert len(told) == 3  # those of the initial state, once
    assert inductive.outcomes["map__preserves__c"].reason == "round 3"
    assert inductive.outcomes["initial__has__c"].reason == "round 1"
    assert inductive.outcomes["flush__preserves__a"].verdict == V.UNPROVED
    assert inductive.undecided == {}


def test_outcomes_come_in_any_order() -> None:
    def say(number: int, name: str, invariants: frozenset[str]) -> Verdict:
        fails = name == "map__preserves__a" or (name == "flush__preserves__c" and "a" not in invariants)
        return V.UNPROVED if fails else V.PROVED

    for order in (list, reversed, sorted):
        inductive, rounds, told = found(say, order=order)
        assert inductive.shown == {"b"}
        assert [sorted(names) for names, *_ in rounds.asked] == [sorted(MATRIX), sorted(STEPS), sorted(STEPS)]
        assert len(told) == 3


def test_without_actions_the_initial_state_decides() -> None:
    inductive, rounds, told = found(lambda number, name, invariants: V.PROVED, used=())
    assert rounds.asked[0][0] == [f"initial__has__{name}" for name in NAMES]
    assert told == [(name, V.PROVED) for name in rounds.asked[0][0]]
    assert inductive.shown == frozenset(NAMES)


def test_what_is_open_of_a_dropped_invariant_leaves_nothing_open() -> None:
    outcomes = {
        "map__preserves__a": Outcome(V.UNPROVED),
        "flush__preserves__a": Outcome(V.ERROR),
        "map__preserves__odd__name": Outcome(V.UNKNOWN),
        "initial__has__b": Outcome(V.PROVED),
    }
    shows = dict(zip(outcomes, ("a", "a", "odd__name", "b"), strict=True))
    assert Inductive(frozenset({"b"}), outcomes, shows).undecided == {}
    assert Inductive(frozenset({"b"}), outcomes, shows).shown == {"b"}
    odd = Inductive(frozenset({"odd__name", "b"}), outcomes, shows)
    assert odd.undecided == {"map__preserves__odd__name": outcomes["map__preserves__odd__name"]}


# what a proof is worth

KNOWN = frozenset(RESTS.invariants)
SOME = next(iter(KNOWN))
BY_Z3, BY_CVC5 = (Answer(name, "unsat", 0.0) for name in ("z3", "cvc5"))


def judged(outcome: Outcome, **undecided: Outcome) -> Outcome:
    outcomes = {f"{action}__preserves__{SOME}": each for action, each in undecided.items()}
    shows = {"initial__has__irreflexive": "irreflexive", **dict.fromkeys(outcomes, SOME)}
    return Inductive(KNOWN, {"initial__has__irreflexive": Outcome(V.PROVED), **outcomes}, shows).judged(RESTS, outcome)


def test_a_proof_names_what_it_rests_on() -> None:
    proof = Outcome(V.PROVED, used=("a guard", SOME), answers=(BY_CVC5, BY_Z3))
    begin = f"it rests on invariants that are not decided, since map__preserves__{SOME} is "
    one = judged(proof, map=Outcome(V.UNKNOWN, reason="too hard"))
    assert (one.verdict, one.reason, one.used) == (V.UNKNOWN, f"{begin}unknown: too hard", proof.used)
    assert judged(proof, map=Outcome(V.ERROR)).reason == f"{begin}error"
    two = judged(proof, map=Outcome(V.ERROR, reason="it"), flush=Outcome(V.UNKNOWN, reason="other"))
    assert two.reason == f"{begin}error and 1 more: it"
    for order in (("flush", "map", "grant"), ("map", "flush", "grant"), ("flush", "grant", "map")):
        given = {"map": Outcome(V.DISAGREEMENT, reason="it"), "flush": Outcome(V.ERROR), "grant": Outcome(V.UNKNOWN)}
        three = judged(proof, **{action: given[action] for action in order})
        assert (three.verdict, three.reason) == (V.DISAGREEMENT, f"{begin}disagreement and 2 more: it")


def test_a_proof_that_needs_none_of_them_is_one() -> None:
    broken = Outcome(V.ERROR)
    for proof in (
        Outcome(V.PROVED, used=("a guard",), answers=(BY_Z3,)),
        Outcome(V.PROVED, used=(), answers=(BY_CVC5, BY_Z3)),
    ):
        assert judged(proof, map=broken) is proof
    by_cvc5 = Outcome(V.PROVED, used=(), answers=(BY_CVC5,))
    assert judged(by_cvc5, map=broken).verdict == V.UNKNOWN  # nobody says what it needs
    no_core = Outcome(V.PROVED, used=(), answers=())
    assert judged(no_core, map=broken).verdict == V.UNKNOWN
    inductive = Inductive(KNOWN, {f"map__preserves__{SOME}": broken}, {f"map__preserves__{SOME}": SOME})
    assert inductive.judged(FREE, by_cvc5) is by_cvc5  # the initial state's has no invariant to need
    code: Any = SimpleNamespace(id="of code")
    assert inductive.judged(code, by_cvc5) is by_cvc5  # nor has the kernel's


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict != V.PROVED])
def test_what_is_no_proof_stays_what_it_is(verdict: Verdict) -> None:
    outcome = Outcome(verdict, used=(SOME,), answers=(BY_Z3,))
    assert judged(outcome, map=Outcome(V.ERROR)) is outcome


def test_where_nothing_is_open_a_proof_is_one() -> None:
    proof = Outcome(V.PROVED, used=(SOME,), answers=(BY_Z3,))
    assert judged(proof) is proof
    assert judged(proof, map=Outcome(V.PROVED)) is proof
