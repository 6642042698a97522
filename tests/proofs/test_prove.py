"""Prove and search: what canonical proves, what the others are refuted by, each by a shortest trace, to the letter."""

from collections.abc import Iterator

import pytest

from model.scope import ALL_RIGHTS, Scope
from model.spaces import literal as spaces
from model.spaces.dialect import CANONICAL, CONDITIONS, DIALECTS, dialect_named
from model.spaces.invariants import INVARIANTS
from model.trace import Trace
from proofs.engines.pool import Workers, workers
from proofs.engines.search.deciding import SearchArea
from proofs.engines.search.pairs import search_pairs
from proofs.engines.search.shortest import search
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.explorer.searches.stepped import SteppedSearch
from proofs.obligation import Obligation
from proofs.prove import areas, prove
from proofs.registry import registry
from proofs.result import Run
from proofs.two_runs import TwoRuns, about_model
from proofs.verdict import Verdict, exit_status
from tests.proofs.named import obligation_named

ACYCLIC = ("tree", "x2-keep", "x2-flush", "fiasco", "nova")
DROPPED = tuple(f"canonical without {side.name}" for side in CONDITIONS)
LITERAL = ("literal-eager", "literal-lazy")
MODEL = [obligation for obligation in registry().values() if about_model(obligation)]


@pytest.fixture(scope="module")
def pool() -> Iterator[Workers]:
    with workers(2, Settings(solvers=Solvers.Z3)) as some:
        yield some


@pytest.fixture(scope="module")
def canonical(pool: Workers) -> Run:
    return prove(CANONICAL, MODEL, pool)


def steps(trace: Trace) -> list[str]:
    return [operation.text(trace.scope) for operation in trace.operations]


# canonical


def test_canonical_has_everything_proved_or_witnessed(canonical: Run) -> None:
    verdicts = {result.obligation.id: result.verdict for result in canonical.results}
    assert list(verdicts) == [obligation.id for obligation in MODEL]
    for obligation in MODEL:
        if not obligation.applies(CANONICAL.readings):
            assert verdicts[obligation.id] == Verdict.NOT_CLAIMED
        elif obligation.sometimes:
            assert verdicts[obligation.id] == Verdict.WITNESSED, obligation.id
        else:
            assert verdicts[obligation.id] == Verdict.PROVED, obligation.id
    claimed = [verdict for verdict in verdicts.values() if verdict != Verdict.NOT_CLAIMED]
    assert len(claimed) > 130
    assert exit_status(claimed) == 0


def test_canonical_keeps_every_invariant(canonical: Run) -> None:
    assert canonical.invariants == frozenset(INVARIANTS)


def test_every_condition_of_canonical_is_decidable(canonical: Run) -> None:
    assert [result.obligation.id for result in canonical.results if result.outcome.outside] == []


def test_every_witness_is_replayed(canonical: Run) -> None:
    witnessed = [result for result in canonical.results if result.verdict == Verdict.WITNESSED]
    assert len(witnessed) == 8
    for result in witnessed:
        assert result.trace is not None
        assert all(status == spaces.DONE for _, status, _ in result.trace.states())
        assert isinstance(result.obligation, Obligation)
        assert result.trace.operations[-1].action == result.obligation.action


# shortest traces, to the letter


def shortest(dialect: str, obligation: str, scope: Scope) -> Trace:
    return search(dialect_named(dialect), SearchArea(scope), [obligation_named(obligation)]).traces[obligation]


@pytest.mark.parametrize(
    ("dialect", "obligation", "expected"),
    [
        # the frame of a page granted onto the page that it came from is lost
        ("tree", "grant__preserves__no_frame_lost", ["map σ0[0] → σ0[1]", "grant σ0[1] → σ0[0]"]),
        ("literal-lazy", "grant__onto_ancestor__loses_no_frame", ["map σ0[0] → σ0[1]", "grant σ0[1] → σ0[0]"]),
        ("literal-eager", "grant__onto_ancestor__makes_no_cycle", ["map σ0[0] → σ0[1]", "grant σ0[1] → σ0[0]"]),
        # a page mapped onto itself
        ("literal-eager", "map__onto_itself__makes_no_cycle", ["map σ0[0] → σ0[0]"]),
        ("literal-lazy", "map__onto_itself__makes_no_cycle", ["map σ0[0] → σ0[0]"]),
        # a page mapped onto one that it came from
        ("literal-eager", "map__onto_ancestor__leaves_no_dangling_link", ["map σ0[0] → σ0[1]", "map σ0[1] → σ0[0]"]),
        ("literal-lazy", "map__onto_ancestor__leaves_no_dangling_link", ["map σ0[0] → σ0[1]", "map σ0[1] → σ0[0]"]),
        # A.grant flushes what A.tree.grant keeps
        ("literal-lazy", "grant__equals__tree_grant", ["map σ0[0] → σ0[1]", "grant σ0[0] → σ1[0]"]),
        ("x2-flush", "grant__equals__tree_grant", ["map σ0[0] → σ0[1]", "grant σ0[0] → σ1[0]"]),
    ],
)
def test_the_shortest_trace_is_found_by_search(dialect: str, obligation: str, expected: list[str]) -> None:
    trace = shortest(dialect, obligation, Scope(2, 2, 1))
    assert steps(trace) == expected
    assert Trace.from_json(trace.to_json()) == trace


