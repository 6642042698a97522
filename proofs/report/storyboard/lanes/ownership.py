"""From a trace of ownership to its storyboard: what each party has of each page, and where a target differs."""

from collections.abc import Iterator, Sequence

from model.ownership.literal import DONE, NOBODY, Owned
from model.ownership.operation import NOBODY_ELSE
from model.ownership.trace import OwnershipTrace
from proofs.report.storyboard.lanes.lanes import LaneBoard, LaneState, LaneStep
from proofs.report.storyboard.replays.run import TooLargeError
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
    length, parties = len(trace.operations), len(_parties(trace, shown))
    if length > MOST or parties > PARTIES:
        raise TooLargeError(
            f"no picture of {length} steps of {parties} parties: at most {MOST} steps, {PARTIES} parties"
        )
    return ownership_lanes(trace, shown, failure)


def ownership_lanes(trace: OwnershipTrace, shown: Sequence[Sequence[int]] = (), failure: str = "") -> LaneBoard:
    """The same, however large, for the terminal.

    There are lanes for those whom a step names, or of whom a target tells something else. What the trace
    was kept for is the title only if a target was asked: the model alone shows nothing wrong.
    """
    parties, steps = _parties(trace, shown), []
    for number, (operation, status, state) in enumerate(trace.states()):
        told = shown[number] if number < len(shown) else holdings(state)
        lanes = tuple(_lane(state, party, told, trace.scope.pages) for party in parties)
        refused = "" if status == DONE else " (nothing is done)"
        title = f"{operation.text()}{refused}" if operation else "at first"
        findings = (failure,) if failure and number == len(trace.operations) else ()
        steps.append(LaneStep(number, parties.index(operation.by) if operation else 0, title, lanes, findings))
    title = trace.shows if trace.shows and (shown or failure) else f"ownership {trace.dialect}"
    about = tuple(_about(trace, shown or failure, trace.scope.spaces - len(parties)))
    return LaneBoard(title, about, tuple(f"σ{party}" for party in parties), tuple(steps))


def _parties(trace: OwnershipTrace, shown: Sequence[Sequence[int]]) -> list[int]:
    """Those whom a step names, the first owner among them, and those of whom a target tells something else."""
    found = {0, *(o.by for o in trace.operations), *(o.other for o in trace.operations)} - {NOBODY_ELSE}
    for told, (_, _, state) in zip(shown, trace.states(), strict=False):
        wrong = [n for n, (has, got) in enumerate(zip(holdings(state), told, strict=True)) if has != got]
        found |= {number // trace.scope.pages for number in wrong}
    if len(found) < 2 <= trace.scope.spaces:
        found.add(1)
    return sorted(found)


def _about(trace: OwnershipTrace, asked: object, left_out: int) -> Iterator[str]:
    yield f"Ownership {trace.dialect}: {trace.resolved().sentence}."
    if asked:
        yield "A lane is what the model says; where the target shows something else, it stands below."
    elif trace.shows:
        yield f"This is the model alone. What the trace was kept for was not checked here: {trace.shows}."
    for number, operations in enumerate(trace.before, 1):
        yield f"Round {number} before: {'; '.join(each.text() for each in operations) or 'nothing'}."
    if left_out:
        yield "No step names the other party." if left_out == 1 else f"No step names {left_out} other parties."


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
