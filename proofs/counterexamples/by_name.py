"""Shortest counterexamples by name: of a dropped side condition, of a claim, of an obligation, of a fault."""

from dataclasses import dataclass
from typing import Any

from model.messages.readings import CANONICAL_MESSAGES
from model.messages.trace import MessageTrace
from model.ranges.readings import CANONICAL_RANGES, NO_CROSSING
from model.ranges.trace import RangeTrace
from model.spaces.dialect import CANONICAL, CONDITIONS, Dialect
from model.trace import Trace
from proofs.counterexamples.messages import (
    WRONG_READINGS,
    MessageFound,
    fault_named,
    fault_names,
    to_obligation,
    to_reading,
    with_fault,
)
from proofs.engines.search.pairs import Pair, search_areas
from proofs.engines.search.searched import SearchLog
from proofs.engines.search.shortest import search
from proofs.engines.search.unrolled import UnrolledRun
from proofs.explorer.interleaved.search import Found as Schedule
from proofs.faults.hunts.cores import core_fault_names, with_core_fault
from proofs.faults.hunts.interleaving import found_of
from proofs.faults.hunts.ownership import way_to, wrong_ownership
from proofs.faults.hunts.selection import shown_by, traceable
from proofs.faults.interleaved import INTERLEAVED_FAULTS
from proofs.faults.record import HuntResult
from proofs.faults.theory.cores import CORE_FAULTS
from proofs.faults.theory.ownership import OWNERSHIP_FAULTS, OwnershipFault
from proofs.obligation import Obligation
from proofs.obligations.messages.inventory import of_messages
from proofs.obligations.ownership.inventory import of_dialect, prefix
from proofs.obligations.ranges.inventory import of_ranges
from proofs.paper.claims import CLAIMS
from proofs.prove import areas
from proofs.registry import registry
from proofs.searches.core_search import CoreFound
from proofs.searches.message_runs import lines_of, shortest
from proofs.searches.range_search import WRONG_READINGS as WRONG_RANGES
from proofs.searches.range_search import RangeFound, without_crossing
from proofs.searches.range_search import to_obligation as to_range_obligation
from proofs.searches.range_search import to_reading as to_range_reading
from proofs.two_runs import TwoRuns, about_model


@dataclass(frozen=True, slots=True)
class ViolatingTrace:
    """A shortest trace and the obligation that its last step violates; or none, and where it was looked for.

    A fault's trace has no obligation: ``fault`` is what an engine found it with. One to an obligation about two runs
    is a ``pair`` of traces, and ``trace`` the first of them. ``claimed`` says that the dialect claims the obligation;
    one that it is known not to have is shown when it is asked for by its id. ``speech`` has the traces of threads and
    messages; ``lines`` tell a run of theirs on a machine of no scope of ours; ``messages`` is their dialect. ``owned``
    is the kind of ownership that ``lines`` tell a run of instead, in the last scope that was searched. ``ranges`` is a
    trace of ranges; ``cores`` has the trace of many cores; ``schedule`` one of interleaved calls.
    """

    dialect: Dialect
    obligation: Obligation[Any, Any] | TwoRuns | None
    trace: Trace | None
    searched: tuple[str, ...]
    complete: bool
    fault: HuntResult | None = None
    pair: Pair | None = None
    lines: tuple[str, ...] = ()
    messages: str = ""
    owned: str = ""
    speech: MessageFound | None = None
    ranges: RangeTrace | None = None
    cores: CoreFound | None = None
    schedule: Schedule | None = None

    @property
    def shown(self) -> bool:
        """Whether there is a counterexample to show."""
        spoken, cores = self.speech is not None and self.speech.runs, self.cores is not None and self.cores.trace
        found = self.trace or self.lines or self.ranges or spoken or cores or self.schedule
        return found is not None and bool(found)

    @property
    def claimed(self) -> bool:
        """Whether the dialect claims what the counterexample is to."""
        return self.obligation is None or self.obligation.applies(self.dialect.readings)


def names() -> list[str]:
    """Everything that a counterexample can be asked for."""
    ids = [o.id for o in registry().values() if about_model(o) and not o.sometimes]
    of_threads = [o.id for o in of_messages().values() if about_model(o) and not o.sometimes]
    spaces = [*(condition.name for condition in CONDITIONS), *CLAIMS, *ids, *traceable()]
    of_sizes = [NO_CROSSING.name, *WRONG_RANGES, *(o.id for o in of_ranges().values() if not o.sometimes)]
    of_cores = [*core_fault_names(), *INTERLEAVED_FAULTS, *wrong_ownership()]
    return list(dict.fromkeys([*spaces, *WRONG_READINGS, *fault_names(), *of_cores, *of_threads, *of_sizes]))


def has_own_dialect(name: str) -> bool:
    """Whether a counterexample is one in a dialect of its own, so that none can be chosen: that of a fault of code.

    >>> has_own_dialect("early-ascent"), has_own_dialect("not-itself")
    (True, False)
    """
    of_another_kind = {*core_fault_names(), *INTERLEAVED_FAULTS, *wrong_ownership()}
    return name in {*of_another_kind, *traceable()} and fault_named(name) is None


