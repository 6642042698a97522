"""The invariants of many cores, one line and one name each; and the first states."""

from collections.abc import Iterator, Mapping

from z3 import And, ForAll, Implies, Not, Or

from model.cores.readings import CoreReadings, Flush, Reach
from model.cores.shootdown import later, not_before
from model.cores.vocabulary import Cores, c, d, g, h, i, p, q, r, t, u, y, z
from model.signature import Formula, Term
from model.spaces.invariants import Invariant

CoreInvariant = Invariant[Cores]
SAFE, ALIKE = "used_is_allowed", "used_alike"
"""The two that a program notices: it uses what it may not, or two cores of one space see two frames in one page."""


def remembers(s: Cores, c: Term, z: Term, t: Term, p: Term, r: Term) -> Formula:
    """The core remembers what the space shows, under the tag that the space has."""
    return And(s.tlb(c, t, p, r), s.tagged(z, t))


def uses(s: Cores, m: CoreReadings, c: Term, z: Term, t: Term, p: Term, r: Term) -> Formula:
    """The core remembers it and can use it at once; with generations only if it executes there: else it catches up."""
    used = remembers(s, c, z, t, p, r)
    return And(s.runs(c, z), used) if m.flush == Flush.BATCH else used


def _of_all(m: CoreReadings) -> Iterator[CoreInvariant]:
    yield Invariant(
        SAFE,
        "A.P",
        "no core can use a translation that the database does not allow",
        lambda s: ForAll([c, z, t, p, r], Implies(uses(s, m, c, z, t, p, r), s.auth(z, p, r))),
    )
    yield Invariant(
        ALIKE,
        "A.replace",
        "no two cores use two frames for one page of one space",
        lambda s: ForAll(
            [c, d, z, t, p, r, q], Implies(And(uses(s, m, c, z, t, p, r), uses(s, m, d, z, t, p, q)), r == q)
        ),
    )
    yield Invariant(
        "one_frame",
        "A.P",
        "the database lets a page show one frame at most",
        lambda s: ForAll([z, p, r, q], Implies(And(s.auth(z, p, r), s.auth(z, p, q)), r == q)),
    )
    yield Invariant(
        "entry_is_allowed",
        "A.P",
        "a page table shows only what the database allows",
        lambda s: ForAll([z, p, r], Implies(s.entry(z, p, r), s.auth(z, p, r))),
    )
    yield Invariant(
        "busy_has_no_entry",
        "A.flush",
        "while cores are forgetting a page, no entry shows it",
        lambda s: ForAll([z, p, r], Implies(s.busy(z, p), Not(s.entry(z, p, r)))),
    )
    yield Invariant(
        "one_space_a_tag",
        "A.P",
        "no two spaces have one tag",
        lambda s: ForAll([z, y, t], Implies(And(s.tagged(z, t), s.tagged(y, t)), z == y)),
    )
    yield Invariant(
        "one_tag_a_space",
        "A.P",
        "a space has one tag at most",
        lambda s: ForAll([z, t, u], Implies(And(s.tagged(z, t), s.tagged(z, u)), t == u)),
    )
    yield Invariant(
        "register_has_the_tag",
        "A.P",
        "a core loads under the tag of the space that it executes in",
        lambda s: ForAll([c, z, t], Implies(And(s.runs(c, z), s.under(c, t)), s.tagged(z, t))),
    )
    yield Invariant(
        "used_tag_is_not_clean",
        "A.P",
        "a tag that a space has does not count as wiped",
        lambda s: ForAll([z, t, c], Implies(s.tagged(z, t), Not(s.clean(t, c)))),
    )
    yield Invariant(
        "clean_is_forgotten",
        "A.P",
        "a core remembers nothing under a tag that it has wiped",
        lambda s: ForAll([c, t, p, r], Implies(s.clean(t, c), Not(s.tlb(c, t, p, r)))),
    )


