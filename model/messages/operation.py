"""Operations of threads and the kernel as records with named arguments; as people write them, and as JSON values."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from model.messages.scope import MessageScope, members, set_of
from model.scope import ALL_RIGHTS, ArgumentError, parse_rights, rights_name


class Kind(IntEnum):
    """The fifteen actions."""

    CREATE = 0
    END = 1
    WAIT = 2
    SEND = 3
    SEND_MAP = 4
    SEND_GRANT = 5
    FLUSH = 6
    TIMEOUT = 7
    INTERRUPT = 8
    PAGE_FAULT = 9
    ASSOCIATE = 10
    READ = 11
    WRITE = 12
    THINK = 13
    SEND_STRING = 14


class Operation(NamedTuple):
    """One action and what it is called with: numbers of elements, -1 where there is none, and sets as integers.

    >>> call = Operation(Kind.SEND, actor=1, other=0, word=0, willing=set_of(0))
    >>> call.text(MessageScope(2, 1, 1))
    'τ1 sends w0 to τ0, then waits for #0'
    """

    kind: int
    actor: int = -1
    other: int = -1
    word: int = -1
    src: int = -1
    dst: int = -1
    rights: int = ALL_RIGHTS
    frame: int = -1
    into: int = -1
    paged_by: int = -1
    claimed: int = -1
    willing: int = 0
    opens: int = 0
    keeps: int = 0

    def text(self, scope: MessageScope) -> str:
        """The operation as people write it."""
        said = _TEXTS[Kind(self.kind)].format(**_words(self, scope))
        return said if self.claimed < 0 or "claimed" in ARGUMENTS[Kind(self.kind)] else f"{said}, as #{self.claimed}"

    def to_json(self, scope: MessageScope) -> dict[str, Any]:
        """The call as traces hold it: the action's name, and the arguments that it looks at, by name."""
        kind = Kind(self.kind)
        given = [(name, getattr(self, name)) for name in (*ARGUMENTS[kind], *_OF_FAULTS[kind])]
        told = {
            _WRITTEN.get(name, name): _value(name, value, scope) for name, value in given if name in SETS or value >= 0
        }
        return {"action": kind.name.lower(), "arguments": told}

    @staticmethod
    def from_json(entry: Mapping[str, Any], scope: MessageScope) -> "Operation":
        """The operation that JSON values describe, which fit the schema of traces.

        :raises ArgumentError: there is no such action, or an argument is missing, unknown, or outside the scope.
        """
        action, given = entry["action"], entry["arguments"]
        try:
            kind = Kind[action.upper()]
        except KeyError:
            known = ", ".join(kind.name.lower() for kind in Kind)
            raise ArgumentError(f"{action!r} is no action: write one of {known}") from None
        names = {_WRITTEN.get(name, name): name for name in (*ARGUMENTS[kind], *_OF_FAULTS[kind])}
        if given.keys() - names or names.keys() - given.keys() - {"claimed"}:
            taken = ", ".join(_WRITTEN.get(name, name) for name in ARGUMENTS[kind])
            raise ArgumentError(f"{action} takes {taken}, not {', '.join(sorted(given)) or 'nothing'}")
        values = {}
        for name, value in given.items():
            try:
                values[names[name]] = _parsed(names[name], value, scope)
            except (TypeError, ValueError, AttributeError, KeyError):
                raise ArgumentError(f"{action}: {value!r} is no {name} in a scope of {scope}") from None
        return Operation(kind, **values)


_MESSAGE = ("actor", "other", "word", "claimed", "willing", "opens")
_WITH_PAGE = (*_MESSAGE, "src", "dst", "rights")

ARGUMENTS: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        Kind.CREATE: ("actor", "other", "into", "paged_by"),
        Kind.END: ("actor", "other"),
        Kind.WAIT: ("actor", "willing", "opens"),
        Kind.SEND: _MESSAGE,
        Kind.SEND_MAP: _WITH_PAGE,
        Kind.SEND_GRANT: _WITH_PAGE,
        Kind.FLUSH: ("actor", "src", "rights"),
        Kind.TIMEOUT: ("other",),
        Kind.INTERRUPT: ("actor", "other"),
        Kind.PAGE_FAULT: ("actor", "other", "dst"),
        Kind.ASSOCIATE: ("actor", "other"),
        Kind.READ: ("actor", "src", "frame"),
        Kind.WRITE: ("actor", "src", "frame", "word", "keeps"),
        Kind.THINK: ("actor", "word"),
        Kind.SEND_STRING: (*_MESSAGE, "dst", "frame"),
    }
)
"""Which arguments each action looks at; ``claimed`` only where the kernel does not tell the sender's name."""

