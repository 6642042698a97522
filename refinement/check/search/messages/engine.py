"""The part of a check that is about threads and messages, and the replay of one program. Nothing is printed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from model.messages.readings import MessageDialect, message_dialect_named
from model.spaces.dialect import Dialect, dialect_named
from refinement.check.driver.bench import Probe
from refinement.check.finding.finding import Conformance, Failure
from refinement.check.finding.message_finding import MessageFinding
from refinement.check.finding.report import REPLAY_VERSION, Messages
from refinement.check.messages.programs import MessagePrograms
from refinement.check.messages.steps import Program, RecordedMessages
from refinement.check.process import isolation
from refinement.check.process.isolation import ToolError
from refinement.check.process.order import DEFAULT_LIMITS, Ending, Limits, Order
from refinement.check.search.context import SearchContext
from refinement.check.search.hardware import dialect_on
from refinement.check.search.messages.search import Talking, run_messages
from refinement.check.search.messages.shrink import MessageTrial, shrink_messages
from refinement.check.target.message_calls import MessageCall
from refinement.check.target.message_targets import names
from refinement.check.target.target import Target, TargetError
from refinement.statuses import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED

SHARE = 0.4  # of a search's time, where a target offers messages

NOT_REACHED = "messages were not compared: the mapping database differs from the model already"
NOT_OFFERED = "messages were not compared: the target offers no init_threads, wait, send and thread (see musigma.h)"


def offered(has: Sequence[bool]) -> tuple[MessageCall, ...]:
    """The functions for threads and messages that a target has."""
    return tuple(call for call, there in zip(MessageCall, has, strict=False) if there)


@dataclass(slots=True)
class Conversation:
    """The part of a check that is about messages: what is offered, and what became known of it."""

    dialect: MessageDialect
    offers: tuple[MessageCall, ...]
    talking: Talking

    @property
    def is_enough(self) -> bool:
        """Whether a target in which no difference was found conforms, as far as messages go."""
        return not self.offers or self.talking.is_enough

    def search(self, ground: SearchContext, seconds: float) -> MessageFinding | None:
        """What is found in so many seconds."""
        return run_messages(ground, self.dialect, self.offers, seconds, self.talking)

    def shrunk(self, ground: SearchContext, found: MessageFinding, shrinking: float) -> MessageFinding:
        """What was found, made short in so many seconds."""
        ground.tell(f"found: {found.failure.sentence}; looking for a shortest trace, {shrinking:.0f} s at most")
        bounds = replace(ground.limits, wall=min(ground.limits.wall, shrinking + ground.limits.hang))
        readings = self.dialect.readings, ground.dialect.readings
        return shrink_messages(MessageTrial(ground.target, *readings, bounds, ground.perform), found, shrinking)

    def report(self) -> Messages:
        """What was compared."""
        offers, met = tuple(names(self.offers)), dict(self.talking.met)
        return Messages(self.dialect.name, self.dialect.hazard, offers, self.talking.begun, met)


def conversation(dialect: MessageDialect, has: Sequence[bool]) -> Conversation:
    """The part of a check that is about messages, of a target that has these functions."""
    return Conversation(dialect, offered(has), Talking())


@dataclass(frozen=True, slots=True)
class MessageReplay:
    """One program of threads again: how it failed and in which step, or neither. Step 0 is the first state.

    ``is_whole``: nothing of it was left out, since every operation could be asked of the target.
    """

    target: str
    dialect: Dialect
    messages: MessageDialect
    program: Program
    failure: Failure | None
    step: int
    is_whole: bool = True

    @property
    def verdict(self) -> Conformance | None:
        """Return how a program failed; None if it agreed; of one that could not be asked whole nothing is known."""
        if self.failure is not None:
            return self.failure.verdict
        return None if len(self.program) and self.is_whole else Conformance.UNDECIDED

    @property
    def exit_status(self) -> int:
        """0 if the target agreed with the model all the way, 3 if it was asked nothing, 1 otherwise."""
        return {None: EXIT_PASSED, Conformance.UNDECIDED: EXIT_INCOMPLETE}.get(self.verdict, EXIT_FAILED)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "musigma_replay": REPLAY_VERSION,
            "target": self.target,
            "dialect": self.dialect.name,
            "messages": self.messages.name,
            "verdict": "agrees" if self.verdict is None else self.verdict.value,
            "sentence": "" if self.failure is None else self.failure.sentence,
            "step": self.step,
            "steps": self.program.texts(),
        }


def replay_messages(
    target: Target,
    recorded: RecordedMessages,
    dialect: Dialect | None = None,
    messages: MessageDialect | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> MessageReplay:
    """Run a program of threads on a target: all is compared after each step, and once more only after the last.

    :param dialect: instead of the one that was recorded; so for ``messages``.
    :raises TargetError: the target does not have the interface, or offers no messages.
    :raises ToolError: it was not done in time.
    """
    spaces = dialect_named(recorded.dialect) if dialect is None else dialect
    talk = message_dialect_named(recorded.messages) if messages is None else messages
    ending = _perform(Order(target, Probe(), limits))
    if ending.how == "answered" and not any(ending.value["messages"]):
        raise TargetError(f"{target}: {NOT_OFFERED}")
    spaces = dialect_on(target, spaces, limits=limits, perform=_perform)
    trial = MessageTrial(target, talk.readings, spaces.readings, limits, _perform, rounds=recorded.rounds)
    found = trial.either(recorded.program)
    if found is not None:
        program, failure = found[1]
        return MessageReplay(str(target), spaces, talk, recorded.program, failure, len(program))
    work = MessagePrograms(talk.readings, spaces.readings, (recorded.program,) * recorded.rounds)
    stopped = int(_perform(Order(target, work, limits)).value.get("stopped", 0))
    step = len(recorded.program) if stopped < 0 else stopped + 1
    return MessageReplay(str(target), spaces, talk, recorded.program, None, step, stopped < 0)


def _perform(order: Order) -> Ending:
    """A job that has to end by itself or by the target's fault."""
    ending = isolation.perform(order)
    if ending.how == "overdue":
        raise ToolError(f"the target was not done after {order.limits.wall:.0f} s")
    return ending
