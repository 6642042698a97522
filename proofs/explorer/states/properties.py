"""The properties of every state and every step: one predicate, one name, one sentence each.

The predicates are plain Python on the states of :mod:`model.spaces.literal`, the oracle against which everything
faster is tested; the explorer's general path compiles these same functions.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from numba.extending import register_jitable

from model.scope import ALL_RIGHTS, ArgumentError
from model.spaces.literal import CYCLE, NIL, Spaces, derives, evaluate
from model.spaces.operation import Kind


@dataclass(frozen=True, slots=True)
class Property:
    """A claim about every reachable state, or about every step from one.

    ``holds`` takes ``(state, frames)`` for a state property, and ``(before, after, kind, src, dst, rights)`` for a
    step property, where ``kind`` is a :class:`~model.spaces.operation.Kind`. ``symmetry`` names the largest group of
    :mod:`proofs.explorer.states.symmetry` under which the claim means the same everywhere.
    """

    id: str
    clause: str
    sentence: str
    holds: Callable[..., bool]
    of_step: bool
    symmetry: str


def no_cycle(s: Spaces, frames: int) -> bool:
    """No slot derives from itself."""
    for x in range(len(s.sigma)):  # noqa: SIM110, numba compiles no all()
        if derives(s, x, x):
            return False
    return True


def no_dangling_link(s: Spaces, frames: int) -> bool:
    """Every link points to a slot that is not nil."""
    for x in range(len(s.sigma)):  # noqa: SIM110
        if s.sigma[x] >= 0 and s.sigma[s.sigma[x]] == NIL:
            return False
    return True


def frame_held_once(s: Spaces, frames: int) -> bool:
    """No two slots hold the same frame."""
    for x in range(len(s.sigma)):
        for y in range(x):
            if s.sigma[x] < NIL and s.sigma[x] == s.sigma[y]:
                return False
    return True


def no_frame_lost(s: Spaces, frames: int) -> bool:
    """Every frame is held by some slot."""
    for r in range(frames):
        held = False
        for x in range(len(s.sigma)):
            held = held or s.sigma[x] == -2 - r
        if not held:
            return False
    return True


def rights_shrink(s: Spaces, frames: int) -> bool:
    """No slot has a right that the slot it was mapped from lacks."""
    for x in range(len(s.sigma)):  # noqa: SIM110
        if s.sigma[x] >= 0 and s.rights[x] & ~s.rights[s.sigma[x]] != 0:
            return False
    return True


def accessible_has_right(s: Spaces, frames: int) -> bool:
    """A slot through which a frame can be reached has some right."""
    for x in range(len(s.sigma)):  # noqa: SIM110
        if s.rights[x] == 0 and evaluate(s, x) >= 0:
            return False
    return True


def phys_is_sigma(before: Spaces, after: Spaces, kind: int, src: int, dst: int, rights: int) -> bool:
    """P_v = σ(v) after the step, in every slot."""
    for x in range(len(after.sigma)):  # noqa: SIM110
        if after.phys[x] != evaluate(after, x):
            return False
    return True


def _may_lose(before: Spaces, x: int, kind: int, src: int, dst: int) -> bool:
    """Whether the step may take the page in x away: x is flushed, replaced, or granted, or derives from such."""
    if kind == Kind.FLUSH:
        return x == src or derives(before, x, src)
    if x == dst or derives(before, x, dst):
        return True
    return kind == Kind.GRANT and (x == src or derives(before, x, src))


def address_is_stable(before: Spaces, after: Spaces, kind: int, src: int, dst: int, rights: int) -> bool:
    """Outside the destination, a physical address never changes to another, and goes only by flushing."""
    for x in range(len(after.sigma)):
        if kind != Kind.FLUSH and x == dst:
            continue
        old, new = evaluate(before, x), evaluate(after, x)
        if new != old and (new != NIL or not _may_lose(before, x, kind, src, dst)):
            return False
    return True


def flush_is_complete(before: Spaces, after: Spaces, kind: int, src: int, dst: int, rights: int) -> bool:
    """What derived from a flushed page has none of the flushed rights left; nil, if all were flushed."""
    if kind == Kind.FLUSH:
        for x in range(len(after.sigma)):
            if x != src and derives(before, x, src):
                if after.sigma[x] != NIL and after.rights[x] & rights != 0:
                    return False
                if rights == ALL_RIGHTS and after.sigma[x] != NIL:
                    return False
    return True


def flush_is_local(before: Spaces, after: Spaces, kind: int, src: int, dst: int, rights: int) -> bool:
    """A flush leaves the flusher its own page, and everything that does not derive from it."""
    if kind == Kind.FLUSH:
        for x in range(len(after.sigma)):
            unchanged = after.sigma[x] == before.sigma[x] and after.rights[x] == before.rights[x]
            if not unchanged and (x == src or not derives(before, x, src)):
                return False
    return True


def grant_moves(before: Spaces, after: Spaces, kind: int, src: int, dst: int, rights: int) -> bool:
    """After a grant the page is no longer in the granter's slot."""
    return kind != Kind.GRANT or after.sigma[src] == NIL or src == dst


