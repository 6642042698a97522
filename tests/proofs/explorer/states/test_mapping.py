# States are rows of plain numbers here, in lists where the code has arrays.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-incomplete-defs
# mypy: disable-error-code="arg-type,call-arg,misc"
"""The packing, what is tried and what comes of it, in all states of the tiniest scopes; by hand and by the model."""

import numpy as np
import pytest

from model.scope import ArgumentError, Scope
from model.spaces import literal as spaces
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect, OwnPage, OwnSlot, Source
from model.spaces.literal import NIL, Spaces
from model.spaces.operation import Kind, Operation
from proofs.explorer.states import mapping, words
from proofs.explorer.states.goal import parse_goal
from proofs.explorer.states.layout import GOAL_AT, PROGRAM, operation_of
from proofs.explorer.states.mapping import LOST, mapping_system
from proofs.explorer.states.properties import IDS, PROPERTIES, STATE_IDS
from proofs.explorer.states.symmetry import canonical
from proofs.explorer.states.unlabelled import unlabelled
from proofs.explorer.states.wrong_operations import executed, faults_named, perform
from proofs.explorer.system import unreduced

SCOPE = Scope(2, 1, 1)
LITERAL = DIALECTS["literal-eager"]
MASKS = {"none": (7,), "rw": (2, 4, 6), "rwx": tuple(range(1, 8))}
ALL, STEPS = (1 << len(IDS)) - 1, ((1 << len(IDS)) - 1) & ~((1 << len(STATE_IDS)) - 1)


def lists(slots):
    return Spaces([9] * slots, [9] * slots, [9] * slots)


def unpacked(system, state):
    found = lists(system.parameters[0])
    mapping._unpack(np.uint64(state), found, system.parameters)
    return tuple(tuple(int(value) for value in column) for column in found)


def packed(system, state):
    grid, slots = words.grid_of(system.parameters), system.parameters[0]
    found, kept = words.gathered(Spaces(*(list(column) for column in state)), grid)
    values, _ = words.links_of(found.sigma, *np.zeros((2, slots), np.uint64), grid)
    return int(words.packed(found, grid)), bool(kept and words.is_kept(found, values, grid))


@pytest.mark.parametrize(
    ("name", "rights", "state", "number"),
    [
        ("canonical", "none", ((-2, 0), (0, 0), (7, 7)), 0b10_01),
        ("canonical", "none", ((-1, -2), (-1, 0), (0, 7)), 0b01_00),
        ("literal-eager", "none", ((-2, 0), (0, 0), (7, 7)), 0b1_1_10_1_1_01),
        ("literal-eager", "none", ((1, 1), (-1, 0), (0, 7)), 0b1_1_11_0_0_11),
        ("literal-eager", "rw", ((-2, 0), (0, -1), (6, 4)), 0b10_0_10_11_1_01),
        ("literal-eager", "rwx", ((-2, -1), (0, 0), (5, 1)), 0b001_1_00_101_1_01),
        ("canonical", "rwx", ((-2, 0), (0, 0), (5, 1)), 0b001_10_101_01),
        ("canonical", "rw", ((-2, 0), (0, 0), (6, 4)), 0b10_10_11_01),
    ],
)
def test_bits(name, rights, state, number):
    system = mapping_system(SCOPE, DIALECTS[name], rights)
    assert unpacked(system, number) == state
    assert packed(system, state) == (number, True)


@pytest.mark.parametrize(
    ("name", "rights", "state"),
    [
        ("canonical", "none", ((-2, 0), (0, -1), (7, 7))),
        ("canonical", "none", ((-2, 0), (0, 0), (7, 6))),
        ("canonical", "none", ((-2, -1), (0, -1), (7, 7))),
        ("canonical", "none", ((-2, 0), (-1, 0), (7, 7))),
        ("literal-eager", "none", ((-2, 0), (0, 0), (7, 6))),
        ("literal-eager", "none", ((-2, 0), (0, 0), (3, 7))),
        ("literal-eager", "rw", ((-2, 0), (0, 0), (7, 4))),
        ("literal-eager", "rw", ((-2, 0), (0, 0), (6, 1))),
    ],
)
def test_what_is_not_kept(name, rights, state):
    assert not packed(mapping_system(SCOPE, DIALECTS[name], rights), state)[1]


