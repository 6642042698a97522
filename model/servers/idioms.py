"""What descriptions say again and again: who opens windows to whom, and from whom pages come.

Most auxiliary invariants of a subsystem are made of these.
"""

from collections.abc import Callable
from typing import Any

from z3 import And, ForAll, Implies, Not, Or

from model.messages.vocabulary import Call, i, machine, t, u
from model.signature import Formula, Term
from model.spaces.vocabulary import owner, r, sigma0, x, y

Spaces = Callable[[Term], Formula]
"""A set of spaces."""


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
        theirs = ForAll([t], Implies(And(self.existed(t), c.willing(machine.ident(t))), allowed(self.space(t))))
        return And(known, theirs)

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
            return And(mine(self.space(t)), self.window(t, x), self.awaits(t, name))

        known = ForAll([t, i, x], Implies(open_to(i), self.named(i)))
        theirs = Implies(And(self.existed(u), open_to(machine.ident(u))), allowed(self.space(u)))
        return And(known, ForAll([t, u, x], theirs))

    def sealed(self, mine: Spaces) -> Formula:
        """Those spaces have no open window."""
        return ForAll([t, x], Implies(mine(self.space(t)), Not(self.window(t, x))))

    def chain(self, mine: Spaces, above: Spaces) -> Formula:
        """Pages of some spaces derive from pages of those spaces only."""
        return ForAll([x, y], Implies(And(mine(owner(x)), self.derives(x, y)), above(owner(y))))

    def only_root_has_pages(self) -> Formula:
        """Nothing was handed out of σ₀ yet."""
        return And(
            ForAll([x], Implies(self.live(x), owner(x) == sigma0)),
            ForAll([x, y], Not(self.derives(x, y))),
        )

    def no_windows(self) -> Formula:
        """No window is open."""
        return ForAll([t, x], Not(self.window(t, x)))

    def shows(self, slot: Term, frames: Callable[[Term], Formula]) -> Formula:
        """What the slot shows, if anything, is one of those frames."""
        return ForAll([r], Implies(self.phys(slot, r), frames(r)))


def among(*spaces: Term) -> Spaces:
    """The set of those spaces.

    >>> among(sigma0)(owner(x))
    owner(x) == sigma0
    """

    def members(space: Term) -> Formula:
        return space == spaces[0] if len(spaces) == 1 else Or(*(space == each for each in spaces))

    return members
