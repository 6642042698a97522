"""From outcomes to results: what is searched, what is settled, and that only a search to its end exhausts."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import proofs.engines.search.reachability
import proofs.prove
from model.running.evaluate import Structure
from model.running.search import SearchCounts
from model.scope import Scope
from model.spaces.dialect import CANONICAL, DIALECTS, NoRights
from model.spaces.operation import Argument, Operation
from model.trace import Trace
from proofs.engines.search.deciding import AreaResult, SearchArea
from proofs.engines.search.induction import InductionCounterexample
from proofs.engines.search.unrolled import UnrolledRun
from proofs.engines.smt.outcome import Answer, Outcome, Settings, Spread
from proofs.inductive import Inductive
from proofs.input.extension import theory_of
from proofs.obligation import Obligation, Provable
from proofs.prove import prove
from proofs.registry import registry
from proofs.report.writers.describe import structure_json
from proofs.report.writers.json_report import result_json
from proofs.result import Result, Run
from proofs.searches.core_areas import CORE_AREAS
from proofs.searches.ownership_areas import OWNERSHIP_AREAS
from proofs.searches.range_search import RangeFound
from proofs.two_runs import TwoRuns, about_model
from proofs.verdict import Verdict

V = Verdict
module: Any = sys.modules["proofs.prove"]
SCOPE = Scope(2, 1, 1)
AREAS = (SearchArea(SCOPE), SearchArea(Scope(3, 1, 1)))
TRACE = Trace("canonical", SCOPE, (Operation("flush", 0), Operation("flush", 1)))
STATE = Structure(1, {}, {"p": np.array([True])})


def first(kind: str) -> Provable:
    """An obligation of canonical: of one step, of some step, of two runs, or of code."""
    return next(each for each in registry().values() if is_of(each, kind) and each.applies(CANONICAL.readings))


def is_of(obligation: Provable, kind: str) -> bool:
    if isinstance(obligation, Obligation):
        return kind == ("some" if obligation.sometimes else "one")
    return kind == ("two" if isinstance(obligation, TwoRuns) else "code")


ONE, SOME, TWO, CODE = (first(kind) for kind in ("one", "some", "two", "code"))
OTHER = registry()["grant__empties__source"]
LATER = registry()["map__preserves__forest"]


class Pretended:
    """Workers that answer as told."""

    def __init__(self, outcomes: dict[str, Outcome], theory: str = "") -> None:
        self.outcomes, self.settings = outcomes, Settings(theory=theory)
        self.asked: list[tuple[list[str], str, frozenset[str]]] = []
        self.found: dict[str, Any] = {}

    def discharge(
        self, names: Iterable[str], dialect: str, invariants: frozenset[str]
    ) -> Iterator[tuple[str, Outcome]]:
        self.asked.append((list(names), dialect, invariants))
        for name in self.asked[-1][0]:
            yield name, self.outcomes[name]

    def counterexamples(self, names: list[str], dialect: str, invariants: frozenset[str]) -> Iterator[tuple[str, Any]]:
        self.asked.append((list(names), dialect, invariants))
        for name in names:
            yield name, self.found[name]


class Searches:
    """Searches that find as told, area by area, and what was looked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looked: list[tuple[SearchArea, list[str]]] = []
        self.pairs: list[list[str]] = []
        self.traces: list[dict[str, Trace]] = [{}, {}]
        self.complete = [True, True]
        self.found_pairs: tuple[dict[str, Any], tuple[str, ...], bool] = ({}, ("an area",), True)
        monkeypatch.setattr(module, "areas", lambda dialect: AREAS)
        monkeypatch.setattr(module, "search", self.search)
        monkeypatch.setattr(module, "search_areas", self.search_areas)
        monkeypatch.setattr(module, "search_theory", lambda *_: pytest.fail("Appendix A is searched by its formulas"))

    def search(self, dialect: object, area: SearchArea, obligations: list[Obligation]) -> AreaResult[Trace]:
        assert dialect is CANONICAL
        self.looked.append((area, [each.id for each in obligations]))
        number = (len(self.looked) - 1) % 2
        return AreaResult(area, SearchCounts(10 + number, 0, self.complete[number]), self.traces[number])

    def search_areas(self, dialect: object, areas: Any, obligations: list[TwoRuns], theory: Any) -> Any:
        assert (dialect, areas, theory) == (CANONICAL, AREAS, theory_of().theory)
        self.pairs.append([each.id for each in obligations])
        return self.found_pairs


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> Searches:
    return Searches(monkeypatch)


