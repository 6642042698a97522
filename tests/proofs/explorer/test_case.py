# States are rows of plain numbers here, in lists where the code has arrays.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-incomplete-defs
"""What is explored, case by case; and traces that are shown only if the literal model shows the same."""

import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL, DIALECTS
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.explorer.case import Case, UnconfirmedError
from proofs.explorer.counting import forests, orbits, unlabelled_forests
from proofs.explorer.result import Flaw
from proofs.explorer.states import mapping
from proofs.explorer.states.goal import parse_goal
from proofs.explorer.states.properties import PROPERTIES, property_named
from proofs.explorer.states.wrong_operations import faults_named, misread

SCOPE = Scope(2, 1, 1)
TREE, LITERAL = DIALECTS["tree"], DIALECTS["literal-eager"]
STATE = [p for p in PROPERTIES if not p.of_step]


def case(dialect=CANONICAL, rights="none", *faults):
    return Case(SCOPE, dialect, rights, faults_named(faults))


def test_what_masks_know():
    assert case().known_to_masks(STATE)
    assert case().known_to_masks([])
    assert not case().known_to_masks(PROPERTIES)
    assert not case(LITERAL).known_to_masks(STATE)
    assert not case(CANONICAL, "rw").known_to_masks(STATE)
    assert not case(CANONICAL, "none", "frame-lost").known_to_masks(STATE)
    assert case(CANONICAL, "none", "frame-overwritten").known_to_masks(STATE)
    assert not case(CANONICAL, "none", "ancestor-slot").known_to_masks(STATE)


def test_systems():
    assert case().system(STATE).successors is mapping.masked_successors
    assert case().system(iter(STATE)).successors is mapping.masked_successors
    assert case().system(PROPERTIES).successors is mapping.successors
    assert case(LITERAL).system(STATE).successors is mapping.unchecked_successors
    faulty = case(CANONICAL, "none", "frame-lost", "ancestor-slot")
    assert faulty.system(STATE).successors is mapping.faulty_successors
    assert faulty.system(STATE).parameters[10] == 1 << 7
    assert faulty.readings == misread(CANONICAL, faulty.faults).readings
    assert faulty.system(STATE).parameters[12:] == tuple(int(value) for value in faulty.readings)
    assert case(CANONICAL, "rw").system(PROPERTIES).parameters[5:7] == (2, 6)
    goal = parse_goal("nil(σ0[0])", SCOPE)
    assert case().system([], goal=goal).properties[-1] == "goal"
    assert case().system([], symmetry="slots").parameters[9] == 2
    assert case().system([]).parameters[9] == 0


def test_how_many_states_there_are():
    scope = Scope(2, 2, 1)

    def expected(dialect, group, rights="none", faults=()):
        return Case(scope, dialect, rights, faults).expected_states(group)

    assert expected(CANONICAL, "none") == forests(4, 1, lost=0)
    assert expected(TREE, "none") == forests(4, 1)
    assert expected(TREE, "pages") == orbits(scope)
    assert expected(TREE, "slots") == unlabelled_forests(4, 1)
    assert len({forests(4, 1, lost=0), forests(4, 1), orbits(scope), unlabelled_forests(4, 1)}) == 4
    for nothing in (
        expected(CANONICAL, "pages"),
        expected(CANONICAL, "slots"),
        expected(DIALECTS["nova"], "none"),
        expected(TREE, "none", "rw"),
        expected(TREE, "none", "none", faults_named(["frame-lost"])),
    ):
        assert nothing is None


def trace(*operations, dialect="canonical"):
    return Trace(dialect, SCOPE, operations, "")


MAPPED = Operation("map", 0, 1, 7)
FLUSHED = Operation("flush", 0, -1, 7)


def test_a_trace_is_replayed():
    states = list(case().states(trace(MAPPED, FLUSHED)))
    assert [(operation, status) for operation, status, _ in states] == [(None, 0), (MAPPED, 0), (FLUSHED, 0)]
    assert [state.sigma.tolist() for _, _, state in states] == [[-2, -1], [-2, 0], [-2, -1]]
    before, after = case().replayed(trace(MAPPED, FLUSHED))
    assert (before.sigma.tolist(), after.sigma.tolist()) == ([-2, 0], [-2, -1])
    before, after = case().replayed(trace())
    assert before.sigma.tolist() == after.sigma.tolist() == [-2, -1]
    with pytest.raises(UnconfirmedError, match=r"the literal model refuses map σ1\[0\] → σ0\[0\] in"):
        case().replayed(trace(Operation("map", 1, 0, 7)))


def test_faults_and_misreadings_are_replayed():
    lost = case(CANONICAL, "none", "frame-lost")
    assert lost.replayed(trace(FLUSHED))[1].sigma.tolist() == [-1, -1]
    again = case(CANONICAL, "none", "ancestor-slot")
    operations = MAPPED, Operation("map", 1, 0, 7)
    with pytest.raises(UnconfirmedError):
        case().replayed(trace(*operations))
    with pytest.raises(UnconfirmedError):
        again.replayed(trace(*operations))  # the page holds a frame
    both = case(CANONICAL, "none", "ancestor-slot", "frame-overwritten")
    assert both.replayed(trace(*operations))[1].sigma.tolist() == [1, -1]


def label(kind, src, dst):
    return ((kind * 8 + 7) * 64 + src) * 64 + dst


def test_a_violated_state():
    one, wanted = case(TREE), [property_named("no-frame-lost")]
    system = one.system(wanted)
    flaw = Flaw("no-frame-lost", (label(1, 0, 1), label(1, 1, 0)), (1, 9, 0))
    found = one.violation(flaw, system)
    assert (found.property, found.clause) == ("no-frame-lost", wanted[0].clause)
    assert found.sentence == wanted[0].sentence
    assert found.trace == Trace(
        "tree", SCOPE, (MAPPED, Operation("map", 1, 0, 7)), f"no-frame-lost ({wanted[0].clause}) does not hold"
    )
    with pytest.raises(UnconfirmedError, match="on the literal model no-frame-lost holds after"):
        one.violation(Flaw("no-frame-lost", (label(1, 0, 1),), (1, 9)), system)


def test_a_violated_step():
    one = case(CANONICAL, "none", "frame-lost", "database-not-page-table")
    system = one.system(PROPERTIES)
    found = one.violation(Flaw("flush-is-local", (label(3, 0, 0),), (1,)), system)
    assert found.trace.operations == (FLUSHED,)
    assert found.trace.shows == (
        f"flush-is-local ({found.clause}) does not hold, with the fault database-not-page-table, "
        "with the fault frame-lost"
    )
    with pytest.raises(UnconfirmedError, match="grant-moves holds"):
        one.violation(Flaw("grant-moves", (label(3, 0, 0),), (1,)), system)
    with pytest.raises(UnconfirmedError, match="flush-is-local holds"):
        case().violation(Flaw("flush-is-local", (label(3, 0, 0),), (1,)), case().system(PROPERTIES))


def test_the_way_to_a_goal():
    goal = parse_goal("links(σ1[0], σ0[0])", SCOPE)
    flaw = Flaw("goal", (label(1, 0, 1),), (1, 9))
    assert case().way_to(goal, flaw) == Trace("canonical", SCOPE, (MAPPED,), goal.text)
    with pytest.raises(UnconfirmedError, match=r"does not reach links\(σ1\[0\], σ0\[0\]\)"):
        case().way_to(goal, Flaw("goal", (label(3, 0, 0),), (1, 1)))
