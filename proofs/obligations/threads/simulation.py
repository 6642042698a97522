"""Forward simulation: what the kernel does for threads and messages is what the theory's actions do (B.ipc).

The methods of :class:`refinement.messages.kernel.MessageKernel` are executed as they are, on any blocks that stand for
a state of the theory. Done, an operation is the theory's action in the canonical reading, possible then, and the blocks
stand for the state after it; refused, it has changed nothing, and the theory refuses it too, or there is an excuse.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from z3 import And, BoolVal, Not, Or

from model.messages.readings import MessageReadings
from model.messages.theories import MESSAGES
from model.messages.theory import MAKERS
from model.messages.vocabulary import System, before
from model.spaces.dialect import Dialect
from model.spaces.literal import DONE, REFUSED
from model.spaces.theory import Formula
from proofs.execution import coverage
from proofs.execution.contract import CALLS, Named
from proofs.execution.path import Path, conjunction, paths
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, Split, conditions_of, left_over
from proofs.obligations.kernel.units import EXECUTED_WHOLE
from proofs.obligations.source import CODE, Code
from proofs.obligations.threads.executed import ORDER, Executed
from proofs.obligations.threads.operations import (
    CALL,
    CALLING,
    HOMES,
    OPERATIONS,
    TAKING,
    WITH_PAGE,
    KernelCall,
)
from proofs.obligations.threads.standing_for import same_spaces, stands_for
from proofs.obligations.threads.state import (
    BLOCKS,
    INDEX,
    NUMBERS,
    THREADS,
    block_invariants,
    hold_one,
)

SIMULATES, REFUSES, ENDS, KEEPS = "simulates", "refuses", "ends__in_one_way", "keeps__invariants"
SETTLES = "masks__the_line_taken"
READINGS = MessageReadings()


@cache
def known() -> Named:
    """What holds before every operation: of numbers and threads, the invariants of theory and blocks, and their tie."""
    invariants = {
        name: invariant.formula(before)
        for name, invariant in MESSAGES.invariants.items()
        if not invariant.names_some_frame
    }
    return {
        **NUMBERS,
        **THREADS,
        **invariants,
        **hold_one(BLOCKS),
        **block_invariants(BLOCKS),
        **stands_for(BLOCKS, before),
    }


@dataclass(frozen=True, slots=True)
class ExecutedCall:
    """An operation to be executed."""

    name: str
    dialect: Dialect
    code: Code = CODE

    @property
    def operation(self) -> KernelCall:
        """What it is."""
        return OPERATIONS[self.name]


def _execute(run: ExecutedCall, path: Path) -> None:
    operation = run.operation
    path.learn(operation.owes())
    on_terms = Executed(path, run.dialect, run.code)
    result = getattr(on_terms.kernel, operation.name)(*operation.arguments(path))
    on_terms.check_memory()
    now, spaces, shortages = on_terms.blocks.state(), on_terms.pages.state, tuple(on_terms.pages.shortages)
    done, refused = (type(result) is int and result == status for status in (DONE, REFUSED))
    path.demand(ENDS, lambda: BoolVal(done or refused))
    if operation.name in TAKING:
        path.demand(SETTLES, on_terms.lines.settled)
    path.demand_all(KEEPS, lambda: block_invariants(now))
    act = MAKERS[operation.action](READINGS, run.dialect, before, CALL)
    guard = conjunction(act.guard.values())
    if done:
        if operation.names is not None:
            path.assume({"every id is a thread's": operation.names(BLOCKS)})
        after: System = act.after
        path.demand(SIMULATES, lambda: And(guard, _all(stands_for(now, after)), same_spaces(spaces, after)))
    elif refused:
        excused = Or(Not(guard), operation.excuse(BLOCKS), *shortages)
        path.demand(REFUSES, lambda: And(excused, _all(stands_for(now, before)), same_spaces(spaces, before)))


def _all(formulas: Named) -> Formula:
    return conjunction(formulas.values())


@cache
def walked(run: ExecutedCall) -> tuple[Path, ...]:
    """All paths through an operation."""
    return tuple(path for path, _ in paths(lambda path: _execute(run, path)))


def conditions(run: ExecutedCall, what: str) -> Iterator[Condition]:
    """The conditions that this holds of the operation."""
    split = Split.PARTS if what in (SIMULATES, KEEPS) else Split.NOT
    return conditions_of(walked(run), {**known(), **run.operation.owes()}, what, split)


def _build(name: str, what: str) -> Build:
    return lambda dialect, code: conditions(ExecutedCall(name, dialect, code), what)


SENTENCES = {
    SIMULATES: "done by the kernel, {0} is the theory's {2} in the canonical reading, which is possible then",
    REFUSES: "refused by the kernel, {0} changes nothing, and the theory refuses it too, or {1}",
    ENDS: "{0} ends done or refused, and in no other way",
    KEEPS: "{0} keeps the invariants of thread control blocks and of the controller's masks",
    CALLS: "{0} calls map, grant, flush and the controller where it may",
    INDEX: "{0} reads and writes fields of blocks only",
    SETTLES: "the line that {0} takes is masked until its server waits, and other lines can be taken after it",
    ORDER: "{0} passes the page on before any block is changed: the mapping stands when the receiver runs",
}
EXCUSES = {
    "create": "its block is taken or the id no newer than the last one there",
    "associate": "the thread serves another interrupt",
    "take_interrupt": "no line interrupts the core",
    "send_map": "no table is free",
    "send_grant": "no table is free",
}


def whole(name: str) -> str:
    """The obligation that says so of an operation."""
    return f"threads_{name}__{EXECUTED_WHOLE}"


def executed(name: str, code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """The methods of which the operation is the home."""
    return tuple(getattr(code.messages, method) for method in HOMES[name])


def _build_whole(name: str) -> Build:
    def conditions(dialect: Dialect, code: Code) -> Iterator[Condition]:
        owes, found = OPERATIONS[name].owes(), walked(ExecutedCall(name, dialect, code))
        runs = (coverage.CoveringPath(path, owes) for path in found)
        yield from coverage.conditions(executed(name, code), runs, known())
        yield from left_over(found, {**known(), **owes}, asked(name))

    return conditions


ONLY = {CALLS: CALLING, ORDER: WITH_PAGE, SETTLES: TAKING}
"""Of which operations alone obligations ask for these."""


def asked(name: str) -> frozenset[str]:
    """Return what obligations ask about an operation; other demands on its paths are proved with the execution."""
    return frozenset(what for what in SENTENCES if name in ONLY.get(what, (name,)))


def obligations() -> Iterator[CodeObligation]:
    """For each operation, what is demanded of it."""
    verbs = {REFUSES: "refuses__with_the_theory", CALLS: "calls__where_allowed"}
    for name, operation in OPERATIONS.items():
        for what, sentence in SENTENCES.items():
            if what not in asked(name):
                continue
            verb = f"simulates__{operation.action}" if what == SIMULATES else verbs.get(what, what)
            said = sentence.format(name, EXCUSES.get(name, "nothing else excuses it"), operation.action)
            yield CodeObligation(f"threads_{name}__{verb}", operation.claim, said, _build(name, what))
        sentence = f"{name} executes every statement and both ways of every branch of {', '.join(HOMES[name])}"
        yield CodeObligation(whole(name), operation.claim, sentence, _build_whole(name))
