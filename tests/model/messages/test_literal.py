"""The literal model of threads and messages, action by action: what each needs, and what it does."""

import numpy as np
import pytest

from model.messages import literal
from model.messages.operation import Kind, Operation
from model.messages.readings import (
    Afterwards,
    Begins,
    Chooses,
    Faults,
    Ids,
    Item,
    Lines,
    MessageReadings,
    Ports,
    Sender,
    Timeouts,
    Waits,
    Window,
)
from model.messages.scope import MessageScope, set_of
from model.messages.tables import ENDED, RUNS, Threads, board_of, first_row, view
from model.spaces.dialect import CANONICAL, DIALECTS, Readings
from model.spaces.literal import CYCLE_MET, DONE, NIL, REFUSED

# τ0 in σ0 and τ1 in σ1 run, τ2 sends interrupts, τ3 and τ4 can be begun; τ4 has the id of τ0. The frame 1 is a port.
SCOPE = MessageScope(3, 2, 2, threads=5, ids=4, words=4, booted=2, hardware=1, ports=1)
BOARD = board_of(SCOPE)
C = MessageReadings()
EVERYBODY = set_of(0, 1, 2, 3)


class Kernel:
    """A state, and the operations done to it; a refusal has to leave everything as it was."""

    def __init__(self, readings: MessageReadings = C, spaces: Readings = CANONICAL.readings) -> None:
        self.row = first_row(SCOPE)
        self.s: Threads = view(self.row, BOARD)
        self.readings, self.spaces = readings, spaces

    def __call__(self, kind: Kind, **arguments: int) -> int:
        before = self.row.copy()
        status = literal.act(self.s, BOARD, Operation(kind, **arguments), self.readings, self.spaces)
        assert status == DONE or (self.row == before).all()
        return status

    def all_of(self, *operations: tuple[Kind, dict[str, int]]) -> None:
        for kind, arguments in operations:
            assert self(kind, **arguments) == DONE, (kind, arguments)


def waits(actor: int, *ids: int, opens: int = 0) -> tuple[Kind, dict[str, int]]:
    return Kind.WAIT, {"actor": actor, "willing": set_of(*ids), "opens": opens}


THINKS = (Kind.THINK, {"actor": 0, "word": 0})
SENDS = {"actor": 0, "other": 1, "word": 0}
MAPS = {**SENDS, "src": 0, "dst": 2}


def test_at_first_what_was_booted_runs_and_nobody_has_said_anything() -> None:
    s = Kernel().s
    assert s.life.tolist() == [RUNS, RUNS, RUNS, 0, 0]
    assert s.space.tolist() == [0, 1, 0, 0, 0]
    assert s.pager.tolist() == [NIL, 0, NIL, NIL, NIL]
    assert s.named.tolist() == [1, 1, 1, 0]
    assert s.born.tolist() == [1, 1, 0]
    assert not any(table.any() for table in (s.awaits, s.window, s.known, s.contains, s.sent))
    assert {*s.sender, *s.message, *s.calls, *s.server} == {NIL}


def test_the_tables_of_a_state_fill_its_row_and_share_none_of_it() -> None:
    row = np.arange(len(first_row(SCOPE)))
    tables = [*view(row, BOARD).spaces, *view(row, BOARD)[1:]]
    assert np.concatenate(tables).tolist() == row.tolist()


# messages


def test_a_message_passes_where_both_agree_and_ends_both_waits() -> None:
    k = Kernel()
    k.all_of(THINKS, waits(1, 0, 3))
    assert k(Kind.SEND, **SENDS, willing=set_of(1, 3), opens=set_of(1)) == DONE
    s = k.s
    assert (s.sender[1], s.message[1], s.awaits[1]) == (0, 0, 0)
    assert (s.awaits[0], s.window[0], s.calls[0]) == (set_of(1, 3), set_of(1), NIL)
    assert s.known.tolist() == [1, 1, 0]
    assert s.sent.tolist() == [0, 1, *[0] * 23]


