"""The code of threads and messages: what is proved of it, what falls with a fault in it, what hypotheses are for."""

from collections.abc import Iterator

import pytest
from z3 import BoolVal

from model.messages.theory import MAKERS
from model.spaces.dialect import CANONICAL
from model.spaces.literal import REFUSED
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.path import ExecutionError
from proofs.faults.code.threads import OF_THREADS_CODE
from proofs.faults.hunts import proof_of_code as code
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.source import CODE, Code
from proofs.obligations.threads import simulation, start
from proofs.obligations.threads.operations import OPERATIONS
from proofs.verdict import Verdict
from refinement.faults.messages import MESSAGE_FAULTS
from refinement.messages import blocks
from refinement.messages.kernel import MessageKernel
from refinement.rewriting import replaced

satisfiable = Satisfiable()
ALL = {each.id: each for each in (*start.obligations(), *simulation.obligations())}


def verdict(obligation: CodeObligation, changed: Code = CODE, both: bool = False) -> Verdict:
    solvers = Settings(seconds=60) if both else Settings(seconds=60, solvers=Solvers.Z3)
    return discharge_all(obligation.conditions(CANONICAL, frozenset(), changed), satisfiable, solvers).verdict


@pytest.mark.long
@pytest.mark.parametrize("name", ["threads_wait__simulates__wait", "threads_create__keeps__invariants"])
def test_both_solvers_prove_it_inside_the_decidable_fragment(name: str) -> None:
    outcome = discharge_all(ALL[name].conditions(CANONICAL, frozenset()), satisfiable, Settings(seconds=60))
    assert (outcome.verdict, outcome.outside) == (Verdict.PROVED, "")


def test_each_operation_simulates_an_action_or_is_said_not_to() -> None:
    """Every action of the theory that is the kernel's: all but what programs do with memory and in their heads."""
    actions = {operation.action for operation in OPERATIONS.values()}
    assert set(MAKERS) - actions == {"read", "write", "think", "send_string"}


@pytest.mark.long
@pytest.mark.parametrize(
    ("fault", "fell"),
    [
        ("window-of-another-space", "threads_wait__simulates__wait"),
        ("version-kept", "threads_create__simulates__create"),
        ("end-leaves-window", "threads_end__keeps__invariants"),
        ("interrupt-to-the-block", "threads_interrupt__simulates__interrupt"),
        ("wake-up-lost", "threads_wait__keeps__invariants"),
        ("line-unmasked", "threads_take_interrupt__masks__the_line_taken"),
        ("line-in-service", "threads_take_interrupt__masks__the_line_taken"),
        ("message-left", "threads_wait__keeps__invariants"),
        ("fault-from-the-pager", "threads_page_fault__simulates__page_fault"),
    ],
)
def test_a_broken_kernel_falls(fault: str, fell: str) -> None:
    assert verdict(ALL[fell], Code(messages=MESSAGE_FAULTS[fault].kernel)) == Verdict.UNPROVED
    assert fell in code.hints()[fault]


class _AnotherCore(MessageKernel):
    def take_interrupt(self, core: int) -> int:
        return super().take_interrupt(0)


class _TakenTwice(MessageKernel):
    def take_interrupt(self, core: int) -> int:
        if self.lines.acknowledge(core) is None:
            return REFUSED
        return super().take_interrupt(core)


class _TakenAndDropped(MessageKernel):
    def wait(self, actor: int, partner: int, window: int) -> int:
        self.lines.acknowledge(0)
        return super().wait(actor, partner, window)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (_AnotherCore, "for a core that takes no interrupt"),
        (_TakenTwice, "a second time"),
        (_TakenAndDropped, "for a core that takes no interrupt"),
    ],
)
def test_a_line_is_taken_once_and_for_the_core_that_takes_it(wrong: type[MessageKernel], said: str) -> None:
    name = "threads_wait__ends__in_one_way" if "wait" in vars(wrong) else "threads_take_interrupt__ends__in_one_way"
    with pytest.raises(ExecutionError, match=f"a line is acknowledged {said}"):
        list(ALL[name].conditions(CANONICAL, frozenset(), Code(messages=wrong)))


