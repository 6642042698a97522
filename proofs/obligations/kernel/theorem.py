"""The hardware theorem: a user's access succeeds, and at r, exactly when σ(v) = r with that right (C4).

Its hypotheses are the goals of other obligations, built by the same functions
(:mod:`proofs.obligations.machine.agreement`) and
named after these obligations: there they are proved of executed code, here they are taken of any relations.
"""

from collections.abc import Callable, Iterator

from z3 import And, BoolSort, Const, DeclareSort, Exists, ForAll, Function, Implies

from model.spaces.dialect import Dialect
from model.spaces.invariants import INVARIANTS
from model.spaces.theory import Formula, Frame, Right, Slot, Term, a, before, r, x
from proofs.execution.values import Physical
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.machine import agreement
from proofs.obligations.source import CODE, Code
from proofs.terms import evaluates

Core = DeclareSort("Core")
core = Const("core", Core)
frame = agreement.frame

entry = Function("entry", Slot, Physical, Right, BoolSort())
found = Function("found", Slot, Physical, Right, BoolSort())
cached = Function("cached", Core, Slot, Physical, Right, BoolSort())
held = Function("held", Core, Slot, Physical, Right, BoolSort())
accessed = Function("accessed", Core, Slot, Physical, Right, BoolSort())
expressible = Function("expressible", Slot, BoolSort())
physical = Function("physical", Frame, Physical)

THEORY = (
    "holds_functional",
    "phys_functional",
    "held_frame_shows",
    "phys_coherent",
    "access_ends_at_holder",
)


def _database(x: Term, frame: Term, a: Term) -> Formula:
    """The mapping database says: slot x is at the physical frame, with right a."""
    return Exists([r], And(frame == physical(r), before.phys(x, r), before.right(x, a)))


def _held_at(a: Term) -> Callable[[Term], Formula]:
    return lambda some: held(core, x, some, a)


ENTRIES = "kernel_*__ends__coherent: entries show what the database says"
BUFFERS = "kernel_*__ends__coherent: buffers hold nothing else"
WALKS = "*__walk__finds__exactly_the_entry: a walk finds what the entry shows"
ACCESSES = "core__takes__hit_or_walk: a core takes a hit that permits the access, and walks otherwise"
HITS = "tlb_lookup__gives__what_translates: a hit is what the buffer holds"


def parts() -> dict[str, Formula]:
    """Return what the other obligations conclude, under their names."""
    point = (x, frame, a)
    taken = agreement.takes(
        accessed(core, *point), held(core, *point), agreement.holds_some(_held_at(a)), found(*point)
    )
    return {
        ENTRIES: agreement.exactly(entry, _database),
        BUFFERS: ForAll([core], agreement.within(lambda x, frame, a: cached(core, x, frame, a), _database)),
        WALKS: ForAll(list(point), agreement.finds_exactly(expressible(x), found(*point), entry(*point))),
        ACCESSES: ForAll([core, *point], taken),
        HITS: ForAll([core, *point], agreement.gives(held(core, *point), cached(core, *point))),
    }


def conditions(code: Code = CODE) -> Iterator[Condition]:
    """The parts imply the whole.

    :param code: what it says of the hardware takes the place of parts.
    """
    theory = {name: INVARIANTS[name].formula(before) for name in THEORY}
    told = {**theory, **parts(), **code.hardware}
    known = {name: formula for name, formula in told.items() if formula is not None}
    about = {name: "invariant" if name in theory else "assumption" for name in known}
    sigma = Exists([r], And(frame == physical(r), evaluates(before, x, r), before.right(x, a)))
    yield Condition(known, about, Implies(expressible(x), accessed(core, x, frame, a) == sigma))


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
