"""What two differences in ownership have in common that are one defect, as far as can be told.

A cause is a line that people read and a file keeps, so that a search can go on past what is known: who does what with
which kind of page, and the effect.
"""

from collections.abc import Sequence

from model.ownership.literal import NOBODY, REFUSED, Owned, borrowers, initial
from model.ownership.operation import NOBODY_ELSE, Kind, PageOperation
from model.ownership.readings import OwnershipReadings
from model.scope import Scope
from refinement.check.driver.driver import Mismatch
from refinement.check.target.ownership_calls import ACCESSES, BORROWS, FIRST_OWNERSHIP, OWNS, OwnershipCall

TO_WHOM = {Kind.DONATE: "to", Kind.LEND: "to", Kind.SHARE: "with", Kind.RECLAIM: "from"}
PASSED_ON = (Kind.DONATE, Kind.LEND, Kind.SHARE)  # whether these are done may rest on who else borrows the page
WHAT = {OWNS: "ownership", BORROWS: "a loan", ACCESSES: "access"}
FIRST_STATE = "the first state"


def cause_of(
    scope: Scope, operations: Sequence[PageOperation], cells: Sequence[int], readings: OwnershipReadings
) -> str:
    """The cause of a difference that shows after the last of the operations.

    :param cells: of the failure, as :meth:`refinement.check.driver.bench.Bench.failure` gives them.
    """
    state = initial(scope)
    for operation in operations[:-1]:
        operation.apply(state, readings)
    if not operations:
        return f"{FIRST_STATE}: {_effect(cells, None)}"
    return f"{_operation(state, operations[-1])}: {_effect(cells, operations[-1])}"


def _operation(s: Owned, o: PageOperation) -> str:
    """The kind of operation, what the page is to those who take part, and whether others borrow it."""
    said = f"{o.kind.word} by {_role(s, o.by, o.page)}"
    if o.other != NOBODY_ELSE:
        said += f" {TO_WHOM[o.kind]} {'itself' if o.other == o.by else _role(s, o.other, o.page)}"
    others = [each for each in borrowers(s, o.page) if each not in (o.by, o.other)]
    return f"{said}, while others borrow it" if others and o.kind in PASSED_ON else said


def _role(s: Owned, party: int, page: int) -> str:
    """What the party is to the page."""
    if s.owner[page] == party:
        return "the owner"
    if s.lender[party, page] == NOBODY:
        return "a stranger"
    return "a borrower with access" if s.access[party, page] else "a borrower"


def _effect(cells: Sequence[int], o: PageOperation | None) -> str:
    """What differs; None: in the first state, after no operation."""
    fault, call, expected, _, got, _, party, page = cells
    if fault == Mismatch.STATUS:
        return "refused, though it can be done" if got == REFUSED else "done, though it is to be refused"
    if fault == Mismatch.UNFIT:
        return "the size is refused"
    if fault == Mismatch.CHECK:
        return "the target's own check fails"
    if fault == Mismatch.ERROR:
        shows = call in (FIRST_OWNERSHIP + OwnershipCall.HAS, FIRST_OWNERSHIP + OwnershipCall.MAPPED)
        return "what is shown is no answer" if shows else "no status"
    who = _who(party, o)
    where = " of another page" if o is not None and page != o.page else ""
    if fault == Mismatch.LOOKUP_HW:
        return f"{who} {'has' if got else 'lacks'} an entry{where} in its page table"
    more, less = _words(got & ~expected), _words(expected & ~got)
    said = [f"has {more}{where}, in the model not"] if more else []
    said += [f"lacks {less}{where}"] if less else []
    return f"{who} {', and '.join(said)}"


def _who(party: int, o: PageOperation | None) -> str:
    if o is None:
        return "a party"
    return {o.other: "the other", o.by: "the caller"}.get(party, "a third party")


def _words(bits: int) -> str:
    """The bits in words; those that mean nothing as a number."""
    words = [word for bit, word in WHAT.items() if bits & bit]
    unknown = bits & ~(OWNS | BORROWS | ACCESSES)
    return " and ".join([*words, *([f"bits {unknown:#x}"] if unknown else [])])
