"""Idioms of descriptions: who opens windows to whom, and from whom pages come.

Most auxiliary invariants of a subsystem are made of these. A set of spaces is a predicate, such as a relation that the
description declares, or one space. What is said of several sets is said by a table: pairs of a set, and of those to
whom its members open windows.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from z3 import And, BoolVal, ExprRef, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, i, machine, t, u
from model.signature import Formula, Term
from model.spaces.vocabulary import owner, r, sigma0, x, y

Spaces: TypeAlias = Callable[[Term], Formula] | Term
"""A set of spaces: a predicate, or the one space that is in it."""


def nobody(space: Term) -> Formula:
    """The set of no spaces."""
    return BoolVal(False)


def _has(spaces: Spaces, space: Term) -> Formula:
    """Whether the space is in the set."""
    return space == spaces if isinstance(spaces, ExprRef) else spaces(space)


class Idioms:
    """Formulas about a state, for rules and for invariants."""

    def __getattr__(self, name: str) -> Any:
        """A relation of the state."""
        raise AttributeError(name)

    # for rules

    def closed(self, c: Call) -> Formula:
        """The call opens no window."""
        return ForAll([x], Not(c.opens(x)))

    def faces(self, c: Call, allowed: Spaces) -> Formula:
        """The actor waits only for threads of those spaces, whose ids were given by now."""
        known = ForAll([i], Implies(c.willing(i), self.named(i)))
        theirs = ForAll([t], Implies(And(self.existed(t), c.willing(machine.ident(t))), _has(allowed, self.space(t))))
        return And(known, theirs)

    def faces_by(self, c: Call, *table: tuple[Spaces, Spaces]) -> Formula:
        """The actor opens no window, or waits only for those that the table has for it."""
        ways = [And(_has(mine, self.space(c.actor)), self.faces(c, allowed)) for mine, allowed in table]
        return Or(self.closed(c), *ways)

    def by(self, c: Call, space: Term) -> Formula:
        """A thread of that space acts."""
        return self.space(c.actor) == space

    def to(self, c: Call, space: Term) -> Formula:
        """The partner is in that space."""
        return self.space(c.other) == space

    # for invariants

    def facing(self, mine: Spaces, allowed: Spaces) -> Formula:
        """The windows of some spaces are open to threads of those spaces only."""

        def open_to(name: Term) -> Formula:
            return And(_has(mine, self.space(t)), self.window(t, x), self.awaits(t, name))

        known = ForAll([t, i, x], Implies(open_to(i), self.named(i)))
        theirs = Implies(And(self.existed(u), open_to(machine.ident(u))), _has(allowed, self.space(u)))
        return And(known, ForAll([t, u, x], theirs))

    def facing_by(self, *table: tuple[Spaces, Spaces]) -> Formula:
        """The windows of each set in the table are open to threads of those beside it only."""
        return And(*(self.facing(mine, allowed) for mine, allowed in table))

    def sealed(self, mine: Spaces) -> Formula:
        """Those spaces have no open window."""
        return ForAll([t, x], Implies(_has(mine, self.space(t)), Not(self.window(t, x))))

    def disjoint(self, mine: Spaces) -> Formula:
        """No slot of those spaces is in the windows of two threads."""
        both = And(_has(mine, owner(x)), self.window(t, x), self.window(u, x))
        return ForAll([t, u, x], Implies(both, t == u))

    def on_empty(self, mine: Spaces) -> Formula:
        """The windows of those spaces are open where they have no page."""
        open_here = And(_has(mine, self.space(t)), self.window(t, x))
        return ForAll([t, x], Implies(open_here, Not(self.live(x))))

    def chain(self, mine: Spaces, above: Spaces) -> Formula:
        """Pages of some spaces derive from pages of those spaces only."""
        return ForAll([x, y], Implies(And(_has(mine, owner(x)), self.derives(x, y)), _has(above, owner(y))))

    def only_root_has_pages(self) -> Formula:
        """Nothing was handed out of σ₀ yet."""
        return And(
            ForAll([x], Implies(self.live(x), owner(x) == sigma0)),
            ForAll([x, y], Not(self.derives(x, y))),
        )

    def no_windows(self) -> Formula:
        """No window is open."""
        return ForAll([t, x], Not(self.window(t, x)))

    def only_frames(self, mine: Spaces, frames: Callable[[Term], Formula]) -> Formula:
        """What those spaces show are such frames."""
        return ForAll([x, r], Implies(And(_has(mine, owner(x)), self.phys(x, r)), frames(r)))

    def only_in(self, mine: Spaces, frames: Callable[[Term], Formula]) -> Formula:
        """Such frames show in those spaces only."""
        return ForAll([x, r], Implies(And(frames(r), self.phys(x, r)), _has(mine, owner(x))))

    def shows(self, slot: Term, frames: Callable[[Term], Formula]) -> Formula:
        """What the slot shows, if anything, is one of those frames."""
        return ForAll([r], Implies(self.phys(slot, r), frames(r)))


def among(*spaces: Term) -> Callable[[Term], Formula]:
    """The set of those spaces.

    >>> among(sigma0)(owner(x))
    owner(x) == sigma0
    """

    def members(space: Term) -> Formula:
        return space == spaces[0] if len(spaces) == 1 else Or(*(space == each for each in spaces))

    return members