class _LooksIntoTheWindow(MessageKernel):
    def passes(self, actor: int, other: int, window: int) -> bool:
        self.pages.lookup(self.threads.window[self.block_of(other)])
        return super().passes(actor, other, window)


@pytest.mark.long
def test_only_slots_are_looked_up() -> None:
    wrong = Code(messages=_LooksIntoTheWindow)
    assert verdict(ALL["threads_send_map__calls__where_allowed"], wrong) == Verdict.UNPROVED
    assert verdict(ALL["threads_send_map__calls__where_allowed"]) == Verdict.PROVED


@pytest.mark.slow
@pytest.mark.parametrize("fault", [*MESSAGE_FAULTS, *OF_THREADS_CODE])
def test_every_fault_falls_by_all_that_it_is_said_to_fall_by(fault: str) -> None:
    wrong = code.CODE_FAULTS[fault].code
    hinted = code.hints()[fault]
    assert [name for name in hinted if code._falls(name, code._verdict(name, wrong)[0])] == list(hinted)


@pytest.mark.long
@pytest.mark.parametrize(
    ("missing", "needed_by"),
    [
        ("a server is no line, and has been given its id", "threads_create__simulates__create"),
        ("ids that were given are not newer than the block's", "threads_create__simulates__create"),
        ("what is larger than a larger one is larger", "threads_create__simulates__create"),
        ("a thread is known by its id", "threads_create__simulates__create"),
        ("a server that is there serves its line", "threads_take_interrupt__keeps__invariants"),
        ("who serves a line is its server", "threads_take_interrupt__keeps__invariants"),
        ("what is not masked is a line", "threads_take_interrupt__simulates__interrupt"),
        ("lines are hardware threads", "threads_end__simulates__end"),
        ("whom it waits for", "threads_send__simulates__send"),
    ],
)
def test_a_hypothesis_is_needed(missing: str, needed_by: str) -> None:
    def without() -> Iterator[Condition]:
        for each in ALL[needed_by].conditions(CANONICAL, frozenset()):
            assert missing in each.hypotheses
            yield Condition({**each.hypotheses, missing: BoolVal(True)}, each.about, each.goal)

    assert discharge_all(without(), satisfiable, Settings(seconds=60, solvers=Solvers.Z3)).verdict != Verdict.PROVED


class _Remembers(MessageKernel):
    last = 0

    def wait(self, actor: int, partner: int, window: int) -> int:
        self.last = actor
        return super().wait(actor, partner, window)


class _Counts(MessageKernel):
    def is_newer(self, ident: int, block: int) -> bool:
        return ident + 1 > self.threads.ident[block]


@pytest.mark.parametrize(
    ("kernel", "name", "said"),
    [
        (_Remembers, "threads_wait__ends__in_one_way", "field last of .* is assigned"),
        (_Counts, "threads_create__ends__in_one_way", "unsupported operand"),
    ],
)
def test_what_terms_do_not_do_is_refused(kernel: type[MessageKernel], name: str, said: str) -> None:
    with pytest.raises(ExecutionError, match=said):
        list(ALL[name].conditions(CANONICAL, frozenset(), Code(messages=kernel)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scope.booted + scope.hardware", "scope.booted", "a range that is not that of the blocks that begin"),
        ("scope.booted + scope.hardware", "scope.booted + scope.booted", "a range that is not that of the blocks"),
        ("scope.booted + scope.hardware", "scope.booted + 1", "to a number of a scope another one is added"),
    ],
)
def test_the_blocks_that_begin_are_those_of_booted_threads_and_lines(old: str, new: str, said: str) -> None:
    wrong = Code({"begun": replaced(blocks.begun, old, new)})
    with pytest.raises(ExecutionError, match=said):
        list(ALL["threads_start__has__its_invariants"].conditions(CANONICAL, frozenset(), wrong))
