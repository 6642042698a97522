"""Take a translation from all cores: page by page, or many at a time with a counter of generations.

Page by page: ``clear`` takes the entry away, ``ask`` reads the mask and tells those whom it names, each of them answers
when it has forgotten, and ``finish`` lets the database forget when all have answered. Any number of shootdowns go on
at once, and cores load, enter, leave and forget in between.

Many at a time: each ``clear`` begins a generation of the space. A core that forgets the space has seen the generation
of that moment. A page may go to others when all cores that execute in the space have seen its generation; one that
executes elsewhere catches up when it enters.
"""

from dataclasses import replace

from z3 import And, Exists, ForAll, If, Implies, Not, Or

from model.cores.readings import Answers, CoreReadings, Counter, Frees, Order, Reach, Told, Wait
from model.cores.sets import CoreStep, forgotten, less, more
from model.cores.vocabulary import CoreCall, Cores, before, c, called, generations, p, r
from model.signature import Formula, Term
from model.spaces.dialect import Dialect
from model.spaces.vocabulary import Action

later = generations.later


def not_before(g: Term, h: Term) -> Formula:
    """The generation g is h, or comes after it."""
    return Or(g == h, later(g, h))


def _entry_stands(s: Cores, k: CoreCall) -> Formula:
    return Exists([r], s.entry(k.space, k.page, r))


def clear(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """The entry is cleared; the database still says what it said."""
    guard = {"an entry stands there": _entry_stands(s, k), "no shootdown of it goes on": Not(s.busy(k.space, k.page))}
    after = replace(s, entry=less(s.entry, k.space, k.page, None), busy=more(s.busy, k.space, k.page))
    if m.order != Order.CLEAR_FIRST:
        guard["the mask was read"] = s.asked(k.space, k.page)
    if m.order == Order.TELL_FIRST:
        guard["all have answered"] = ForAll([c], Not(s.owed(k.space, k.page, c)))
    if m.frees == Frees.AT_ONCE:
        after = replace(after, auth=less(s.auth, k.space, k.page, None))
    return Action("clear", guard, after, k)


def ask(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """The cores that may remember the page are told to forget it."""
    guard = {
        "the entry is cleared": s.busy(k.space, k.page),
        "nobody was told": Not(s.asked(k.space, k.page)),
    }
    if m.order != Order.CLEAR_FIRST:
        guard["the entry is cleared"] = And(_entry_stands(s, k), Not(s.busy(k.space, k.page)))

    def owed(z: Term, p: Term, c: Term) -> Formula:
        told = And(z == k.space, p == k.page)
        if m.reach != Reach.BROADCAST:
            told = And(told, s.may(z, c))
        return Or(s.owed(z, p, c), And(told, c == k.core) if m.told == Told.ITSELF else told)

    return Action("ask", guard, replace(s, asked=more(s.asked, k.space, k.page), owed=owed), k)


def fence(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """A core that got the message forgets the page."""
    guard = {"the core was told": s.owed(k.space, k.page, k.core)}
    after = replace(s, tlb=forgotten(s, k.core, k.space, k.page), fenced=more(s.fenced, k.space, k.page, k.core))
    return Action("fence", guard, after, k)


def answer(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """A core forgets the page and answers; with messages it has forgotten before, and says so."""
    guard = {"the core was told": s.owed(k.space, k.page, k.core)}
    if m.order == Order.MASK_FIRST:
        guard["the entry is cleared"] = s.busy(k.space, k.page)
    after = replace(s, owed=less(s.owed, k.space, k.page, k.core), fenced=less(s.fenced, k.space, k.page, k.core))
    if m.answers == Answers.HAVING_FORGOTTEN:
        if m.reach == Reach.MESSAGE:
            guard["it has forgotten"] = s.fenced(k.space, k.page, k.core)
        else:
            after = replace(after, tlb=forgotten(s, k.core, k.space, k.page))
    return Action("answer", guard, after, k)


def finish(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """All have answered: the database forgets what the page showed, and whoever waited goes on."""
    guard = {
        "the entry is cleared": s.busy(k.space, k.page),
        "the cores were told": s.asked(k.space, k.page),
        "all have answered": ForAll([c], Not(s.owed(k.space, k.page, c))),
    }
    if m.wait == Wait.NONE:
        del guard["all have answered"]
    after = replace(
        s,
        auth=less(s.auth, k.space, k.page, None),
        busy=less(s.busy, k.space, k.page),
        asked=less(s.asked, k.space, k.page),
        owed=less(s.owed, k.space, k.page, None),
        fenced=less(s.fenced, k.space, k.page, None),
    )
    return Action("finish", guard, after, k)


# With generations.


def clear_in_batch(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """The entry is cleared, and a generation of the space begins with it."""
    step = clear(m, dialect, s, k)
    new = later(k.gen, s.now(k.space))
    if m.counter == Counter.STANDS:
        new = If(Exists([p], s.busy(k.space, p)), k.gen == s.now(k.space), new)
    after = replace(
        step.after,
        now=lambda z: If(z == k.space, k.gen, s.now(z)),
        due=lambda z, p: If(And(z == k.space, p == k.page), k.gen, s.due(z, p)),
    )
    return Action("clear", {**step.guard, "the generation is new": new}, after, k)


def answer_for_all(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """A core forgets the whole space, and has seen its generation."""
    guard = {"it has missed a generation": s.seen(k.core, k.space) != s.now(k.space)}
    after = replace(s, seen=lambda c, z: If(And(c == k.core, z == k.space), s.now(z), s.seen(c, z)))
    if m.answers == Answers.HAVING_FORGOTTEN:
        after = replace(after, tlb=forgotten(s, k.core, k.space))
    return Action("answer", guard, after, k)


def finish_in_batch(m: CoreReadings, dialect: Dialect, s: Cores = before, k: CoreCall = called) -> CoreStep:
    """All that execute in the space have seen the generation of the page: the database forgets what it showed."""
    due = s.due(k.space, k.page)
    guard = {
        "the entry is cleared": s.busy(k.space, k.page),
        "all that execute there have seen it": ForAll(
            [c], Implies(s.runs(c, k.space), not_before(s.seen(c, k.space), due))
        ),
    }
    if m.wait == Wait.NONE:
        del guard["all that execute there have seen it"]
    after = replace(s, auth=less(s.auth, k.space, k.page, None), busy=less(s.busy, k.space, k.page))
    return Action("finish", guard, after, k)
