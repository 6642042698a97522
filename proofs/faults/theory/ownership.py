"""Wrong kinds of ownership: each is a dialect with a choice read wrongly, a condition left out, or a step changed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from model.ownership.readings import OWNERSHIP_DIALECTS, Donation, LentOwner, Onward, OwnershipDialect, Reclaim
from model.ownership.theories import theory_of_ownership
from model.ownership.vocabulary import Pages, PageStep, before, called
from model.spaces.dialect import Dialect
from model.theory import Actions, Theory
from proofs.faults.theory.ownership_steps import Change, anything, miswritten, never, only_with_another
from proofs.obligation import Condition, Obligation, condition_of


@dataclass(frozen=True)
class OwnershipFault:
    """A dialect of ownership that is wrong in one way.

    :param name: what it is called.
    :param mechanism: how it goes wrong, in one sentence.
    :param right: the dialect that it is made of.
    :param wrong: the dialect with the wrong reading, or without a condition; the right one, if an action is changed.
    :param action: the action that is changed, or lacks a condition; empty for a reading, which may change several.
    :param change: makes the wrong step of the right one.
    :param shows: the obligation that a shortest trace breaks, without its prefix; empty if none is looked for.
    :param refuses: the action is never taken: only what is to be possible can fall.
    """

    name: str
    mechanism: str
    right: OwnershipDialect
    wrong: OwnershipDialect
    action: str = ""
    change: Change | None = None
    shows: str = ""
    refuses: bool = False

    @cached_property
    def _theory(self) -> Theory[Pages]:
        theory = theory_of_ownership(self.wrong)
        if self.change is None:
            return theory
        actions = {**theory.actions, self.action: _changed(theory.actions[self.action], self.change)}
        return replace(theory, actions=MappingProxyType(actions))

    def theory(self) -> Theory[Pages]:
        """The wrong theory."""
        return self._theory

    def actions(self) -> Actions[Any]:
        """The actions of the wrong theory."""
        return self._theory.actions

    def condition(self, obligation: Obligation[Any, Any], dialect: Dialect, invariants: frozenset[str]) -> Condition:
        """The verification condition of an obligation, with the wrong action."""
        return condition_of(obligation, dialect, invariants, actions=self.actions())


def _changed(make: Callable[..., PageStep], change: Change) -> Callable[..., PageStep]:
    return lambda dialect, s=before, k=called: change(make(dialect, s, k), s)


def _misread() -> Iterator[tuple[str, str, str, dict[str, Any], str]]:
    """Name, mechanism, dialect, what is read wrongly, and what a trace breaks then."""
    yield (
        "reclaimed-access-stays",
        "a page is the owner's again while the borrower still has access",
        "ffa",
        {"reclaim": Reclaim.ACCESS_STAYS},
        "reclaim__preserves__nobody_third",
    )
    yield (
        "unshared-entry-stays",
        "a share ends in the records of the owner, and the borrower's entry is not erased",
        "pkvm",
        {"reclaim": Reclaim.ACCESS_STAYS},
        "reclaim__preserves__nobody_third",
    )
    yield (
        "revoked-while-mapped",
        "a grant is revoked without a look at whether it is mapped",
        "xen",
        {"reclaim": Reclaim.ACCESS_STAYS},
        "reclaim__preserves__nobody_third",
    )
    yield (
        "lender-keeps-access",
        "who lends a page keeps its own access",
        "ffa",
        {"lent_owner": LentOwner.KEEPS_ACCESS},
        "lend__preserves__lent_is_locked",
    )
    yield (
        "donated-while-borrowed",
        "a page is donated while somebody borrows it, whose loan nobody can end then",
        "ffa",
        {"donation": Donation.ALLOWED},
        "donate__preserves__lender_owns",
    )
    yield (
        "lent-on",
        "a borrower passes the page on, behind the owner's back",
        "ffa",
        {"onward": Onward.ALLOWED},
        "share__preserves__lender_owns",
    )


def _unguarded() -> Iterator[tuple[str, str, str, str, str, str]]:
    """Name, mechanism, dialect, the action, the condition that is left out, and what a trace breaks then."""
    owns, another = "the caller owns it", "the other is another"
    yield (
        "donated-by-anyone",
        "a page is donated by one who does not own it",
        "ffa",
        "donate",
        owns,
        "donate__preserves__nobody_third",
    )
    yield (
        "shared-by-anyone",
        "a page is shared by one who does not own it",
        "pkvm",
        "share",
        owns,
        "share__preserves__lender_owns",
    )
    yield (
        "reclaimed-by-anyone",
        "a page is taken back by one who does not own it",
        "ffa",
        "reclaim",
        owns,
        "reclaim__preserves__nobody_third",
    )
    yield (
        "shared-to-itself",
        "an owner shares a page to itself",
        "xen",
        "share",
        another,
        "share__preserves__borrower_is_another",
    )
    yield (
        "shared-while-lent",
        "a page is shared that its owner has no access to",
        "ffa",
        "share",
        "it is not lent",
        "share__opens__to_both",
    )
    yield (
        "lent-while-shared",
        "a page is lent that is shared: who has it as a share has it without its owner then",
        "ffa",
        "lend",
        "it is not shared",
        "lend__keeps__the_kind",
    )
    yield (
        "donated-to-itself",
        "an owner donates a page to itself, and is told that it was done",
        "pkvm",
        "donate",
        another,
        "donate__changes__something",
    )
    yield (
        "retrieved-unasked",
        "a page is retrieved by one to whom nobody has lent or shared it",
        "ffa",
        "retrieve",
        "it was lent or shared to the caller",
        "retrieve__preserves__nobody_third",
    )
    yield (
        "relinquished-by-owner",
        "who relinquishes a page need not be a borrower: an owner loses its own",
        "xen",
        "relinquish",
        "the caller borrows it",
        "relinquish__preserves__unlent_is_open",
    )


def faults() -> Iterator[OwnershipFault]:
    """All of them; the last are there so that every obligation is seen to fall."""
    for name, mechanism, of, changed, shows in _misread():
        right = OWNERSHIP_DIALECTS[of]
        yield OwnershipFault(f"ownership-{name}", mechanism, right, right.reading(**changed), shows=shows)
    for name, mechanism, of, action, condition, shows in _unguarded():
        right = OWNERSHIP_DIALECTS[of]
        wrong = right.without(action, condition)
        yield OwnershipFault(f"ownership-{name}", mechanism, right, wrong, action, shows=shows)
    for name, mechanism, of, action, change, shows in miswritten():
        right = OWNERSHIP_DIALECTS[of]
        yield OwnershipFault(f"ownership-{name}", mechanism, right, right, action, change, shows)
    for name, dialect in OWNERSHIP_DIALECTS.items():
        for action in theory_of_ownership(dialect).actions:
            for what, said, change in (
                ("anything", f"{action} leaves anything at all behind", anything),
                ("never", f"{action} is never taken", never),
                ("stuck", f"{action} is not taken unless a third borrows the page as well", only_with_another),
            ):
                yield OwnershipFault(
                    f"ownership-{what}-{name}-{action}",
                    said,
                    dialect,
                    dialect,
                    action,
                    change,
                    refuses=what == "never",
                )


OWNERSHIP_FAULTS: dict[str, OwnershipFault] = {fault.name: fault for fault in faults()}
