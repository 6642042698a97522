"""The cause of a difference in ownership: who does what with which page, and the effect."""

import pytest

from model.ownership.operation import NOBODY_ELSE, Kind, PageOperation
from model.ownership.readings import OWNERSHIP_DIALECTS
from model.ownership.trace import pages_of
from refinement.check.driver.driver import Mismatch
from refinement.check.ownership.cause import cause_of
from refinement.check.target.ownership_calls import FIRST_OWNERSHIP, OwnershipCall

FFA = OWNERSHIP_DIALECTS["ffa"].readings
SHARED = PageOperation(Kind.SHARE, 0, 1, 0)
RETRIEVED = PageOperation(Kind.RETRIEVE, 1, NOBODY_ELSE, 0)
OTHERS = PageOperation(Kind.SHARE, 0, 2, 0)
GIVEN = PageOperation(Kind.DONATE, 0, 1, 0)


def cells(
    fault: Mismatch, expected: int = 0, got: int = 0, party: int = -1, page: int = -1, call: int = 0
) -> tuple[int, ...]:
    return fault, call, expected, 0, got, 0, party, page


def effect(*of: PageOperation, **named: int) -> str:
    """What is said after the colon."""
    return cause_of(pages_of(3, 2), of, cells(**named), FFA).split(": ", 1)[1]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operations", "said"),
    [
        ((GIVEN,), "donate by the owner to a stranger"),
        ((PageOperation(Kind.DONATE, 1, 0, 0),), "donate by a stranger to the owner"),
        ((PageOperation(Kind.DONATE, 1, 1, 0),), "donate by a stranger to itself"),
        ((GIVEN, PageOperation(Kind.LEND, 1, 0, 0)), "lend by the owner to a stranger"),
        ((SHARED, SHARED), "share by the owner with a borrower"),
        ((SHARED, RETRIEVED), "retrieve by a borrower"),
        ((SHARED, RETRIEVED, RETRIEVED), "retrieve by a borrower with access"),
        ((SHARED, RETRIEVED, SHARED), "share by the owner with a borrower with access"),
        ((SHARED, GIVEN), "donate by the owner to a borrower"),
        ((OTHERS, GIVEN), "donate by the owner to a stranger, while others borrow it"),
        ((PageOperation(Kind.SHARE, 0, 1, 1), GIVEN), "donate by the owner to a stranger"),
        ((SHARED, PageOperation(Kind.RECLAIM, 0, NOBODY_ELSE, 0)), "reclaim by the owner"),
        ((OTHERS, SHARED, PageOperation(Kind.RECLAIM, 0, 1, 0)), "reclaim by the owner from a borrower"),
        ((SHARED, PageOperation(Kind.RECLAIM, 0, 1, 0)), "reclaim by the owner from a borrower"),
        ((), "the first state"),
    ],
)
def test_the_operation_by_what_the_page_is_to_those_who_take_part(
    operations: tuple[PageOperation, ...], said: str
) -> None:
    cause = cause_of(pages_of(3, 2), operations, cells(Mismatch.STATUS, got=1), FFA)
    assert cause == f"{said}: refused, though it can be done"


def test_the_effect_on_the_status() -> None:
    assert effect(GIVEN, fault=Mismatch.STATUS, expected=0, got=1) == "refused, though it can be done"
    assert effect(GIVEN, fault=Mismatch.STATUS, expected=1, got=0) == "done, though it is to be refused"
    assert effect(GIVEN, fault=Mismatch.ERROR, got=-7, call=FIRST_OWNERSHIP + Kind.DONATE) == "no status"
    assert effect(GIVEN, fault=Mismatch.CHECK, got=3) == "the target's own check fails"
    assert effect(fault=Mismatch.UNFIT, got=1) == "the size is refused"


@pytest.mark.parametrize("call", [OwnershipCall.HAS, OwnershipCall.MAPPED])
def test_a_look_that_is_no_answer(call: OwnershipCall) -> None:
    assert effect(GIVEN, fault=Mismatch.ERROR, got=-1, call=FIRST_OWNERSHIP + call) == "what is shown is no answer"


@pytest.mark.parametrize(
    ("expected", "got", "party", "page", "said"),
    [
        (0, 4, 0, 0, "the caller has access, in the model not"),
        (5, 4, 1, 0, "the other lacks ownership"),
        (0, 2, 2, 0, "a third party has a loan, in the model not"),
        (1, 6, 1, 0, "the other has a loan and access, in the model not, and lacks ownership"),
        (5, 1, 0, 1, "the caller lacks access of another page"),
        (1, 9, 0, 0, "the caller has bits 0x8, in the model not"),
    ],
)
def test_the_effect_on_what_somebody_has(expected: int, got: int, party: int, page: int, said: str) -> None:
    assert effect(GIVEN, fault=Mismatch.LOOKUP, expected=expected, got=got, party=party, page=page) == said


def test_the_effect_on_a_page_table() -> None:
    found = [
        effect(GIVEN, fault=Mismatch.LOOKUP_HW, expected=1 - got, got=got, party=0, page=page)
        for got, page in ((1, 0), (0, 1))
    ]
    assert found == [
        "the caller has an entry in its page table",
        "the caller lacks an entry of another page in its page table",
    ]


def test_the_effect_in_the_first_state() -> None:
    assert effect(fault=Mismatch.LOOKUP, expected=5, got=1, party=0, page=1) == "a party lacks access"
