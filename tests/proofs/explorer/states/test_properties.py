# States are rows of plain numbers here, in lists where the code has arrays.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-incomplete-defs
# mypy: disable-error-code="arg-type,union-attr,var-annotated"
"""Each predicate against another wording of it, by sets and paths, on states and steps of every kind."""

import random

import pytest

from model.spaces.literal import Spaces
from model.spaces.operation import Kind
from proofs.explorer.states import properties
from proofs.explorer.states.properties import IDS, PROPERTIES, STATE_IDS, chosen, property_named

SLOTS, FRAMES = 3, 2
MAP, GRANT, FLUSH = Kind


def way(state, x):
    """The slots that x derives from, and where the links end: a frame, nil, or None in a circle."""
    met = []
    while state.sigma[x] >= 0:
        x = state.sigma[x]
        if x in met:
            return met, None
        met.append(x)
    return met, state.sigma[x]


def shown(state, x):
    _, end = way(state, x)
    return -2 if end is None else -1 if end == -1 else -2 - end


def from_(state, x, y):
    return y in way(state, x)[0]


def lost(before, x, kind, src, dst):
    gone = {src} if kind == FLUSH else {dst} if kind == MAP else {src, dst}
    return bool(gone & {x, *way(before, x)[0]}) if kind != FLUSH else x == src or from_(before, x, src)


def no_cycle(s):
    return not any(from_(s, x, x) for x in range(SLOTS))


def no_dangling_link(s):
    return all(s.sigma[s.sigma[x]] != -1 for x in range(SLOTS) if s.sigma[x] >= 0)


def frame_held_once(s):
    held = [each for each in s.sigma if each < -1]
    return len(held) == len(set(held))


def no_frame_lost(s):
    return {each for each in s.sigma if each < -1} >= {-2, -3}


def rights_shrink(s):
    return all(s.rights[x] | s.rights[s.sigma[x]] == s.rights[s.sigma[x]] for x in range(SLOTS) if s.sigma[x] >= 0)


def accessible_has_right(s):
    return all(s.rights[x] for x in range(SLOTS) if shown(s, x) >= 0)


def phys_is_sigma(b, a, kind, src, dst, rights):
    return all(a.phys[x] == shown(a, x) for x in range(SLOTS))


def address_is_stable(b, a, kind, src, dst, rights):
    for x in range(SLOTS):
        if kind == FLUSH or x != dst:
            old, new = shown(b, x), shown(a, x)
            if not (new == old or (new == -1 and lost(b, x, kind, src, dst))):
                return False
    return True


def flush_is_complete(b, a, kind, src, dst, rights):
    derived = [x for x in range(SLOTS) if x != src and from_(b, x, src) and a.sigma[x] != -1]
    return kind != FLUSH or not any(a.rights[x] & rights or rights == 7 for x in derived)


def flush_is_local(b, a, kind, src, dst, rights):
    kept = [x for x in range(SLOTS) if x == src or not from_(b, x, src)]
    return kind != FLUSH or all(a.sigma[x] == b.sigma[x] and a.rights[x] == b.rights[x] for x in kept)


def grant_moves(b, a, kind, src, dst, rights):
    return not (kind == GRANT and src != dst and a.sigma[src] != -1)


def nothing_is_forged(b, a, kind, src, dst, rights):
    return kind == FLUSH or shown(a, dst) < 0 or shown(a, dst) == shown(b, src)


def any_state(generator):
    sigma = [generator.choice((-3, -2, -1, 0, 1, 2)) for _ in range(SLOTS)]
    phys = [generator.choice((-1, 0, 1)) for _ in range(SLOTS)]
    rights = [generator.choice((0, 4, 6, 7)) for _ in range(SLOTS)]
    state = Spaces(sigma, phys, rights)
    if generator.random() < 0.6:
        phys[:] = [shown(state, x) for x in range(SLOTS)]
    return state


def near(state, generator):
    """The same state with some slots changed."""
    after = Spaces(*(list(column) for column in state))
    for x in range(SLOTS):
        if generator.random() < 0.4:
            after.sigma[x] = generator.choice((-1, -1, state.sigma[x], generator.randrange(-3, 3)))
        if generator.random() < 0.4:
            after.rights[x] = generator.choice((0, 1, 7))
    if generator.random() < 0.7:
        after.phys[:] = [shown(after, x) for x in range(SLOTS)]
    return after


def step(generator):
    before = any_state(generator)
    kind, src, dst = generator.choice(list(Kind)), generator.randrange(SLOTS), generator.randrange(SLOTS)
    return before, near(before, generator), kind, src, -1 if kind == FLUSH else dst, generator.choice((7, 7, 1, 6, 0))


@pytest.mark.parametrize("id", IDS)
def test_another_wording(id):
    claim, generator = property_named(id), random.Random(IDS.index(id))
    other, seen = globals()[id.replace("-", "_")], set()
    for _ in range(600):
        arguments = step(generator) if claim.of_step else (any_state(generator), FRAMES)
        expected = other(*arguments) if claim.of_step else other(arguments[0])
        assert bool(claim.holds(*arguments)) == expected, arguments
        seen.add(expected)
    assert seen == {True, False}


def test_the_violated_ones_by_their_bits():
    generator = random.Random(7)
    for _ in range(150):
        arguments = step(generator)
        state, wanted = arguments[0], generator.randrange(1 << len(IDS))
        violated = [1 << n for n, p in enumerate(PROPERTIES) if not p.of_step and not p.holds(state, FRAMES)]
        assert properties.state_violations(state, FRAMES, wanted) == sum(bit for bit in violated if bit & wanted)


def test_the_records():
    assert IDS[:6] == STATE_IDS
    assert [p.of_step for p in PROPERTIES] == [False] * 6 + [True] * 6
    assert {p.symmetry for p in PROPERTIES} == {"slots"}
    for p in PROPERTIES:
        assert p.id == p.holds.__name__.replace("_", "-")
        assert p.sentence == p.holds.__doc__.strip()
        assert p.clause


def test_chosen_by_name():
    assert chosen(None) is PROPERTIES
    assert chosen([]) == ()
    assert [p.id for p in chosen(["grant-moves", "no-cycle", "grant-moves"])] == ["no-cycle", "grant-moves"]
    with pytest.raises(ValueError, match="there is no property 'x'; there are no-cycle, no-dangling-link"):
        chosen(["no-cycle", "x"])
