"""The kernel with threads in lockstep with the literal model: every step of small scopes, and random histories."""

from collections.abc import Collection
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from machine import FORMATS, Format, Tlb, tlb
from machine.interrupts import InterruptController
from model.messages import literal
from model.messages.operation import Kind, Operation
from model.messages.readings import MESSAGE_DIALECTS, MessageReadings
from model.messages.scope import MessageScope, members, set_of
from model.messages.tables import RUNS, view
from model.scope import ALL_RIGHTS
from model.spaces.dialect import CANONICAL, DIALECTS
from model.spaces.literal import DONE, REFUSED
from refinement.faults.messages import MESSAGE_FAULTS
from refinement.messages.kernel import MessageKernel
from refinement.messages.lockstep import MessageLockstep, boot
from tests.refinement.messages.searching import calls, every_difference, lockstep

PAGES = (Kind.WAIT, Kind.SEND_MAP, Kind.SEND_GRANT, Kind.FLUSH, Kind.PAGE_FAULT, Kind.THINK)
THREADS = (Kind.CREATE, Kind.END, Kind.WAIT, Kind.SEND, Kind.TIMEOUT, Kind.INTERRUPT, Kind.ASSOCIATE, Kind.THINK)
MEMORY = (Kind.WAIT, Kind.SEND_MAP, Kind.READ, Kind.WRITE, Kind.THINK)

SMALL = {
    "pages": (MessageScope(2, 1, 1, threads=2, ids=2, booted=2), PAGES),
    "ports": (MessageScope(2, 1, 1, threads=2, ids=2, booted=2, ports=1), PAGES),
    "threads": (MessageScope(1, 1, 1, threads=3, ids=3, booted=1, hardware=1), THREADS),
    "versions": (MessageScope(1, 1, 1, threads=4, ids=4, booted=1, versions=2), THREADS),
    "memory": (MessageScope(2, 1, 1, threads=2, ids=2, booted=2), MEMORY),
}


def differences(which: str, most: int | None = None) -> list[str]:
    scope, kinds = SMALL[which]
    operations = tuple(o for o in calls(scope) if o.kind in kinds)
    return [f"{[o.text(scope) for o in steps]}: {d}" for steps, d in every_difference(scope, operations, most=most)][:3]


@pytest.mark.long
@pytest.mark.parametrize("which", SMALL)
def test_the_first_states_of_each_small_scope(which: str) -> None:
    assert differences(which, most=12) == []


@pytest.mark.slow
@pytest.mark.parametrize("which", SMALL)
def test_every_step_of_each_small_scope(which: str) -> None:
    assert differences(which) == []


def test_the_search_finds_a_fault() -> None:
    scope, kinds = SMALL["pages"]
    operations = tuple(o for o in calls(scope) if o.kind in kinds)
    broken = MESSAGE_FAULTS["window-kept"].kernel
    steps, found = next(every_difference(scope, operations, most=40, kernel=broken))
    assert (found.check, len(steps)) == ("threads", 2)


SCOPE = MessageScope(3, 2, 2, threads=8, ids=8, words=3, booted=2, hardware=1, ports=1, versions=2)
BUFFERS = (tlb.i486, tlb.riscv_asid)
RIGHTS = st.sampled_from([ALL_RIGHTS, ALL_RIGHTS, 6, 4, 2])


