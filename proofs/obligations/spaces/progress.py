"""The other polarity: each action is possible in some reachable state, and does what it is for.

These are shown by a witness: a trace from the initial state whose last step is of the kind asked for.
"""

from collections.abc import Callable, Iterator

from z3 import And, Exists, Not

from model.spaces.dialect import GrantedChildren, Occupied, PartialFlush, Readings
from model.spaces.theory import Formula, Term, a, accessible, r, x
from proofs.applies import offers_grant
from proofs.obligation import Obligation, Step, always


def _gains_access(step: Step, slot: Term) -> Formula:
    return And(Not(accessible(step.before, slot)), accessible(step.after, slot))


def gives_access(step: Step) -> Formula:
    """The destination showed nothing, and shows the source's frame."""
    src, dst = step.called.src, step.called.dst
    shown = Exists([r], And(step.before.phys(src, r), step.after.phys(src, r), step.after.phys(dst, r)))
    return And(Not(accessible(step.before, dst)), shown)


def narrows(step: Step) -> Formula:
    """The destination gains access with fewer rights than the source has."""
    src, dst = step.called.src, step.called.dst
    return And(_gains_access(step, dst), Exists([a], And(step.before.right(src, a), Not(step.after.right(dst, a)))))


def replaces(step: Step) -> Formula:
    """The destination showed a frame, and shows another."""
    dst = step.called.dst
    other = Exists([r], And(step.after.phys(dst, r), Not(step.before.phys(dst, r))))
    return And(accessible(step.before, dst), other)


def replaces_subtree(step: Step) -> Formula:
    """The destination showed a frame and shows another; what derived from it has lost the page."""
    dst = step.called.dst
    lost = And(step.before.derives(x, dst), accessible(step.before, x), Not(accessible(step.after, x)))
    return And(replaces(step), Exists([x], lost))


def extends(step: Step) -> Formula:
    """The destination stays what it is and gains a right."""
    dst = step.called.dst
    gained = Exists([a], And(step.after.right(dst, a), Not(step.before.right(dst, a))))
    return And(Exists([r], And(step.before.phys(dst, r), step.after.phys(dst, r))), gained)


def moves_page(step: Step) -> Formula:
    """The page leaves the source and appears at the destination."""
    return And(_gains_access(step, step.called.dst), Not(accessible(step.after, step.called.src)))


def moves_children(step: Step) -> Formula:
    """Something derived from the source, and derives from the destination."""
    src, dst = step.called.src, step.called.dst
    return And(moves_page(step), Exists([x], And(step.before.derives(x, src), step.after.derives(x, dst))))


def takes_access(step: Step) -> Formula:
    """Somebody loses the page, and the flusher keeps it."""
    lost = Exists([x], And(accessible(step.before, x), Not(accessible(step.after, x))))
    return And(lost, accessible(step.after, step.called.src))


def takes_some_rights(step: Step) -> Formula:
    """Somebody loses a right, and keeps the page."""
    return Exists(
        [x],
        And(
            Exists([a], And(step.before.right(x, a), Not(step.after.right(x, a)))),
            accessible(step.after, x),
            step.before.derives(x, step.called.src),
        ),
    )


def _replaces(readings: Readings) -> bool:
    return readings.occupied not in (Occupied.REFUSED, Occupied.MAP_REFUSED)


def _grants_and_replaces(readings: Readings) -> bool:
    return offers_grant(readings) and readings.occupied != Occupied.REFUSED


def _extends(readings: Readings) -> bool:
    return readings.occupied in (Occupied.EXTENDED_CHILD, Occupied.EXTENDED_FRAME)


def _keeps_children(readings: Readings) -> bool:
    return readings.granted_children == GrantedChildren.KEPT


def _flushes_partially(readings: Readings) -> bool:
    return readings.partial_flush != PartialFlush.ALL_ONLY


def obligations() -> Iterator[Obligation]:
    """Return the obligations of what must be possible."""
    kinds: list[tuple[str, str, str, str, Callable[[Step], Formula], Callable[[Readings], bool]]] = [
        ("map", "gives_access", "A.map", "a map gives access to who had none", gives_access, always),
        ("map", "narrows_rights", "B.rights", "a map passes on fewer rights", narrows, always),
        ("map", "replaces", "A.replace", "a map replaces what was there", replaces, _replaces),
        ("map", "extends_rights", "B.rights", "a map adds rights in place", extends, _extends),
        ("grant", "moves_page", "C6", "a grant moves a page", moves_page, offers_grant),
        ("grant", "moves_children", "A.tree.grant", "a grant moves children", moves_children, _keeps_children),
        (
            "grant",
            "replaces",
            "A.replace",
            "a grant replaces what was there, with all that derived from it",
            replaces_subtree,
            _grants_and_replaces,
        ),
        ("flush", "takes_access", "C2", "a flush takes access and keeps the own page", takes_access, always),
        (
            "flush",
            "takes_some_rights",
            "B.rights",
            "a flush takes a right and leaves the page",
            takes_some_rights,
            _flushes_partially,
        ),
    ]
    for action, what, claim, sentence, goal, applies in kinds:
        yield Obligation(
            f"{action}__sometimes__{what}",
            claim,
            sentence,
            action,
            goal,
            invariants=(),
            applies=applies,
            sometimes=True,
        )