def nothing_is_forged(before: Spaces, after: Spaces, kind: int, src: int, dst: int, rights: int) -> bool:
    """The destination of a map or grant shows afterwards what its source showed before, or nothing."""
    if kind == Kind.FLUSH:
        return True
    shown = evaluate(after, dst)
    return shown in (NIL, CYCLE, evaluate(before, src))


def _property(id: str, clause: str, sentence: str, holds: Callable[..., bool], of_step: bool) -> Property:
    """The record of a predicate. None of them looks at a space or a page."""
    return Property(id, clause, sentence, holds, of_step, "slots")


PROPERTIES: tuple[Property, ...] = (
    _property("no-cycle", "C1", "No slot derives from itself.", no_cycle, False),
    _property("no-dangling-link", "C4", "Every link points to a slot that is not nil.", no_dangling_link, False),
    _property("frame-held-once", "A.sigma0", "No two slots hold the same frame.", frame_held_once, False),
    _property("no-frame-lost", "C11", "Every frame is held by some slot.", no_frame_lost, False),
    _property(
        "rights-shrink", "C9", "No slot has a right that the slot it was mapped from lacks.", rights_shrink, False
    ),
    _property(
        "accessible-has-right",
        "B.rights",
        "A slot through which a frame can be reached has some right.",
        accessible_has_right,
        False,
    ),
    _property("phys-is-sigma", "C4", "P_v = σ(v) after the step, in every slot.", phys_is_sigma, True),
    _property(
        "address-is-stable",
        "C3",
        "Outside the destination, a physical address never changes to another, and goes only by flushing.",
        address_is_stable,
        True,
    ),
    _property(
        "flush-is-complete",
        "C2",
        "What derived from a flushed page has none of the flushed rights left; nil, if all were flushed.",
        flush_is_complete,
        True,
    ),
    _property(
        "flush-is-local",
        "C2",
        "A flush leaves the flusher its own page, and everything that does not derive from it.",
        flush_is_local,
        True,
    ),
    _property("grant-moves", "C6", "After a grant the page is no longer in the granter's slot.", grant_moves, True),
    _property(
        "nothing-is-forged",
        "C8",
        "The destination of a map or grant shows afterwards what its source showed before, or nothing.",
        nothing_is_forged,
        True,
    ),
)
IDS = tuple(p.id for p in PROPERTIES)
STATE_IDS = tuple(p.id for p in PROPERTIES if not p.of_step)
GOAL = "goal"  # the place after the properties: a predicate of the user's, reached instead of violated

for _predicate in (_may_lose, *(p.holds for p in PROPERTIES)):
    register_jitable(_predicate)


def state_violations(s: Spaces, frames: int, wanted: int) -> int:
    """A bit, by the order of ``PROPERTIES``, for each wanted state property that the state violates."""
    violated = 0
    if wanted & 1 and not no_cycle(s, frames):
        violated |= 1
    if wanted & 2 and not no_dangling_link(s, frames):
        violated |= 2
    if wanted & 4 and not frame_held_once(s, frames):
        violated |= 4
    if wanted & 8 and not no_frame_lost(s, frames):
        violated |= 8
    if wanted & 16 and not rights_shrink(s, frames):
        violated |= 16
    if wanted & 32 and not accessible_has_right(s, frames):
        violated |= 32
    return violated


register_jitable(state_violations)


def property_named(id: str) -> Property:
    """The property of that id.

    :raises ValueError: there is none.
    """
    for candidate in PROPERTIES:
        if candidate.id == id:
            return candidate
    raise ArgumentError(f"there is no property {id!r}; there are {', '.join(IDS)}")


def chosen(properties: Collection[str] | None) -> tuple[Property, ...]:
    """The properties of these ids, in the order of the registry; all, if none are named.

    :raises ValueError: an id is unknown.
    """
    if properties is None:
        return PROPERTIES
    named = {property_named(id).id for id in properties}
    return tuple(p for p in PROPERTIES if p.id in named)