def machine_for(kernel: type[MessageKernel], dialect: str) -> type[RuleBasedStateMachine]:
    thread = st.integers(0, 4 * SCOPE.threads - 1)
    slot = st.integers(0, SCOPE.slots - 1)
    word = st.integers(0, SCOPE.words - 1)
    partner = st.sampled_from([0, (1 << SCOPE.ids) - 1, *(1 << i for i in range(SCOPE.ids))])
    opens = st.sampled_from([0, *(1 << x for x in range(SCOPE.slots))])

    class Machine(RuleBasedStateMachine):
        """Threads, messages, memory and interrupts; most draws are turned into operations that threads meet in."""

        @initialize(format=st.sampled_from(FORMATS), buffer=st.sampled_from(BUFFERS), spare=st.booleans())
        def start(self, format: Format, buffer: Any, spare: bool) -> None:
            self.both = MessageLockstep(
                boot(
                    SCOPE,
                    DIALECTS[dialect],
                    format=format,
                    buffer=buffer,
                    cores=2,
                    tables=0 if spare else SCOPE.spaces + format.levels - 1,
                    kernel=kernel,
                )
            )

        def do(self, o: Operation) -> None:
            found = self.both.do(o)
            assert not found, found  # said also where pytest does not rewrite what is asserted

        def one(self, number: int) -> int:
            """A thread: mostly one that runs."""
            runs = [t for t in range(SCOPE.threads) if self.both.state.life[t] == RUNS]
            return runs[number % len(runs)] if runs and number >= SCOPE.threads else number % SCOPE.threads

        def word_of(self, actor: int, word: int) -> int:
            """A word that the thread knows, if there is one."""
            known = members(int(self.both.state.known[self.both.state.space[actor]]))
            return known[word % len(known)] if known else word

        def meeting(self, actor: int, other: int) -> tuple[int, int]:
            """A thread that waits, and one that may send to it, if there are."""
            s, actor, other = self.both.state, self.one(actor), self.one(other)
            waiting = [t for t in range(SCOPE.threads) if s.awaits[t]]
            if not waiting:
                return actor, other
            receiver = waiting[other % len(waiting)]
            able = [
                t for t in range(SCOPE.threads) if s.life[t] == 1 and s.awaits[receiver] >> t & 1 and not s.awaits[t]
            ]
            return (able[actor % len(able)] if able else actor), receiver

        @rule(actor=thread, willing=partner, opens=opens)
        def wait(self, actor: int, willing: int, opens: int) -> None:
            self.do(Operation(Kind.WAIT, self.one(actor), willing=willing, opens=opens))

        @rule(actor=thread, space=st.integers(0, 1))
        def wait_at_home(self, actor: int, space: int) -> None:
            actor = self.one(actor)
            home = SCOPE.slot(int(self.both.state.space[actor]), space)
            self.do(Operation(Kind.WAIT, actor, willing=(1 << SCOPE.ids) - 1, opens=set_of(home)))

        @rule(actor=thread, other=thread, word=word, willing=partner, opens=opens)
        def send(self, actor: int, other: int, word: int, willing: int, opens: int) -> None:
            actor, other = self.meeting(actor, other)
            word = self.word_of(actor, word)
            self.do(Operation(Kind.SEND, actor, other, word, willing=willing, opens=opens))

        @rule(kind=st.sampled_from([Kind.SEND_MAP, Kind.SEND_GRANT]), actor=thread, other=thread, word=word, src=slot,
              dst=slot, rights=RIGHTS, met=st.booleans())  # fmt: skip
        def send_page(
            self, kind: Kind, actor: int, other: int, word: int, src: int, dst: int, rights: int, met: bool
        ) -> None:
            actor, other = self.meeting(actor, other)
            s = self.both.state
            window = int(s.window[other])
            if met and window:
                word, dst = self.word_of(actor, word), window.bit_length() - 1
                src = SCOPE.slot(int(s.space[actor]), src % SCOPE.pages)
            self.do(Operation(kind, actor, other, word, src, dst, rights))

        @rule(actor=thread, src=slot, rights=RIGHTS)
        def flush(self, actor: int, src: int, rights: int) -> None:
            self.do(Operation(Kind.FLUSH, self.one(actor), src=src, rights=rights))

        @rule(actor=thread, other=thread, into=st.integers(0, SCOPE.spaces - 1), pager=thread)
        def create(self, actor: int, other: int, into: int, pager: int) -> None:
            self.do(
                Operation(Kind.CREATE, self.one(actor), other % SCOPE.threads, into=into, paged_by=pager % SCOPE.ids)
            )

        @rule(actor=thread, other=thread)
        def end(self, actor: int, other: int) -> None:
            self.do(Operation(Kind.END, self.one(actor), self.one(other)))

        @rule(other=thread)
        def timeout(self, other: int) -> None:
            self.do(Operation(Kind.TIMEOUT, other=self.one(other)))

        @rule(actor=thread)
        def associate(self, actor: int) -> None:
            self.do(Operation(Kind.ASSOCIATE, self.one(actor), SCOPE.booted))

        @rule()
        def raise_line(self) -> None:
            self.both.raise_line(SCOPE.booted)
            self.do(Operation(Kind.TIMEOUT, other=SCOPE.threads - 1))

        @rule(actor=thread, slot=slot)
        def page_fault(self, actor: int, slot: int) -> None:
            actor = self.one(actor)
            pager = int(self.both.state.pager[actor])
            self.do(Operation(Kind.PAGE_FAULT, actor, max(pager, 0), dst=slot))

        @rule(actor=thread, src=slot, frame=st.integers(0, SCOPE.frames - 1))
        def read(self, actor: int, src: int, frame: int) -> None:
            self.do(Operation(Kind.READ, self.one(actor), src=src, frame=frame))

        @precondition(lambda self: self.both.state.known.any())
        @rule(actor=thread, src=slot, frame=st.integers(0, SCOPE.frames - 1), word=word, keeps=st.integers(0, 7))
        def write(self, actor: int, src: int, frame: int, word: int, keeps: int) -> None:
            actor = self.one(actor)
            word = self.word_of(actor, word)
            self.do(Operation(Kind.WRITE, actor, word=word, src=src, frame=frame, keeps=keeps))

        @rule(actor=thread, word=word)
        def think(self, actor: int, word: int) -> None:
            self.do(Operation(Kind.THINK, self.one(actor), word=word))

    return Machine