def test_in_one_page_a_space_the_tree_loses_the_frame_from_space_to_space() -> None:
    trace = shortest("tree", "grant__preserves__no_frame_lost", Scope(2, 1, 1))
    assert steps(trace) == ["map σ0[0] → σ1[0]", "grant σ1[0] → σ0[0]"]
    *_, (_, status, last) = trace.states()
    assert status == spaces.DONE
    assert last.sigma.tolist() == [spaces.NIL, spaces.NIL]


@pytest.mark.long
@pytest.mark.parametrize(
    ("dialect", "obligation", "verdict"),
    [
        ("tree", "grant__preserves__no_frame_lost", Verdict.REFUTED),
        ("x2-keep", "map__preserves__rights_never_grow", Verdict.REFUTED),
        ("nova", "grant__moves__link", Verdict.NOT_CLAIMED),
        ("literal-lazy", "map__preserves__irreflexive", Verdict.REFUTED),
    ],
)
def test_what_the_solver_refutes_gets_a_trace(pool: Workers, dialect: str, obligation: str, verdict: Verdict) -> None:
    (result,) = prove(DIALECTS[dialect], [obligation_named(obligation)], pool).results
    assert result.verdict == verdict
    assert (result.trace is not None) == (verdict == Verdict.REFUTED)


# each side condition of canonical


@pytest.mark.parametrize(
    ("condition", "obligation", "expected"),
    [
        ("not-itself", "map__preserves__irreflexive", ["map σ0[0] → σ1[0]", "map σ1[0] → σ1[0]"]),
        (
            "not-ancestor",
            "map__preserves__no_dangling_link",
            ["map σ0[0] → σ1[0]", "map σ1[0] → σ2[0]", "map σ2[0] → σ1[0]"],
        ),
        ("some-right", "map__preserves__live_has_a_right", ["map σ0[0] → σ1[0] ---"]),
    ],
)
def test_without_a_side_condition_something_fails(condition: str, obligation: str, expected: list[str]) -> None:
    rights = (ALL_RIGHTS, 0) if condition == "some-right" else (ALL_RIGHTS,)
    area = SearchArea(Scope(3, 1, 1), rights)
    claimed = [obligation_named(obligation)]
    assert not search(CANONICAL, area, claimed).traces
    assert steps(search(CANONICAL.without(condition), area, claimed).traces[obligation]) == expected


def test_without_the_condition_on_holders_a_frame_is_lost() -> None:
    obligation = [obligation_named("map__preserves__no_frame_lost")]
    assert not search(CANONICAL, SearchArea(Scope(2, 2, 2)), obligation).traces
    found = search(CANONICAL.without("no-frame-holder"), SearchArea(Scope(2, 2, 2)), obligation)
    assert steps(found.traces["map__preserves__no_frame_lost"]) == ["map σ0[0] → σ0[1]"]


@pytest.mark.long
def test_the_condition_on_access_follows_from_the_one_on_rights(pool: Workers) -> None:
    """A nil page has no right to pass on: with the other conditions, this one is not needed."""
    run = prove(CANONICAL.without("source-accessible"), MODEL, pool)
    claimed = [result.verdict for result in run.results if result.verdict != Verdict.NOT_CLAIMED]
    assert exit_status(claimed) == 0
    area = SearchArea(Scope(3, 1, 1), (ALL_RIGHTS, 4, 0))
    assert reachable("canonical without source-accessible", area) == reachable("canonical", area)


def reachable(dialect: str, area: SearchArea) -> set[tuple[tuple[int, ...], ...]]:
    search = SteppedSearch(area.scope, dialect_named(dialect), area.rights).run()
    assert search.complete
    return {tuple(tuple(column[row].tolist()) for column in search.literal()) for row in range(search.states)}


# what is proved is so


@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    [
        "canonical",
        "literal-lazy",
        "canonical without not-ancestor",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in (*ACYCLIC, *LITERAL, *DROPPED)
            if name not in ("literal-lazy", "canonical without not-ancestor")
        ),
    ],
)
def test_no_step_of_the_literal_model_violates_what_is_proved_of_it(
    pool: Workers, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A proof speaks of the theory; wherever the literal model can be searched through, it must not know better."""
    dialect = dialect_named(name)
    monkeypatch.setattr("proofs.prove.areas", lambda _: ())  # traces of what is refuted are not asked for here
    chosen = [obligation for obligation in MODEL if not obligation.sometimes]
    proved = [result.obligation for result in prove(dialect, chosen, pool).results if result.verdict == Verdict.PROVED]
    assert len(proved) > 80
    for area in (SearchArea(Scope(2, 2, 1)), SearchArea(Scope(3, 1, 1), (ALL_RIGHTS, 4))):
        found = search(dialect, area, [each for each in proved if isinstance(each, Obligation)])
        assert {name: steps(trace) for name, trace in found.traces.items()} == {}
        pairs = search_pairs(dialect, area, [each for each in proved if isinstance(each, TwoRuns)])
        assert pairs.traces == {}
        assert found.complete
        assert pairs.complete


# search


def test_search_says_whether_it_came_to_an_end() -> None:
    obligation = [obligation_named("map__preserves__irreflexive")]
    whole = search(CANONICAL, SearchArea(Scope(2, 2, 1)), obligation)
    assert (whole.states, whole.complete, whole.traces) == (116, True, {})
    cut = search(CANONICAL, SearchArea(Scope(2, 2, 1), max_states=20), obligation)
    assert not cut.complete
    assert cut.states < 116


def test_every_area_searched_is_small_enough_to_be_searched_through() -> None:
    for area in areas(CANONICAL):
        assert SteppedSearch(area.scope, CANONICAL, area.rights, area.max_states).run().complete
