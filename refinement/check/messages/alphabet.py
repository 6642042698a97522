"""The operations of threads that sequences are made of: all that a target can be asked, or few of each kind."""

from collections.abc import Iterator

from model.messages.operation import Kind, Operation
from model.messages.readings import MessageReadings, Sender
from model.messages.scope import MessageScope, set_of
from model.scope import ALL_RIGHTS

SOME_RIGHTS = (ALL_RIGHTS, 6)


def alphabet(scope: MessageScope, messages: MessageReadings, *, lean: bool = False) -> list[Operation]:
    """Every operation that a target can be asked in some state, simplest first.

    ``lean``: one word, items with all rights; who sends an item runs on, who sends a word runs on or calls.
    """
    found = [*_waits(scope, lean), *_sends(scope, messages, lean), *_items(scope, messages, lean)]
    threads, spaces, ids = range(scope.threads), range(scope.spaces), range(scope.ids)
    programs = [t for t in threads if not scope.is_hardware(t)]
    lines = [t for t in threads if scope.is_hardware(t)]
    begun = [t for t in threads if t >= scope.booted + scope.hardware]
    found += [
        Operation(Kind.CREATE, actor=a, other=t, into=p, paged_by=i)
        for a in programs
        for t in begun
        for p in spaces
        for i in ids
    ]
    found += [Operation(Kind.END, actor=a, other=t) for a in programs for t in threads]
    found += [Operation(Kind.TIMEOUT, other=t) for t in programs]
    found += [
        Operation(Kind.PAGE_FAULT, actor=a, other=t, dst=x)
        for a in programs
        for t in threads
        for x in range(scope.slots)
    ]
    found += [Operation(Kind.INTERRUPT, actor=line, other=t) for line in lines for t in programs]
    found += [Operation(Kind.ASSOCIATE, actor=a, other=line) for a in programs for line in lines]
    for rights in (ALL_RIGHTS,) if lean else SOME_RIGHTS:
        found += [Operation(Kind.FLUSH, actor=a, src=x, rights=rights) for a in programs for x in range(scope.slots)]
    return found


def windows(scope: MessageScope, *, lean: bool = False) -> list[int]:
    """The windows that can be opened: none, each page, and each whole space."""
    each = [set_of(x) for x in range(scope.slots)]
    if lean or scope.pages == 1:
        return [0, *each]
    return [0, *each, *(set_of(*range(p * scope.pages, (p + 1) * scope.pages)) for p in range(scope.spaces))]


def partners(scope: MessageScope) -> list[int]:
    """The sets of ids that can be waited for: any, and each."""
    anybody = set_of(*range(scope.ids))
    return [anybody, *(set_of(i) for i in range(scope.ids) if scope.ids > 1)]


def _waits(scope: MessageScope, lean: bool) -> Iterator[Operation]:
    for actor in range(scope.threads):
        for willing in partners(scope):
            for opens in windows(scope, lean=lean):
                yield Operation(Kind.WAIT, actor=actor, willing=willing, opens=opens)


def _pairs(scope: MessageScope) -> Iterator[tuple[int, int]]:
    """Who sends, and to whom; threads of hardware act as well, and are refused."""
    return ((a, t) for a in range(scope.threads) for t in range(scope.threads))


def _names(scope: MessageScope, messages: MessageReadings, actor: int, lean: bool) -> list[int]:
    """The names that a sender may give; where the kernel tells its id, one that is not to be told as well."""
    own, last = actor % scope.ids, scope.ids - 1
    if messages.sender == Sender.KERNEL:
        return [-1] if lean else sorted({-1, (own + 1) % scope.ids})
    return sorted({own, last, (own + 1) % scope.ids})


def _afterwards(scope: MessageScope, callee: int, lean: bool) -> Iterator[tuple[int, int]]:
    """For whom the sender waits then, and with which window."""
    yield 0, 0
    called = set_of(callee % scope.ids)
    for willing in [called] if lean else sorted({called, *partners(scope)}):
        for opens in windows(scope, lean=lean):
            yield willing, opens


def _sends(scope: MessageScope, messages: MessageReadings, lean: bool) -> Iterator[Operation]:
    for a, t in _pairs(scope):
        for word in [scope.words - 1] if lean else range(scope.words):
            for claimed in _names(scope, messages, a, lean):
                for willing, opens in _afterwards(scope, t, lean):
                    yield Operation(Kind.SEND, a, t, word, claimed=claimed, willing=willing, opens=opens)


def _items(scope: MessageScope, messages: MessageReadings, lean: bool) -> Iterator[Operation]:
    word = scope.words - 1
    for kind in (Kind.SEND_MAP, Kind.SEND_GRANT):
        for rights in (ALL_RIGHTS,) if lean else SOME_RIGHTS:
            for a, t in _pairs(scope):
                claimed = -1 if messages.sender == Sender.KERNEL else a % scope.ids
                for src in range(scope.slots):
                    for dst in range(scope.slots):
                        for willing in (0,) if lean else (0, set_of(t % scope.ids)):
                            yield Operation(kind, a, t, word, src, dst, rights, claimed=claimed, willing=willing)
