"""Which locks an operation takes when it is alone, and that it gives each back once."""

from typing import Any, TypeAlias

import pytest

from model.scope import Scope
from refinement.cores.locked import FrameLocks, SlotLocks
from refinement.cores.locking import Call, under
from refinement.cores.machine import SharedKernel
from refinement.cores.stepping import LOCK, TRY, UNLOCK, Access

Place: TypeAlias = tuple[Any, ...]
POOL: Place = ("pool",)


def accesses(locks: type[FrameLocks] | type[SlotLocks], kernel: SharedKernel, call: Call) -> list[Access]:
    """What it does, step by step; each lock that is tried is free."""
    steps, found = under(locks)(kernel, call), list[Access]()
    try:
        access = next(steps)
        while True:
            found.append(access)
            access = steps.send(access.kind == TRY)
    except StopIteration:
        return found


def in_a_row() -> SharedKernel:
    """Slot 0 is mapped to slot 1, that to slot 2."""
    kernel = SharedKernel(Scope(4, 1, 1), 1)
    accesses(FrameLocks, kernel, Call("map", 0, 1))
    accesses(FrameLocks, kernel, Call("map", 1, 2))
    return kernel


def taken_and_given_back(locks: type[FrameLocks] | type[SlotLocks], call: Call) -> tuple[list[Place], list[Place]]:
    found = accesses(locks, in_a_row(), call)
    taken = [each.place for each in found if each.kind in (LOCK, TRY) and each.place != POOL]
    return taken, [each.place for each in found if each.kind == UNLOCK and each.place != POOL]


@pytest.mark.parametrize(
    ("call", "slots"),
    [
        (Call("map", 1, 3), [1, 3]),  # what derives from its source is not touched by a map
        (Call("grant", 1, 3), [1, 3, 2]),
        (Call("flush", 1), [1, 2]),
        (Call("map", 0, 2), [0, 2, 1]),
    ],
    ids=str,
)
def test_each_slot_that_is_touched_is_locked_once(call: Call, slots: list[int]) -> None:
    taken, given_back = taken_and_given_back(SlotLocks, call)
    assert taken == [("slot", slot) for slot in slots]
    assert given_back == taken[::-1]


def test_frames_are_locked_before_slots_and_lower_ones_first() -> None:
    taken, given_back = taken_and_given_back(FrameLocks, Call("map", 3, 1))
    assert taken == [("frame", 0), ("slot", 1), ("slot", 3)]
    assert sorted(given_back) == sorted(taken)