KNOWN = Inductive(frozenset({"forest"}), {}, {})
WORDS = [f"{AREAS[0]} (10 states)", f"{AREAS[1]} (11 states)"]


def run(
    chosen: list[Provable], outcomes: dict[str, Outcome], known: Inductive = KNOWN, **more: Any
) -> tuple[Run, Pretended, list[Result]]:
    told: list[Result] = []
    workers: Any = Pretended(outcomes)
    return prove(CANONICAL, chosen, workers, told.append, known=known, **more), workers, told


def names(results: Iterable[Result]) -> list[str]:
    return [each.obligation.id for each in results]


# outcomes


def test_a_result_has_all_that_the_outcome_has(searches: Searches) -> None:
    spread = Spread(2, 1.0, 1.0, ("unsat",))
    answers = (Answer("z3", "unsat", 1.0),)
    outcome = Outcome(
        V.PROVED, 3.0, ("used",), ("unused",), "outside", "reason", answers, True, "certificate", spread, STATE, "by"
    )
    found, workers, told = run([ONE], {ONE.id: outcome})
    (result,) = found.results
    assert result.obligation.id == ONE.id
    assert result.outcome is outcome
    assert (result.dialect, result.trace, result.searched, result.pair) == ("canonical", None, (), None)
    assert told == [result]
    assert workers.asked == [([ONE.id], "canonical", frozenset({"forest"}))]
    assert (found.dialect, found.invariants, found.whole, found.undecided) == (
        CANONICAL,
        frozenset({"forest"}),
        False,
        (),
    )
    assert searches.looked == []


@pytest.mark.parametrize("verdict", [each for each in Verdict if each not in (V.UNPROVED, V.PROVED)])
@pytest.mark.parametrize("obligation", [ONE, TWO, CODE], ids=["one", "two", "code"])
def test_what_is_neither_proved_nor_refuted_by_the_solver_stays(
    searches: Searches, verdict: Verdict, obligation: Provable
) -> None:
    found, _, told = run([obligation], {obligation.id: Outcome(verdict, reason="why")})
    assert [(each.verdict, each.reason) for each in found.results] == [(verdict, "why")]
    assert [each.counterexample for each in found.results] == [None]
    assert list(found.results) == told
    assert searches.looked == []
    assert searches.pairs in ([], [[]])


def test_what_is_refuted_of_code_is_not_searched(searches: Searches) -> None:
    found, _, _ = run([CODE], {CODE.id: Outcome(V.UNPROVED)})
    assert [each.verdict for each in found.results] == [V.UNPROVED]
    assert (searches.looked, searches.pairs) == ([], [[]])


def test_results_come_in_the_order_in_which_they_were_chosen(searches: Searches) -> None:
    searches.traces[0] = {ONE.id: TRACE, SOME.id: TRACE}
    outcomes = {ONE.id: Outcome(V.UNPROVED), OTHER.id: Outcome(V.PROVED), CODE.id: Outcome(V.ERROR)}
    found, workers, told = run([SOME, ONE, CODE, OTHER], outcomes)
    assert names(found.results) == [SOME.id, ONE.id, CODE.id, OTHER.id]
    assert [each.verdict for each in found.results] == [V.WITNESSED, V.REFUTED, V.ERROR, V.PROVED]
    assert workers.asked[0][0] == [ONE.id, CODE.id, OTHER.id]
    assert names(told) == [CODE.id, OTHER.id, ONE.id, SOME.id]


def test_what_was_decided_before_is_judged_and_not_asked_again(searches: Searches) -> None:
    outcomes = {LATER.id: Outcome(V.ERROR, reason="it"), ONE.id: Outcome(V.PROVED)}
    broken = Inductive(frozenset({"forest"}), outcomes, {LATER.id: "forest", ONE.id: "irreflexive"})
    rests = Outcome(V.PROVED, used=("forest",), answers=(Answer("z3", "unsat", 0.0),))
    found, workers, told = run([LATER, OTHER], {OTHER.id: rests}, broken)
    assert [each.verdict for each in found.results] == [V.ERROR, V.UNKNOWN]
    assert found.invariants == frozenset()
    assert workers.asked == [([OTHER.id], "canonical", frozenset({"forest"}))]
    assert names(told) == [LATER.id, OTHER.id]  # what was not chosen is not told