@pytest.mark.parametrize("ids", [(), (1,), (2, 3)])
def test_no_message_passes_to_who_does_not_wait_for_its_sender(ids: tuple[int, ...]) -> None:
    k = Kernel()
    k.all_of(THINKS, waits(1, *ids))
    assert k(Kind.SEND, **SENDS) == REFUSED


def test_what_is_not_known_cannot_be_sent_and_who_is_blocked_sends_nothing() -> None:
    k = Kernel()
    k.all_of(waits(1, 0))
    assert k(Kind.SEND, **SENDS) == REFUSED
    k.all_of(THINKS)
    k.all_of(waits(0, 1))
    assert k(Kind.SEND, **SENDS) == REFUSED


def test_a_send_that_waits_for_the_partner_alone_is_a_call_until_the_wait_ends() -> None:
    for ends in ((Kind.TIMEOUT, {"other": 0}), (Kind.SEND, {"actor": 1, "other": 0, "word": 0})):
        k = Kernel()
        k.all_of(THINKS, waits(1, 0))
        assert k(Kind.SEND, **SENDS, willing=set_of(1)) == DONE
        assert k.s.calls[0] == 1
        k.all_of(ends)
        assert k.s.calls[0] == NIL


def test_a_new_wait_forgets_the_message() -> None:
    k = Kernel()
    k.all_of(THINKS, waits(1, 0), (Kind.SEND, SENDS), waits(1, 0))
    assert (k.s.sender[1], k.s.message[1]) == (NIL, NIL)


def test_a_window_is_in_the_own_space() -> None:
    k = Kernel()
    k.all_of(THINKS, waits(1, 0))
    assert k(Kind.WAIT, actor=0, willing=1, opens=set_of(0, 2)) == REFUSED
    assert k(Kind.SEND, **SENDS, willing=1, opens=set_of(2)) == REFUSED


def test_the_name_that_the_receiver_sees() -> None:
    for sender, claimed, seen in (
        (Sender.KERNEL, 3, 0),
        (Sender.CLAIMED, 2, 2),
        (Sender.BADGE, 3, 3),  # the last badge is everybody's
        (Sender.BADGE, 1, None),
    ):
        k = Kernel(C._replace(sender=sender))
        k.all_of(THINKS, waits(1, 0))
        assert k(Kind.SEND, **SENDS, claimed=claimed) == (REFUSED if seen is None else DONE)
        assert k.s.sender[1] == (NIL if seen is None else seen)


def test_where_nobody_is_chosen_one_waits_for_the_callee_for_anybody_or_not_at_all() -> None:
    k = Kernel(C._replace(waits=Waits.ANYBODY_OR_CALLEE))
    assert k(Kind.WAIT, actor=1, willing=set_of(0)) == REFUSED
    k.all_of(THINKS, waits(1, 0, 1, 2, 3))
    assert k(Kind.SEND, **SENDS, willing=set_of(2)) == REFUSED
    assert k(Kind.SEND, **SENDS, willing=set_of(1)) == DONE


# pages


@pytest.mark.parametrize(("kind", "sigma"), [(Kind.SEND_MAP, [-2, -3, 0]), (Kind.SEND_GRANT, [NIL, -3, -2])])
def test_a_page_goes_into_the_window(kind: Kind, sigma: list[int]) -> None:
    k = Kernel()
    k.all_of(THINKS, waits(1, 0, opens=set_of(2)))
    assert k(kind, **MAPS) == DONE
    assert k.s.spaces.sigma[:3].tolist() == sigma
    assert (k.s.window[1], k.s.message[1]) == (0, 0)


# For each way in which a page does not fit: the window, and what is sent otherwise.
UNFIT: dict[str, tuple[int, dict[str, int]]] = {
    "no window": (0, {}),
    "another slot": (set_of(3), {}),
    "a port elsewhere": (set_of(2), {"src": 1}),
    "no right": (set_of(2), {"rights": 0}),
}


