"""Donate, lend, share, retrieve, relinquish and reclaim, as guarded updates of a few relations.

What stands in a page is not modelled: a page that changes hands has to be cleared by whoever executes the operation,
or by the owner before, and nothing here says that it was.
"""

from dataclasses import replace

from z3 import And, Exists, ForAll, Implies, Not, Or

from model.ownership.readings import Access, Borrowers, Donation, Ends, LentOwner, Onward, OwnershipReadings, Reclaim
from model.ownership.vocabulary import PageCall, Pages, PageStep, before, called, u, y, z
from model.signature import Formula, Term
from model.spaces.dialect import Dialect
from model.spaces.vocabulary import Action


def borrows(s: Pages, borrower: Term, page: Term) -> Formula:
    """Somebody has lent or shared the page to it."""
    return Exists([u], s.loan(u, borrower, page))


def is_free(s: Pages, page: Term) -> Formula:
    """Nobody borrows the page."""
    return ForAll([z, y], Not(s.loan(z, y, page)))


def donate(m: OwnershipReadings, dialect: Dialect, s: Pages = before, k: PageCall = called) -> PageStep:
    """The page is another's for good."""
    guard = {
        "the caller owns it": s.owns(k.by, k.page),
        "the other is another": k.by != k.other,
        "nobody borrows it": is_free(s, k.page),
    }
    if m.donation == Donation.ALLOWED:
        del guard["nobody borrows it"]
    after = replace(
        s,
        owns=lambda z, r: Or(And(s.owns(z, r), r != k.page), And(z == k.other, r == k.page)),
        access=lambda z, r: Or(And(s.access(z, r), Not(And(z == k.by, r == k.page))), And(z == k.other, r == k.page)),
    )
    return Action("donate", guard, after, k)


def _offer(m: OwnershipReadings, s: Pages, k: PageCall) -> tuple[dict[str, Formula], Pages]:
    """What lending and sharing have in common: the guard but for the kind of loan, and the loan."""
    guard = {
        "the caller owns it": s.owns(k.by, k.page),
        "the other is another": k.by != k.other,
        "the other does not borrow it": Not(borrows(s, k.other, k.page)),
    }
    if m.onward == Onward.ALLOWED:
        has_it = And(borrows(s, k.by, k.page), s.access(k.by, k.page))
        guard["the caller owns it"] = Or(s.owns(k.by, k.page), has_it)
    if m.borrowers == Borrowers.ONE:
        guard["nobody borrows it"] = is_free(s, k.page)
    at_once = m.access == Access.AT_ONCE
    after = replace(
        s,
        loan=lambda z, y, r: Or(s.loan(z, y, r), And(z == k.by, y == k.other, r == k.page)),
        access=lambda z, r: Or(s.access(z, r), And(z == k.other, r == k.page)) if at_once else s.access(z, r),
    )
    return guard, after


def lend(m: OwnershipReadings, dialect: Dialect, s: Pages = before, k: PageCall = called) -> PageStep:
    """The other may access the page, and the caller may not meanwhile."""
    guard, after = _offer(m, s, k)
    guard["it is not shared"] = Or(s.lent(k.page), is_free(s, k.page))
    offered = after

    def access(z: Term, r: Term) -> Formula:
        return And(offered.access(z, r), Not(And(z == k.by, r == k.page)))

    after = replace(offered, lent=lambda r: Or(s.lent(r), r == k.page))
    if m.lent_owner == LentOwner.LOSES_ACCESS:
        after = replace(after, access=access)
    return Action("lend", guard, after, k)


def share(m: OwnershipReadings, dialect: Dialect, s: Pages = before, k: PageCall = called) -> PageStep:
    """The other may access the page as well."""
    guard, after = _offer(m, s, k)
    guard["it is not lent"] = Not(s.lent(k.page))
    return Action("share", guard, after, k)


def retrieve(m: OwnershipReadings, dialect: Dialect, s: Pages = before, k: PageCall = called) -> PageStep:
    """A borrower takes the access that was offered to it."""
    guard = {
        "it was lent or shared to the caller": borrows(s, k.by, k.page),
        "the caller has no access": Not(s.access(k.by, k.page)),
    }
    after = replace(s, access=lambda z, r: Or(s.access(z, r), And(z == k.by, r == k.page)))
    return Action("retrieve", guard, after, k)


def relinquish(m: OwnershipReadings, dialect: Dialect, s: Pages = before, k: PageCall = called) -> PageStep:
    """A borrower gives up its access; the loan stands until the owner takes the page back."""
    guard = {
        "the caller borrows it": borrows(s, k.by, k.page),
        "the caller has access": s.access(k.by, k.page),
    }
    after = replace(s, access=lambda z, r: And(s.access(z, r), Not(And(z == k.by, r == k.page))))
    return Action("relinquish", guard, after, k)


def reclaim(m: OwnershipReadings, dialect: Dialect, s: Pages = before, k: PageCall = called) -> PageStep:
    """The owner takes the page back, from one borrower or from all; after the last it is the owner's alone."""
    one = m.ends == Ends.ONE_LOAN

    def ends(z: Term, y: Term, r: Term) -> Formula:
        """The reclaim ends that loan."""
        return And(r == k.page, y == k.other) if one else r == k.page

    guard = {"the caller owns it": s.owns(k.by, k.page)}
    if one:
        guard["it is lent or shared to the other"] = borrows(s, k.other, k.page)
        has_none = Not(s.access(k.other, k.page))
        others = Exists([z, y], And(s.loan(z, y, k.page), y != k.other))
    else:
        guard["it is lent or shared"] = Not(is_free(s, k.page))
        has_none = ForAll([z, y], Implies(s.loan(z, y, k.page), Not(s.access(y, k.page))))
        others = None
    if m.reclaim == Reclaim.REFUSED:
        guard["the borrower has no access"] = has_none

    def loses(z: Term, r: Term) -> Formula:
        return And(r == k.page, z == k.other) if one else And(r == k.page, borrows(s, z, r))

    def restored(z: Term, r: Term) -> Formula:
        back = And(z == k.by, r == k.page)
        return back if others is None else And(back, Not(others))

    def access(z: Term, r: Term) -> Formula:
        kept = And(s.access(z, r), Not(loses(z, r))) if m.reclaim == Reclaim.FORCED else s.access(z, r)
        return Or(kept, restored(z, r))

    after = replace(
        s,
        loan=lambda z, y, r: And(s.loan(z, y, r), Not(ends(z, y, r))),
        lent=lambda r: And(s.lent(r), r != k.page if others is None else Or(r != k.page, others)),
        access=access,
    )
    return Action("reclaim", guard, after, k)
