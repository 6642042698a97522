"""Walks of threads and messages: they meet, find broken kernels, are shortened, and leave the right one alone."""

import pytest

from model.messages import literal
from model.messages.operation import Kind
from model.messages.tables import board_of, first_row, view
from model.spaces.literal import DONE
from proofs.faults.hunts.message_machine import KINDS, READINGS, SCOPES, failing, find, shortened, walk
from proofs.faults.record import Engine, HuntEnding
from refinement.faults.messages import MESSAGE_FAULTS
from refinement.messages.kernel import MessageKernel


@pytest.mark.long
def test_walks_do_every_kind_of_operation() -> None:
    done = set()
    for scope in SCOPES:
        for seed in range(12):
            row, board = first_row(scope), board_of(scope)
            for o in walk(scope, seed):
                if literal.act(view(row, board), board, o, *READINGS) == DONE:
                    done.add(o.kind)
    assert done == set(KINDS) == set(Kind) - {Kind.SEND_STRING}


def test_a_walk_is_the_same_each_time() -> None:
    assert walk(SCOPES[1], 7) == walk(SCOPES[1], 7) != walk(SCOPES[1], 8)


@pytest.mark.long
def test_a_broken_kernel_is_found() -> None:
    found = find("window-kept", MESSAGE_FAULTS["window-kept"].kernel)
    assert (found.engine, found.ending, found.fell) == (Engine.STATE_MACHINE, HuntEnding.KILLED, ("threads",))
    assert "with a window at" in found.said


def test_nothing_of_a_trace_can_be_left_out() -> None:
    kernel, scope = MESSAGE_FAULTS["window-kept"].kernel, SCOPES[0]
    steps, found = next(tried for seed in range(20) if (tried := failing(scope, kernel, walk(scope, seed)))[1])
    shorter, _ = shortened(scope, kernel, steps, found)
    assert 2 <= len(shorter) <= len(steps)
    for at in range(len(shorter)):
        assert failing(scope, kernel, (*shorter[:at], *shorter[at + 1 :]))[1] == []


@pytest.mark.long
def test_the_right_kernel_survives() -> None:
    found = find("", MessageKernel, walks=2)
    assert (found.ending, found.fell) == (HuntEnding.SURVIVED, ())
    assert found.said.startswith("no difference in ")


def test_a_kernel_that_raises_has_failed() -> None:
    class Raises(MessageKernel):
        def stop_waiting(self, thread: int) -> None:
            self.threads.partner[-1] = 0

    assert find("raises", Raises).fell == ("crash",)


@pytest.mark.slow
@pytest.mark.parametrize("fault", MESSAGE_FAULTS)
def test_every_broken_kernel_is_found(fault: str) -> None:
    assert find(fault, MESSAGE_FAULTS[fault].kernel).ending == HuntEnding.KILLED
