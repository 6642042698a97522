# States are rows of plain numbers here, in lists where the code has arrays.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-incomplete-defs
# mypy: disable-error-code="arg-type,call-arg"
"""What each fault does to every state of three slots, in other words."""

import random

import pytest

from model.scope import ArgumentError
from model.spaces import literal
from model.spaces.dialect import CANONICAL, DIALECTS, Ancestor, FrameHolder, NoRights, Passing, Reading
from model.spaces.literal import DONE, NIL, Spaces
from model.spaces.operation import Kind
from proofs.explorer.states import wrong_operations as module
from proofs.explorer.states.wrong_operations import FAULTS, executed, faults_named, misread, operate, perform

MAP, GRANT, FLUSH = Kind
SLOTS = 4
EXECUTED = [name for name, fault in FAULTS.items() if not fault.misread]


def copy(state):
    return Spaces(*(list(column) for column in state))


def way(state, x):
    """The slots that x was mapped from, the nearest first."""
    found = []
    while state.sigma[x] >= 0:
        x = state.sigma[x]
        found.append(x)
    return found


def any_forest(generator):
    order = generator.sample(range(SLOTS), SLOTS)
    sigma, rights = [NIL] * SLOTS, [0] * SLOTS
    for n, x in enumerate(order[: generator.randrange(1, SLOTS + 1)]):
        sigma[x] = -2 if n == 0 else -3 if n == 1 and generator.random() < 0.2 else order[generator.randrange(n)]
        rights[x] = 7 if sigma[x] < NIL else generator.choice((rights[sigma[x]], rights[sigma[x]] & 5))
    state = Spaces(sigma, [NIL] * SLOTS, rights)
    for x in range(SLOTS):
        end = sigma[(way(state, x) or [x])[-1]]
        state.phys[x] = -2 - end if end < NIL else NIL
    return state


def rows(state):
    return list(zip(*state, strict=True))


def clear(state, x):
    state.sigma[x], state.phys[x], state.rights[x] = NIL, NIL, 0


def back(before, state, x):
    for old, new in zip(before, state, strict=True):
        new[x] = old[x]


def eldest(state, x):
    return x == min(y for y in range(SLOTS) if state.sigma[y] == state.sigma[x])


def expected(name, before, kind, src, dst, rights, readings):
    """The status and the state after an operation with a fault."""
    state = copy(before)
    if name == "unmap-wrong-rights" and kind == FLUSH:
        rights = 7 - rights
    below = [x for x in range(SLOTS) if src in way(before, x)]
    if name == "self-map-loses-page" and kind != FLUSH and src == dst and before.phys[src] != NIL:
        for x in (*below, src):
            clear(state, x)
        return DONE, state
    operation = (literal.map_, literal.grant, literal.flush)[kind - 1]
    status = operation(state, src, rights, readings) if kind == FLUSH else operation(state, src, dst, rights, readings)
    if status != DONE:
        return status, state
    if kind == FLUSH:
        for x in below:
            up = way(before, x)
            if name == "flush-stops-at-children" and up[0] != src:
                back(before, state, x)
            walked = [x, *up[: up.index(src)]]
            if name == "early-ascent" and not all(eldest(before, y) for y in walked):
                back(before, state, x)
            if name == "wrong-slot-unmapped":
                back(before, state, x)
            if name == "database-not-page-table":
                state.phys[x] = before.phys[x]
        if name == "flush-too-wide" and before.sigma[src] >= 0:
            siblings = {x for x in range(SLOTS) if x != src and before.sigma[x] == before.sigma[src]}
            for x in range(SLOTS):
                if siblings & {x, *way(before, x)}:
                    clear(state, x)
        if name == "wrong-slot-unmapped" or (name == "frame-lost" and before.sigma[src] < NIL):
            clear(state, src)
    elif src != dst:
        if name == "entry-survives-overmap" and before.sigma[dst] != NIL:
            state.phys[dst] = before.phys[dst]
        for x in below if kind == GRANT else ():
            if x == dst or dst in way(before, x):
                continue
            child = before.sigma[x] == src
            if name == "grant-forgets-children" and child:
                back(before, state, x)
            if name == "grant-restrict-child-keeps":
                back(before, state, x)
                state.sigma[x] = dst if child else before.sigma[x]
    return status, state


