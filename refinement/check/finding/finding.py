"""The finding of a check: a program, where it ends, and how target and model differ there."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from model.scope import Scope, rights_name
from model.spaces.literal import DONE
from model.spaces.operation import Kind, Operation
from model.trace import Trace
from refinement.check.driver.driver import Mismatch, StepKind
from refinement.check.driver.program import Program, scope_at
from refinement.check.driver.steps import step_text
from refinement.check.process.order import CLOSED, DEFAULT_LIMITS, EXHAUSTED, FILE_SIZE, LOADING, Ending, Limits
from refinement.check.target.calls import Call
from refinement.check.target.message_calls import call_name

MUCH = 1 << 16  # bytes
FILES = {
    CLOSED: "the target closed files that are not its own",
    EXHAUSTED: "the target left so many files open that no more can be opened",
}


class Conformance(Enum):
    """The ways a check of a target ends; a target without the interface raises instead."""

    CONFORMS = "conforms"
    DIVERGES = "diverges"
    CRASHED = "crashed"
    HUNG = "hung"
    SAMPLED = "sampled"  # no difference, but no scope was gone through whole either
    UNDECIDED = "undecided"  # the tool failed, or covered nothing


@dataclass(frozen=True, slots=True)
class Failure:
    """The failure of a program: a verdict and a sentence."""

    verdict: Conformance
    sentence: str


def shown(frame: int, rights: int) -> str:
    """Say in words what a lookup shows."""
    if frame < 0:
        return "nothing"
    mask = rights_name(rights) if 0 <= rights < 8 else f"rights {rights:#x}"
    return f"frame {frame} {mask}"


def _status(status: int) -> str:
    return f"{status} ({'done' if status == DONE else 'refused'})"


def describe(cells: list[int], message: str) -> str:
    """A sentence for the cells of a failure."""
    fault, call, expected, expected_rights, got, got_rights, space, page = cells
    name = call_name(call)
    if fault == Mismatch.STATUS:
        return f"{name} returned {_status(got)}, the model {_status(expected)}"
    if fault == Mismatch.CHECK:
        return f"the target's own check returned {got}"
    if fault == Mismatch.UNFIT:
        return f"init returned {got}: it refuses this size"
    if fault == Mismatch.ERROR:
        where = f" of σ{space}[{page}]" if space >= 0 else ""
        return f"{name}{where} failed: {message}" if message else f"{name}{where} returned {got}, which is no status"
    there, here = shown(got, got_rights), shown(expected, expected_rights)
    if fault == Mismatch.LOOKUP_HW:
        return f"σ{space}[{page}] shows {there} in the page table, {here} in the model"
    return f"σ{space}[{page}] shows {there}, in the model {here}"


def failure_of(
    ending: Ending, limits: Limits = DEFAULT_LIMITS, describing: Callable[[list[int], str], str] = describe
) -> Failure | None:
    """Return how the job's last program failed within those limits; None if it did not.

    :param describing: makes a sentence of the cells of a difference and of what the target said.
    """
    if ending.how == "answered":
        failure = ending.value.get("failure")
        if failure is None:
            return None
        return Failure(Conformance.DIVERGES, describing(failure["cells"], failure["message"]))
    if ending.how == "exit" and ending.inside in FILES:
        return Failure(Conformance.CRASHED, FILES[ending.inside])
    during = ""
    if ending.inside == LOADING:
        during = " while it was loaded"
    elif ending.inside in FILES:
        during = " after its last call"
    elif ending.inside in (Call.LOOKUP, Call.LOOKUP_HW):
        during = f" in {Call(ending.inside).name.lower()} of σ{ending.place[0]}[{ending.place[1]}]"
    elif ending.inside >= 0:
        during = f" in {call_name(ending.inside)}"
    said = f": {' '.join(ending.said.split())[-300:]}" if ending.said else ""
    if ending.how == "hung":
        without_end = ", and printed without end" if ending.printed >= MUCH else ""
        return Failure(Conformance.HUNG, f"the target did not return{during}{without_end}")
    if ending.how == "forked":
        return Failure(Conformance.CRASHED, f"the target started more than {limits.processes} processes{during}")
    if ending.how == "signal" and ending.number == signal.SIGSYS:
        return Failure(Conformance.CRASHED, f"the target started a process or program{during}, which a library may not")
    if ending.how == "signal" and ending.number == signal.SIGXFSZ:
        return Failure(Conformance.CRASHED, f"the target wrote a file of more than {FILE_SIZE >> 20} MiB{during}")
    if limits.stack:
        during += f", on a stack of {limits.stack >> 10} KiB"
    if ending.how == "signal":
        name = signal.Signals(ending.number).name if ending.number in list(signal.Signals) else str(ending.number)
        return Failure(Conformance.CRASHED, f"the target died of {name}{during}{said}")
    if ending.how == "exit":
        return Failure(Conformance.CRASHED, f"the target ended its process with status {ending.number}{during}{said}")
    return None


NOT_RUN_AGAIN = "interrupted before it was run again"
INTERRUPTED = "interrupted: what was not searched by then is not known"
"""Said of a finding of which nothing is known but that it failed once."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A failure with the program that leads to it.

    ``history``: steps that must come before, in the same process, from an ``INIT`` on; usually none. ``shortest``: a
    sentence that says in which scope no shorter trace exists, or why that is not known, and ``is_shortest`` whether
    none exists there, with any rights. ``phase``: what found it.
    ``reproducible``: whether it failed again, as it stands, alone, in a fresh process. ``stack``: the bytes of stack
    that it fails on, 0 for what a process has. ``repeated``: so many of the last steps are a round, done many times.
    """

    failure: Failure
    program: Program
    dialect: str
    phase: str
    shortest: str = ""
    is_shortest: bool = False
    history: Program | None = None
    reproducible: bool = True
    stack: int = 0
    repeated: int = 0

    @property
    def scope(self) -> Scope:
        """The scope of the program."""
        return scope_at(self.program, 0)

    @property
    def length(self) -> int:
        """The number of operations."""
        return len(self.program) - 1

    def texts(self) -> list[str]:
        """The steps as people write them."""
        return [step_text(row) for row in self.program[1:]]

    def trace(self) -> Trace:
        """The program as a trace.

        :raises ValueError: it holds what no trace can: an operation out of range, a look-up, a second ``INIT``, a
            round, or a small stack.
        """
        if self.stack or self.repeated:
            raise ValueError("a trace has no stack and no round")
        return Trace(self.dialect, self.scope, operations_of(self.program), self.failure.sentence)

    def to_json(self) -> dict[str, Any]:
        """JSON values: the verdict, the steps, and the trace where there is one."""
        try:
            trace: dict[str, Any] | None = self.trace().to_json()
        except ValueError:
            trace = None
        return {
            "verdict": self.failure.verdict.value,
            "sentence": self.failure.sentence,
            "phase": self.phase,
            "steps": [step_text(row) for row in self.program],
            "shortest": self.shortest,
            "is_shortest": self.is_shortest,
            "reproducible": self.reproducible,
            "stack": self.stack,
            "repeated": self.repeated,
            "trace": trace,
        }


def operations_of(program: Program) -> tuple[Operation, ...]:
    """The operations after the program's ``INIT``.

    :raises ValueError: one is out of range, or a second ``INIT``.
    """
    scope, operations = scope_at(program, 0), []
    for row in program[1:]:
        kind, a, b, c, d, rights = (int(number) for number in row)
        if kind in (StepKind.INIT, StepKind.LOOK) or rights > 7:
            raise ValueError(f"{step_text(row)!r} cannot stand in a trace")
        dst = scope.slot(c, d) if Kind(kind).names_destination else -1
        operations.append(Operation(Kind(kind), scope.slot(a, b), dst, rights))
    return tuple(operations)