def _page_by_page(m: CoreReadings) -> Iterator[CoreInvariant]:
    yield Invariant(
        "asked_is_busy",
        "A.flush",
        "cores are told to forget only what was cleared",
        lambda s: ForAll([z, p], Implies(s.asked(z, p), s.busy(z, p))),
    )
    yield Invariant(
        "owed_is_asked",
        "A.flush",
        "a core owes an answer only where cores have been told",
        lambda s: ForAll([c, z, p], Implies(s.owed(z, p, c), s.asked(z, p))),
    )
    yield Invariant(
        "asked_owe",
        "A.flush",
        "when cores have been told, each that remembers the page owes an answer",
        lambda s: ForAll([c, z, t, p, r], Implies(And(remembers(s, c, z, t, p, r), s.asked(z, p)), s.owed(z, p, c))),
    )
    if m.reach != Reach.BROADCAST:
        yield Invariant(
            "remembered_in_mask",
            "A.flush",
            "the mask of a space names every core that remembers what it shows",
            lambda s: ForAll([c, z, t, p, r], Implies(remembers(s, c, z, t, p, r), s.may(z, c))),
        )
        yield Invariant(
            "runs_in_mask",
            "A.flush",
            "the mask of a space names every core that executes there",
            lambda s: ForAll([c, z], Implies(s.runs(c, z), s.may(z, c))),
        )
    if m.reach == Reach.MESSAGE:
        yield Invariant(
            "fenced_is_asked",
            "A.flush",
            "a core forgets for a message only what it was told to",
            lambda s: ForAll([c, z, p], Implies(s.fenced(z, p, c), s.asked(z, p))),
        )
        yield Invariant(
            "fenced_forgot",
            "A.flush",
            "a core that has fenced does not remember the page",
            lambda s: ForAll([c, z, t, p, r], Implies(s.fenced(z, p, c), Not(remembers(s, c, z, t, p, r)))),
        )


def _in_batches(m: CoreReadings) -> Iterator[CoreInvariant]:
    yield Invariant(
        "later_irreflexive", "A.flush", "no generation comes after itself", lambda s: ForAll([g], Not(later(g, g)))
    )
    yield Invariant(
        "later_transitive",
        "A.flush",
        "generations come one after another",
        lambda s: ForAll([g, h, i], Implies(And(later(g, h), later(h, i)), later(g, i))),
    )
    yield Invariant(
        "later_total",
        "A.flush",
        "of two generations one comes after the other",
        lambda s: ForAll([g, h], Or(g == h, later(g, h), later(h, g))),
    )
    yield Invariant(
        "seen_has_begun",
        "A.flush",
        "a core has seen no generation that has not begun",
        lambda s: ForAll([c, z], not_before(s.now(z), s.seen(c, z))),
    )
    yield Invariant(
        "due_has_begun",
        "A.flush",
        "a page is due with a generation that has begun",
        lambda s: ForAll([z, p], Implies(s.busy(z, p), not_before(s.now(z), s.due(z, p)))),
    )
    yield Invariant(
        "busy_is_unseen",
        "A.flush",
        "a core that remembers a cleared page has not seen its generation",
        lambda s: ForAll(
            [c, z, t, p, r],
            Implies(And(remembers(s, c, z, t, p, r), s.busy(z, p)), later(s.due(z, p), s.seen(c, z))),
        ),
    )
    yield Invariant(
        "stale_is_behind",
        "A.flush",
        "a core that remembers what the database does not allow has missed a generation",
        lambda s: ForAll(
            [c, z, t, p, r],
            Implies(And(remembers(s, c, z, t, p, r), Not(s.auth(z, p, r))), later(s.now(z), s.seen(c, z))),
        ),
    )


def invariants_of(m: CoreReadings) -> Mapping[str, CoreInvariant]:
    """The invariants of the protocols that reach cores, and take pages, in these ways."""
    own = _in_batches(m) if m.flush == Flush.BATCH else _page_by_page(m)
    return {invariant.name: invariant for invariant in (*_of_all(m), *own)}


def initial(s: Cores) -> dict[str, Formula]:
    """No page shows anything and nothing is remembered; spaces may have tags, and cores execute where they like."""
    return {
        "no page shows anything": ForAll([z, p, r], Not(Or(s.auth(z, p, r), s.entry(z, p, r)))),
        "nothing is remembered": ForAll([c, t, p, r], Not(s.tlb(c, t, p, r))),
        "no shootdown goes on": ForAll([z, p], Not(Or(s.busy(z, p), s.asked(z, p)))),
        "nobody is told": ForAll([z, p, c], Not(Or(s.owed(z, p, c), s.fenced(z, p, c)))),
        "masks name who executes": ForAll([c, z], Implies(s.runs(c, z), s.may(z, c))),
        "tags differ": ForAll([z, y, t], Implies(And(s.tagged(z, t), s.tagged(y, t)), z == y)),
        "tags are single": ForAll([z, t, u], Implies(And(s.tagged(z, t), s.tagged(z, u)), t == u)),
        "registers have the tag": ForAll([c, z, t], Implies(And(s.runs(c, z), s.under(c, t)), s.tagged(z, t))),
        "tags in use are not clean": ForAll([z, t, c], Implies(s.tagged(z, t), Not(s.clean(t, c)))),
        "all generations are seen": ForAll([c, z], s.seen(c, z) == s.now(z)),
    }


def ordered() -> dict[str, Formula]:
    """Generations stand in one line."""
    return {
        "no generation after itself": ForAll([g], Not(later(g, g))),
        "generations follow": ForAll([g, h, i], Implies(And(later(g, h), later(h, i)), later(g, i))),
        "generations compare": ForAll([g, h], Or(g == h, later(g, h), later(h, g))),
    }