@pytest.mark.parametrize("why", UNFIT)
def test_a_page_that_does_not_fit_stops_the_message_or_is_left_out(why: str) -> None:
    window, other = UNFIT[why]
    for item, status in ((Item.REFUSED, REFUSED), (Item.DROPPED, DONE)):
        k = Kernel(C._replace(item=item))
        k.all_of(THINKS, waits(1, 0, opens=window))
        assert k(Kind.SEND_MAP, **{**MAPS, **other}) == status
        assert k.s.spaces.sigma.tolist() == [-2, -3, *[NIL] * 4]
        assert (k.s.message[1] == 0) == (status == DONE)


def test_a_page_of_another_space_is_nobodys_to_send_even_where_what_does_not_fit_is_left_out() -> None:
    k = Kernel(C._replace(item=Item.DROPPED))
    k.all_of(THINKS, waits(1, 0, opens=set_of(2)))
    assert k(Kind.SEND_MAP, **{**MAPS, "src": 3}) == REFUSED


def test_where_windows_are_ignored_the_page_still_stays_in_the_receivers_space() -> None:
    k = Kernel(C._replace(window=Window.IGNORED))
    k.all_of(THINKS, waits(1, 0))
    assert k(Kind.SEND_MAP, **{**MAPS, "dst": 4}) == REFUSED
    assert k(Kind.SEND_MAP, **MAPS) == DONE


def test_a_port_is_mapped_in_place_or_anywhere() -> None:
    for ports, dst, status in ((Ports.IN_PLACE, 3, DONE), (Ports.IN_PLACE, 2, REFUSED), (Ports.ANYWHERE, 2, DONE)):
        k = Kernel(C._replace(ports=ports))
        k.all_of(THINKS, waits(1, 0, opens=set_of(2, 3)))
        assert k(Kind.SEND_MAP, **{**MAPS, "src": 1, "dst": dst}) == status


def test_there_is_no_message_with_a_grant_where_there_is_no_grant() -> None:
    k = Kernel(C._replace(item=Item.DROPPED), DIALECTS["nova"].readings)
    k.all_of(THINKS, waits(1, 0, opens=set_of(2)))
    assert k(Kind.SEND_GRANT, **MAPS) == REFUSED


def test_a_message_whose_page_meets_a_cycle_does_not_pass() -> None:
    k = Kernel(C._replace(item=Item.DROPPED), DIALECTS["literal-lazy"].readings)
    k.all_of(THINKS, waits(1, 0, opens=set_of(2)))
    k.s.spaces.sigma[2], k.s.spaces.sigma[4] = 4, 2
    assert k(Kind.SEND_MAP, **MAPS) == CYCLE_MET


def test_the_window_closes_with_the_wait_or_stays() -> None:
    for afterwards, left in ((Afterwards.CLOSED, 0), (Afterwards.OPEN, set_of(2))):
        for ends in ((Kind.SEND, SENDS), (Kind.TIMEOUT, {"other": 1})):
            k = Kernel(C._replace(afterwards=afterwards))
            k.all_of(THINKS, waits(1, 0, opens=set_of(2)), ends)
            assert k.s.window[1] == left
            k.all_of(waits(1, 0, opens=set_of(3)))
            assert k.s.window[1] == left | set_of(3)


def test_a_flush_is_of_the_own_page_and_asks_nobody() -> None:
    k = Kernel()
    k.all_of(THINKS, waits(1, 0, opens=set_of(2)), (Kind.SEND_MAP, MAPS))
    assert k(Kind.FLUSH, actor=1, src=0) == REFUSED
    assert k(Kind.FLUSH, actor=0, src=0) == DONE
    assert k.s.spaces.sigma[2] == NIL


# the kernel by itself


def test_a_wait_ends_without_a_message_where_there_are_timeouts() -> None:
    for timeouts, status in ((Timeouts.ANY, DONE), (Timeouts.NONE, REFUSED)):
        k = Kernel(C._replace(timeouts=timeouts))
        assert k(Kind.TIMEOUT, other=1) == REFUSED
        k.all_of(waits(1, 0))
        assert k(Kind.TIMEOUT, other=1) == status