def test_what_was_refuted_before_is_searched_for_once(searches: Searches) -> None:
    refuted = Inductive(
        frozenset(), {LATER.id: Outcome(V.PROVED), ONE.id: Outcome(V.UNPROVED)}, {LATER.id: "", ONE.id: ""}
    )
    workers: Any = Pretended({})
    told: list[Result] = []
    found = prove(CANONICAL, iter([ONE]), workers, told.append, known=refuted)
    assert searches.looked == [(area, [ONE.id]) for area in AREAS]
    assert told == list(found.results)
    assert [each.verdict for each in told] == [V.EXHAUSTED]


def test_what_a_dialect_does_not_claim_is_not_asked(searches: Searches) -> None:
    assert isinstance(ONE, Obligation)
    assert isinstance(SOME, Obligation)
    lacking = replace(ONE, id="lacking", applies=lambda readings: readings != CANONICAL.readings)
    failing = replace(lacking, id="failing", fails=lambda readings: readings == CANONICAL.readings)
    some = replace(SOME, id="some", applies=lacking.applies)
    proved = Inductive(KNOWN.assumed, {LATER.id: Outcome(V.PROVED)}, {LATER.id: "forest"})
    found, workers, told = run([LATER, lacking, failing, some], {}, proved)
    assert names(told) == ["lacking", "failing", "some", LATER.id]
    assert {each.dialect for each in found.results} == {"canonical"}
    assert [(each.verdict, each.reason) for each in found.results[1:]] == [
        (V.NOT_CLAIMED, "canonical does not have it"),
        (V.NOT_CLAIMED, "known not to hold in canonical: musigma counterexample failing shows it"),
        (V.NOT_CLAIMED, "canonical does not have it"),
    ]
    assert workers.asked == [([], "canonical", frozenset({"forest"}))]
    assert searches.looked == []


