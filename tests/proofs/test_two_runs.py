"""What is not seen makes no difference: proved where it is claimed, and shown to fail where it does."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
import z3

from model.running.evaluate import Structure
from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.abstraction import called_with, steps_structure, structure_of
from model.spaces.dialect import CANONICAL, CONDITIONS, DIALECTS, dialect_named
from model.spaces.invariants import INVARIANTS
from model.spaces.operation import Kind, Operation
from model.spaces.theory import ACTIONS, Formula, State, Term, before, owner, x
from model.theory import APPENDIX_A
from proofs.counterexamples.by_name import counterexample
from proofs.engines.pool import Workers, workers
from proofs.engines.search.deciding import SearchArea
from proofs.engines.search.monitor import Monitor
from proofs.engines.search.pairs import DONE, REFUSED, differs, search_pairs
from proofs.engines.smt.outcome import Outcome, Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.engines.terms.fragment import outside_of_fragment
from proofs.faults.theory import THEORY_FAULTS, TheoryFault
from proofs.faults.theory.fault import Made, changed
from proofs.inductive import inductive_invariants
from proofs.input.extension import theory_of
from proofs.obligation import Obligation, Step
from proofs.obligations.spaces.noninterference import inside, seen_inside
from proofs.prove import _search_all_pairs, prove
from proofs.registry import registry
from proofs.report.storyboard import storyboard
from proofs.report.storyboard.scenes.verdicts_in_words import about, heading
from proofs.result import Result
from proofs.terms import observed, unchanged
from proofs.two_runs import TwoRuns, about_model, alike, known_to_fail, second
from proofs.verdict import Verdict

EVERY = (*DIALECTS, *(f"canonical without {side.name}" for side in CONDITIONS))
TWO = [obligation for obligation in registry().values() if isinstance(obligation, TwoRuns)]
CLOSED = [registry()[f"{action}__keeps__set_closed"] for action in ACTIONS]
ONE = [*CLOSED, registry()["grant__outward__keeps_set_closed"], registry()["map__outward__changes__nothing_seen"]]


@pytest.fixture(scope="module")
def pool() -> Iterator[Workers]:
    with workers(1, Settings(solvers=Solvers.BOTH)) as some:
        yield some


@pytest.fixture(scope="module")
def known(pool: Workers) -> Callable[[str], frozenset[str]]:
    """The invariants that hold in a dialect, found once."""
    return cache(lambda dialect: inductive_invariants(DIALECTS[dialect], pool, theory_of()).shown)


def verdict(obligation: Obligation | TwoRuns, dialect: str = "canonical", fault: TheoryFault | None = None) -> Verdict:
    """What z3 says of an obligation, perhaps with a fault in its action, with all invariants of canonical."""
    invariants = frozenset(INVARIANTS)
    if fault is not None:
        condition = fault.condition(obligation, dialect_named(dialect), invariants)
    else:
        (condition,) = obligation.conditions(dialect_named(dialect), invariants)
    outcome = discharge(condition, Satisfiable(), Settings(Solvers.Z3))
    assert outcome.verdict != Verdict.DISAGREEMENT, outcome.reason
    return outcome.verdict


def two(name: str) -> TwoRuns:
    found = registry()[name]
    assert isinstance(found, TwoRuns)
    return found


# proved where it is claimed


@pytest.mark.parametrize(
    "name", ["canonical", *(pytest.param(each, marks=pytest.mark.slow) for each in EVERY if each != "canonical")]
)
def test_both_solvers_prove_what_is_claimed(name: str, pool: Workers) -> None:
    dialect = dialect_named(name)
    run = prove(dialect, [*ONE, *TWO], pool)
    for result in run.results:
        if result.verdict == Verdict.NOT_CLAIMED:
            continue
        assert result.verdict == Verdict.PROVED, result.obligation.id
        assert result.outcome.outside == ""
        assert {answer.solver for answer in result.outcome.answers} == {"z3", "cvc5"}
    assert sum(result.verdict == Verdict.PROVED for result in run.results) == {"canonical": 10, "nova": 7}.get(
        name, sum(o.applies(dialect.readings) for o in (*ONE, *TWO))
    )


@pytest.mark.parametrize("name", EVERY)
def test_every_condition_is_in_the_fragment(name: str) -> None:
    dialect = dialect_named(name)
    for obligation in TWO:
        (condition,) = obligation.conditions(dialect, frozenset(INVARIANTS))
        assert outside_of_fragment(condition) == "", obligation.id


def test_what_is_seen_is_what_local_respect_calls_unchanged() -> None:
    for (variables, here), part in zip(observed(before, x), unchanged(before, second, x).children(), strict=True):
        body = z3.substitute_vars(part.body(), *variables) if variables else part
        assert z3.eq(body.arg(0), here)
    seen = [(variables, formula) for variables, _, formula in seen_inside(before)]
    assert seen == [((x, *variables), formula) for variables, formula in observed(before, x)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("map__keeps__states_alike", {"fiasco"}),
        ("grant__keeps__states_alike", {"literal-eager", "x2-keep"}),
        ("flush__keeps__states_alike", {"x2-keep", "x2-flush"}),
    ],
)
def test_a_closed_set_is_asked_for_where_it_is_needed_and_nowhere_else(
    name: str, where: set[str], known: Callable[[str], frozenset[str]]
) -> None:
    obligation = two(name)

    def only_insider(step: Step) -> dict[str, Formula]:
        return {"the actor is inside": inside(owner(step.called.src))}

    weaker = replace(obligation, assumes=only_insider)
    needed = set()
    for dialect in DIALECTS.values():
        if obligation.applies(dialect.readings):
            (condition,) = obligation.conditions(dialect, frozenset())
            asked = "the set is closed" in condition.hypotheses
            (condition,) = weaker.conditions(dialect, known(dialect.name))
            found = discharge(condition, Satisfiable(), Settings(Solvers.Z3)).verdict
            assert (found == Verdict.UNPROVED) == asked, dialect.name
            needed |= {dialect.name} if asked else set()
    assert needed == where


# shown to fail where it does


def failing() -> list[tuple[str, str]]:
    return [(o.id, d.name) for o in registry().values() for d in DIALECTS.values() if known_to_fail(o, d.readings)]


def test_what_fails_is_not_claimed_and_is_little() -> None:
    assert len(failing()) == 4 + 5 + 4
    for name in EVERY:
        readings = dialect_named(name).readings
        for obligation in registry().values():
            assert not (known_to_fail(obligation, readings) and obligation.applies(readings)), obligation.id


@pytest.mark.long
@pytest.mark.parametrize(("name", "dialect"), failing())
def test_what_is_known_to_fail_is_refuted_by_runs_that_replay(name: str, dialect: str) -> None:
    found = counterexample(name, DIALECTS[dialect])
    assert found.obligation is registry()[name]
    assert not found.claimed
    assert found.trace is not None
    if found.pair is None:
        assert isinstance(found.obligation, Obligation)
        *_, (_, _, earlier), (operation, status, later) = found.trace.states()
        assert operation is not None
        assert status == spaces.DONE
        structure = steps_structure([earlier], [operation], [later], found.trace.scope)
        assert not Monitor(found.obligation, DIALECTS[dialect]).holds(structure)[0]
        return
    ends = []
    for run, told in zip(found.pair.runs, found.pair.told, strict=True):
        *_, (_, _, earlier), (operation, status, _) = run.states()
        assert told == (DONE if status == spaces.DONE else REFUSED)
        assert operation is not None
        ends.append(with_members(called_with(structure_of([earlier], run.scope), [operation]), found.pair.inside))
    assert found.pair.told[0] != found.pair.told[1]
    first, other = ends
    assert differs(two(name), DIALECTS[dialect], first, other)[0]


def with_members(structure: Structure, members: tuple[int, ...]) -> Structure:
    chosen = np.isin(np.arange(structure.sizes["Space"]), members)
    return structure.with_symbols(inside=np.broadcast_to(chosen, (structure.batch, len(chosen))))


def texts(operations: tuple[Operation, ...], scope: Scope) -> list[str]:
    return [operation.text(scope) for operation in operations]


@pytest.mark.long
def test_a_refusal_tells_of_a_destination_outside() -> None:
    found = counterexample("map__answers__alike_anywhere")
    assert found.pair is not None
    one, other = found.pair.runs
    assert texts(one.operations, one.scope) == ["grant σ0[0] → σ1[0]", "map σ0[1] → σ1[0]"]
    assert texts(other.operations, other.scope) == ["grant σ0[0] → σ1[1]", "map σ0[1] → σ1[0]"]
    assert (found.pair.inside, found.pair.told) == ((0,), (REFUSED, DONE))
    assert found.pair.words() == (
        "to σ0 the runs «grant σ0[0] → σ1[0]» and «grant σ0[0] → σ1[1]» look alike until map σ0[1] → σ1[0],"
        " refused in the first and done in the second"
    )
    for run, which in ((one, "first"), (other, "second")):
        board = storyboard(run)
        said = "what a set of spaces does not see makes no difference to whether a call of one of them is refused"
        assert heading(board) == f"Does not hold: {said} (the {which} of two runs, alike to σ0 until the last call)"
        assert about(board)[0].startswith("map__answers__alike_anywhere · dialect canonical · ")
        assert not any(scene.findings for scene in board.scenes)


def test_a_grant_outward_hangs_others_below_a_stranger() -> None:
    found = counterexample("grant__outward__keeps_set_closed")
    assert found.trace is not None
    assert texts(found.trace.operations, found.trace.scope) == ["map σ0[0] → σ1[0]", "grant σ0[0] → σ2[0]"]
    *_, (_, _, last) = found.trace.states()
    assert last.sigma.tolist() == [spaces.NIL, 2, spaces.frame(0)]


@pytest.mark.long
def test_where_it_is_claimed_there_is_no_counterexample() -> None:
    found = counterexample("map__answers__alike_anywhere", DIALECTS["tree"])
    assert found.trace is None
    assert found.complete
    assert len(found.searched) == 4


@pytest.mark.long
def test_a_refuted_obligation_about_two_runs_has_the_pair_as_its_result() -> None:
    settled: list[Result] = []
    for dialect, expected in (("nova", Verdict.REFUTED), ("tree", Verdict.EXHAUSTED)):
        pending = [Result(two("map__answers__alike_anywhere"), dialect, Outcome(Verdict.UNPROVED))]
        _search_all_pairs(DIALECTS[dialect], theory_of(), pending, settled.append)
        assert settled[-1].verdict == expected
    assert settled[0].pair is not None
    assert settled[0].steps == settled[0].pair.length == 3
    assert settled[0].reason == settled[0].pair.words()
    assert settled[1].pair is None
    assert settled[1].reason.startswith("not proved, but no two runs show it within 3 spaces")


# the search compares all pairs


def reachable(scope: Scope, dialect: str) -> list[spaces.Spaces]:
    readings = DIALECTS[dialect].readings
    found = {tuple(map(tuple, start)): start for start in [spaces.initial(scope)]}
    layer = list(found.values())
    while layer:
        later = []
        for state, operation in product(layer, operations(scope)):
            after = spaces.Spaces(*(column.copy() for column in state))
            if operation.apply(after, readings) == spaces.DONE and (key := tuple(map(tuple, after))) not in found:
                found[key] = after
                later.append(after)
        layer = later
    return list(found.values())


def operations(scope: Scope) -> list[Operation]:
    slots = range(scope.slots)
    passing = [Operation(kind, src, dst) for kind in ("map", "grant") for src, dst in product(slots, slots)]
    return passing + [Operation("flush", src) for src in slots]


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["canonical", "nova", "fiasco"])
@pytest.mark.parametrize("fault", ["", "map-foreign-unmap", "map-refused-if-shared"])
def test_the_search_finds_what_comparing_all_pairs_finds(dialect: str, fault: str) -> None:
    scope = Scope(3, 1, 1)
    theory = THEORY_FAULTS[fault].theory() if fault else APPENDIX_A
    # Of the states that the right actions reach: each is reached by the faulty ones too, if these do not do less.
    states = reachable(scope, dialect)
    chosen = [obligation for obligation in TWO if obligation.action == "map"]
    found = search_pairs(DIALECTS[dialect], SearchArea(scope), chosen, theory)
    if not fault:
        assert found.states == len(states)
    pairs = list(product(states, states))
    first, other = [one for one, _ in pairs], [two for _, two in pairs]
    for obligation in chosen:
        shown = False
        for operation, members in product(operations(scope), ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2))):
            if operation.kind == Kind.MAP:
                both = (called_with(structure_of(each, scope), [operation] * len(pairs)) for each in (first, other))
                one, two_ = (with_members(each, members) for each in both)
                shown = shown or bool(differs(obligation, DIALECTS[dialect], one, two_, theory).any())
        if not shown and fault:
            continue  # the faulty actions may reach other states
        assert (obligation.id in found.traces) == shown, obligation.id


# each falls, and no weaker one by the same fault


Change = Callable[[Made], Mapping[str, Any]]


def _shows_in(part: str) -> TheoryFault:
    """A flush after which one thing about a slot depends on whether somebody got a page from it."""

    def change(m: Made) -> Mapping[str, Any]:
        s, t = m.before, m.after

        def alone(slot: Term) -> Formula:
            return z3.Not(z3.Exists([z3.Const("w", slot.sort())], s.derives(z3.Const("w", slot.sort()), slot)))

        right: dict[str, Callable[..., Formula]] = {
            "live": lambda x: z3.And(t.live(x), alone(x)),
            "derives": lambda x, y: z3.And(t.derives(x, y), alone(x)),
            "holds": lambda x, r: z3.And(t.holds(x, r), alone(x)),
            "phys": lambda x, r: z3.And(t.phys(x, r), alone(x)),
            "right": lambda x, a: z3.And(t.right(x, a), alone(x)),
        }
        return {part: right[part]}

    return TheoryFault(f"flush-{part}-tells", "", "flush", changed(change))


PARTS = ("live", "derives", "holds", "phys", "right")


@pytest.mark.long
@pytest.mark.parametrize("part", PARTS)
def test_each_thing_seen_is_needed_in_the_goal(part: str) -> None:
    obligation, fault = two("flush__keeps__states_alike"), _shows_in(part)
    assert verdict(obligation) == Verdict.PROVED
    assert verdict(obligation, fault=fault) == Verdict.UNPROVED
    without = PARTS.index(part)

    def gets(step: Step, guard: dict[str, Formula]) -> Any:
        seen = seen_inside(step.after)
        return (*seen[:without], *seen[without + 1 :])

    assert verdict(replace(obligation, gets=gets), fault=fault) == Verdict.PROVED


def _but(name: str, **more: Callable[[Step], Formula]) -> Any:
    """An obligation with further assumptions: a weaker one."""
    obligation = registry()[name]
    assert about_model(obligation)
    old = obligation.assumes

    def assumes(step: Step) -> dict[str, Formula]:
        return {**old(step), **{what: condition(step) for what, condition in more.items()}}

    return replace(obligation, assumes=assumes)


def _destination_inside(step: Step) -> Formula:
    return inside(owner(step.called.dst))


def _source_inside(step: Step) -> Formula:
    return inside(owner(step.called.src))


WITNESSES = (
    # obligation, dialect, the fault that fells it, and what the weaker form assumes besides
    ("map__keeps__states_alike", "canonical", "map-foreign-unmap", _destination_inside),
    ("grant__keeps__states_alike", "canonical", "grant-foreign-unmap", _destination_inside),
    ("map__answers__alike_anywhere", "tree", "map-occupied-refused", _destination_inside),
    ("grant__answers__alike_anywhere", "tree", "grant-occupied-refused", _destination_inside),
    ("map__keeps__set_closed", "canonical", "map-put-between", _destination_inside),
    ("grant__keeps__set_closed", "canonical", "grant-reverses-links", _destination_inside),
    ("flush__keeps__set_closed", "canonical", "flush-adopts-siblings", _source_inside),
    ("grant__outward__keeps_set_closed", "x2-flush", "grant-keeps-children", _destination_inside),
)


@pytest.mark.long
@pytest.mark.parametrize(("name", "dialect", "fault", "besides"), WITNESSES)
def test_an_obligation_falls_where_a_weaker_one_does_not(
    name: str, dialect: str, fault: str, besides: Callable[[Step], Formula], known: Callable[[str], frozenset[str]]
) -> None:
    obligation = registry()[name]
    assert about_model(obligation)
    for each, expected in ((obligation, Verdict.UNPROVED), (_but(name, besides=besides), Verdict.PROVED)):
        condition = THEORY_FAULTS[fault].condition(each, DIALECTS[dialect], known(dialect))
        assert discharge(condition, Satisfiable(), Settings(Solvers.Z3)).verdict == expected


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("map__answers__alike_inside", "map-refused-if-shared"),
        ("grant__answers__alike_inside", "grant-refused-if-shared"),
        ("flush__answers__alike_inside", "flush-refused-if-passed-on"),
        ("flush__keeps__states_alike", "flush-shared-stays"),
        ("map__outward__changes__nothing_seen", "map-flushes-source"),
    ],
)
def test_the_others_fall_by_a_fault_of_the_catalogue(name: str, fault: str) -> None:
    obligation = registry()[name]
    assert about_model(obligation)
    assert verdict(obligation) == Verdict.PROVED
    assert verdict(obligation, fault=THEORY_FAULTS[fault]) == Verdict.UNPROVED


def test_nothing_observed_is_nothing_to_differ_in() -> None:
    assert z3.is_true(alike((), ()))
    state: State = second
    assert not z3.is_true(alike(seen_inside(state), seen_inside(state)))


@pytest.mark.long
def test_canonical_names_what_it_is_known_not_to_have(pool: Workers) -> None:
    names = ["grant__outward__keeps_set_closed", "map__answers__alike_anywhere", "grant__moves__link"]
    results = prove(DIALECTS["nova"], [registry()[name] for name in names], pool).results
    assert [result.reason for result in results] == [
        "nova does not have it",
        "known not to hold in nova: musigma counterexample map__answers__alike_anywhere shows it",
        "nova does not have it",
    ]
    (result,) = prove(CANONICAL, [registry()[names[0]]], pool).results
    assert result.reason == f"known not to hold in canonical: musigma counterexample {names[0]} shows it"
