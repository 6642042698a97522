"""A protocol as parameters: the first state, the rows of steps and properties, and what is refused."""

import numpy as np
import pytest

from model.cores.readings import PROTOCOLS, protocol_named
from model.cores.scope import CoreScope
from proofs.explorer.cores.protocol import Steps, _rows, _signed, protocol_system
from proofs.explorer.system import ScopeTooLargeError

from .facts import Facts, steps_of, violated

INTERRUPT = PROTOCOLS["interrupt"]
ONE = CoreScope(1, 1, 1, cores=1, tags=1)
AUTH, ENTRY, TLB, TAGGED, RUNS, UNDER, MAY, BUSY, ASKED, OWED, FENCED, CLEAN = (1 << bit for bit in range(12))


def keeping(*cleared: int) -> int:
    """The number whose bits are all set but these, as the parameters hold it."""
    return -1 - sum(cleared)


def test_the_parameters_of_one_of_each() -> None:
    step = 8**5
    rows = [
        (0, RUNS + ENTRY, 0, 0, -1, 0, UNDER, -1, TLB),
        (step, TLB, 0, 0, keeping(TLB), 0, 0, 0, 0),
        (2 * step, 0, RUNS, TAGGED, keeping(RUNS, UNDER), RUNS + MAY, TAGGED, -1, UNDER),
        (3 * step, MAY, RUNS, 0, keeping(MAY), 0, TAGGED, keeping(TLB), 0),
        (4 * step, 0, AUTH + BUSY + ASKED, 0, -1, AUTH + ENTRY, 0, 0, 0),
        (5 * step, 0, BUSY, ENTRY, keeping(ENTRY), BUSY, 0, 0, 0),
        (6 * step, BUSY, ASKED, 0, -1, ASKED, MAY, -1, OWED),
        (8 * step, OWED, 0, 0, keeping(OWED, FENCED), 0, TAGGED, keeping(TLB), 0),
        (9 * step, BUSY + ASKED, OWED, 0, keeping(BUSY, ASKED, OWED, AUTH, FENCED), 0, 0, 0, 0),
        (10 * step, TAGGED, RUNS, 0, keeping(TAGGED, CLEAN), 0, 0, 0, 0),
        (11 * step, 0, TAGGED, 0, keeping(TLB), CLEAN, 0, 0, 0),
        (12 * step, CLEAN, TAGGED, 0, keeping(CLEAN), TAGGED, 0, 0, 0),
    ]
    head = 12, 5, 1, 5 + 12 * 9, 1
    expected = (*head, *(number for row in rows for number in row), 1, TAGGED, TLB, AUTH, 0)
    assert _rows(Steps(INTERRUPT.readings, ONE)) == (12, expected)
    system = protocol_system(INTERRUPT, ONE)
    assert (system.parameters, system.fanout) == (expected, 12)
    assert system.initial == TAGGED + RUNS + UNDER + MAY
    assert (system.name, system.scratch) == (f"interrupt on {ONE}", 8)
    assert system.properties == ("used-is-allowed", "used-alike")
    assert system.canonical(5, system.parameters, None) == 5
    assert [system.step_text(label) for label in (2 * step, 4 * step, 10 * step)] == [
        "core 0 enters σ0",
        "σ0[0] gets frame 0",
        "σ0 loses tag 0",
    ]


def test_rows_have_room_for_the_most_parts_of_a_step() -> None:
    scope = CoreScope(1, 1, 2, cores=3, tags=2)
    count, numbers = _rows(Steps(INTERRUPT.readings, scope))
    steps, first, properties, end, parts = numbers[:5]
    assert (steps, first, parts) == (count, 5, 3)  # as many as cores, which an ask may tell
    assert end == 5 + count * (6 + 3 * 3)
    assert properties == 2 * 3  # of each tag: two frames, and the one pair of them
    assert len(numbers) == end + properties * 5


def test_numbers_are_held_with_a_sign() -> None:
    most = (1 << 63) - 1
    assert [_signed(each) for each in (0, 5, most, most + 1, most + 2, (1 << 64) - 1)] == [
        0,
        5,
        most,
        -most - 1,
        -most,
        -1,
    ]


@pytest.mark.parametrize(
    ("scope", "facts"),
    [
        (CoreScope(3, 1, 1, cores=2, tags=2), "tagged 0 0, tagged 1 1, runs * 0, under * 0, may 0 *"),
        (CoreScope(2, 1, 1, cores=1, tags=2), "tagged 0 0, tagged 1 1, runs 0 0, under 0 0, may 0 0"),
        (CoreScope(1, 1, 1, cores=2, tags=3), "tagged 0 0, runs * 0, under * 0, may 0 *, clean 1 *, clean 2 *"),
    ],
    ids=str,
)
def test_the_first_state(scope: CoreScope, facts: str) -> None:
    every = Facts(scope)
    assert every.of(protocol_system(INTERRUPT, scope).initial) == every.matching(facts)


