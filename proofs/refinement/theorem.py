"""The hardware theorem: a user's access succeeds, and at r, exactly when σ(v) = r with that right (C4).

Its hypotheses are the conclusions of other obligations, each named after these.
"""

from collections.abc import Iterator

from z3 import And, BoolSort, Exists, ForAll, Function, Implies, Not, Or

from model.dialect import Dialect
from model.invariants import INVARIANTS
from model.theory import Formula, Frame, Right, Slot, Term, a, before, q, r, x
from proofs.obligation import Condition
from proofs.obligations.terms import evaluates
from proofs.refinement.code import CodeObligation
from proofs.refinement.source import CODE, Code

entry = Function("entry", Slot, Frame, Right, BoolSort())
walk = Function("walk", Slot, Frame, Right, BoolSort())
held = Function("held", Slot, Frame, Right, BoolSort())
hit = Function("hit", Slot, BoolSort())
access = Function("access", Slot, Frame, Right, BoolSort())
expressible = Function("expressible", Slot, BoolSort())

THEORY = (
    "holds_functional",
    "phys_functional",
    "held_frame_shows",
    "phys_coherent",
    "access_ends_at_holder",
)


def _said(x: Term, r: Term, a: Term) -> Formula:
    return And(before.phys(x, r), before.right(x, a))


def parts() -> dict[str, Formula]:
    """What the other obligations conclude."""
    permitted = And(hit(x), Exists([q], held(x, q, a)))
    return {
        "kernel_*__ends__coherent: entries show what the database says": ForAll(
            [x, r, a], entry(x, r, a) == _said(x, r, a)
        ),
        "kernel_*__ends__coherent: buffers hold nothing else": ForAll(
            [x, r, a], Implies(held(x, r, a), _said(x, r, a))
        ),
        "*__walk__permits__what_was_granted: a walk finds what the entry shows": ForAll(
            [x, r, a], Implies(expressible(x), walk(x, r, a) == entry(x, r, a))
        ),
        "a core takes a hit that permits the access, and walks otherwise": ForAll(
            [x, r, a], access(x, r, a) == Or(And(hit(x), held(x, r, a)), And(Not(permitted), walk(x, r, a)))
        ),
    }


def conditions(code: Code = CODE) -> Iterator[Condition]:
    """The parts imply the whole.

    :param code: what it says of the hardware takes the place of parts.
    """
    theory = {name: INVARIANTS[name].formula(before) for name in THEORY}
    told = {**theory, **parts(), **code.hardware}
    known = {name: formula for name, formula in told.items() if formula is not None}
    about = {name: "invariant" if name in theory else "assumption" for name in known}
    sigma = And(evaluates(before, x, r), before.right(x, a))
    yield Condition(known, about, ForAll([x, r, a], Implies(expressible(x), access(x, r, a) == sigma)))


def _build(dialect: Dialect, code: Code) -> Iterator[Condition]:
    return conditions(code)


def obligations() -> Iterator[CodeObligation]:
    """The theorem."""
    yield CodeObligation(
        "hardware__access__iff__sigma",
        "C4",
        "after every operation a user's load, store or fetch succeeds, and at r, exactly when σ(v) = r with that "
        "right, through any buffer and on any core, where the format can express the page's rights",
        _build,
    )
