"""From a trace of ownership to its storyboard: what each party has of each page, and where a target differs."""

from collections.abc import Iterator, Sequence

from model.ownership.literal import DONE, NOBODY, Owned
from model.ownership.trace import OwnershipTrace
from proofs.report.storyboard.lanes import LaneBoard, LaneState, LaneStep
from proofs.report.storyboard.run import TooLargeError
from refinement.check.finding.ownership_finding import held
from refinement.check.ownership.graph import holdings

MOST = 40
"""Steps of the longest trace of ownership that is drawn."""

PARTIES = 8
"""Lanes of the widest board."""


def ownership_board(trace: OwnershipTrace, shown: Sequence[Sequence[int]] = (), failure: str = "") -> LaneBoard:
    """The storyboard of a trace of ownership, replayed on the literal model.

    :param shown: what a target has told of everybody and each page after each step, from the first state on; and
        ``failure`` how its last step failed.
    :raises TooLargeError: it has too many steps, or parties, for a picture.
    """
    length, parties = len(trace.operations), trace.scope.spaces
    if length > MOST or parties > PARTIES:
        raise TooLargeError(
            f"no picture of {length} steps of {parties} parties: at most {MOST} steps, {PARTIES} parties"
        )
    steps = []
    for number, (operation, status, state) in enumerate(trace.states()):
        told = shown[number] if number < len(shown) else holdings(state)
        lanes = tuple(_lane(state, party, told, trace.scope.pages) for party in range(parties))
        refused = "" if status == DONE else " (nothing is done)"
        title = f"{operation.text()}{refused}" if operation else "at first"
        findings = (failure,) if failure and number == length else ()
        steps.append(LaneStep(number, operation.by if operation else 0, title, lanes, findings))
    return LaneBoard(
        trace.shows or f"ownership {trace.dialect}", tuple(_about(trace, shown)), _names(parties), tuple(steps)
    )


def _about(trace: OwnershipTrace, shown: Sequence[Sequence[int]]) -> Iterator[str]:
    yield f"Ownership {trace.dialect}: {trace.resolved().sentence}."
    if shown:
        yield "A lane is what the model says; where the target shows something else, it stands below."


def _names(parties: int) -> tuple[str, ...]:
    return tuple(f"σ{party}" for party in range(parties))


def _lane(s: Owned, party: int, told: Sequence[int], pages: int) -> LaneState:
    """What the party has of each page, in the model, and what the target says of it where that is another thing."""
    model, words, wrong = holdings(s), [], False
    for page in range(pages):
        has, got = model[party * pages + page], told[party * pages + page]
        words.append(f"page {page}: {_in_words(s, party, page, has)}")
        if got != has:
            words.append(f"the target: {held(got)}")
            wrong = True
    return LaneState(tuple(words), wrong)


def _in_words(s: Owned, party: int, page: int, has: int) -> str:
    said = held(has)
    if s.lender[party, page] != NOBODY:
        said += f", {'lent' if s.lent[page] else 'shared'} by σ{int(s.lender[party, page])}"
    return said
