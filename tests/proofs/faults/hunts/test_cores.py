"""Shortest traces of wrong protocols: as long as they have to be, replayed, drawn; and which states are reached."""

from dataclasses import replace

import pytest

from model.cores.invariants import SAFE
from model.cores.readings import PROTOCOLS
from model.cores.scope import CoreScope, start
from model.cores.sets import CoreStep, less
from model.cores.trace import CoreTrace
from model.cores.vocabulary import before
from proofs.counterexamples.by_name import counterexample
from proofs.faults.hunts import cores
from proofs.faults.hunts.cores import (
    core_fault_names,
    reached_in,
    refuted_by,
    renamed,
    theory_of_trace,
    with_core_fault,
)
from proofs.faults.theory import CORE_FAULTS
from proofs.faults.theory.cores import CoreFault
from proofs.obligations.cores.inventory import of_protocol
from proofs.report.storyboard.lanes.cores import core_board
from proofs.report.storyboard.lanes.lanes import lane_svg
from proofs.report.storyboard.lanes.page import lane_page

STEPS = {
    "cores-no-wait": 5,
    "cores-frees-before-answers": 3,
    "cores-invalidates-first": 6,
    "cores-mask-read-first": 6,
    "cores-lazy-core-skipped": 7,
    "cores-tag-reused-early": 10,
    "cores-initiator-alone": 6,
    "cores-answers-early": 7,
    "cores-entry-reused-busy": 7,
    "cores-replaced-in-place": 4,
    "cores-broadcast-not-awaited": 5,
    "cores-broadcast-in-place": 4,
    "cores-broadcast-before-clearing": 7,
    "cores-message-answered-unfenced": 7,
    "cores-message-mask-read-first": 6,
    "cores-batch-without-counter": 8,
    "cores-batch-entered-unchecked": 7,
    "cores-batch-not-awaited": 4,
    "cores-batch-seen-unforgotten": 6,
    "cores-nobody-asked": 4,
    "cores-retired-in-use": 7,
    "cores-second-tag": 4,
    "cores-wiped-in-use": 6,
    "cores-two-frames-a-page": 4,
}
QUICK = ("cores-no-wait", "cores-answers-early", "cores-batch-entered-unchecked")


def test_every_wrong_protocol_that_shows_is_here() -> None:
    assert set(STEPS) == set(core_fault_names())


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in STEPS])
def test_the_shortest_trace(name: str) -> None:
    found = with_core_fault(CORE_FAULTS[name])
    assert found.trace is not None
    assert found.complete
    assert len(found.trace.operations) == STEPS[name]
    again = CoreTrace.from_json(found.trace.to_json())
    board = core_board(again)
    assert len(board.steps) == STEPS[name] + 1
    assert board.steps[-1].findings
    for drawn in (lane_svg(board), lane_page(board)):
        assert "remembers" in drawn or "tag" in drawn
    assert 'name="viewport"' in lane_page(board)
    assert "<h2>1. " in lane_page(board)
    assert lane_svg(board).count('class="title"') >= 1


@pytest.mark.long
def test_a_right_protocol_has_no_such_trace() -> None:
    right = CORE_FAULTS["cores-no-wait"]
    found = with_core_fault(replace(right, wrong=right.right))
    assert (found.trace, found.complete) == (None, True)


@pytest.mark.slow
def test_whether_a_counterexample_to_induction_is_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    fault, scope = CORE_FAULTS["cores-answers-early"], CoreScope(2, 1, 1, tags=2)
    keys, complete = reached_in(fault.theory(), scope)
    assert complete
    first = start(scope)
    other = first.with_symbols(**{name: first.symbols[name][:, ::-1] for name in ("tagged", "may")})
    swapped = other.with_symbols(runs=first.symbols["runs"][:, :, ::-1], tagged=first.symbols["tagged"])
    swapped = swapped.with_symbols(under=first.symbols["under"][:, :, ::-1])
    assert any(key in keys for key in renamed(swapped, scope))  # the spaces and the tags have each other's names
    nowhere = first.with_symbols(may=first.symbols["may"] & False)
    assert not any(key in keys for key in renamed(nowhere, scope))
    assert [each.scope for each in refuted_by(fault)]
    for state, reached in ((swapped, True), (nowhere, False)):  # which one a solver finds is its own affair
        monkeypatch.setattr(cores, "least_model", lambda formulas, seconds, state=state: state)
        found = list(refuted_by(fault))
        assert found
        assert {each.reached for each in found} == {reached}


@pytest.mark.long
def test_what_an_action_is_changed_to_touch_is_asked_of_it() -> None:
    """The right step leaves the mask alone, so that nothing is asked of it there."""
    interrupt = PROTOCOLS["interrupt"]

    def change(step: CoreStep) -> CoreStep:
        return replace(step, after=replace(step.after, may=less(before.may, step.called.space, None)))

    fault = CoreFault("cores-mask-emptied", "clearing empties the mask", interrupt, interrupt, "clear", change, SAFE)
    assert "cores_interrupt__clear__preserves__remembered_in_mask" not in of_protocol(interrupt)
    refuted = {each.obligation: each.reached for each in refuted_by(fault)}
    assert "cores_interrupt__clear__preserves__remembered_in_mask" in refuted
    found = with_core_fault(fault)
    assert found.trace is not None
    assert len(found.trace.operations) == 5


@pytest.mark.long
def test_by_name() -> None:
    found = counterexample("cores-no-wait")
    assert found.shown
    assert found.cores is not None
    assert found.cores.trace is not None
    assert found.cores.trace.words()[-1] == "5. the flush of σ0[0] returns"


@pytest.mark.long
def test_a_trace_of_a_fault_that_is_none_is_refused() -> None:
    found = with_core_fault(CORE_FAULTS["cores-no-wait"]).trace
    assert found is not None
    other = CoreTrace("batch", found.scope, found.operations, fault=found.fault)
    with pytest.raises(ValueError, match="no fault of the protocol batch"):
        theory_of_trace(other)
    impossible = CoreTrace("interrupt", found.scope, found.operations)
    with pytest.raises(ValueError, match="step 5, the flush of σ0\\[0\\] returns, is not possible"):
        core_board(impossible)
