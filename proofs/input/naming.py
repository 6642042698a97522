"""Resolve a user's names: obligations by a pattern, dialects by a name."""

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from itertools import chain
from typing import TYPE_CHECKING

from model.choice import WITHOUT, Choice, choices_of, split_changes
from model.messages.readings import CHOICES, MESSAGE_DIALECTS, MessageDialect, message_dialect_named
from model.near_names import near_names
from model.ownership.readings import OWNERSHIP_CHOICES, OWNERSHIP_DIALECTS, OwnershipDialect, literal_dialect
from model.ranges.readings import RANGE_CHOICES, RANGE_DIALECTS, RangeDialect, range_dialect_named
from model.spaces.dialect import CONDITIONS, DIALECTS, Dialect, Readings, dialect_named
from model.spaces.keeping import EVERY_SET, split_keeping

if TYPE_CHECKING:
    from proofs.input.extension import Specification
    from proofs.obligation import Provable


class NoSuchNameError(ValueError):
    """Nothing has the name that a user wrote; the message says so in one line, and names what is near."""


def parse_dialect(name: str, *, on_hardware: bool = False) -> Dialect:
    """The dialect of that name.

    >>> parse_dialect("canonical without not-itself").name
    'canonical without not-itself'

    :param on_hardware: it may say what hardware keeps of each set of rights, ``canonical keeping 05674567``, of which
        the theory does not speak.
    :raises NoSuchNameError: there is none.
    """
    try:
        bare, table = split_keeping(name)
    except KeyError as error:
        raise NoSuchNameError(str(error.args[0])) from None
    if table != EVERY_SET and not on_hardware:
        raise NoSuchNameError(f"{name!r}: what hardware keeps is known to check and replay alone; write {bare!r}")
    named, _, changes = bare.partition(" with ")
    base, *dropped = named.split(" without ")
    if base not in DIALECTS:
        raise NoSuchNameError(f"no dialect is called {base!r}" + near_names(base, DIALECTS))
    conditions = [condition.name for condition in CONDITIONS]
    for condition in dropped:
        if condition not in conditions:
            raise NoSuchNameError(f"no side condition is called {condition!r}" + near_names(condition, conditions))
    _check_changes(changes, choices_of(Readings()), "no choice")
    return dialect_named(name)


def _check_changes(changes: str, choices: Mapping[str, type[Choice]], none: str) -> None:
    """Find out whether what follows ``with`` names choices and readings.

    :raises NoSuchNameError: it does not.
    """
    read = set[str]()
    for choice, reading in split_changes(changes):
        if choice not in choices:
            raise NoSuchNameError(f"{none} is called {choice!r}" + near_names(choice, choices))
        if choice in read:
            raise NoSuchNameError(f"{choice} is read twice: write one {choice}=READING")
        read.add(choice)
        readings = [member.name.lower() for member in choices[choice]]
        if reading.lower() not in readings:
            raise NoSuchNameError(f"{choice} has no reading {reading!r}; write {choice}=" + " or ".join(readings))


def matching(pattern: str, names: Iterable[str], claims: Iterable[str]) -> list[int]:
    """Which of the obligations (their ids and claims, in order) a pattern chooses.

    A pattern is a claim or clause, a part of an id, or an id with ``*`` and ``?``. An empty one chooses none: it is a
    name that was lost, and part of every id.
    """
    chosen: list[int] = []
    if not pattern:
        return chosen
    for number, (name, claim) in enumerate(zip(names, claims, strict=True)):
        if pattern == claim or fnmatchcase(name, pattern) or (not _is_claim(pattern) and pattern in name):
            chosen.append(number)
    return chosen


def _is_claim(pattern: str) -> bool:
    return pattern[:1] == "C" and pattern[1:].isdigit()


def parse_messages(name: str) -> MessageDialect:
    """The dialect of messages of that name.

    :raises NoSuchNameError: there is none.
    """
    base, _, changes = name.partition(" with ")
    if base not in MESSAGE_DIALECTS:
        raise NoSuchNameError(f"no dialect of messages is called {base!r}" + near_names(base, MESSAGE_DIALECTS))
    _check_changes(changes, CHOICES, "no choice of messages")
    return message_dialect_named(name)


