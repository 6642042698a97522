"""The records of what engines say of a fault, and the engines' names."""

from dataclasses import dataclass
from enum import Enum

from model.messages.trace import MessageTrace
from model.ranges.trace import RangeTrace
from model.trace import Trace


class Engine(Enum):
    """The engines that look for a fault."""

    PROOF = "proof"
    CODE = "proof of code"
    EXPLORATION = "exploration"
    STATE_MACHINE = "state machine"
    CHECK = "check"
    INTERLEAVING = "interleaving"


class HuntEnding(Enum):
    """The ways an engine ends with a fault."""

    KILLED = "killed"
    SURVIVED = "survived"
    ERROR = "error"  # the tool failed or ran out of time: neither killed nor survived
    UNAVAILABLE = "unavailable"  # this machine lacks what the engine needs


@dataclass(frozen=True, slots=True)
class HuntResult:
    """The result of one engine on one change.

    :param change: its name in the register of its layer.
    :param fell: the obligations, checks or views that fell; for a fault that was not killed, none.
    :param steps: operations of the trace; 0 if the engine gives none.
    :param shortest: no shorter trace exists in the scope searched.
    :param trace: operations that show the fault, where they make a trace.
    :param said: what was seen, or why there is no verdict.
    :param seconds: processor or wall seconds that the engine took.
    """

    engine: Engine
    change: str
    ending: HuntEnding
    fell: tuple[str, ...] = ()
    steps: int = 0
    shortest: bool = False
    trace: Trace | MessageTrace | RangeTrace | None = None
    said: str = ""
    seconds: float = 0.0

    @property
    def killed(self) -> bool:
        """The fault was found."""
        return self.ending == HuntEnding.KILLED
