"""Threads and messages of a target as C functions: of a library its own, of a class and a command made here.

A class and a command are told what they are asked in the same words: an id or a page as a number, ``"any"`` and
``"all"`` for any partner and the whole space, and None for none. An item is ``("map", src, dst, rights)``, or grant.
"""

import ctypes
from collections.abc import Callable, Collection, Sequence
from typing import Any

from refinement.check.target.message_calls import (
    ANY,
    NO_NAME,
    NO_WINDOW,
    NOBODY,
    WHOLE_SPACE,
    Item,
    MessageCall,
    lacking,
)
from refinement.check.target.target import AnswerError, TargetError

_u32 = ctypes.c_uint32
_shows = ctypes.POINTER(ctypes.c_int64)
SIGNATURES: dict[MessageCall, Any] = {
    MessageCall.INIT_THREADS: ctypes.CFUNCTYPE(ctypes.c_int, *[_u32] * 6),
    MessageCall.WAIT: ctypes.CFUNCTYPE(ctypes.c_int, *[_u32] * 3),
    MessageCall.SEND: ctypes.CFUNCTYPE(ctypes.c_int, *[_u32] * 10),
    MessageCall.THREAD: ctypes.CFUNCTYPE(ctypes.c_int, _u32, _shows),
    MessageCall.CREATE: ctypes.CFUNCTYPE(ctypes.c_int, *[_u32] * 5),
    MessageCall.END: ctypes.CFUNCTYPE(ctypes.c_int, *[_u32] * 2),
    MessageCall.TIMEOUT: ctypes.CFUNCTYPE(ctypes.c_int, _u32),
    MessageCall.PAGE_FAULT: ctypes.CFUNCTYPE(ctypes.c_int, *[_u32] * 2),
    MessageCall.INTERRUPT: ctypes.CFUNCTYPE(ctypes.c_int, _u32),
    MessageCall.ASSOCIATE: ctypes.CFUNCTYPE(ctypes.c_int, *[_u32] * 2),
    MessageCall.FLUSH_OWN: ctypes.CFUNCTYPE(ctypes.c_int, *[_u32] * 3),
}

ARGUMENTS: dict[MessageCall, tuple[str, ...]] = {
    MessageCall.INIT_THREADS: ("threads", "ids", "versions", "booted", "lines", "ports"),
    MessageCall.WAIT: ("thread", "partner", "window"),
    MessageCall.SEND: ("thread", "partner", "word", "item", "name", "next_partner", "window"),
    MessageCall.CREATE: ("thread", "begun", "id", "space", "pager"),
    MessageCall.END: ("thread", "id"),
    MessageCall.TIMEOUT: ("thread",),
    MessageCall.PAGE_FAULT: ("thread", "page"),
    MessageCall.INTERRUPT: ("line",),
    MessageCall.ASSOCIATE: ("thread", "line"),
    MessageCall.FLUSH_OWN: ("thread", "page", "rights"),
}
"""What a class and a command are told, by name."""

STATES = ("absent", "runs", "waits")

_WORDS: dict[str, dict[int, str | None]] = {
    "partner": {ANY: "any", NOBODY: None},
    "next_partner": {ANY: "any", NOBODY: None},
    "window": {WHOLE_SPACE: "all", NO_WINDOW: None},
    "name": {NO_NAME: None},
}


def question(call: MessageCall, arguments: Sequence[int]) -> dict[str, Any]:
    """Say in words what a target is asked.

    >>> question(MessageCall.WAIT, (1, ANY, NO_WINDOW))
    {'thread': 1, 'partner': 'any', 'window': None}
    """
    values: list[Any] = list(arguments)
    if call == MessageCall.SEND:
        kind, *item = values[3:7]
        values[3:7] = [None if kind == Item.NONE else (Item(kind).name.lower(), *item)]
    named = dict(zip(ARGUMENTS[call], values, strict=True))
    return {name: _WORDS.get(name, {}).get(value, value) if name != "item" else value for name, value in named.items()}


def thread_shown(asked: str, state: Any, space: Any, sender: Any, word: Any) -> tuple[int, int, int, int]:
    """What a thread shows, as C functions write it.

    :raises AnswerError: it is none of what a thread can show.
    """
    answer = f"{asked} answered state {state!r}, space {space!r}, sender {sender!r}, word {word!r}"
    if state not in STATES:
        raise AnswerError(f"{answer}: a state is one of {', '.join(STATES)}")
    if state == "absent":
        return 0, 0, -1, -1
    if not _is_number(space) or not all(value is None or _is_number(value) for value in (sender, word)):
        raise AnswerError(f"{answer}: space, sender and word are numbers, or sender and word None for nothing")
    return STATES.index(state), int(space), -1 if sender is None else int(sender), -1 if word is None else int(word)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 62


def names(calls: Collection[MessageCall]) -> list[str]:
    """The names of calls, as classes and commands have them."""
    return [call.name.lower() for call in calls]


def offered_by(has: Callable[[str], bool], who: str, prefix: str = "") -> list[MessageCall]:
    """The calls of the group that there are, by their names.

    :raises TargetError: what is there is not enough to compare anything.
    """
    offered = [call for call in MessageCall if has(call.name.lower())]
    if missing := lacking(offered):
        called = ", ".join(prefix + name for name in names(offered))
        wanted = ", ".join(prefix + name for name in missing)
        raise TargetError(f"{who} has {called}, but not {wanted}: messages need that as well; see musigma.h")
    return offered


def as_functions(
    offered: Collection[MessageCall],
    ask: Callable[[MessageCall, dict[str, Any]], int],
    show: Callable[[int], tuple[int, int, int, int]],
    guarded: Callable[[int, Callable[..., int]], Callable[..., int]],
) -> list[Any]:
    """Functions for what a class or a command offers; None for what it does not.

    :param guarded: makes of an exception the number that is given with the function.
    """

    def shown(thread: int, out: Any) -> int:
        for n, value in enumerate(show(thread)):
            out[n] = value
        return 0

    def asked(call: MessageCall) -> Callable[..., int]:
        return lambda *arguments: ask(call, question(call, arguments))

    return [
        SIGNATURES[call](guarded(-1, shown if call == MessageCall.THREAD else asked(call))) if call in offered else None
        for call in MessageCall
    ]


def addresses_of(functions: Sequence[Any]) -> list[int]:
    """The address of each function; 0 for none."""
    return [0 if f is None else ctypes.cast(f, ctypes.c_void_p).value or 0 for f in functions]