def test_the_rows_of_properties() -> None:
    scope = CoreScope(1, 1, 3, cores=2, tags=1)
    number = Facts(scope).number
    tagged, used = number("tagged 0 0"), [number(f"tlb * 0 0 {frame}") for frame in range(3)]
    assert list(Steps(INTERRUPT.readings, scope).properties()) == [
        (1, tagged, used[0], number("auth 0 0 0"), 0),
        (1, tagged, used[1], number("auth 0 0 1"), 0),
        (1, tagged, used[2], number("auth 0 0 2"), 0),
        (2, tagged, used[0], used[1], 1),
        (2, tagged, used[0], used[2], 1),
        (2, tagged, used[1], used[2], 1),
    ]


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        ("", 0),
        ("tlb 0 1 0 1", 0),  # under a tag that no space has
        ("tlb 0 1 0 1, tagged 0 0", 0),
        ("tlb 0 1 0 1, tagged 0 1", 1),
        ("tlb 0 1 0 1, tagged 0 1, auth 0 0 1", 0),
        ("tlb 0 1 0 1, tagged 0 1, auth 0 0 0", 1),
        ("tlb 0 1 0 1, tagged 0 1, auth 1 0 1", 1),  # another space's page
        ("tlb 0 1 0 0, tlb 1 1 0 1, tagged 1 1, auth 1 0 *", 2),
        ("tlb 0 1 0 0, tlb 1 1 0 0, tagged 1 1, auth 1 0 0", 0),
        ("tlb 0 1 0 0, tlb 1 0 0 1, tagged 1 1, auth 1 0 *", 0),  # under two tags
        ("tlb 0 1 0 0, tlb 1 1 0 1, tagged 1 1, auth 1 0 0", 3),
    ],
    ids=str,
)
def test_what_cores_may_use(facts: str, wrong: int) -> None:
    scope = CoreScope(2, 1, 2, cores=2, tags=2)
    system, state = protocol_system(INTERRUPT, scope), Facts(scope).number(facts)
    assert violated(system, state) == wrong
    assert [violated(system, state, wanted) for wanted in (0, 1, 2)] == [0, wrong & 1, wrong & 2]


def test_a_run_by_hand_to_a_violation() -> None:
    """Nobody waits for the core that remembers: the database forgets what the core still uses."""
    scope = CoreScope(1, 1, 1, cores=1, tags=1)
    system, facts = protocol_system(protocol_named("interrupt with wait=none"), scope), Facts(scope)
    state = system.initial
    for action, after in [
        (4, "auth 0 0 0, entry 0 0 0"),
        (0, "auth 0 0 0, entry 0 0 0, tlb 0 0 0 0"),
        (5, "auth 0 0 0, tlb 0 0 0 0, busy 0 0"),
        (6, "auth 0 0 0, tlb 0 0 0 0, busy 0 0, asked 0 0, owed 0 0 0"),
        (9, "tlb 0 0 0 0"),
    ]:
        assert violated(system, state) == 0
        state = dict(steps_of(system, state))[action * 8**5]
        assert facts.of(state & ~system.initial) == facts.matching(after)
    assert violated(system, state) == 1


@pytest.mark.parametrize(
    "name", ["batch", "interrupt with replaces=in_place", "broadcast without retire: it is the space's"]
)
def test_what_is_not_packed_is_refused(name: str) -> None:
    with pytest.raises(
        ValueError, match=r"^.* is searched by its formulas: only a page at a time, with all conditions"
    ):
        protocol_system(protocol_named(name), ONE)


def test_a_scope_may_have_as_many_bits_and_elements_as_there_is_room_for() -> None:
    assert protocol_system(INTERRUPT, CoreScope(1, 1, 1, cores=8, tags=1)).bits == 61
    with pytest.raises(ScopeTooLargeError, match=r"^1 space × .*9 tags: the labels of steps have room for 8 of each$"):
        protocol_system(INTERRUPT, CoreScope(1, 1, 1, cores=1, tags=9))
    fitting, larger = CoreScope(3, 1, 2, cores=2, tags=2), CoreScope(2, 1, 1, cores=3, tags=3)
    assert protocol_system(INTERRUPT, fitting).bits == 64
    with pytest.raises(ScopeTooLargeError, match=r"a state takes 65 bits and the packing has 64$"):
        protocol_system(INTERRUPT, larger)


def test_a_bit_is_the_last_one_as_well() -> None:
    """Bit 63 is the sign of what the parameters hold: it is read and written like any other."""
    scope = CoreScope(3, 1, 2, cores=2, tags=2)
    facts, system = Facts(scope), protocol_system(INTERRUPT, scope)
    last = facts.names[-1]
    assert last.startswith("clean")
    _, tag, core = last.split()
    wipe = 11 * 8**5 + int(core) * 8**4 + int(tag)
    assert dict(steps_of(system, 0))[wipe] == 1 << 63
    after = dict(steps_of(system, (1 << 63) + 1))
    assert after[wipe] == (1 << 63) + 1
    assert np.uint64(after[wipe]) >> np.uint64(63) == 1