def test_what_is_not_kept_stays_so_whatever_comes_after():
    system = mapping_system(SCOPE, LITERAL)
    assert not packed(system, ((-2, 0), (0, 0), (6, 7)))[1]
    assert not packed(mapping_system(SCOPE, CANONICAL), ((-1, -2), (-1, 0), (7, 7)))[1]


def plain(scope, dialect, rights, idle=False, faults=0):
    """Every state, in rows, with its steps: the number, the state after, the violated step properties."""
    full = max(MASKS[rights])
    start = spaces.initial(scope)
    start.rights[:] &= full
    queue = [tuple(tuple(int(value) for value in column) for column in start)]
    found = {}
    for state in queue:
        steps = {}
        for src in range(scope.slots):
            for kind in Kind:
                for dst in range(1 if kind == Kind.FLUSH else scope.slots):
                    for mask in MASKS[rights]:
                        allowed = 7 if kind == Kind.FLUSH and mask == full else mask
                        before, after = (Spaces(*(list(column) for column in state)) for _ in range(2))
                        if not idle and state[0][src] == NIL:
                            if kind == Kind.FLUSH and src not in state[0]:
                                continue
                            if kind != Kind.FLUSH and src == dst and dialect.readings.own_slot is OwnSlot.NOTHING:
                                continue
                        if faults:
                            status = perform(before, after, kind, src, dst, allowed, dialect.readings, faults)
                        else:
                            operation = Operation(kind, src, dst, allowed)
                            status = operation.apply(after, dialect.readings)
                        if status != spaces.DONE:
                            continue
                        step = before, after, kind, src, dst, allowed
                        flaws = sum(1 << n for n, p in enumerate(PROPERTIES) if p.of_step and not p.holds(*step))
                        reached = tuple(tuple(int(value) for value in column) for column in after)
                        steps[((kind * 8 + allowed) * 64 + src) * 64 + dst] = reached, flaws
                        if reached not in queue:
                            queue.append(reached)
        found[state] = steps
    return found


def taken(system, state, wanted):
    """The steps that a system takes from a state."""
    after, labels = np.zeros(system.fanout, np.uint64), np.zeros(system.fanout, np.int64)
    flaws, scratch = np.full(system.fanout, -1, np.int64), np.full(system.scratch, -9, np.int64)
    parameters = np.array(system.parameters, np.int64)
    count = system.successors(np.uint64(state), after, labels, flaws, wanted, parameters, scratch)
    rows = zip(labels[:count].tolist(), after[:count].tolist(), flaws[:count].tolist(), strict=True)
    found = {label: (unpacked(system, number), flaw) for label, number, flaw in rows}
    assert len(found) == count
    return found


CASES = [(name, "none") for name in DIALECTS] + [("canonical", "rw"), ("literal-eager", "rw"), ("tree", "rw")]


@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize(("name", "rights"), CASES)
def test_every_step_of_every_state(name, rights, idle):
    system = mapping_system(SCOPE, DIALECTS[name], rights, idle=idle)
    assert system.properties == IDS
    for state, steps in plain(SCOPE, DIALECTS[name], rights, idle).items():
        number, kept = packed(system, state)
        assert kept
        assert unpacked(system, number) == state
        assert taken(system, number, ALL) == steps
        without = {label: (after, 0) for label, (after, _) in steps.items()}
        assert taken(system, number, ALL & ~STEPS) == without
        assert taken(mapping_system(SCOPE, DIALECTS[name], rights, idle=idle, steps=False), number, ALL) == without


ALLOWED = Dialect("any", "", CANONICAL.readings._replace(source=Source.ALLOWED, own_slot=OwnSlot.ALLOWED))
REFUSED = Dialect("any", "", CANONICAL.readings._replace(own_slot=OwnSlot.REFUSED))
NOTHING = Dialect("any", "", CANONICAL.readings._replace(source=Source.ALLOWED, own_slot=OwnSlot.NOTHING))


