"""The readings of ownership: where FF-A, pKVM and Xen's grant tables differ; and wrong ones.

Of the choices from ``lent_owner`` on, all members but the first are wrong, and stand here so that each is refuted by
its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from model.choice import Choice, GuardedChoice, choices_of, guarded_named

OWNERSHIP = "ownership:"
"""What the name of a theory of ownership begins with; its dialect follows."""


class Access(Choice):
    """When a borrower gets its access."""

    RETRIEVED = 0, "a borrower asks for its access once the page is lent or shared to it"
    AT_ONCE = 1, "a borrower has access as soon as the page is lent or shared to it"


class Reclaim(Choice):
    """An owner takes a page back to which a borrower has access."""

    REFUSED = 0, "a page is taken back only when the borrower has given up its access"
    FORCED = 1, "a page is taken back with the borrower's access, without asking it"
    ACCESS_STAYS = 2, "a page is taken back without a look at the borrower, who keeps its access"


class Ends(Choice):
    """What a reclaim ends."""

    EVERY_LOAN = 0, "a reclaim ends all loans of the page"
    ONE_LOAN = 1, "a reclaim ends the loan to one borrower"


class Borrowers(Choice):
    """How many have a page at a time."""

    SEVERAL = 0, "a page can be lent or shared to several, one after another"
    ONE = 1, "a page is lent or shared to one at a time"


class Lending(Choice):
    """Whether an owner can give up its access for a time."""

    OFFERED = 0, "a page can be lent, so that its owner has no access meanwhile, or shared"
    ABSENT = 1, "a page can be shared, and never lent"


class Relinquishing(Choice):
    """Whether a borrower can give up its access."""

    OFFERED = 0, "a borrower can give up its access"
    ABSENT = 1, "a borrower has its access until the owner takes the page back"


class LentOwner(Choice):
    """The owner of a page that is lent."""

    LOSES_ACCESS = 0, "who lends a page has no access to it until it is taken back"
    KEEPS_ACCESS = 1, "who lends a page keeps its access"


class Donation(Choice):
    """A page that somebody borrows is to be given away for good."""

    REFUSED = 0, "a page that is lent or shared is not donated"
    ALLOWED = 1, "a page is donated whoever borrows it"


class Onward(Choice):
    """A borrower passes a page on."""

    REFUSED = 0, "only the owner lends and shares a page: a loan has depth 1"
    ALLOWED = 1, "who has borrowed a page lends and shares it on"


class OwnershipReadings(NamedTuple):
    """One member of each choice."""

    access: Access = Access.RETRIEVED
    reclaim: Reclaim = Reclaim.REFUSED
    ends: Ends = Ends.EVERY_LOAN
    borrowers: Borrowers = Borrowers.SEVERAL
    lending: Lending = Lending.OFFERED
    relinquishing: Relinquishing = Relinquishing.OFFERED
    lent_owner: LentOwner = LentOwner.LOSES_ACCESS
    donation: Donation = Donation.REFUSED
    onward: Onward = Onward.REFUSED


OWNERSHIP_CHOICES: Mapping[str, type[Choice]] = MappingProxyType(choices_of(OwnershipReadings()))


@dataclass(frozen=True, slots=True)
class OwnershipDialect(GuardedChoice[OwnershipReadings]):
    """A named choice of readings of ownership.

    >>> OWNERSHIP_DIALECTS["pkvm"].reading(borrowers=Borrowers.ONE).name
    'pkvm with borrowers=one'
    >>> OWNERSHIP_DIALECTS["ffa"].without("reclaim", "the caller owns it").name
    'ffa without reclaim: the caller owns it'
    """


OWNERSHIP_DIALECTS: Mapping[str, OwnershipDialect] = MappingProxyType(
    {
        dialect.name: dialect
        for dialect in (
            OwnershipDialect(
                "ffa",
                "FF-A: a borrower retrieves and relinquishes; a page that it has is not reclaimed",
                OwnershipReadings(),
            ),
            OwnershipDialect(
                "pkvm",
                "pKVM: a page is shared at once, and taken back from each borrower without asking it; nothing is lent",
                OwnershipReadings(
                    access=Access.AT_ONCE,
                    reclaim=Reclaim.FORCED,
                    ends=Ends.ONE_LOAN,
                    lending=Lending.ABSENT,
                    relinquishing=Relinquishing.ABSENT,
                ),
            ),
            OwnershipDialect(
                "xen",
                "Xen: a domain maps and unmaps what is granted to it; a mapped grant is not revoked; nothing is lent",
                OwnershipReadings(ends=Ends.ONE_LOAN, lending=Lending.ABSENT),
            ),
        )
    }
)
"""The dialects, all of them right."""


def ownership_named(name: str) -> OwnershipDialect:
    """The dialect of that name; ``NAME with CHOICE=READING, ...`` is understood too, and at the end of either
    `` without ACTION: CONDITION``. Whether the action asks for that condition, its theory says.

    >>> ownership_named("xen with reclaim=access_stays").readings.reclaim.name
    'ACCESS_STAYS'
    >>> ownership_named("ffa without reclaim: the caller owns it").dropped
    (('reclaim', 'the caller owns it'),)

    :raises KeyError: there is no such dialect, choice or reading.
    """
    return guarded_named(name, OWNERSHIP_DIALECTS.__getitem__)


def literal_dialect(name: str) -> OwnershipDialect:
    """The dialect of that name, if the literal model can do as it says.

    :raises KeyError: there is none of that name, or one of its conditions is dropped; the first argument is a sentence.
    """
    try:
        dialect = ownership_named(name)
    except KeyError:
        raise KeyError(f"there is no dialect {name!r} of ownership") from None
    if dialect.dropped:
        raise KeyError(f"{name!r} leaves a condition out, which the theory can and the literal model cannot")
    return dialect