def test_what_is_final_at_once_is_told_at_once(searches: Searches, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    base, other = registry()["initial__has__forest"], registry()["initial__has__transitive"]

    def inductive(dialect: Any, workers: Any, theory: Any, at_once: Any, thorough: Any) -> Inductive:
        assert (dialect, theory.source, set(thorough)) == (CANONICAL, "", {base.id, other.id, LATER.id})
        for name, verdict in ((base.id, V.PROVED), (base.id, V.PROVED), (other.id, V.UNPROVED), (ONE.id, V.PROVED)):
            at_once(name, Outcome(verdict))
        told.append("known")
        outcomes = {base.id: Outcome(V.PROVED), other.id: Outcome(V.ERROR), LATER.id: Outcome(V.PROVED)}
        return Inductive(frozenset(), outcomes, dict.fromkeys(outcomes, ""))

    monkeypatch.setattr(module, "inductive_invariants", inductive)
    workers: Any = Pretended({})
    found = prove(CANONICAL, [base, other, LATER], workers, lambda result: told.append(result.obligation.id))
    assert told == [base.id, "known", other.id, LATER.id]
    assert [each.verdict for each in found.results] == [V.PROVED, V.ERROR, V.PROVED]
    assert {each.dialect for each in found.results} == {"canonical"}


def test_a_run_is_whole_if_every_obligation_of_the_model_is_chosen(searches: Searches) -> None:
    of_model: list[Provable] = [each for each in registry().values() if about_model(each)]
    outcomes = {each.id: Outcome(V.PROVED) for each in [*of_model, CODE]}
    assert run([*of_model, CODE], outcomes)[0].whole
    assert run(of_model, outcomes)[0].whole
    assert not run([*of_model[1:], CODE], outcomes)[0].whole


@pytest.mark.parametrize("order", [(ONE, CODE), (CODE, ONE)])
def test_a_run_of_code_alone_is_not_whole(
    searches: Searches, monkeypatch: pytest.MonkeyPatch, order: tuple[Provable, ...]
) -> None:
    known = {each.id: each for each in order}
    theory = SimpleNamespace(
        source="",
        messages="",
        theory=None,
        registry=known,
        own=list(order),
        beneath=None,
        ranges="",
        cores=False,
        ownership=False,
    )
    monkeypatch.setattr(module, "theory_of", lambda source: theory)
    monkeypatch.setattr(module, "_search_all", lambda *_: None)
    outcomes = {each.id: Outcome(V.PROVED) for each in order}
    assert not run([CODE], outcomes)[0].whole
    assert run([ONE], outcomes)[0].whole


# searches


@pytest.mark.parametrize(
    ("theory", "searched"),
    [
        ({}, ("_search_all", CANONICAL, "the theory", "results", "settle")),
        ({"messages": "paper"}, ("_search_messages", CANONICAL, "results", "settle", 7.0)),
        ({"ranges": "trees"}, ("_search_ranges", CANONICAL, "trees", "results", "settle", 7.0)),
        ({"beneath": "a theory"}, ("told_steps", "a file", CANONICAL, "results")),
        ({"beneath": "a theory", "messages": "paper"}, ("told_steps", "a file", CANONICAL, "results")),
    ],
    ids=["pages", "messages", "ranges", "subsystem", "subsystem of messages"],
)
def test_each_theory_is_searched_in_its_own_way(
    monkeypatch: pytest.MonkeyPatch, theory: dict[str, str], searched: tuple[object, ...]
) -> None:
    asked: list[tuple[object, ...]] = []
    own = {each.id: each for each in (SOME, ONE)}
    plain = {"source": "a file", "messages": "", "ranges": "", "beneath": None, "registry": own, "own": [SOME, ONE]}
    given = SimpleNamespace(**plain | theory)

    def search(name: str) -> Any:
        def settled(*question: Any) -> list[Result]:
            words = {id(given): "the theory"}
            ended = []
            for each in question:
                if isinstance(each, list):
                    assert [(one.obligation, one.dialect, one.verdict) for one in each] == [
                        (ONE, "canonical", V.UNPROVED),
                        (SOME, "canonical", V.UNPROVED),
                    ]
                    words[id(each)] = "results"
                    ended = [one.ended(V.REFUTED, f"by {name}") for one in each]
                elif callable(each):
                    words[id(each)] = "settle"
                    for one in ended:
                        each(one)
            asked.append((name, *(words.get(id(each), each) for each in question)))
            return ended

        return settled

    for name in ("_search_all", "_search_messages", "_search_ranges", "told_steps"):
        monkeypatch.setattr(module, name, search(name))
    monkeypatch.setattr(module, "theory_of", lambda source: given)
    workers: Any = Pretended({ONE.id: Outcome(V.UNPROVED)})
    workers.settings = replace(workers.settings, seconds=7.0)
    told: list[Result] = []
    found = prove(CANONICAL, [SOME, ONE], workers, told.append, known=KNOWN)
    assert asked == [searched]
    assert names(told) == [ONE.id, SOME.id]
    assert [(each.verdict, each.reason) for each in found.results] == [(V.REFUTED, f"by {searched[0]}")] * 2
    assert found.whole is ("beneath" not in theory)


@pytest.mark.parametrize(
    ("complete", "kind", "verdict"),
    [
        ([True, True], "one", V.EXHAUSTED),
        ([True, False], "one", V.UNPROVED),
        ([False, True], "one", V.UNPROVED),
        ([False, False], "one", V.UNPROVED),
        ([True, True], "some", V.UNPROVED),
        ([False, True], "some", V.UNPROVED),
    ],
)
def test_only_searches_to_their_end_exhaust(
    searches: Searches, complete: list[bool], kind: str, verdict: Verdict
) -> None:
    searches.complete = complete
    obligation = first(kind)
    found, _, _ = run([obligation], {obligation.id: Outcome(V.UNPROVED, 2.0, reason="before")})
    (result,) = found.results
    cut = ["" if each else ", cut short" for each in complete]
    words = tuple(f"{area} ({10 + i} states{cut[i]})" for i, area in enumerate(AREAS))
    what = "no such step" if kind == "some" else "not inductive, but no counterexample"
    assert (result.verdict, result.searched, result.trace) == (verdict, words, None)
    assert result.reason == f"{what} within {words[0]}; {words[1]}"
    assert (result.brief, result.ended(verdict).brief, result.ended(V.ERROR, "other").brief) == (what, what, "")
    assert searches.looked == [(area, [obligation.id]) for area in AREAS]


def test_what_is_found_is_searched_for_no_more(searches: Searches) -> None:
    searches.traces = [{OTHER.id: TRACE}, {SOME.id: TRACE}]
    chosen = [ONE, OTHER, SOME]
    found, _, told = run(chosen, {each.id: Outcome(V.UNPROVED) for each in (ONE, OTHER)})
    assert searches.looked == [(AREAS[0], [ONE.id, OTHER.id, SOME.id]), (AREAS[1], [ONE.id, SOME.id])]
    assert [(each.verdict, each.trace, each.searched) for each in found.results] == [
        (V.EXHAUSTED, None, tuple(WORDS)),
        (V.REFUTED, TRACE, tuple(WORDS[:1])),
        (V.WITNESSED, TRACE, tuple(WORDS)),
    ]
    assert names(told) == [OTHER.id, SOME.id, ONE.id]
    assert {each.dialect for each in told} == {"canonical"}
    assert [each.steps for each in found.results] == [0, 2, 2]


def test_where_all_are_found_no_further_area_is_searched(searches: Searches) -> None:
    searches.traces = [{ONE.id: TRACE}, {}]
    run([ONE], {ONE.id: Outcome(V.UNPROVED)})
    assert searches.looked == [(AREAS[0], [ONE.id])]


@pytest.mark.parametrize(("complete", "verdict"), [(True, V.EXHAUSTED), (False, V.UNPROVED)])
def test_two_runs_are_searched_for_apart(searches: Searches, complete: bool, verdict: Verdict) -> None:
    other = next(each for each in registry().values() if isinstance(each, TwoRuns) and each.id != TWO.id)
    pair: Any = SimpleNamespace(words=lambda: "in words", length=5)
    searches.found_pairs = ({other.id: (pair, ("until",))}, ("an area", "another"), complete)
    found, _, _ = run([TWO, other, ONE], {each.id: Outcome(V.UNPROVED) for each in (TWO, other, ONE)})
    assert searches.pairs == [[TWO.id, other.id]]
    assert searches.looked[0] == (AREAS[0], [ONE.id])
    two, shown, one = found.results
    reason = "not proved, but no two runs show it within an area; another"
    assert (two.verdict, two.reason, two.searched, two.pair) == (verdict, reason, ("an area", "another"), None)
    assert (shown.verdict, shown.reason, shown.searched, shown.pair) == (V.REFUTED, "in words", ("until",), pair)
    assert (shown.steps, two.steps, one.verdict) == (5, 0, V.EXHAUSTED)
    assert (two.brief, shown.brief) == ("not proved, but no two runs show it", "")


def test_an_error_stays_one_and_is_not_searched_for(searches: Searches) -> None:
    pending = [
        Result(OTHER, "canonical", Outcome(V.ERROR, reason="first")),
        Result(ONE, "canonical", Outcome(V.UNPROVED)),
        Result(TWO, "canonical", Outcome(V.ERROR, reason="of two")),
        Result(LATER, "canonical", Outcome(V.ERROR, reason="last")),
    ]
    settled: list[Result] = []
    module._search_all(CANONICAL, theory_of(), pending, settled.append)
    assert [(each.verdict, each.reason) for each in settled[:3]] == [
        (V.ERROR, "first"),
        (V.ERROR, "of two"),
        (V.ERROR, "last"),
    ]
    assert names(settled[3:]) == [ONE.id]
    assert searches.pairs == [[]]
    assert searches.looked == [(area, [ONE.id]) for area in AREAS]


@pytest.mark.parametrize("place", [0, 1])
def test_each_obligation_about_two_runs_is_settled_once(searches: Searches, place: int) -> None:
    other = next(each for each in registry().values() if isinstance(each, TwoRuns) and each.id != TWO.id)
    pair: Any = SimpleNamespace(words=lambda: "in words", length=5)
    both = (TWO, other)
    searches.found_pairs = ({both[place].id: (pair, ("until",))}, ("an area",), True)
    _, _, told = run([*both], {each.id: Outcome(V.UNPROVED) for each in both})
    assert names(told) == [TWO.id, other.id]
    assert told[place].verdict == V.REFUTED


def test_an_extended_theory_is_searched_by_its_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    operations = (Operation("map", 0, 1), Operation("flush", 0))

    def search_theory(dialect: Any, area: Any, theory: Any, obligations: Any) -> Any:
        assert (dialect, area, theory, obligations) == (CANONICAL, AREAS[0], "its theory", [ONE])
        return AreaResult(area, SearchCounts(7, 0, complete=False), {ONE.id: operations})

    monkeypatch.setattr(module, "search_theory", search_theory)
    theory: Any = SimpleNamespace(
        source="a file", theory="its theory", cores=False, ranges="", messages="", ownership=False
    )
    looked = module._look(CANONICAL, AREAS[0], theory, [ONE])
    assert (looked.states, looked.complete) == (7, False)
    said = "; ".join(each.text(SCOPE) for each in operations)
    assert looked.traces == {ONE.id: f"reached by {said}"}
    monkeypatch.setattr(module, "areas", lambda dialect: AREAS[:1])
    settled: list[Result] = []
    module._search_all(CANONICAL, theory, [Result(ONE, "canonical", Outcome(V.UNPROVED))], settled.append)
    assert [(each.verdict, each.reason, each.trace) for each in settled] == [(V.REFUTED, f"reached by {said}", None)]


def test_steps_of_many_cores_are_told_in_their_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (Operation.call("enter", [Argument("core", "Core", 1), Argument("space", "Space", 0)]),)
    looked = AreaResult(AREAS[0], SearchCounts(2, 0, complete=True), {ONE.id: steps})
    monkeypatch.setattr(module, "search_theory", lambda *_: looked)
    theory: Any = SimpleNamespace(source="a file", theory="its theory", cores=True)
    found = module._look(CANONICAL, AREAS[0], theory, [ONE])
    assert found.traces == {ONE.id: "reached by core 1 enters σ0"}


def test_each_theory_has_its_areas() -> None:
    def areas_where(*, ownership: bool, cores: bool) -> tuple[SearchArea, ...]:
        theory: Any = SimpleNamespace(ownership=ownership, cores=cores)
        found: tuple[SearchArea, ...] = module.areas_of(theory, CANONICAL)
        return found

    assert areas_where(ownership=True, cores=False) == OWNERSHIP_AREAS
    assert areas_where(ownership=False, cores=True) == CORE_AREAS
    assert areas_where(ownership=False, cores=False) == proofs.prove.areas(CANONICAL)
    assert len({OWNERSHIP_AREAS, CORE_AREAS, proofs.prove.areas(CANONICAL)}) == 3


@pytest.mark.parametrize(("late", "verdict"), [(True, V.UNKNOWN), (False, V.UNPROVED)])
def test_a_witness_of_ranges_that_time_did_not_reach_is_unknown(
    monkeypatch: pytest.MonkeyPatch, late: bool, verdict: Verdict
) -> None:
    found = RangeFound(None, None, ("a scope",), complete=False, late=late)
    monkeypatch.setattr(module, "to_obligation", lambda *asked: found)
    settled: list[Result] = []
    assert isinstance(ONE, Obligation)
    pending = [Result(replace(ONE, sometimes=some), "canonical", Outcome(V.UNPROVED)) for some in (True, False)]
    module._search_ranges(CANONICAL, "canonical", pending, settled.append, 1.0)
    assert [each.verdict for each in settled] == [verdict, V.UNPROVED]


@pytest.mark.parametrize(("reason", "verdict"), [("timeout", V.UNKNOWN), ("", V.UNPROVED)])
def test_a_witness_of_messages_that_a_solver_gave_up_is_unknown(
    monkeypatch: pytest.MonkeyPatch, reason: str, verdict: Verdict
) -> None:
    monkeypatch.setattr(module, "shortest", lambda *asked, **limits: SimpleNamespace(steps=3, reason=reason))
    settled: list[Result] = []
    assert isinstance(ONE, Obligation)
    pending = [Result(replace(ONE, sometimes=some), "canonical", Outcome(V.UNPROVED)) for some in (True, False)]
    module._search_messages(CANONICAL, pending, settled.append, 1.0)
    assert [each.verdict for each in settled] == [verdict, V.UNPROVED]


def pending(kind: str) -> list[Result]:
    """What is to be searched for twice, between an error and something of another kind, which are settled already."""
    assert isinstance(ONE, Obligation)
    one = Result(replace(ONE, sometimes=kind == "some"), "canonical", Outcome(V.UNPROVED))
    error, code = Result(ONE, "canonical", Outcome(V.ERROR)), Result(CODE, "canonical", Outcome(V.UNPROVED))
    return [error, one, code, one]


@pytest.mark.parametrize(("kind", "verdict"), [("some", V.WITNESSED), ("one", V.REFUTED)])
def test_a_trace_of_ranges_witnesses_or_refutes(monkeypatch: pytest.MonkeyPatch, kind: str, verdict: Verdict) -> None:
    asked = []
    trace: Any = SimpleNamespace(scope=SCOPE, operations=TRACE.operations)

    def found(*question: Any) -> RangeFound:
        asked.append(question)
        return RangeFound(None, trace, ("a scope",), complete=True)

    monkeypatch.setattr(module, "to_obligation", found)
    monkeypatch.setattr(module, "range_dialect_named", lambda name: f"ranges of {name}")
    results, settled = pending(kind), list[Result]()
    module._search_ranges(CANONICAL, "canonical", results, settled.append, 7.0)
    assert asked == [(ONE.id, "ranges of canonical", CANONICAL, 7.0)] * 2
    assert (settled[0], settled[2]) == (results[0], results[2])
    said = "reached by " + "; ".join(each.text(SCOPE) for each in TRACE.operations)
    assert [(each.verdict, each.reason) for each in settled[1::2]] == [(verdict, said)] * 2
    assert len(settled) == len(results)


@pytest.mark.parametrize(("kind", "verdict"), [("some", V.WITNESSED), ("one", V.REFUTED)])
def test_a_run_of_messages_witnesses_or_refutes(monkeypatch: pytest.MonkeyPatch, kind: str, verdict: Verdict) -> None:
    run, asked = UnrolledRun.__new__(UnrolledRun), []

    def found(*question: Any, **limits: Any) -> UnrolledRun:
        asked.append((question, limits))
        return run

    monkeypatch.setattr(module, "shortest", found)
    monkeypatch.setattr(module, "lines_of", lambda obligation, of: [obligation.id, "then"] if of is run else [])
    results, settled = pending(kind), list[Result]()
    module._search_messages(CANONICAL, results, settled.append, 7.0)
    assert asked == [((results[1].obligation, CANONICAL), {"most": module.MOST_STEPS, "seconds": 21.0})] * 2
    assert (settled[0], settled[2]) == (results[0], results[2])
    assert [(each.verdict, each.reason) for each in settled[1::2]] == [(verdict, f"reached by {ONE.id}; then")] * 2
    assert len(settled) == len(results)


def test_what_is_searched_for_in_vain_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for reason, more in (("timeout", ", timeout"), ("", "")):
        said = SimpleNamespace(steps=3, reason=reason)
        monkeypatch.setattr(module, "shortest", lambda *asked, said=said, **limits: said)
        settled: list[Result] = []
        module._search_messages(CANONICAL, pending("one")[1:2], settled.append, 1.0)
        assert [each.reason for each in settled] == [
            f"no run of up to 3 steps shows it, on a machine of any size{more}",
        ]
    monkeypatch.setattr(module, "to_obligation", lambda *asked: RangeFound(None, None, ("a scope",), complete=False))
    for kind, what in (("some", "no such step"), ("one", "not inductive, but no counterexample")):
        settled = []
        module._search_ranges(CANONICAL, "canonical", pending(kind)[1:2], settled.append, 1.0)
        assert [what in each.reason and "a scope" in each.reason for each in settled] == [True]


def test_bits_that_violate_code_stand_in_the_report(searches: Searches) -> None:
    bits = Structure(1, {}, {"entry": np.array([5], object)})
    found, _, _ = run([CODE], {CODE.id: Outcome(V.UNPROVED, counterexample=bits)})
    (result,) = found.results
    assert result.counterexample == InductionCounterexample(bits)
    said = result_json(result)["counterexample"]
    assert said["structure"] == structure_json(bits)
    assert "5" in json.dumps(said["structure"])


# counterexamples to induction


def test_counterexamples_are_replayed_and_one_that_does_not_is_an_error(
    searches: Searches, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = TWO
    workers = Pretended({each.id: Outcome(V.UNPROVED) for each in (ONE, OTHER, LATER, two)})
    states = [Structure(number, {}, {}) for number in range(1, 5)]
    workers.found = {ONE.id: (states[0], True), OTHER.id: None, LATER.id: (states[1], True), two.id: (states[2], True)}

    def replay(structure: Structure, obligation: Obligation, dialect: Any, invariants: Any) -> InductionCounterexample:
        assert (dialect, invariants) == (CANONICAL, frozenset({"forest"}))
        assert (structure, obligation.id) in [(states[0], ONE.id), (states[1], LATER.id)]
        return InductionCounterexample(structure, fault="it does not" if obligation.id == LATER.id else "")

    def classified(found: list[InductionCounterexample], dialect: Any) -> list[InductionCounterexample]:
        assert dialect is CANONICAL
        return [replace(each, scope=SCOPE) for each in found]

    monkeypatch.setattr(module, "replay", replay)
    monkeypatch.setattr(proofs.engines.search.reachability, "classified", classified)
    pretended: Any = workers
    found = prove(CANONICAL, [ONE, OTHER, LATER, two], pretended, induction=True, known=KNOWN)
    one, other, later, last = found.results
    assert len(workers.asked) == 2
    assert workers.asked[1] == ([ONE.id, OTHER.id, LATER.id, two.id], "canonical", frozenset({"forest"}))
    assert one.counterexample == InductionCounterexample(states[0], SCOPE)
    assert one.verdict == V.EXHAUSTED
    assert (other.counterexample, other.verdict) == (None, V.EXHAUSTED)
    assert later.counterexample == InductionCounterexample(states[1], SCOPE, fault="it does not")
    assert (later.verdict, later.reason) == (V.ERROR, "the counterexample does not replay: it does not")
    assert last.counterexample == InductionCounterexample(states[2], SCOPE)
    assert searches.looked[0] == (AREAS[0], [ONE.id, OTHER.id])
    results = module._with_counterexamples(
        [Result(OTHER, "canonical", Outcome(V.UNPROVED))], CANONICAL, workers, KNOWN.assumed
    )
    assert [each.reason for each in results] == ["its counterexample was not found as a finite state"]
    workers.found[OTHER.id] = (states[3], False)
    results = module._with_counterexamples(
        [Result(OTHER, "canonical", Outcome(V.UNPROVED))], CANONICAL, workers, KNOWN.assumed
    )
    assert results[0].counterexample == InductionCounterexample(states[3], SCOPE)


def test_counterexamples_are_looked_for_only_if_asked(searches: Searches) -> None:
    _, workers, _ = run([ONE], {ONE.id: Outcome(V.UNPROVED)})
    assert len(workers.asked) == 1


# a run


def reversed_names(result: Result) -> Result:
    outcome = result.outcome
    return replace(result, outcome=replace(outcome, used=outcome.used[::-1], unused=outcome.unused[::-1]))


def test_what_a_run_needed() -> None:
    def result(verdict: Verdict, used: tuple[str, ...], unused: tuple[str, ...] = ()) -> Result:
        return Result(ONE, "canonical", Outcome(verdict, used=used, unused=unused))

    some = (
        result(V.PROVED, ("forest", "guard"), ("idle", "transitive")),
        result(V.PROVED, ("needed",), ("guard", "also idle")),
        result(V.VACUOUS, ("irreflexive",), ("of no proof",)),
        Result(CODE, "canonical", Outcome(V.PROVED, used=("of code",), unused=("promised",))),
    )
    for first_one in range(len(some)):  # wherever they stand
        turned = [*some[first_one:], *some[:first_one]]
        for each in (turned, [reversed_names(one) for one in turned]):
            found = Run(CANONICAL, tuple(each), frozenset({"forest", "transitive", "irreflexive"}))
            assert found.unneeded == ("transitive",)
            assert found.idle == ("also idle", "idle")
            assert found.complete
            assert not replace(found, undecided=("one",)).complete


def test_the_known_hazards_of_a_run_are_those_of_its_dialects() -> None:
    tree = ("tree", "a frame whose holder is overwritten is lost for good")
    sel4 = ("messages sel4", "the receiver knows the badge of the capability that was used, and not who used it")
    of_both = Run(DIALECTS["tree"], (), frozenset(), messages="sel4")
    assert list(of_both.hazards) == [tree, sel4]
    assert list(replace(of_both, messages="").hazards) == [tree]
    assert list(replace(of_both, messages="paper").hazards) == [tree]
    assert list(replace(of_both, dialect=CANONICAL).hazards) == [sel4]


def test_a_result_that_ends_otherwise_keeps_its_reason_if_it_is_given_none() -> None:
    first_one = Result(ONE, "canonical", Outcome(V.UNPROVED, 3.0, reason="why, in an area"), brief="why")
    same = first_one.ended(V.UNKNOWN)
    assert (same.verdict, same.reason, same.brief, same.seconds) == (V.UNKNOWN, "why, in an area", "why", 3.0)
    for reason in ("another", ""):
        other = first_one.ended(V.UNKNOWN, reason)
        assert (other.verdict, other.reason, other.brief, other.seconds) == (V.UNKNOWN, reason, "", 3.0)


def test_areas_name_sets_of_rights_and_the_empty_one_where_it_is_allowed() -> None:
    allowing = replace(CANONICAL, readings=CANONICAL.readings._replace(no_rights=NoRights.ALLOWED))
    assert proofs.prove.areas(allowing)[0].rights == (7, 6, 4, 0)
    for dialect in DIALECTS.values():
        first_area, *rest = proofs.prove.areas(dialect)
        empty = [0] if dialect.readings.no_rights == NoRights.ALLOWED else []
        assert list(first_area.rights) == [7, 6, 4, *empty]
        assert [each.rights for each in rest] == [(7,), (7,), (7, 4)]
        scopes = [(each.scope.spaces, each.scope.pages, each.scope.frames) for each in (first_area, *rest)]
        assert scopes == [(3, 1, 1), (2, 2, 1), (2, 2, 2), (4, 1, 1)]