_OF_FAULTS = {kind: () if "claimed" in names else ("claimed",) for kind, names in ARGUMENTS.items()}
# What a wrong kernel may look at besides, and a trace can have.

SETS = ("rights", "willing", "opens", "keeps")
"""The arguments that are sets."""


def size(argument: str, scope: MessageScope) -> int:
    """Return how many elements there are to choose the argument from, or to make the set of."""
    return {
        "actor": scope.threads,
        "other": scope.threads,
        "word": scope.words,
        "keeps": scope.words,
        "src": scope.slots,
        "dst": scope.slots,
        "opens": scope.slots,
        "frame": scope.frames,
        "into": scope.spaces,
        "paged_by": scope.ids,
        "claimed": scope.ids,
        "willing": scope.ids,
        "rights": ALL_RIGHTS.bit_length(),
    }[argument]


_SORTS = {
    "actor": "Thread",
    "other": "Thread",
    "word": "Word",
    "frame": "Frame",
    "paged_by": "Id",
    "claimed": "Id",
    "willing": "Id",
    "opens": "Slot",
    "keeps": "Word",
}
_WRITTEN = {"rights": "mask"}  # what the theory's parameter is called, and so what traces say


def _value(name: str, value: int, scope: MessageScope) -> Any:
    """An argument as JSON values."""
    if name in ("src", "dst"):
        return scope.name(value)
    if name == "into":
        return f"σ{value}"
    if name == "rights":
        return rights_name(value)
    return {_SORTS[name]: members(value) if name in SETS else value}


def _parsed(name: str, value: Any, scope: MessageScope) -> int:
    if name in ("src", "dst"):
        return scope.parse(value)
    if name == "rights":
        return parse_rights(value)
    given: Any = int(value.removeprefix("σ")) if name == "into" else value[_SORTS[name]]
    if name != "into" and len(value) != 1:
        raise ValueError(name)
    if name in SETS:
        return set_of(*(_inside(name, element, scope) for element in list(given)))
    return _inside(name, given, scope)


def _inside(name: str, value: Any, scope: MessageScope) -> int:
    if type(value) is not int or not 0 <= value < size(name, scope):
        raise ValueError(name)
    return value


def _words(o: Operation, scope: MessageScope) -> dict[str, str]:
    """The parts of an operation's text."""
    waits = f"waits for {', '.join(f'#{i}' for i in members(o.willing))}" if o.willing else ""
    opens = f" with a window at {', '.join(scope.name(slot) for slot in members(o.opens))}" if o.opens else ""
    return {
        "actor": scope.thread_name(o.actor),
        "other": scope.thread_name(o.other),
        "word": f"w{o.word}" + (f" as #{o.claimed}" if o.claimed >= 0 else ""),
        "src": scope.name(o.src),
        "dst": scope.name(o.dst),
        "rights": "" if o.rights == ALL_RIGHTS else f" {rights_name(o.rights)}",
        "frame": f"frame {o.frame}",
        "into": f"σ{o.into}",
        "paged_by": f"#{o.paged_by}",
        "waits": (waits or "waits for nobody") + opens,
        "then": f", then {waits or 'waits for nobody'}{opens}" if waits or opens else "",
        "keeps": ", ".join(f"w{word}" for word in members(o.keeps)) or "nothing",
    }


_TEXTS = {
    Kind.CREATE: "{actor} begins {other} in {into}, paged by {paged_by}",
    Kind.END: "{actor} ends {other}",
    Kind.WAIT: "{actor} {waits}",
    Kind.SEND: "{actor} sends {word} to {other}{then}",
    Kind.SEND_MAP: "{actor} sends {word} to {other} and maps {src} → {dst}{rights}{then}",
    Kind.SEND_GRANT: "{actor} sends {word} to {other} and grants {src} → {dst}{rights}{then}",
    Kind.FLUSH: "{actor} flushes {src}{rights}",
    Kind.TIMEOUT: "the wait of {other} ends without a message",
    Kind.INTERRUPT: "the interrupt of {actor} reaches {other}",
    Kind.PAGE_FAULT: "a page fault of {actor} at {dst} goes to {other}",
    Kind.ASSOCIATE: "{actor} comes to serve {other}",
    Kind.READ: "{actor} reads {frame} in {src}",
    Kind.WRITE: "{actor} writes {word} to {frame} in {src}, keeping {keeps}",
    Kind.THINK: "{actor} makes up {word}",
    Kind.SEND_STRING: "{actor} sends {word} to {other}, copied to {frame} in {dst}{then}",
}
