"""The properties of threads and messages, checked in every state and every step, as functions on their tables.

They say what the obligations of :mod:`proofs.obligations.messages` say, and the tests compare the two on the steps of
right and wrong kernels. Compiled code runs these.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from model.messages.tables import NOT_YET, RUNS, Board, Threads
from model.scope import ArgumentError
from model.spaces.literal import NIL, derives, evaluate
from proofs.explorer.messages.step_properties import (
    answers_only_by_callee,
    begins_where_it_may,
    changes_others_only_by_consent,
    ends_only_own,
    fault_window_is_missing_page,
    learns_only_by_agreement,
    leaves_third_threads_alone,
    maps_only_by_consent,
    never_gives_again,
    opens_what_was_asked,
    others_open_nothing,
    passes_only_own,
    reaches_who_is_meant,
    stays_in_its_space,
    writes_only_what_it_can,
)


@dataclass(frozen=True, slots=True)
class MessageProperty:
    """A property of a state, ``holds(state, board)``, or of a step, ``holds(before, after, board, operation)``.

    :param obligation: the invariant, or the end of the obligation's id, that says the same; ``A.`` and a name for what
        is said of address spaces.
    """

    id: str
    clause: str
    sentence: str
    holds: Callable[..., bool]
    of_step: bool
    obligation: str


def windows_are_own(s: Threads, b: Board) -> bool:
    """Only a thread that runs has a window, and in its own space."""
    for t in range(len(b.ident)):
        if s.window[t] != 0 and s.life[t] != RUNS:
            return False
        for x in range(len(b.owner)):
            if s.window[t] >> x & 1 and b.owner[x] != s.space[t]:
                return False
    return True


def waits_without_message(s: Threads, b: Board) -> bool:
    """A thread that waits has no older message in its registers."""
    for t in range(len(b.ident)):  # noqa: SIM110, numba compiles no all()
        if s.awaits[t] != 0 and s.sender[t] != NIL:
            return False
    return True


def calls_one(s: Threads, b: Board) -> bool:
    """Who calls waits for the callee and for nobody else."""
    for t in range(len(b.ident)):
        u = s.calls[t]
        if u != NIL and (s.awaits[t] != 1 << b.ident[u] or s.life[u] == NOT_YET):
            return False
    return True


def ids_are_unique(s: Threads, b: Board) -> bool:
    """No two threads have had one id."""
    for t in range(len(b.ident)):
        for u in range(t):
            if b.ident[t] == b.ident[u] and s.life[t] != NOT_YET and s.life[u] != NOT_YET:
                return False
    return True


def nothing_of_the_dead(s: Threads, b: Board) -> bool:
    """A thread that does not run waits for nobody, has no message, and serves no interrupt."""
    for t in range(len(b.ident)):
        if s.life[t] != RUNS and (s.awaits[t] != 0 or s.sender[t] != NIL or s.calls[t] != NIL):
            return False
        u = s.server[t]
        if u != NIL and (s.life[u] != RUNS or not b.hardware[t]):
            return False
    return True


def pages_where_threads_began(s: Threads, b: Board) -> bool:
    """A space in which no thread has begun has no page, σ0 apart."""
    for x in range(len(b.owner)):  # noqa: SIM110
        if s.spaces.sigma[x] != NIL and not s.born[b.owner[x]]:
            return False
    return True


def ports_in_place(s: Threads, b: Board) -> bool:
    """An I/O port shows in one place only, in whatever space."""
    for x in range(len(b.owner)):
        r = s.spaces.phys[x]
        if r == NIL or not b.port[r]:
            continue
        for y in range(x):
            if s.spaces.phys[y] == r and b.place[x] != b.place[y]:
                return False
    return True


def no_cycle(s: Threads, b: Board) -> bool:
    """No slot derives from itself."""
    for x in range(len(b.owner)):  # noqa: SIM110
        if derives(s.spaces, x, x):
            return False
    return True


def phys_is_sigma(s: Threads, b: Board) -> bool:
    """P_v = σ(v) in every slot."""
    for x in range(len(b.owner)):  # noqa: SIM110
        if s.spaces.phys[x] != evaluate(s.spaces, x):
            return False
    return True


def no_frame_lost(s: Threads, b: Board) -> bool:
    """Every frame is held by one slot."""
    for r in range(len(b.port)):
        held = 0
        for x in range(len(b.owner)):
            held += s.spaces.sigma[x] == -2 - r
        if held != 1:
            return False
    return True


def _state(id: str, clause: str, holds: Callable[..., bool], obligation: str) -> MessageProperty:
    return MessageProperty(id, clause, (holds.__doc__ or "").strip(), holds, False, obligation)


def _step(id: str, clause: str, holds: Callable[..., bool], obligation: str) -> MessageProperty:
    return MessageProperty(id, clause, (holds.__doc__ or "").strip(), holds, True, obligation)


MESSAGE_PROPERTIES: tuple[MessageProperty, ...] = (
    _state("no-cycle", "C1", no_cycle, "irreflexive"),
    _state("phys-is-sigma", "C4", phys_is_sigma, "A.phys"),
    _state("no-frame-lost", "C11", no_frame_lost, "A.held"),
    _state("windows-are-own", "B.consent", windows_are_own, "window_own window_runs"),
    _state("waits-without-message", "B.rpc", waits_without_message, "waits_without_message"),
    _state("calls-one", "B.rpc", calls_one, "calls_awaits calls_one"),
    _state("ids-are-unique", "B.uid", ids_are_unique, "id_unique"),
    _state("nothing-of-the-dead", "B.thread", nothing_of_the_dead, "awaits_runs got_runs served_is_hardware"),
    _state("pages-where-threads-began", "B.thread", pages_where_threads_began, "live_born"),
    _state("ports-in-place", "B.io", ports_in_place, "ports_in_place"),
    _step("maps-only-by-consent", "B.consent", maps_only_by_consent, "maps_only_by_consent"),
    _step("passes-only-own", "C8", passes_only_own, "passes_only_own_frames"),
    _step(
        "changes-others-only-by-consent",
        "C10",
        changes_others_only_by_consent,
        "changes_others_only_by_consent",
    ),
    _step("opens-what-was-asked", "B.consent", opens_what_was_asked, "opens_what_was_asked"),
    _step("others-open-nothing", "B.consent", others_open_nothing, "others_open_nothing"),
    _step("fault-window-is-missing-page", "B.consent", fault_window_is_missing_page, "opens_missing_page"),
    _step("reaches-who-is-meant", "B.ipc", reaches_who_is_meant, "reaches_who_is_meant"),
    _step("leaves-third-threads-alone", "B.independence", leaves_third_threads_alone, "leaves_third_threads_alone"),
    _step("never-gives-again", "B.uid", never_gives_again, "never_gives_again"),
    _step("begins-where-it-may", "B.thread", begins_where_it_may, "begins_where_it_may"),
    _step("stays-in-its-space", "B.thread", stays_in_its_space, "keeps_spaces_of_threads"),
    _step("ends-only-own", "B.independence", ends_only_own, "ends_only_own"),
    _step("learns-only-by-agreement", "B.integrity", learns_only_by_agreement, "learns_only_by_agreement"),
    _step(
        "writes-only-what-it-can",
        "B.integrity",
        writes_only_what_it_can,
        "writes_only_what_it_can copies_only_by_consent",
    ),
    _step("answers-only-by-callee", "B.rpc", answers_only_by_callee, "answers_only_by_callee"),
)
MESSAGE_IDS = tuple(p.id for p in MESSAGE_PROPERTIES)
OF_STATES = sum(1 << n for n, p in enumerate(MESSAGE_PROPERTIES) if not p.of_step)
"""The bits of what is checked in each state."""


def message_properties_named(ids: Collection[str]) -> tuple[MessageProperty, ...]:
    """The properties of these ids, in the order of the register.

    :raises ArgumentError: there is no such property.
    """
    for id in ids:
        if id not in MESSAGE_IDS:
            raise ArgumentError(f"there is no property {id!r} of threads; there are {', '.join(MESSAGE_IDS)}")
    return tuple(p for p in MESSAGE_PROPERTIES if p.id in ids)