def search(
    kernel: type[MessageKernel], dialect: str, examples: int, steps: int, phases: Collection[Phase] = tuple(Phase)
) -> None:
    run_state_machine_as_test(
        machine_for(kernel, dialect),
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, phases=phases
        ),
    )


@pytest.mark.long
@pytest.mark.parametrize("dialect", ["canonical", "tree"])
def test_random_histories(dialect: str) -> None:
    search(MessageKernel, dialect, 8, 25)


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["canonical", "tree"])
def test_long_random_histories(dialect: str) -> None:
    search(MessageKernel, dialect, 200, 60)


@pytest.mark.long
def test_the_state_machine_finds_a_fault() -> None:
    with pytest.raises(AssertionError, match="Difference"):
        search(MESSAGE_FAULTS["delivered-twice"].kernel, "canonical", 60, 30, [Phase.generate])  # it is not made short


# One by one: what the lockstep of a step could hide, since both sides might refuse.


def made(scope: MessageScope, *steps: Operation) -> MessageLockstep:
    both = lockstep(scope)
    for o in steps:
        assert both.do(o) == []
        assert both.status == DONE, o.text(scope)
    return both


TWO = MessageScope(2, 1, 1, threads=2, ids=2, words=1, booted=2)
READY = (Operation(Kind.THINK, 0, word=0), Operation(Kind.WAIT, 1, willing=set_of(0), opens=set_of(1)))


def test_a_page_comes_with_a_message_and_is_read_there() -> None:
    both = made(
        TWO,
        *READY,
        Operation(Kind.WRITE, 0, word=0, src=0, frame=0),
        Operation(Kind.SEND_MAP, 0, 1, 0, src=0, dst=1),
        Operation(Kind.READ, 1, src=1, frame=0),
    )
    assert both.kernel.pages.lookup(1) is not None
    assert both.programs.known == [1, 1]