@pytest.mark.parametrize("idle", [False, True])
@pytest.mark.parametrize("dialect", [ALLOWED, REFUSED, NOTHING], ids=["allowed", "refused", "nothing"])
def test_every_step_with_other_readings(dialect, idle):
    system = mapping_system(SCOPE, dialect, idle=idle)
    for state, steps in plain(SCOPE, dialect, "none", idle).items():
        assert taken(system, packed(system, state)[0], ALL) == steps


def test_all_rights_one_by_one():
    system, scope = mapping_system(SCOPE, CANONICAL, "rwx"), SCOPE
    states = plain(scope, CANONICAL, "rwx")
    for state in list(states)[:12]:
        assert taken(system, packed(system, state)[0], ALL) == states[state]


def test_steps_with_a_fault():
    faults = executed(faults_named(["flush-too-wide", "frame-lost", "database-not-page-table"]))
    system = mapping_system(SCOPE, CANONICAL, faults=faults)
    assert system.fields[1].bits == 1  # no forests
    violated = 0
    for state, steps in plain(SCOPE, CANONICAL, "none", faults=faults).items():
        assert taken(system, packed(system, state)[0], ALL) == steps
        violated |= sum(flaw for _, flaw in steps.values())
    assert violated


def test_a_state_that_the_packing_cannot_hold_is_said_to_be_lost():
    system = mapping_system(SCOPE, CANONICAL)
    faults = executed(faults_named(["database-not-page-table"]))
    parameters = list(system.parameters)
    parameters[10] = faults
    after, labels, flaws = np.zeros(99, np.uint64), np.zeros(99, np.int64), np.zeros(99, np.int64)
    scratch = np.zeros(system.scratch, np.int64)
    count = mapping.faulty_successors(np.uint64(0b10_01), after, labels, flaws, ALL, np.array(parameters), scratch)
    lost = {str(operation_of(label)): flaw for label, flaw in zip(labels[:count], flaws[:count], strict=True)}
    assert [flaw & LOST for flaw in lost.values()].count(LOST) == 1
    assert all(flaw in (0, LOST | 1 << IDS.index("phys-is-sigma")) for flaw in lost.values())
    assert LOST == 1 << 62


def test_the_violated_state_properties_and_the_goal():
    goal = parse_goal("nil(σ0[0])", SCOPE)
    plain_system, system = (mapping_system(SCOPE, LITERAL, goal=each) for each in (None, goal))
    scratch = np.zeros(system.scratch, np.int64)
    aim = 1 << len(IDS)
    assert system.properties == (*IDS, "goal")
    assert plain_system.properties == IDS
    assert system.parameters[GOAL_AT] == len(IDS)
    assert system.parameters[PROGRAM:] == goal.program
    every = [*plain(SCOPE, LITERAL, "none"), ((0, 1), (0, 0), (7, 7)), ((-2, -2), (0, 0), (7, 0))]
    for state in every:
        number = packed(system, state)[0]
        violated = sum(
            1 << n for n, p in enumerate(PROPERTIES) if not p.of_step and not p.holds(Spaces(*map(list, state)), 1)
        )
        reached = aim if state[0][0] == NIL else 0
        parameters = np.array(system.parameters, np.int64)
        assert mapping.check(np.uint64(number), ALL, parameters, scratch) == violated
        assert mapping.check(np.uint64(number), ALL | aim, parameters, scratch) == violated | reached
        assert mapping.check(np.uint64(number), aim, parameters, scratch) == reached
        assert mapping.check(np.uint64(number), STEPS, parameters, scratch) == 0
        assert mapping.check(np.uint64(number), 1, parameters, scratch) == violated & 1


