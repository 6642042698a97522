"""The records that the runtime takes and gives, as its C has them (``runtime/runtime.h``)."""

import ctypes
from enum import IntEnum
from typing import Any

THREADS, CALLS, SETUP, SHOWN, CHOICES = 8, 32, 64, 4096, 24 * 64
CHOICE, EVENT = 20, 21  # the kinds of rows in the journal that are a choice of a thread, and something that happens

_u32, _i64, _u64 = ctypes.c_uint32, ctypes.c_int64, ctypes.c_uint64


class RunFailure(IntEnum):
    """The ways a run fails by itself, whatever a model says."""

    NONE = 0
    DEADLOCK = 1
    LOST_WAKEUP = 2
    NO_END = 3
    BAD_UNLOCK = 4
    LOCK_KEPT = 5
    BAD_STATUS = 6
    OWN_CHECK = 7
    DATA_RACE = 8
    NOT_FOLLOWED = 9
    UNFIT = 10
    TOO_LONG = 11


class EventKind(IntEnum):
    """The kinds of events in a run that is recorded."""

    BEGINS = 0
    RETURNS = 1
    LOCKS = 2
    UNLOCKS = 3
    WAITS = 4
    WAKES = 5
    SWITCHED = 6
    PREEMPTED = 7
    FAILED = 8
    DIED = 9


class CCall(ctypes.Structure):
    """One call of an operation, as a row of a program."""

    _fields_ = tuple((name, _u32) for name in ("kind", "a", "b", "c", "d", "rights"))


class CScenario(ctypes.Structure):
    """Calls before, and calls of threads."""

    _fields_ = (
        *((name, _u32) for name in ("spaces", "pages", "frames", "threads", "setups", "calls")),
        ("setup", CCall * SETUP),
        ("call", CCall * CALLS),
        ("thread_of", _u32 * CALLS),
    )


class CResult(ctypes.Structure):
    """The result of a call, and which calls had returned before it began."""

    _fields_ = (("status", _i64), ("rights", _u32), ("before", _u32))


class CChoice(ctypes.Structure):
    """At this step this thread goes on."""

    _fields_ = (("step", _u32), ("thread", _u32))


class COutcome(ctypes.Structure):
    """The outcome of a run."""

    _fields_ = (
        *(
            (name, _i64)
            for name in (
                *("failure", "thread", "object", "place", "other_place"),
                *("preemptions", "steps", "shows", "choices"),
            )
        ),
        ("result", CResult * CALLS),
        ("shown", _i64 * SHOWN),
        ("chosen", CChoice * CHOICES),
    )


COUNTERS = ("schedules", "preempted", "overlapping", "steps", "anew", "distinct")


def bind(runtime: Any) -> None:
    """Tell :mod:`ctypes` the signatures, and compare the sizes of what is handed over.

    :raises RuntimeError: the C and this file differ.
    """
    pointer = ctypes.POINTER
    runtime.race_adopt.restype = ctypes.c_char_p
    runtime.race_adopt.argtypes = (ctypes.c_void_p, pointer(_i64))
    runtime.race_prepare.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, _u64)
    runtime.race_scenario.argtypes = (pointer(CScenario), _u32, ctypes.c_int, ctypes.c_int)
    runtime.race_explore.argtypes = (ctypes.c_int, _i64, pointer(COutcome))
    runtime.race_random.argtypes = (_u64, ctypes.c_int, _i64, _u32, pointer(COutcome))
    runtime.race_follow.argtypes = (pointer(CChoice), ctypes.c_int, ctypes.c_int, pointer(COutcome))
    sizes = (_u64 * 2)()
    runtime.race_sizes(sizes)
    if list(sizes) != [ctypes.sizeof(each) for each in (CScenario, COutcome)]:
        raise RuntimeError(f"the runtime's records have sizes {list(sizes)}")
