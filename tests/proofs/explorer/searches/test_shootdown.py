# States are rows of plain numbers here, in lists where the code has arrays.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-incomplete-defs
"""The example, state by state."""

import numpy as np

from proofs.explorer.searches.shootdown import STEPS, check, shootdown, successors

ENTRY, FIRST, SECOND, PENDING = 1, 2, 4, 8


def taken(state, waits):
    after, labels, flaws = (np.full(6, 9, kind) for kind in (np.uint64, np.int64, np.int64))
    count = successors(np.uint64(state), after, labels, flaws, 1, (waits,), None)
    assert not flaws[:count].any()
    return {int(label): int(number) for label, number in zip(labels[:count], after[:count], strict=True)}


def expected(state, waits):
    """The protocol in words, on sets of flags."""
    step = state >> 4
    found = {}
    if state & ENTRY:
        found[0], found[1] = state | FIRST, state | SECOND
    if step == 0:
        found[2] = (state | 16) & ~ENTRY & ~FIRST
    if step == 1:
        found[3] = state - 16 + 32 | PENDING
    if state & PENDING:
        found[4] = state & ~PENDING & ~SECOND
    if step == 2 and not (waits and state & PENDING):
        found[5] = state + 16
    return found


def test_every_step_of_every_state():
    for state in range(48):
        for waits in (0, 1):
            assert taken(state, waits) == expected(state, waits)


def test_a_stale_translation_in_every_state():
    for state in range(64):
        stale = state >> 4 == 3 and bool(state & (FIRST | SECOND))
        assert check(np.uint64(state), 1, None, None) == int(stale)
        assert check(np.uint64(state), 3, None, None) == int(stale)
        assert check(np.uint64(state), 2, None, None) == 0


def test_the_system():
    system = shootdown()
    assert system == shootdown(True)
    assert system.parameters == (1,)
    assert shootdown(False).parameters == (0,)
    assert [(field.name, field.bits) for field in system.fields] == [
        ("entry", 1),
        ("translation 0", 1),
        ("translation 1", 1),
        ("pending", 1),
        ("step", 2),
    ]
    assert system.initial == 1
    assert system.fanout == len(STEPS) == 6
    assert system.scratch == 0
    assert system.properties == ("no-stale-translation",)
    assert [system.step_text(step) for step in range(6)] == list(STEPS)
    assert system.name == "shootdown on two cores"