def counterexample(name: str, dialect: Dialect = CANONICAL) -> ViolatingTrace:
    """Look for a shortest counterexample in the areas, smallest first; the shortest of the first area that has any.

    :param name: a side condition (which is then dropped), a claim, an obligation's id, a fault of the catalogue, or a
        reading of messages or of ranges, such as ``ids=reused`` or ``own=range``.
    :raises KeyError: the name is none of these.
    """
    if name not in names():
        raise KeyError(name)
    if name == NO_CROSSING.name:
        return _of_sizes(without_crossing(dialect), dialect)
    if name in WRONG_RANGES:
        return _of_sizes(to_range_reading(name, dialect), dialect)
    if name in of_ranges():
        return _of_sizes(to_range_obligation(name, CANONICAL_RANGES, dialect), dialect)
    if name in WRONG_READINGS:
        return _spoken(to_reading(name, dialect), dialect, f"{CANONICAL_MESSAGES.name} with {name}")
    if name in of_messages():
        return _of_messages(name, dialect)
    if name in core_fault_names():
        cores = with_core_fault(CORE_FAULTS[name])
        return ViolatingTrace(dialect, cores.obligation, None, cores.searched, cores.complete, cores=cores)
    if name in INTERLEAVED_FAULTS:
        schedule = found_of(name)
        shown = schedule if schedule.wrong else None
        return ViolatingTrace(dialect, None, None, (), schedule.complete, schedule=shown)
    if name in wrong_ownership():
        return _of_ownership(OWNERSHIP_FAULTS[name], dialect)
    if (wrong := fault_named(name)) is not None:
        return _spoken(with_fault(wrong, dialect), dialect, CANONICAL_MESSAGES.name)
    if name in traceable():
        fault = shown_by(name)
        trace = fault.trace if fault else None
        if isinstance(trace, MessageTrace):
            speech = MessageFound(None, (trace,), (), complete=True)
            return ViolatingTrace(dialect, None, None, (), True, fault, messages=trace.messages, speech=speech)
        if isinstance(trace, RangeTrace):
            return ViolatingTrace(dialect, of_ranges().get(trace.obligation), None, (), True, fault, ranges=trace)
        return ViolatingTrace(trace.resolved_dialect() if trace else dialect, None, trace, (), True, fault)
    if name in {condition.name for condition in CONDITIONS}:
        dialect = dialect.without(name)
        wanted = [o for o in _searchable(dialect) if o.claim in CLAIMS]
        fallback = [o for o in _searchable(dialect) if o.claim not in CLAIMS]
        found = _shortest(dialect, wanted)
        return found if found.trace else _shortest(dialect, fallback)
    asked = registry().get(name)
    if isinstance(asked, TwoRuns):
        return _shortest_pair(dialect, asked)
    if isinstance(asked, Obligation) and asked.fails(dialect.readings):
        return _shortest(dialect, [asked])
    return _shortest(dialect, [o for o in _searchable(dialect) if name in (o.claim, o.id)])


def _spoken(found: MessageFound, dialect: Dialect, messages: str) -> ViolatingTrace:
    """What a search of scopes with threads found."""
    return ViolatingTrace(
        dialect, found.obligation, None, found.searched, found.complete, messages=messages, speech=found
    )


def _of_ownership(fault: OwnershipFault, dialect: Dialect) -> ViolatingTrace:
    """The shortest way to what a wrong kind of ownership is known to break."""
    found, obligation = way_to(fault), of_dialect(fault.right)[prefix(fault.right) + fault.shows]
    way = (each.text(found.scope) for each in found.way or ())
    lines = tuple(f"{number}. {text}" for number, text in enumerate(way, 1))
    searched = (str(found.scope),)
    owned = fault.theory().name
    return ViolatingTrace(dialect, obligation, None, searched, found.complete, lines=lines, owned=owned)


def _of_sizes(found: RangeFound, dialect: Dialect) -> ViolatingTrace:
    """What a search of scopes with ranges found."""
    return ViolatingTrace(dialect, found.obligation, None, found.searched, found.complete, ranges=found.trace)


def _of_messages(name: str, dialect: Dialect) -> ViolatingTrace:
    """Two runs to what the canonical messages are known not to have; else the shortest run on a machine of any size."""
    obligation, messages = of_messages()[name], CANONICAL_MESSAGES.name
    assert about_model(obligation)
    if obligation.fails(dialect.readings):
        return _spoken(to_obligation(name, dialect), dialect, messages)
    found = shortest(obligation, dialect)
    if isinstance(found, UnrolledRun):
        lines = tuple(lines_of(obligation, found))
        return ViolatingTrace(dialect, obligation, None, (), complete=True, lines=lines, messages=messages)
    searched = f"runs of up to {found.steps} steps on machines of any size"
    return ViolatingTrace(dialect, obligation, None, (searched,), complete=False, messages=messages)


def _searchable(dialect: Dialect) -> list[Obligation]:
    return [
        o for o in registry().values() if isinstance(o, Obligation) and not o.sometimes and o.applies(dialect.readings)
    ]


def _shortest(dialect: Dialect, obligations: list[Obligation]) -> ViolatingTrace:
    log = SearchLog()
    for area in areas(dialect) if obligations else ():
        found = search(dialect, area, obligations, first=True)
        log.add(area, found.counts)
        if found.traces:
            by_id = {obligation.id: obligation for obligation in obligations}
            name, trace = min(found.traces.items(), key=lambda item: len(item[1].operations))
            return ViolatingTrace(dialect, by_id[name], trace, log.words, complete=True)
    return ViolatingTrace(dialect, None, None, log.words, log.complete)


def _shortest_pair(dialect: Dialect, obligation: TwoRuns) -> ViolatingTrace:
    asked = obligation.applies(dialect.readings) or obligation.fails(dialect.readings)
    found, searched, complete = search_areas(dialect, areas(dialect) if asked else (), [obligation])
    if obligation.id not in found:
        return ViolatingTrace(dialect, None, None, searched, complete)
    pair, searched = found[obligation.id]
    return ViolatingTrace(dialect, obligation, pair.runs[0], searched, complete=True, pair=pair)
