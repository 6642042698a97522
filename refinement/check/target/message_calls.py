"""Calls of a target's functions for threads and messages, which a target may offer or not; see ``musigma.h``.

As in :mod:`refinement.check.target.calls`, whatever kind a target is of, it becomes a table of addresses.
"""

from collections.abc import Collection
from enum import IntEnum
from typing import Any

from numba import types

from refinement.check.target.calls import Call, caller, function
from refinement.check.target.ownership_calls import FIRST_OWNERSHIP, OwnershipCall

ANY, NOBODY = 0xFFFF_FFFF, 0xFFFF_FFFE
"""For whom a thread waits: any thread, or none."""

NO_WINDOW, WHOLE_SPACE = 0xFFFF_FFFF, 0xFFFF_FFFE
"""Where a page may come: nowhere, or to any page of the thread's space."""

NO_NAME = 0xFFFF_FFFF
"""The sender claims no name: the kernel tells its id."""


class Item(IntEnum):
    """The kinds of items that go with a message."""

    NONE = 0
    MAP = 1
    GRANT = 2


class MessageCall(IntEnum):
    """The functions of the group, by their place in its table; an address of 0 stands for one that is not there."""

    INIT_THREADS = 0
    WAIT = 1
    SEND = 2
    THREAD = 3
    CREATE = 4
    END = 5
    TIMEOUT = 6
    PAGE_FAULT = 7
    INTERRUPT = 8
    ASSOCIATE = 9
    FLUSH_OWN = 10


NEEDED = (MessageCall.INIT_THREADS, MessageCall.WAIT, MessageCall.SEND, MessageCall.THREAD)
"""Without these no message can be compared; of the others each may be left out."""


FIRST_CALL = 32
"""What is added to a call of the group, where all calls have numbers."""


def call_name(number: int) -> str:
    """The name of a call of any kind.

    >>> call_name(Call.MAP), call_name(FIRST_CALL + MessageCall.WAIT), call_name(FIRST_OWNERSHIP + OwnershipCall.LEND)
    ('map', 'wait', 'lend')
    """
    if number >= FIRST_OWNERSHIP:
        return OwnershipCall(number - FIRST_OWNERSHIP).name.lower()
    call = MessageCall(number - FIRST_CALL) if number >= FIRST_CALL else Call(number)
    return call.name.lower()


def lacking(offered: Collection[MessageCall]) -> list[str]:
    """Return the names missing of a group that is offered in part; nothing if none of it is offered."""
    missing = [call.name.lower() for call in NEEDED if call not in offered] if offered else []
    if MessageCall.INTERRUPT in offered and MessageCall.ASSOCIATE not in offered:
        missing.append("associate")
    return missing


_u32 = types.uint32
_init_threads = caller(types.int32, (_u32,) * 6)
_wait = caller(types.int32, (_u32,) * 3)
_send = caller(types.int32, (_u32,) * 10)
_thread = caller(types.int32, (_u32, types.int64))
_create = caller(types.int32, (_u32,) * 5)
_one = caller(types.int32, (_u32,))
_two = caller(types.int32, (_u32,) * 2)


@function
def call_init_threads(
    context: Any, address: Any, threads: Any, ids: Any, versions: Any, booted: Any, lines: Any, ports: Any
) -> Any:
    """``int init_threads(threads, ids, versions, booted, lines, ports)``."""
    return _init_threads()


@function
def call_wait(context: Any, address: Any, thread: Any, partner: Any, window: Any) -> Any:
    """``int wait(thread, partner, window)``; ``flush_own(thread, page, rights)`` is called in the same way."""
    return _wait()


@function
def call_send(
    context: Any,
    address: Any,
    thread: Any,
    partner: Any,
    word: Any,
    item: Any,
    src_page: Any,
    dst_page: Any,
    rights: Any,
    name: Any,
    next_partner: Any,
    window: Any,
) -> Any:
    """``int send(thread, partner, word, item, src_page, dst_page, rights, name, next_partner, window)``."""
    return _send()


@function
def call_thread(context: Any, address: Any, thread: Any, shows: Any) -> Any:
    """``int thread(thread, shows)``; the last argument is an address."""
    return _thread()


@function
def call_create(context: Any, address: Any, thread: Any, new: Any, id_: Any, space: Any, pager: Any) -> Any:
    """``int create(thread, new, id, space, pager)``."""
    return _create()


@function
def call_one(context: Any, address: Any, thread: Any) -> Any:
    """``int timeout(thread)``, and interrupt."""
    return _one()


@function
def call_two(context: Any, address: Any, thread: Any, other: Any) -> Any:
    """``int end(thread, id)``, page_fault and associate."""
    return _two()
