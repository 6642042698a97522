"""Wrong protocols that are in no catalogue: solvers refute each by an obligation, and a shortest run shows it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from z3 import And, Exists, ForAll, If, Implies, Not, Or

from model.cores.invariants import SAFE
from model.cores.readings import PROTOCOLS
from model.cores.sets import CoreStep, forgotten, less
from model.cores.shootdown import not_before
from model.cores.theories import theory_of_cores
from model.cores.vocabulary import CoreCall, c
from model.cores.vocabulary import before as s
from model.signature import Formula
from model.spaces.dialect import CANONICAL
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge
from proofs.faults.hunts.cores import with_core_fault
from proofs.faults.theory.cores import CoreFault
from proofs.faults.theory.endless import Change
from proofs.obligations.cores.inventory import obligations
from proofs.verdict import Verdict


def leaves(**parts: Callable[[CoreCall], Any]) -> Change:
    """The step leaves these parts of the state behind."""

    def change(step: CoreStep) -> CoreStep:
        return replace(step, after=replace(step.after, **{name: part(step.called) for name, part in parts.items()}))

    return change


def asks(condition: str, instead: Callable[[CoreCall], Formula]) -> Change:
    """The step asks for something else than one of its conditions."""

    def change(step: CoreStep) -> CoreStep:
        assert condition in step.guard
        return replace(step, guard={**step.guard, condition: instead(step.called)})

    return change


def told(who: Callable[..., Formula]) -> Change:
    """Of a page these cores are told."""
    return leaves(owed=lambda k: lambda z, p, c: Or(s.owed(z, p, c), And(z == k.space, p == k.page, who(k, z, c))))


def forgets(where: Callable[..., Formula]) -> Change:
    """A core forgets the page only there."""
    return leaves(
        tlb=lambda k: lambda c, t, p, r: And(s.tlb(c, t, p, r), Not(And(c == k.core, where(k, c, t), p == k.page)))
    )


ALL = "all have answered"
THERE = "all that execute there have seen it"
WRONG = (
    ("interrupt", "leave", leaves(tlb=lambda k: s.tlb), 8, "a core leaves the mask and remembers"),
    ("interrupt", "enter", leaves(may=lambda k: s.may), 6, "a core enters and is in no mask"),
    ("interrupt", "answer", forgets(lambda k, c, t: s.under(c, t)), 8, "it forgets under the tag of its register"),
    (
        "interrupt",
        "answer",
        forgets(lambda k, c, t: And(s.runs(c, k.space), s.tagged(k.space, t))),
        8,
        "it forgets only where it executes",
    ),
    ("interrupt", "ask", told(lambda k, z, c: s.runs(c, z)), 7, "only those are told that execute there"),
    ("interrupt", "ask", told(lambda k, z, c: And(s.may(z, c), c != k.core)), 6, "all are told but who asks"),
    ("interrupt", "answer", leaves(owed=lambda k: less(s.owed, k.space, k.page, None)), 6, "one answers for all cores"),
    (
        "interrupt",
        "answer",
        leaves(owed=lambda k: less(s.owed, None, k.page, k.core)),
        10,
        "one answers for all spaces",
    ),
    ("interrupt", "clear", leaves(may=lambda k: less(s.may, k.space, None)), 5, "clearing empties the mask"),
    ("interrupt", "finish", leaves(auth=lambda k: less(s.auth, None, k.page, None)), 6, "the page is freed everywhere"),
    ("interrupt", "enter", leaves(under=lambda k: s.under), 3, "a core enters under its old tag"),
    (
        "interrupt",
        "finish",
        asks(ALL, lambda k: Exists([c], Not(s.owed(k.space, k.page, c)))),
        6,
        "one answer is enough",
    ),
    (
        "interrupt",
        "finish",
        asks(ALL, lambda k: ForAll([c], Implies(s.runs(c, k.space), Not(s.owed(k.space, k.page, c))))),
        7,
        "those are awaited that execute there",
    ),
    ("message", "fence", leaves(tlb=lambda k: s.tlb), 8, "a fence forgets nothing"),
    ("message", "ask", told(lambda k, z, c: s.runs(c, z)), 7, "messages go to those that execute there"),
    ("broadcast", "ask", told(lambda k, z, c: Not(s.runs(c, z))), 5, "idle cores are reached alone"),
    ("broadcast", "finish", asks(ALL, lambda k: Not(s.owed(k.space, k.page, k.core))), 6, "who sends awaits itself"),
    (
        "batch",
        "clear",
        leaves(due=lambda k: lambda z, p: If(And(z == k.space, p == k.page), s.now(z), s.due(z, p))),
        4,
        "a page is due with the generation before",
    ),
    (
        "batch",
        "finish",
        asks(
            THERE,
            lambda k: ForAll([c], Implies(s.runs(c, k.space), not_before(s.due(k.space, k.page), s.seen(c, k.space)))),
        ),
        4,
        "generations are compared the other way",
    ),
    ("batch", "enter", leaves(tlb=lambda k: s.tlb), 7, "who enters counts as having forgotten"),
    (
        "batch",
        "answer",
        leaves(tlb=lambda k: forgotten(s, k.core, k.space, k.page)),
        6,
        "a page is forgotten, and all count as forgotten",
    ),
    (
        "batch",
        "clear",
        leaves(seen=lambda k: lambda c, z: If(z == k.space, k.gen, s.seen(c, z))),
        4,
        "clearing counts as seen by all",
    ),
)
satisfiable = Satisfiable()


@pytest.mark.slow
@pytest.mark.parametrize(("protocol", "action", "change", "steps", "mechanism"), WRONG, ids=[w[-1] for w in WRONG])
def test_it_is_refuted_and_shown(protocol: str, action: str, change: Change, steps: int, mechanism: str) -> None:
    right = PROTOCOLS[protocol]
    fault = CoreFault("another", mechanism, right, right, action, change, SAFE)
    hold = frozenset(theory_of_cores(right).invariants)
    fell = [
        each.id
        for each in obligations(right, fault.theory())
        if each.action == action
        and not each.sometimes
        and discharge(fault.condition(each, CANONICAL, hold), satisfiable, Settings(solvers=Solvers.Z3)).verdict
        == Verdict.UNPROVED
    ]
    assert fell
    found = with_core_fault(fault)
    assert found.trace is not None
    assert (len(found.trace.operations), found.complete) == (steps, True)
