"""The invariants of pages with owners, one line and one name each; and the first states."""

from collections.abc import Iterator, Mapping

from z3 import And, Exists, ForAll, Implies, Not, Or

from model.ownership.readings import Access, Borrowers, OwnershipReadings, Relinquishing
from model.ownership.vocabulary import Pages, r, u, y, z
from model.signature import Formula
from model.spaces.invariants import Invariant

PageInvariant = Invariant[Pages]


def _of_all() -> Iterator[PageInvariant]:
    yield Invariant(
        "one_owner",
        "B.owner",
        "a page has one owner at most",
        lambda s: ForAll([z, y, r], Implies(And(s.owns(z, r), s.owns(y, r)), z == y)),
    )
    yield Invariant(
        "some_owner",
        "B.owner",
        "every page has an owner",
        lambda s: ForAll([r], Exists([z], s.owns(z, r))),
    )
    yield Invariant(
        "lender_owns",
        "B.owner",
        "only the owner has lent or shared a page",
        lambda s: ForAll([z, y, r], Implies(s.loan(z, y, r), s.owns(z, r))),
    )
    yield Invariant(
        "borrower_is_another",
        "B.owner",
        "nobody borrows its own page",
        lambda s: ForAll([z, y, r], Implies(s.loan(z, y, r), z != y)),
    )
    yield Invariant(
        "nobody_third",
        "B.owner",
        "who can access a page owns it, or its owner has lent or shared it to that one",
        lambda s: ForAll([z, y, r], Implies(And(s.access(y, r), s.owns(z, r)), Or(y == z, s.loan(z, y, r)))),
    )
    yield Invariant(
        "lent_is_locked",
        "A.map",
        "the owner of a page that is lent cannot access it",
        lambda s: ForAll([z, r], Implies(And(s.lent(r), s.owns(z, r)), Not(s.access(z, r)))),
    )
    yield Invariant(
        "unlent_is_open",
        "A.map",
        "the owner of a page that is not lent can access it",
        lambda s: ForAll([z, r], Implies(And(s.owns(z, r), Not(s.lent(r))), s.access(z, r))),
    )
    yield Invariant(
        "lent_is_borrowed",
        "A.map",
        "a page that is lent is lent to somebody",
        lambda s: ForAll([r], Implies(s.lent(r), Exists([z, y], s.loan(z, y, r)))),
    )


def invariants_of(m: OwnershipReadings) -> Mapping[str, PageInvariant]:
    """The invariants of the dialects with these readings."""
    found = {invariant.name: invariant for invariant in _of_all()}
    if m.borrowers == Borrowers.ONE:
        one: PageInvariant = Invariant(
            "one_borrower",
            "B.owner",
            "a page is lent or shared to one at a time",
            lambda s: ForAll([z, y, u, r], Implies(And(s.loan(z, y, r), s.loan(z, u, r)), y == u)),
        )
        found[one.name] = one
    if m.access == Access.AT_ONCE and m.relinquishing == Relinquishing.ABSENT:
        has: PageInvariant = Invariant(
            "borrower_has_access",
            "A.map",
            "to whom a page is lent or shared can access it",
            lambda s: ForAll([z, y, r], Implies(s.loan(z, y, r), s.access(y, r))),
        )
        found[has.name] = has
    return found


def initial(s: Pages) -> dict[str, Formula]:
    """Every page has one owner, who alone can access it."""
    return {
        "a page has one owner": ForAll([z, y, r], Implies(And(s.owns(z, r), s.owns(y, r)), z == y)),
        "a page has some owner": ForAll([r], Exists([z], s.owns(z, r))),
        "owners alone have access": ForAll([z, r], s.access(z, r) == s.owns(z, r)),
        "no page is lent": ForAll([r], Not(s.lent(r))),
        "no page is borrowed": ForAll([z, y, r], Not(s.loan(z, y, r))),
    }