def test_a_page_that_finds_no_tables_is_refused_with_its_message() -> None:
    both = lockstep(TWO, tables=4)  # two roots, and tables for one page
    for o in READY:
        assert both.do(o) == []
    assert both.do(Operation(Kind.SEND_MAP, 0, 1, 0, src=0, dst=1)) == []
    assert both.status == REFUSED
    assert both.kernel.threads.partner[1] == 0  # it still waits
    assert both.do(Operation(Kind.SEND, 0, 1, 0)) == []
    assert both.status == DONE


def test_an_interrupt_that_comes_too_early_is_delivered_when_its_server_waits() -> None:
    scope = MessageScope(1, 1, 1, threads=2, ids=2, booted=1, hardware=1)
    both = made(scope, Operation(Kind.ASSOCIATE, 0, 1))
    both.raise_line(1)
    assert both.do(Operation(Kind.FLUSH, 0, src=0)) == []
    assert both.kernel.threads.sender[0] == -1
    assert both.do(Operation(Kind.WAIT, 0, willing=set_of(1))) == []
    assert (both.kernel.threads.sender[0], both.kernel.threads.partner[0]) == (1, -1)
    assert not both.kernel.lines.is_raised(1)


def test_a_thread_serves_one_interrupt_at_most() -> None:
    scope = MessageScope(1, 1, 1, threads=3, ids=3, booted=1, hardware=2)
    both = made(scope, Operation(Kind.ASSOCIATE, 0, 1))
    assert both.do(Operation(Kind.ASSOCIATE, 0, 2)) == []
    assert both.status == REFUSED


def test_an_id_is_newer_each_time() -> None:
    scope = MessageScope(1, 1, 1, threads=6, ids=6, booted=1, versions=3)
    begin = Operation(Kind.CREATE, 0, 3, into=0, paged_by=0)
    both = made(scope, begin, Operation(Kind.END, 0, 3), begin._replace(other=5), Operation(Kind.END, 0, 5))
    for old in (3, 5, 1):
        assert both.do(begin._replace(other=old)) == []
        assert both.status == REFUSED


def test_what_the_kernel_does_not_do_is_refused() -> None:
    both = lockstep(TWO)
    with pytest.raises(ValueError, match="choose the dialect canonical"):
        MessageKernel(TWO, both.kernel.pages, both.kernel.lines, MESSAGE_DIALECTS["v2"])
    with pytest.raises(ValueError, match="a controller of 1 lines: give one line for each of 2 blocks"):
        MessageKernel(TWO, both.kernel.pages, InterruptController(1))
    with pytest.raises(ValueError, match="waits for one, for anybody or for nobody"):
        both.do(Operation(Kind.WAIT, 0, opens=0b11))
    with pytest.raises(ValueError, match="an id of its own"):
        lockstep(MessageScope(1, 1, 1, threads=3, ids=2))


def test_the_model_and_the_kernel_agree_on_what_is_compared() -> None:
    """A state of the model that differs is told: the comparison is no empty one."""
    both = made(TWO, *READY)
    row = both.row.copy()
    given = Operation(Kind.TIMEOUT, other=1), MessageReadings(), CANONICAL.readings
    assert literal.act(view(row, both.board), both.board, *given) == DONE
    both.row = row
    assert {d.check for d in both.compare()} == {"threads"}
    both.row = np.array(both.row)
    both.state.known[1] = 1
    both.state.contains[0] = 1
    both.state.spaces.phys[0] = -1
    assert {d.check for d in both.compare()} == {"threads", "words", "reach", "database"}


def test_a_buffer_of_one_entry_says_the_same() -> None:
    scope, kinds = SMALL["pages"]
    operations = tuple(o for o in calls(scope) if o.kind in kinds)
    machine: dict[str, Any] = {"format": FORMATS[0], "buffer": lambda f: Tlb(f, 1)}
    assert list(every_difference(scope, operations, most=4, **machine)) == []