@pytest.mark.parametrize("dialect", ["canonical", "tree", "fiasco"])
@pytest.mark.parametrize("name", EXECUTED)
def test_every_fault_in_other_words(name, dialect):
    generator, faults = random.Random(name), executed(faults_named([name]))
    readings = DIALECTS[dialect].readings
    wrong = 0
    for _ in range(150):
        before, kind = any_forest(generator), generator.choice(list(Kind))
        src, dst, rights = generator.randrange(SLOTS), generator.randrange(SLOTS), generator.choice((7, 7, 4, 5))
        state, right = copy(before), copy(before)
        untouched = copy(before)
        status, after = expected(name, before, kind, src, dst, rights, readings)
        assert perform(before, state, kind, src, dst, rights, readings, faults) == status
        assert rows(state) == rows(after), (rows(before), kind, src, dst, rights)
        assert rows(before) == rows(untouched)
        operate(right, kind, src, dst, rights, readings)
        wrong += rows(right) != rows(state)
    assert wrong


def test_no_fault_is_the_model():
    generator = random.Random(1)
    for _ in range(200):
        before, kind = any_forest(generator), generator.choice(list(Kind))
        step = kind, generator.randrange(SLOTS), generator.randrange(SLOTS), generator.choice((7, 4))
        one, other, third = copy(before), copy(before), copy(before)
        readings = CANONICAL.readings
        kinds = (literal.map_, literal.grant, lambda s, src, dst, rights, r: literal.flush(s, src, rights, r))
        status = kinds[kind - 1](one, *step[1:], readings)
        assert operate(other, *step, readings) == perform(before, third, *step, readings, 0) == status
        assert rows(one) == rows(other) == rows(third)


def test_several_at_once():
    names = ["frame-lost", "database-not-page-table", "flush-stops-at-children"]
    before = Spaces([-2, 0, 1, NIL], [0, 0, 0, NIL], [7, 7, 7, 0])
    state = copy(before)
    assert perform(before, state, FLUSH, 0, -1, 7, CANONICAL.readings, executed(faults_named(names))) == DONE
    assert rows(state) == [(NIL, NIL, 0), (NIL, 0, 0), (1, 0, 7), (NIL, NIL, 0)]


def test_bits_and_names():
    assert [executed(faults_named([name])) for name in EXECUTED] == [1 << n for n in range(11)]
    assert executed(()) == 0
    assert executed(faults_named([EXECUTED[3], EXECUTED[0], "ancestor-slot"])) == 0b1001
    assert (module.SELF_MAP, module.CHILDREN_KEEP) == (1, 1 << 10)
    assert [fault.name for fault in faults_named(["ancestor-slot", "frame-lost"])] == ["frame-lost", "ancestor-slot"]
    assert faults_named([]) == ()
    with pytest.raises(ArgumentError, match="there is no fault 'x'; there are self-map-loses-page"):
        faults_named(["frame-lost", "x"])
    assert [name for name, fault in FAULTS.items() if not fault.symmetric] == ["early-ascent"]


def test_misreadings():
    def read(*names):
        return misread(CANONICAL, faults_named(names))

    base = CANONICAL.readings
    assert read() == CANONICAL
    assert read("frame-lost").readings == base
    assert read("rights-not-intersected").readings == base._replace(passing=Passing.AS_GIVEN)
    assert read("empty-rights-map").readings == base._replace(no_rights=NoRights.ALLOWED)
    assert read("ancestor-slot").readings == base._replace(ancestor=Ancestor.ALLOWED)
    both = base._replace(ancestor=Ancestor.ALLOWED, reading=Reading.BEFORE, frame_holder=FrameHolder.REPLACED)
    assert read("eager-grant-cycle", "frame-overwritten").readings == both
    assert read("ancestor-slot").name == "canonical"