def test_the_system_of_a_scope():
    system = mapping_system(Scope(2, 2, 2), LITERAL, "rw", symmetry="pages", idle=True)
    assert [field.name for field in system.fields[:4]] == [
        "element of σ0[0]",
        "P of σ0[0]",
        "rights of σ0[0]",
        "element of σ0[1]",
    ]
    assert [field.bits for field in system.fields[:3]] == [3, 2, 2]
    assert len(system.fields) == 12
    readings = tuple(int(value) for value in LITERAL.readings)
    assert system.parameters == (4, 2, 2, 3, 2, 2, 6, 1 << 2 | 1 << 4 | 1 << 6, 1, 1, 0, len(IDS), *readings)
    assert system.fanout == 9 * 4 * 3
    assert system.scratch == 44
    assert system.name == "literal-eager, 2 spaces × 2 pages × 2 frames, rights rw"
    assert unpacked(system, system.initial) == ((-2, -3, -1, -1), (0, 1, -1, -1), (6, 6, 0, 0))
    assert system.step_text(Kind.GRANT << 15 | 7 << 12 | 2) == "grant σ0[0] → σ1[0]"
    plain_system = mapping_system(Scope(2, 2, 2), CANONICAL)
    assert plain_system.parameters[:12] == (4, 2, 2, 3, 0, 0, 7, 1 << 7, 0, 0, 0, len(IDS))
    assert unpacked(plain_system, plain_system.initial) == ((-2, -3, -1, -1), (0, 1, -1, -1), (7, 7, 0, 0))
    assert mapping_system(Scope(2, 2, 2), LITERAL, "rwx").parameters[5:8] == (3, 7, 254)
    assert mapping_system(Scope(2, 2, 2), LITERAL, (7,)).parameters[5:8] == (1, 7, 128)
    assert mapping_system(Scope(2, 2, 2), LITERAL, (7, 1)).parameters[5:8] == (3, 7, 130)
    assert mapping_system(Scope(2, 2, 2), CANONICAL, faults=1).parameters[3:6] == (3, 2, 1)
    assert unpacked(mapping_system(SCOPE, LITERAL), mapping_system(SCOPE, LITERAL).initial) == (
        (-2, -1),
        (0, -1),
        (7, 0),
    )


def test_the_functions_of_a_system():
    def functions(dialect=CANONICAL, **options):
        system = mapping_system(SCOPE, dialect, **options)
        return system.successors, system.check, system.canonical, system.properties

    assert functions() == (mapping.successors, mapping.check, unreduced, IDS)
    assert functions(steps=False) == (mapping.unchecked_successors, mapping.check, unreduced, STATE_IDS)
    assert functions(masks=True) == (mapping.masked_successors, mapping.check, unreduced, STATE_IDS)
    assert functions(faults=1) == (mapping.faulty_successors, mapping.check, unreduced, IDS)
    assert functions(faults=1, steps=False)[0] is mapping.faulty_successors
    assert functions(symmetry="slots")[2] is unlabelled
    assert functions(symmetry="pages")[2] is canonical
    assert functions(symmetry="slots", rights="rw")[2] is canonical
    assert functions(LITERAL, symmetry="slots")[2] is canonical
    assert functions(symmetry="slots", faults=1)[2] is canonical


def test_what_no_packing_knows():
    with pytest.raises(ArgumentError, match="rights are none, rw or rwx, not 'all'"):
        mapping_system(SCOPE, CANONICAL, "all")
    included = Dialect("any", "", CANONICAL.readings._replace(own_page=OwnPage.INCLUDED))
    with pytest.raises(ArgumentError, match="use rights rwx"):
        mapping_system(SCOPE, included, "rw")
    assert mapping_system(SCOPE, included, "rwx").parameters[5] == 3
    for options in ({"rights": "rw"}, {"faults": 1}):
        with pytest.raises(ValueError, match="has more states than forests"):
            mapping_system(SCOPE, CANONICAL, masks=True, **options)
    with pytest.raises(ValueError, match="literal-eager with rights none has more states"):
        mapping_system(SCOPE, LITERAL, masks=True)
    with pytest.raises(ValueError, match="not in tuple"):
        mapping_system(SCOPE, CANONICAL, symmetry="frames")


def test_masks_step_the_same():
    one, other = mapping_system(SCOPE, CANONICAL, masks=True), mapping_system(SCOPE, CANONICAL, steps=False)
    for state in plain(SCOPE, CANONICAL, "none"):
        number = packed(one, state)[0]
        assert taken(one, number, 0) == taken(other, number, 0)