def test_a_page_fault_is_a_call_of_the_pager_with_a_window_where_the_page_is_missing() -> None:
    for faults, window in ((Faults.MISSING_PAGE, set_of(3)), (Faults.WHOLE_SPACE, set_of(2, 3))):
        k = Kernel(C._replace(faults=faults))
        assert k(Kind.PAGE_FAULT, actor=1, other=0, dst=3) == REFUSED  # the pager does not wait
        k.all_of(waits(0, 1))
        assert k(Kind.PAGE_FAULT, actor=1, other=0, dst=1) == REFUSED  # not in its space
        assert k(Kind.PAGE_FAULT, actor=1, other=0, dst=3) == DONE
        assert (k.s.sender[0], k.s.message[0]) == (1, 2)
        assert (k.s.awaits[1], k.s.window[1], k.s.calls[1]) == (set_of(0), window, 0)
    k = Kernel(C._replace(faults=Faults.NO_CALL))
    k.all_of(waits(0, 1))
    assert k(Kind.PAGE_FAULT, actor=1, other=0, dst=3) == REFUSED


def test_a_page_fault_goes_to_the_pager_alone() -> None:
    k = Kernel()
    k.all_of(waits(1, 0))
    assert k(Kind.PAGE_FAULT, actor=0, other=1, dst=0) == REFUSED


def test_an_interrupt_is_the_empty_message_to_who_serves_it() -> None:
    k = Kernel()
    k.all_of(waits(0, 2))
    assert k(Kind.INTERRUPT, actor=2, other=0) == REFUSED
    k.all_of((Kind.TIMEOUT, {"other": 0}), (Kind.ASSOCIATE, {"actor": 0, "other": 2}))
    assert k(Kind.INTERRUPT, actor=2, other=0) == REFUSED
    k.all_of(waits(0, 2))
    assert k(Kind.INTERRUPT, actor=2, other=0) == DONE
    assert (k.s.sender[0], k.s.message[0]) == (2, 0)
    assert k(Kind.ASSOCIATE, actor=1, other=2) == REFUSED  # it is served


def test_hardware_neither_waits_nor_sends_nor_ends() -> None:
    k = Kernel(C._replace(lines=Lines.FIRST_COME))
    assert k(Kind.WAIT, actor=2, willing=1) == REFUSED
    assert k(Kind.END, actor=0, other=2) == REFUSED
    assert k(Kind.ASSOCIATE, actor=0, other=1) == REFUSED  # no hardware
    assert k(Kind.INTERRUPT, actor=0, other=1) == REFUSED


def test_an_interrupt_that_was_assigned_goes_to_its_space() -> None:
    k = Kernel(C._replace(lines=Lines.ASSIGNED))  # that of τ2 to σ2, where nobody is
    assert k(Kind.ASSOCIATE, actor=0, other=2) == REFUSED
    k.s.space[0] = 2
    assert k(Kind.ASSOCIATE, actor=0, other=2) == DONE


# threads

BEGINS = {"actor": 0, "other": 3, "into": 2, "paged_by": 1}


def test_a_thread_begins_in_the_own_space_or_a_new_one() -> None:
    for into, begins, status in (
        (0, Begins.OWN_OR_NEW, DONE),
        (2, Begins.OWN_OR_NEW, DONE),
        (1, Begins.OWN_OR_NEW, REFUSED),
        (1, Begins.ANYWHERE, DONE),
    ):
        k = Kernel(C._replace(begins=begins))
        assert k(Kind.CREATE, **{**BEGINS, "into": into}) == status
        if status == DONE:
            s = k.s
            assert (s.life[3], s.space[3], s.pager[3], s.named[3], s.latest[3], s.born[into]) == (
                RUNS,
                into,
                1,
                1,
                3,
                1,
            )
            assert k(Kind.CREATE, **BEGINS) == REFUSED  # it is there


def test_an_id_is_given_once_or_again_when_its_thread_has_ended() -> None:
    for ids, status in ((Ids.NEVER_AGAIN, REFUSED), (Ids.VERSIONS_WRAP, REFUSED), (Ids.REUSED, DONE)):
        k = Kernel(C._replace(ids=ids))
        k.s.space[1] = 0
        assert k(Kind.CREATE, **{**BEGINS, "actor": 1, "other": 4}) == REFUSED  # τ0 has the id
        k.all_of((Kind.END, {"actor": 1, "other": 0}))
        assert k(Kind.CREATE, **{**BEGINS, "actor": 1, "other": 4}) == status