def parse_ranges(name: str) -> RangeDialect:
    """The dialect of ranges of that name.

    :raises NoSuchNameError: there is none.
    """
    base, _, changes = name.partition(" with ")
    if base not in RANGE_DIALECTS:
        raise NoSuchNameError(f"no dialect of ranges is called {base!r}" + near_names(base, RANGE_DIALECTS))
    _check_changes(changes, RANGE_CHOICES, "no choice of ranges")
    return range_dialect_named(name)


def parse_ownership(name: str) -> OwnershipDialect:
    """The dialect of ownership of that name, if the literal model can do as it says.

    :raises NoSuchNameError: there is none, or it leaves a condition out.
    """
    read = name.partition(WITHOUT)[0]
    base, _, changes = read.partition(" with ")
    if base not in OWNERSHIP_DIALECTS:
        raise NoSuchNameError(f"no dialect of ownership is called {base!r}" + near_names(base, OWNERSHIP_DIALECTS))
    _check_changes(changes, OWNERSHIP_CHOICES, "no choice of ownership")
    try:
        return literal_dialect(name)
    except KeyError as error:
        raise NoSuchNameError(str(error.args[0])) from None


def _described(name: str) -> RangeDialect:
    """The dialect of ranges of that name, of which the theory speaks.

    :raises NoSuchNameError: there is none, or the theory does not describe it.
    """
    dialect = parse_ranges(name)
    if not dialect.readings.in_theory:
        known = ", ".join(each.name for each in RANGE_DIALECTS.values() if each.readings.in_theory)
        raise NoSuchNameError(
            f"the theory of ranges does not describe {name}: what goes there depends on sizes; write {known}, perhaps "
            "with other readings"
        )
    return dialect


def _matching(pattern: str, obligations: "Iterable[Provable]") -> "list[Provable]":
    """Which of the obligations a pattern chooses."""
    found = list(obligations)
    return [found[i] for i in matching(pattern, [o.id for o in found], [o.claim for o in found])]


def obligations_matching(
    pattern: str | None,
    theory: "Specification",
    *,
    everything: bool = False,
    messages: str = "canonical",
    ranges: str = "canonical",
) -> "list[Provable]":
    """The obligations of a theory that a pattern chooses; without one those of the model, or everything.

    Beside the theory of Appendix A others are known. Those of threads and messages, in that dialect of theirs, are
    chosen by their clause, or by a pattern that begins with ``messages`` as their ids do. Those of ranges, of many
    cores and of ownership say anew what is proved of pages, and are chosen by a pattern that begins with ``ranges``,
    ``cores`` or ``ownership``.

    :raises NoSuchNameError: there are none, or there is no such dialect of messages or of ranges.
    """
    from model.servers.systems.catalogue import SYSTEMS
    from proofs.obligations.cores.inventory import of_cores
    from proofs.obligations.messages.inventory import may_be_of, of_messages
    from proofs.obligations.ownership.inventory import of_ownership
    from proofs.obligations.ranges.inventory import of_ranges
    from proofs.two_runs import about_model

    known = theory.own
    # What stands apart is made when it is asked for: a prompt answer about a claim waits for none of it.
    apart: dict[str, Callable[[], Iterable[Provable]]] = {}
    if not theory.source:
        dialect, sizes = parse_messages(messages), _described(ranges)
        apart["messages"] = lambda: of_messages(dialect).values()
        apart["ranges"] = lambda: of_ranges(sizes).values()
        apart["cores"] = lambda: of_cores().values()
        apart["ownership"] = lambda: of_ownership().values()
    if pattern is None:
        every = [*known, *chain.from_iterable(made() for made in apart.values())]
        return [o for o in every if everything or about_model(o)]
    chosen = _matching(pattern, known)
    for first, made in apart.items():
        if pattern.startswith(first):
            chosen += _matching(pattern, made())
    if not theory.source and may_be_of(pattern, dialect):
        chosen += [o for o in apart["messages"]() if o.claim == pattern]
    if not chosen:
        every = [*known, *chain.from_iterable(made() for made in apart.values())]
        systems = [] if theory.source else SYSTEMS
        names = [*systems, *(o.id for o in every), *sorted({o.claim for o in every})]
        raise NoSuchNameError(f"no obligation matches {pattern!r}" + near_names(pattern, names))
    return chosen
