"""An action of one's own: the owner drops its page, and with it all that derives from it.

    musigma prove unmap_own --theory docs/examples/unmap_own.py

Without the guard that the page holds no frame, the frame of a page of σ0 would be lost for good: leave it out, and
``unmap_own__preserves__no_frame_lost`` is refuted by a trace of one step.
"""

from dataclasses import replace

import z3

from musigma import Dialect
from musigma.theory import (
    Action,
    Formula,
    Obligation,
    Parameters,
    State,
    Step,
    Term,
    before,
    called,
    is_or_derives,
    r,
    unchanged,
    x,
)


def unmap_own(dialect: Dialect, s: State = before, p: Parameters = called) -> Action:
    """σ_v ← φ, asked by the owner of the page itself."""

    def gone(slot: Term) -> Formula:
        return z3.Or(slot == p.src, s.derives(slot, p.src))

    after = replace(
        s,
        derives=lambda x, y: z3.And(s.derives(x, y), z3.Not(gone(x))),
        live=lambda x: z3.And(s.live(x), z3.Not(gone(x))),
        holds=lambda x, r: z3.And(s.holds(x, r), z3.Not(gone(x))),
        phys=lambda x, r: z3.And(s.phys(x, r), z3.Not(gone(x))),
        right=lambda x, a: z3.And(s.right(x, a), z3.Not(gone(x))),
    )
    guard = {
        "the page is in use": s.live(p.src),
        "the page holds no frame": z3.ForAll([r], z3.Not(s.holds(p.src, r))),
    }
    return Action("unmap_own", guard, after, p)


def nobody_below_has_it(step: Step) -> Formula:
    """Neither the owner nor whoever derived from it shows a frame."""
    below = is_or_derives(step.before, x, step.called.src)
    return z3.ForAll([x, r], z3.Implies(below, z3.Not(step.after.phys(x, r))))


def nothing_else_changes(step: Step) -> Formula:
    """A slot that neither is the page nor derived from it is unchanged."""
    below = is_or_derives(step.before, x, step.called.src)
    return z3.ForAll([x], z3.Implies(z3.Not(below), unchanged(step.before, step.after, x)))


ACTIONS = {"unmap_own": unmap_own}

OBLIGATIONS = [
    Obligation(
        id="unmap_own__takes__the_page",
        claim="B.own",
        sentence="neither the owner nor whoever derived from the page shows a frame",
        action="unmap_own",
        goal=nobody_below_has_it,
    ),
    Obligation(
        id="unmap_own__changes__nothing_else",
        claim="B.own",
        sentence="only the page and what derived from it changes",
        action="unmap_own",
        goal=nothing_else_changes,
    ),
]
