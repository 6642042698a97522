"""The finding of a check of threads and messages: a program, and how target and model differ at its end."""

from dataclasses import dataclass
from typing import Any

from model.messages.scope import MessageScope
from refinement.check.finding.finding import Failure, describe, failure_of
from refinement.check.messages.steps import STEP, Program, to_json
from refinement.check.messages.talk import Differs
from refinement.check.process.order import DEFAULT_LIMITS, Ending, Limits
from refinement.check.target.message_calls import FIRST_CALL, MessageCall

STATES = {0: "is absent", 1: "runs", 2: "waits"}


def describe_talk(cells: list[int], message: str) -> str:
    """A sentence for the cells of a failure."""
    fault, call, expected, _, got, _, at, _ = cells
    if fault == Differs.THREAD_STATE:
        return f"τ{at} {STATES.get(got, f'shows the state {got}')}, in the model it {STATES[expected]}"
    if fault == Differs.THREAD_SPACE:
        return f"τ{at} is in σ{got}, in the model in σ{expected}"
    if fault == Differs.SENDER:
        return f"τ{at} has received {_from(got)}, in the model {_from(expected)}"
    if fault == Differs.WORD:
        return f"τ{at} has received {_word(got)}, in the model {_word(expected)}"
    if fault == Differs.ERROR and call == FIRST_CALL + MessageCall.THREAD:
        return f"thread of τ{at} " + (f"failed: {message}" if message else f"returned {got}; it has to return 0")
    return describe(cells, message)


def _from(sender: int) -> str:
    return "nothing" if sender < 0 else f"a message of #{sender}"


def _word(word: int) -> str:
    return "nothing" if word < 0 else f"w{word}"


def talk_failure_of(ending: Ending, limits: Limits = DEFAULT_LIMITS) -> Failure | None:
    """Return how the job's last program failed within those limits; None if it did not."""
    return failure_of(ending, limits, describe_talk)


def place_of(ending: Ending) -> tuple[int, int]:
    """Return which of several programs failed, and in which operation; -1: in the first state."""
    if ending.how == "answered":
        return int(ending.value["index"]), int(ending.value["step"])
    return ending.program, (ending.step + 1) // STEP - 2


@dataclass(frozen=True, slots=True)
class MessageFinding:
    """A failure with the program of threads that leads to it; the rest is as in an address space's finding.

    ``rounds``: how often the program is done in one process, each time from its first state, until it fails.
    """

    failure: Failure
    program: Program
    dialect: str
    messages: str
    phase: str
    shortest: str = ""
    is_shortest: bool = False
    reproducible: bool = True
    rounds: int = 1

    @property
    def scope(self) -> MessageScope:
        """The scope of the program."""
        return self.program.scope

    @property
    def length(self) -> int:
        """The number of operations."""
        return len(self.program)

    def texts(self) -> list[str]:
        """The operations as people write them."""
        return self.program.texts()[1:]

    def kept(self) -> dict[str, Any]:
        """The program as a file that can be replayed."""
        return to_json(self.program, self.dialect, self.messages, self.failure.sentence, self.rounds)

    def to_json(self) -> dict[str, Any]:
        """JSON values: the verdict, the steps, and the file that replays them."""
        return {
            "verdict": self.failure.verdict.value,
            "sentence": self.failure.sentence,
            "phase": self.phase,
            "steps": self.program.texts(),
            "shortest": self.shortest,
            "is_shortest": self.is_shortest,
            "reproducible": self.reproducible,
            "stack": 0,
            "repeated": 0,
            "trace": None,
            "messages": self.kept(),
        }
