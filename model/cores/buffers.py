"""Actions of cores and kernel between shootdowns: remember, forget, enter spaces, get mappings, change tags."""

from dataclasses import replace

from z3 import And, Exists, ForAll, If, Not, Or

from model.cores.readings import Busy, CoreReadings, Entering, Flush, Leaves, Replaces, Tags
from model.cores.sets import CoreStep, forgotten, less, more
from model.cores.vocabulary import CoreCall, Cores, before, c, called, r, t, z
from model.signature import Formula, Term
from model.spaces.dialect import Dialect
from model.spaces.vocabulary import Action


def load(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """A core walks the page table of the space that it executes in, and remembers what it finds."""
    guard = {
        "the core executes there": s.runs(k.core, k.space),
        "the entry shows it": s.entry(k.space, k.page, k.frame),
    }

    def tlb(c: Term, t: Term, p: Term, r: Term) -> Formula:
        return Or(s.tlb(c, t, p, r), And(c == k.core, s.under(k.core, t), p == k.page, r == k.frame))

    return Action("load", guard, replace(s, tlb=tlb), k)


def evict(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """A core forgets one translation of its own accord."""
    guard = {"it remembers it": s.tlb(k.core, k.tag, k.page, k.frame)}
    return Action("evict", guard, replace(s, tlb=less(s.tlb, k.core, k.tag, k.page, k.frame)), k)


def enter(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """A core goes over to a space, and joins its mask; with generations it forgets it first, if it has missed one."""
    guard = {
        "it executes elsewhere": Not(s.runs(k.core, k.space)),
        "the space has a tag": Exists([t], s.tagged(k.space, t)),
    }

    def runs(c: Term, z: Term) -> Formula:
        return If(c == k.core, z == k.space, s.runs(c, z))

    def under(c: Term, t: Term) -> Formula:
        return If(c == k.core, s.tagged(k.space, t), s.under(c, t))

    may = more(s.may, k.space, k.core)
    if m.leaves == Leaves.OUT_OF_MASK:
        may = more(less(s.may, None, k.core), k.space, k.core)
    after = replace(s, runs=runs, under=under, may=may)
    if m.flush == Flush.BATCH and m.entering == Entering.CATCHES_UP:
        missed = s.seen(k.core, k.space) != s.now(k.space)
        gone = forgotten(s, k.core, k.space)
        after = replace(
            after,
            tlb=lambda c, t, p, r: And(s.tlb(c, t, p, r), Or(Not(missed), gone(c, t, p, r))),
            seen=lambda c, z: If(And(c == k.core, z == k.space), s.now(k.space), s.seen(c, z)),
        )
    return Action("enter", guard, after, k)


def leave(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """A core that executes elsewhere forgets a space, and leaves its mask."""
    guard = {
        "it executes elsewhere": Not(s.runs(k.core, k.space)),
        "the mask names it": s.may(k.space, k.core),
    }
    after = replace(s, may=less(s.may, k.space, k.core), tlb=forgotten(s, k.core, k.space))
    return Action("leave", guard, after, k)


def install(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """The database lets a page show a frame, and the entry is written."""
    guard = {
        "the page shows nothing": ForAll([r], Not(s.auth(k.space, k.page, r))),
        "no shootdown of it goes on": Not(s.busy(k.space, k.page)),
        "nobody is told to forget it": Not(s.asked(k.space, k.page)),
    }
    auth, entry = (more(of, k.space, k.page, k.frame) for of in (s.auth, s.entry))
    after = replace(s, auth=auth, entry=entry)
    if m.busy == Busy.REUSED:
        guard = {"no entry stands there": ForAll([r], Not(s.entry(k.space, k.page, r)))}
    if m.replaces == Replaces.IN_PLACE:  # written over the old; who may remember that is told afterwards
        del guard["the page shows nothing"]
        changed = Exists([r], And(s.entry(k.space, k.page, r), r != k.frame))
        auth, entry = (more(less(of, k.space, k.page, None), k.space, k.page, k.frame) for of in (s.auth, s.entry))
        after = replace(
            s,
            auth=auth,
            entry=entry,
            owed=lambda z, p, c: Or(s.owed(z, p, c), And(z == k.space, p == k.page, changed, s.may(z, c))),
        )
    return Action("install", guard, after, k)


def retire(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """A space that nobody executes in loses its tag."""
    guard = {
        "it is the space's": s.tagged(k.space, k.tag),
        "nobody executes there": ForAll([c], Not(s.runs(c, k.space))),
    }
    after = replace(s, tagged=less(s.tagged, k.space, k.tag), clean=less(s.clean, k.tag, None))
    return Action("retire", guard, after, k)


def wipe(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """A core forgets all that it remembers under a tag that no space has."""
    guard = {"no space has the tag": ForAll([z], Not(s.tagged(z, k.tag)))}
    after = replace(s, tlb=less(s.tlb, k.core, k.tag, None, None), clean=more(s.clean, k.tag, k.core))
    return Action("wipe", guard, after, k)


def assign(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """A space without a tag gets one under which nobody remembers anything."""
    guard = {
        "the space has none": ForAll([t], Not(s.tagged(k.space, t))),
        "every core has wiped it": ForAll([c], s.clean(k.tag, c)),
    }
    if m.tags == Tags.AT_ONCE:
        del guard["every core has wiped it"]
        guard["no space has the tag"] = ForAll([z], Not(s.tagged(z, k.tag)))
    after = replace(s, tagged=more(s.tagged, k.space, k.tag), clean=less(s.clean, k.tag, None))
    return Action("assign", guard, after, k)