def test_a_kernel_that_chooses_gives_what_it_keeps_for_the_space() -> None:
    k = Kernel(C._replace(chooses=Chooses.KERNEL))  # the id 3 for σ0, the space σ2 for σ1
    assert k(Kind.CREATE, **BEGINS) == REFUSED
    assert k(Kind.CREATE, **{**BEGINS, "actor": 1}) == REFUSED
    assert k(Kind.CREATE, **{**BEGINS, "into": 0}) == DONE
    k.all_of((Kind.END, {"actor": 0, "other": 3}))
    assert k(Kind.CREATE, **{**BEGINS, "into": 0}) == REFUSED


def test_of_a_thread_that_ended_nothing_is_left_but_that_its_id_was_given() -> None:
    k = Kernel()
    k.all_of(
        (Kind.CREATE, {**BEGINS, "into": 0}),
        (Kind.ASSOCIATE, {"actor": 3, "other": 2}),
        THINKS,
        waits(1, 3),
        (Kind.SEND, {**SENDS, "actor": 3, "willing": set_of(1), "opens": set_of(0)}),
        (Kind.END, {"actor": 0, "other": 3}),
    )
    s = k.s
    assert (s.life[3], s.awaits[3], s.window[3], s.pager[3], s.calls[3], s.server[2]) == (ENDED, 0, 0, NIL, NIL, NIL)
    assert s.named[3] == 1
    assert k(Kind.END, actor=0, other=1) == REFUSED  # of another space
    k.all_of((Kind.END, {"actor": 0, "other": 0}))
    assert k(Kind.WAIT, actor=0) == REFUSED


# words and frames


def test_a_word_is_made_up_once() -> None:
    k = Kernel()
    k.all_of(THINKS)
    assert k(Kind.THINK, actor=1, word=0) == REFUSED
    k.all_of((Kind.WRITE, {"actor": 0, "src": 0, "frame": 0, "word": 0}))
    k.s.known[0] = 0
    assert k(Kind.THINK, actor=1, word=0) == REFUSED


def test_what_is_written_is_read_by_whoever_shows_the_frame_with_the_right_to() -> None:
    k = Kernel()
    reads = (Kind.READ, {"actor": 1, "src": 2, "frame": 0})
    k.all_of(THINKS, (Kind.WRITE, {"actor": 0, "src": 0, "frame": 0, "word": 0}), waits(1, 0, opens=set_of(2)))
    k.all_of((Kind.SEND_MAP, {**MAPS, "rights": 4}))
    k.s.known[1] = 0
    assert k(Kind.WRITE, actor=1, src=2, frame=0, word=0) == REFUSED
    k.s.known[1] = 2
    assert k(Kind.WRITE, actor=1, src=2, frame=0, word=1) == REFUSED  # it has the right to read alone
    assert k(Kind.READ, actor=1, src=0, frame=0) == REFUSED
    assert k(Kind.READ, actor=1, src=2, frame=1) == REFUSED
    k.all_of(reads)
    assert k.s.known[1] == 3


@pytest.mark.parametrize(("keeps", "left"), [(0, 2), (1, 3), (4, 2)])
def test_a_write_leaves_of_what_stood_there_what_it_likes(keeps: int, left: int) -> None:
    k = Kernel()
    k.s.known[0], k.s.contains[0] = 2, 1
    assert k(Kind.WRITE, actor=0, src=0, frame=0, word=1, keeps=keeps) == DONE
    assert k.s.contains[0] == left


@pytest.mark.parametrize("bits", [2, 1])
def test_to_read_needs_the_right_to_read_and_to_write_the_right_to_write(bits: int) -> None:
    k = Kernel()
    k.s.known[0], k.s.spaces.rights[0] = 1, bits
    assert k(Kind.READ, actor=0, src=0, frame=0) == REFUSED
    assert k(Kind.WRITE, actor=0, src=0, frame=0, word=0) == (DONE if bits == 2 else REFUSED)
