"""The hardware theorem with large pages: an access succeeds exactly as the tree with sizes shows (C4).

Its hypotheses are the goals of other obligations, built by the same functions and named after these: of the kernel's
methods that change leaves (:func:`~proofs.obligations.sized_hardware.world.entries_say` and its neighbour, which are
demanded where a method ends), of walks, cores and buffers (:mod:`proofs.obligations.machine.agreement`), and of the
pages that a tree with sizes stands for. It is proved for each number of levels that a format has.
"""

from collections.abc import Iterator

from z3 import And, BoolSort, Exists, ForAll, Function, Implies

from model.spaces.dialect import Dialect
from model.spaces.theory import Formula, Right, Slot, Term, r
from proofs.execution.contract import Named
from proofs.execution.values import Physical
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.kernel.world import CoreSort, c, physical
from proofs.obligations.machine import agreement
from proofs.obligations.sized.pages import PAGES, one_frame
from proofs.obligations.sized.state import Shown
from proofs.obligations.sized_hardware.world import (
    a,
    before,
    buffers_follow,
    entries_say,
    f,
    shows,
    translates,
    x,
)
from proofs.obligations.sized_tables.execution import FORMAT_OF
from proofs.obligations.source import CODE, Code

found = Function("found", Slot, Physical, Right, BoolSort())
held = Function("held_by_core", CoreSort, Slot, Physical, Right, BoolSort())
accessed = Function("accessed", CoreSort, Slot, Physical, Right, BoolSort())
expressible = Function("expressible", Slot, BoolSort())

LEAVES = "sized_buffers_*__ends__coherent: walks find what the database says"
BUFFERS = "sized_buffers_*__ends__coherent: buffers hold what walks find, of the leaf's size"
WALKS = "*__walk__finds__exactly_the_leaf: a walk finds what the leaf shows"
ACCESSES = "core__takes__hit_or_walk: a core takes a hit that permits the access, and walks otherwise"
HITS = "tlb_lookup__gives__what_translates: a hit is what the buffer holds, of whatever size"
PAGE = "sized_map_range__knows__pages: a page shows one frame"

LEVELS = tuple(sorted(FORMAT_OF))
"""How many levels formats have."""


def database(x: Term, f: Term, a: Term, pages: Shown = PAGES) -> Formula:
    """The tree with sizes shows the page at the physical frame, with right a.

    :param pages: what the tree shows.
    """
    return Exists([r], And(f == physical(r), pages.phys(x, r), pages.right(x, a, r)))


def parts(levels: int) -> Named:
    """Return what the other obligations conclude, under their names."""
    world, point = before(levels), (x, f, a)
    some = agreement.holds_some(lambda some: held(c, x, some, a))
    taken = agreement.takes(accessed(c, *point), held(c, *point), some, found(*point))
    walks = agreement.finds_exactly(expressible(x), found(*point), shows(world.tables, *point))
    (one,) = one_frame(PAGES).values()
    return {
        LEAVES: entries_say(world.tables, database),
        BUFFERS: buffers_follow(world),
        WALKS: ForAll(list(point), walks),
        ACCESSES: ForAll([c, *point], taken),
        HITS: ForAll([c, *point], agreement.gives(held(c, *point), translates(world, c, *point))),
        PAGE: one,
    }


def conditions(code: Code = CODE) -> Iterator[Condition]:
    """The parts imply the whole, whatever the number of levels.

    :param code: what it says of the hardware takes the place of parts.
    """
    for levels in LEVELS:
        told: dict[str, Formula | None] = {**parts(levels), **code.hardware}
        known = {name: formula for name, formula in told.items() if formula is not None}
        same = accessed(c, x, f, a) == database(x, f, a)
        yield Condition(known, dict.fromkeys(known, "assumption"), Implies(expressible(x), same))


def _build(dialect: Dialect, code: Code) -> Iterator[Condition]:
    return conditions(code)


def obligations() -> Iterator[CodeObligation]:
    """The theorem."""
    yield CodeObligation(
        "hardware__sized_access__iff__shown",
        "C4",
        "where a method on leaves has ended, a user's load, store or fetch succeeds, and at r, exactly when the tree "
        "with sizes shows r at the page with that right, by leaves and entries of any size, where the format can "
        "express the page's rights",
        _build,
    )
