"""Shortest traces of threads and messages by name: of a wrong reading, of a fault, of a covert channel."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from model.messages.operation import Kind
from model.messages.readings import CANONICAL_MESSAGES, MessageDialect, message_dialect_named
from model.messages.scope import MessageScope
from model.messages.theories import MESSAGES, theory_of_messages
from model.messages.trace import MessageTrace
from model.running.evaluate import UnsupportedTermError
from model.spaces.dialect import Dialect
from proofs.faults.theory import MESSAGE_FAULTS, MessageFault
from proofs.obligation import Obligation
from proofs.obligations.messages.each import of_spaces
from proofs.obligations.messages.inventory import of_messages
from proofs.searches.message_pairs import PairSearch
from proofs.searches.message_search import LastStep, MessageLayers, WrongStep
from proofs.two_runs import TwoRuns

WRONG_READINGS: Mapping[str, str] = MappingProxyType(
    {
        "ids=reused": "messages__create__preserves__authentic",
        "ids=versions_wrap": "messages__create__never_gives_again",
        "begins=anywhere": "messages__create__begins_where_it_may",
        "sender=badge": "messages__send__preserves__authentic",
        "sender=claimed": "messages__send__preserves__authentic",
        "window=ignored": "messages__send_map__maps_only_by_consent",
        "afterwards=open": "messages__send__opens_what_was_asked",
        "item=dropped": "messages__send_grant__keeps__states_alike",
        "ports=anywhere": "messages__send_map__keeps_ports_in_place",
        "strings=anywhere": "messages__send_string__copies_only_by_consent",
        "faults=whole_space": "messages__page_fault__opens_missing_page",
        "chooses=caller": "messages__create__answers__alike_inside",
        "lines=first_come": "messages__associate__answers__alike_inside",
    }
)
"""For each reading of messages with which something fails, the obligation that tells it best."""


@dataclass(frozen=True, slots=True)
class MessageArea:
    """A scope to search, how many steps at most, and the actions that are looked at; all, unless some are named."""

    scope: MessageScope
    depth: int
    kinds: tuple[Kind, ...] = tuple(Kind)

    def __str__(self) -> str:
        """The scope, and the actions if these are not all."""
        some = f", {', '.join(kind.name.lower() for kind in self.kinds)} only" if self.kinds != tuple(Kind) else ""
        return f"{self.scope}{some}"


NAMING = (Kind.CREATE, Kind.END, Kind.WAIT, Kind.SEND)
AREAS = (
    MessageArea(MessageScope(2, 1, 1, threads=2, ids=2, words=2, booted=2, common=1), 3),
    MessageArea(MessageScope(2, 1, 1, threads=3, ids=3, words=2, booted=2, hardware=1, common=1), 3),
    MessageArea(MessageScope(3, 1, 1, threads=3, ids=3, words=2, booted=3, common=1), 3),
    MessageArea(MessageScope(2, 1, 1, threads=3, ids=3, words=1, booted=3, common=1), 3),
    MessageArea(MessageScope(2, 1, 1, threads=4, ids=2, words=1, booted=2, common=1), 4, NAMING),
    MessageArea(MessageScope(2, 1, 1, threads=6, ids=4, words=1, booted=2, common=1, versions=2), 4, NAMING),
    MessageArea(MessageScope(2, 2, 1, threads=2, ids=2, words=1, booted=2, common=1, ports=1), 3),
)
"""Each has something that those before lack: hardware, a third space, two threads in one space, threads that share an
id, versions of ids, more pages and a port."""

SOON = 2
"""So many steps are tried in all areas before more are in any."""


@dataclass(frozen=True, slots=True)
class MessageFound:
    """A shortest trace, or two that look alike to ``inside`` until their last call; and where it was looked for.

    ``runs`` is empty if there is none; ``told`` says how the last call of each of two runs ends.
    """

    obligation: Obligation[Any, Any] | TwoRuns | None
    runs: tuple[MessageTrace, ...]
    searched: tuple[str, ...]
    complete: bool
    inside: tuple[int, ...] = ()
    told: tuple[str, ...] = ()


def to_reading(reading: str, dialect: Dialect) -> MessageFound:
    """The shortest trace to what a wrong reading breaks.

    :raises KeyError: nothing is known to break with it.
    """
    messages = message_dialect_named(f"{CANONICAL_MESSAGES.name} with {reading}")
    obligation = of_messages(messages)[WRONG_READINGS[reading]]
    assert isinstance(obligation, Obligation | TwoRuns)
    theory = theory_of_messages(messages)
    last = LastStep(theory, dialect, obligation.action, theory.actions)
    return _searched(messages, dialect, last, [obligation], "")


def to_obligation(id: str, dialect: Dialect) -> MessageFound:
    """The shortest trace, or the two runs, to an obligation that the canonical messages are known not to have.

    :raises KeyError: no obligation of the canonical messages has that id.
    """
    obligation = of_messages()[id]
    assert isinstance(obligation, Obligation | TwoRuns)
    last = LastStep(MESSAGES, dialect, obligation.action, MESSAGES.actions)
    return _searched(CANONICAL_MESSAGES, dialect, last, [obligation], "")


def fault_names() -> list[str]:
    """The faults of messages that take wrong steps, and their mechanisms."""
    taking = [fault for fault in MESSAGE_FAULTS.values() if not fault.refuses]
    return list(dict.fromkeys(name for fault in taking for name in (_mechanism(fault), fault.name)))


def fault_named(name: str) -> MessageFault | None:
    """The fault of that name, or the first of that mechanism; none if no fault of messages is called so."""
    for fault in MESSAGE_FAULTS.values():
        if not fault.refuses and name in (fault.name, _mechanism(fault)):
            return fault
    return None


def _mechanism(fault: MessageFault) -> str:
    return fault.name.removesuffix("-" + fault.action.replace("_", "-"))


def with_fault(fault: MessageFault, dialect: Dialect) -> MessageFound:
    """The shortest trace whose last step, done with the fault, breaks an obligation about its action.

    What it breaks soonest is told, of what it breaks then the first in the order of :func:`_rank`; what compares two
    runs is looked at only where nothing else is broken.

    A fault that leaves anything at all behind has none.
    """
    last = LastStep(fault.theory(), dialect, fault.action, fault.actions())
    about = [o for o in of_messages().values() if isinstance(o, Obligation | TwoRuns) and o.action == fault.action]
    claimed = [o for o in about if not o.sometimes and o.applies(dialect.readings)]
    single = sorted((o for o in claimed if isinstance(o, Obligation)), key=_rank)
    for some in ([o for o in single if not o.free], [o for o in single if o.free]):
        try:
            found = _searched(CANONICAL_MESSAGES, dialect, last, some, fault.name)
        except UnsupportedTermError:
            return MessageFound(None, (), ("what the fault leaves behind can be anything, which is no trace",), True)
        if found.runs:
            return found
    return _searched(CANONICAL_MESSAGES, dialect, last, [o for o in claimed if isinstance(o, TwoRuns)], fault.name)


def _rank(obligation: Obligation[Any, Any]) -> int:
    """What tells of messages first, then their invariants, then those of address spaces."""
    return 0 if not obligation.invariant else 2 if of_spaces(obligation.invariant) else 1


def _searched(
    messages: MessageDialect,
    dialect: Dialect,
    last: LastStep,
    obligations: Sequence[Obligation[Any, Any] | TwoRuns],
    fault: str,
) -> MessageFound:
    """Search the areas in turns; the shortest trace of the first that has any."""
    right = LastStep(MESSAGES, dialect, last.name, MESSAGES.actions) if last.name in MESSAGES.actions else None
    step = WrongStep(last, right, [o for o in obligations if isinstance(o, Obligation)])
    double = [o for o in obligations if isinstance(o, TwoRuns)]
    layers = {area: MessageLayers(area.scope, messages, dialect, area.kinds) for area in AREAS}
    following = {area: layers[area].layers(area.depth - 1) for area in AREAS}
    pairs = {(area, o.id): PairSearch(o, last, layers[area]) for area in AREAS for o in double}
    for area in _turns():
        layer = next(following[area], [])
        if not layer:
            continue
        broken = step.broken_from(layers[area], layer) if step.obligations else None
        if broken is not None:
            trace = _trace(messages, dialect, area, broken.operations, broken.obligation, fault)
            return MessageFound(broken.obligation, (trace,), (_words(area, layers[area]),), complete=True)
        for obligation in double:
            pair = pairs[area, obligation.id].found_in(layer)
            if pair is not None:
                runs = tuple(_trace(messages, dialect, area, each, obligation, fault) for each in pair.runs)
                words = _words(area, layers[area])
                return MessageFound(obligation, runs, (words,), True, inside=pair.inside, told=pair.told)
    return MessageFound(None, (), tuple(_words(area, layers[area]) for area in AREAS), complete=False)


def _turns() -> Iterator[MessageArea]:
    """The areas, each as often as it has layers: a few layers of all, then the rest of those with few actions first."""
    for _ in range(SOON):
        yield from AREAS
    for area in sorted(AREAS, key=lambda area: len(area.kinds)):
        yield from [area] * (area.depth - SOON)


def _words(area: MessageArea, layers: MessageLayers) -> str:
    cut = "" if layers.complete else ", cut short"
    return f"{area}, up to {area.depth} steps ({len(layers.came)} states{cut})"


def _trace(
    messages: MessageDialect,
    dialect: Dialect,
    area: MessageArea,
    operations: Sequence[Any],
    obligation: Obligation[Any, Any] | TwoRuns,
    fault: str,
) -> MessageTrace:
    shows = f"{obligation.id} ({obligation.claim}) does not hold" + (f", with the fault {fault}" if fault else "")
    return MessageTrace(dialect.name, messages.name, area.scope, tuple(operations), shows, obligation.id, fault)
