"""Fields and keys of states with threads, bit by bit, and the calls that are tried in tiny scopes, one by one."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from model.messages.operation import Kind, Operation
from model.messages.readings import CANONICAL_MESSAGES, message_dialect_named
from model.messages.scope import MessageScope
from model.messages.tables import board_of, first_row, size_of, view
from proofs.explorer.messages.calls import explored_calls, group_of
from proofs.explorer.messages.packing import Packing, pack, packing_of, unpack

LONE = MessageScope(1, 1, 1, threads=1, ids=1)
SMALL = MessageScope(2, 1, 1)
# Each number is as large as the bits hold, or the least that needs one bit more.
FULL = MessageScope(3, 4, 3, threads=3, ids=7, words=7, booted=2)
MORE = MessageScope(2, 6, 4, threads=4, ids=8, words=8)

WIDTHS = {
    LONE: {
        **{"sigma": (2, 2), "phys": (1, 1), "rights": (3, 0), "life": (2, 0), "space": (0, 0), "awaits": (1, 0)},
        **{"window": (1, 0), "sender": (1, 1), "message": (1, 1), "pager": (1, 1), "calls": (1, 1)},
        **{"server": (1, 1), "known": (1, 0), "born": (1, 0), "contains": (1, 0), "named": (1, 0)},
        **{"latest": (1, 1), "sent": (0, 0)},
    },
    FULL: {
        **{"sigma": (4, 4), "phys": (2, 1), "rights": (3, 0), "life": (2, 0), "space": (2, 0), "awaits": (7, 0)},
        **{"window": (12, 0), "sender": (3, 1), "message": (3, 1), "pager": (3, 1), "calls": (2, 1)},
        **{"server": (2, 1), "known": (7, 0), "born": (1, 0), "contains": (7, 0), "named": (1, 0)},
        **{"latest": (3, 1), "sent": (0, 0)},
    },
    MORE: {
        **{"sigma": (5, 5), "phys": (3, 1), "rights": (3, 0), "life": (2, 0), "space": (1, 0), "awaits": (8, 0)},
        **{"window": (12, 0), "sender": (4, 1), "message": (4, 1), "pager": (4, 1), "calls": (3, 1)},
        **{"server": (3, 1), "known": (8, 0), "born": (1, 0), "contains": (8, 0), "named": (1, 0)},
        **{"latest": (4, 1), "sent": (0, 0)},
    },
}
"""The bits of each field, and what is added."""


def fields_of(packing: Packing, scope: MessageScope) -> dict[str, np.ndarray]:
    """Of each table the places of its fields in a row."""
    s = view(np.arange(len(packing.bits)), board_of(scope))
    return {**s.spaces._asdict(), **{name: table for name, table in s._asdict().items() if name != "spaces"}}


@pytest.mark.parametrize("scope", WIDTHS, ids=str)
def test_fields_are_as_wide_as_their_values(scope: MessageScope) -> None:
    packing = packing_of(scope)
    fields = fields_of(packing, scope)
    assert fields.keys() == WIDTHS[scope].keys()
    for name, (bits, offset) in WIDTHS[scope].items():
        assert packing.bits[fields[name]].tolist() == [bits] * len(fields[name]), name
        assert packing.offset[fields[name]].tolist() == [offset] * len(fields[name]), name


def test_fields_of_a_small_scope_follow_each_other() -> None:
    packing = packing_of(SMALL)
    assert packing.words == 1
    assert packing.word.tolist() == [0] * size_of(board_of(SMALL))
    assert packing.shift.tolist() == [
        *(0, 2, 4, 5, 6, 9, 12, 14, 16, 17, 18, 20, 22, 24, 26, 28, 30, 31, 32, 34, 36, 38, 40, 42),
        *(44, 45, 46, 47, 48, 49, 50, 51, 53, 55, 55, 55, 55),
    ]


@pytest.mark.parametrize(("scope", "filled"), [(FULL, [64, 63, 62, 58, 42]), (MORE, [63, 63, 62, 64, 62, 64, 8])])
def test_a_field_lies_in_one_word_and_a_word_is_filled(scope: MessageScope, filled: list[int]) -> None:
    packing = packing_of(scope)
    fields = list(zip(packing.word.tolist(), packing.shift.tolist(), packing.bits.tolist(), strict=True))
    assert fields[0][:2] == (0, 0)
    for (word, shift, bits), (after, begin, width) in pairwise(fields):
        if shift + bits + width <= 64:
            assert (after, begin) == (word, shift + bits)
        else:
            assert (after, begin) == (word + 1, 0)
    ends = {word: shift + bits for word, shift, bits in fields}
    assert list(ends.values()) == filled
    assert packing.words == len(filled)


def test_keys_of_hand_made_states() -> None:
    """τ0 holds the frame and waits for #1, with its page open; τ1 got w0 from #0 and calls it, and serves nothing."""
    board, packing, key = board_of(SMALL), packing_of(SMALL), np.full(1, 99, np.uint64)
    row = first_row(SMALL)
    assert pack(row, packing, key)
    assert key.tolist() == [0xA4000000011D4]
    s = view(row, board)
    s.spaces.sigma[1], s.spaces.phys[1], s.spaces.rights[1] = 0, 0, 5
    s.life[:], s.space[1], s.awaits[0], s.window[0] = (1, 2), 1, 0b10, 0b01
    s.sender[1], s.message[1], s.pager[1], s.calls[1], s.server[0] = 0, 0, 0, 0, 1
    s.known[1], s.born[1], s.contains[0], s.named[1], s.latest[:] = 1, 1, 1, 1, (0, 1)
    expected, at = 0, 0
    for value, bits in [
        *((0, 2), (2, 2), (1, 1), (1, 1), (7, 3), (5, 3), (1, 2), (2, 2), (0, 1), (1, 1), (2, 2), (0, 2), (1, 2)),
        *((0, 2), (0, 2), (1, 2), (0, 1), (1, 1), (0, 2), (1, 2), (0, 2), (1, 2), (2, 2), (0, 2), (0, 1), (1, 1)),
        *((1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (1, 2), (2, 2)),
    ]:
        expected |= value << at
        at += bits
    assert at == 55
    assert pack(row, packing, key)
    assert key.tolist() == [expected]
    again = np.full_like(row, 99)
    unpack(key, packing, again)
    assert again.tolist() == row.tolist()


@pytest.mark.parametrize("scope", [SMALL, FULL, MORE], ids=str)
def test_each_field_holds_what_it_should_and_nothing_else(scope: MessageScope) -> None:
    packing = packing_of(scope)
    row, again, key = -packing.offset, np.zeros(len(packing.bits), np.int64), np.zeros(packing.words, np.uint64)
    assert pack(row, packing, key)
    assert not key.any()
    for field, bits in enumerate(packing.bits.tolist()):
        least = int(row[field])
        most = least + (1 << bits) - 1
        row[field] = most
        assert pack(row, packing, key)
        assert key[packing.word[field]] == ((1 << bits) - 1) << int(packing.shift[field])
        assert np.count_nonzero(key) == (bits > 0)
        unpack(key, packing, again)
        assert again.tolist() == row.tolist()
        if bits:
            row[field] = most + 1
            assert not pack(row, packing, key)
            row[field] = least - 1
            assert not pack(row, packing, key)
        row[field] = least


def test_what_does_not_fit_is_told_wherever_it_stands() -> None:
    """What fits after it changes nothing of that; the messages that ever passed have no field."""
    packing, key = packing_of(SMALL), np.zeros(1, np.uint64)
    row = first_row(SMALL)
    row[-1] = 1
    assert pack(row, packing, key)
    assert key.tolist() == [0xA4000000011D4]
    row[4] = 8
    assert not pack(row, packing, key)


def test_every_call_of_one_thread() -> None:
    assert [call.text(LONE) for call in explored_calls(LONE, CANONICAL_MESSAGES)] == [
        "the wait of τ0 ends without a message",
        "the interrupt of τ0 reaches τ0",
        "τ0 begins τ0 in σ0, paged by #0",
        "τ0 ends τ0",
        "τ0 waits for nobody",
        "τ0 waits for #0",
        "τ0 waits for #0 with a window at σ0[0]",
        "τ0 flushes σ0[0]",
        "a page fault of τ0 at σ0[0] goes to τ0",
        "τ0 comes to serve τ0",
        "τ0 reads frame 0 in σ0[0]",
        "τ0 writes w0 to frame 0 in σ0[0], keeping nothing",
        "τ0 makes up w0",
        "τ0 sends w0 to τ0",
        "τ0 sends w0 to τ0, then waits for #0",
        "τ0 sends w0 to τ0, then waits for #0 with a window at σ0[0]",
        "τ0 sends w0 to τ0 and maps σ0[0] → σ0[0]",
        "τ0 sends w0 to τ0 and maps σ0[0] → σ0[0], then waits for #0",
        "τ0 sends w0 to τ0 and maps σ0[0] → σ0[0], then waits for #0 with a window at σ0[0]",
        "τ0 sends w0 to τ0 and grants σ0[0] → σ0[0]",
        "τ0 sends w0 to τ0 and grants σ0[0] → σ0[0], then waits for #0",
        "τ0 sends w0 to τ0 and grants σ0[0] → σ0[0], then waits for #0 with a window at σ0[0]",
    ]


def test_waits_of_a_small_scope() -> None:
    """For nobody, for each one, for all; without a window, or with one page open."""
    calls = explored_calls(MessageScope(1, 2, 1, threads=3, ids=3), CANONICAL_MESSAGES)
    waits = [(o.willing, o.opens) for o in calls if o.kind == Kind.WAIT and o.actor == 1]
    assert waits == [(0, 0), *((willing, opens) for willing in (1, 2, 4, 7) for opens in (0, 1, 2))]
    assert {(o.rights, o.keeps, o.claimed) for o in calls} == {(7, 0, -1)}
    assert {o.paged_by for o in calls if o.kind == Kind.CREATE} == {0}


def test_who_sends_waits_for_nobody_or_for_whom_it_sends_to() -> None:
    """τ2 has the id of τ0, so who calls either waits for #0."""
    calls = explored_calls(MessageScope(1, 1, 1, threads=3, ids=2), CANONICAL_MESSAGES)
    sends = Counter((o.other, o.willing, o.opens) for o in calls if o.kind == Kind.SEND and o.actor == 1)
    ident = (0, 1, 0)
    assert sends == Counter((t, *then) for t in range(3) for then in ((0, 0), (1 << ident[t], 0), (1 << ident[t], 1)))


COUNTED = {
    MessageScope(1, 1, 1): (2, 4, 4, 4, 14, 2, 4, 4, 2, 2, 2, 12, 12, 12),
    SMALL: (2, 4, 8, 4, 20, 4, 8, 4, 4, 4, 2, 16, 64, 64),
    MessageScope(2, 1, 1, threads=3, ids=3, words=2, hardware=1): (
        *(3, 9, 18, 9, 39, 6, 18, 9, 6, 12, 6, 72, 288, 288),
    ),
}
"""How many calls there are of each kind, in the order in which they are tried first."""


@pytest.mark.parametrize("scope", COUNTED, ids=str)
def test_calls_are_counted_and_stand_in_groups(scope: MessageScope) -> None:
    calls = explored_calls(scope, CANONICAL_MESSAGES)
    kinds = ("TIMEOUT", "INTERRUPT", "CREATE", "END", "WAIT", "FLUSH", "PAGE_FAULT", "ASSOCIATE", "READ", "WRITE")
    order = [Kind[name] for name in (*kinds, "THINK", "SEND", "SEND_MAP", "SEND_GRANT")]
    found = Counter(o.kind for o in calls)
    assert found == Counter(dict(zip(order, COUNTED[scope], strict=True)))
    assert len(set(calls)) == len(calls)
    groups = [group_of(call) for call in calls]
    assert groups == sorted(groups)
    assert len(set(groups)) == 1 + scope.threads * (1 + scope.threads)


def test_strings_are_sent_where_they_can_be() -> None:
    calls = explored_calls(LONE, message_dialect_named("v2"))
    strings = [o for o in calls if o.kind == Kind.SEND_STRING]
    assert [(o.willing, o.opens, o.dst, o.frame) for o in strings] == [(0, 0, 0, 0), (1, 0, 0, 0), (1, 1, 0, 0)]
    assert len(calls) == 25


def test_groups_of_calls() -> None:
    assert group_of(Operation(Kind.TIMEOUT, other=1)) == (False, -1, -1)
    assert group_of(Operation(Kind.INTERRUPT, 2, 1)) == (False, -1, -1)
    assert group_of(Operation(Kind.PAGE_FAULT, 2, 1, dst=0)) == (True, 2, -1)
    for kind in (Kind.SEND, Kind.SEND_MAP, Kind.SEND_GRANT, Kind.SEND_STRING):
        assert group_of(Operation(kind, 2, 1)) == (True, 2, 1)
