"""Kernels with broken messages run in lockstep with the literal model: random walks with fixed seeds, then shortened.

A walk draws operations that the model can do, so that threads meet: most draws at random are refused. Operations that
differ from these in one argument are among them, since a broken kernel may do what the model refuses.
"""

import random
from collections.abc import Sequence
from functools import cache
from time import perf_counter
from typing import Any

from machine import SV39, tlb
from model.messages import literal
from model.messages.operation import ARGUMENTS, Kind, Operation
from model.messages.readings import MessageReadings
from model.messages.scope import MessageScope
from model.messages.steps import operations_of
from model.messages.tables import Board, Table, board_of, first_row, view
from model.scope import ALL_RIGHTS
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE
from proofs.faults.record import Ending, Engine, HuntResult
from refinement.kernel.lockstep import Difference
from refinement.messages.kernel import MessageKernel
from refinement.messages.lockstep import MessageLockstep, boot

Steps = tuple[Operation, ...]
READINGS = MessageReadings(), CANONICAL.readings

SCOPES = (
    MessageScope(2, 1, 1, threads=2, ids=2, words=2, booted=2),
    MessageScope(2, 2, 2, threads=3, ids=3, words=2, booted=3, ports=1),
    MessageScope(2, 1, 1, threads=6, ids=6, words=2, booted=2, hardware=1, versions=2),
    MessageScope(1, 1, 1, threads=4, ids=4, words=1, booted=1, hardware=1, versions=2),
)
WALKS, LENGTH, TRIES = 60, 24, 12


@cache
def _choices(scope: MessageScope) -> tuple[Steps, ...]:
    """The operations of a scope, by kind."""
    willing = (0, (1 << scope.ids) - 1, *(1 << i for i in range(scope.ids)))
    opens = (0, *(1 << x for x in range(scope.slots)))
    every = operations_of(scope, rights=(ALL_RIGHTS, 4), willing=tuple(dict.fromkeys(willing)), opens=opens)
    kinds = [tuple(o for o in every if o.kind == kind) for kind in Kind]
    return tuple(some for some in kinds if some)


def walk(scope: MessageScope, seed: int) -> Steps:
    """Operations chosen on the literal model: possible ones, and before many one that is so but for an argument."""
    choose, board = random.Random(seed), board_of(scope)
    row, steps = first_row(scope), list[Operation]()
    while len(steps) < LENGTH:
        some = choose.choice(_choices(scope))
        drawn = (choose.choice(some) for _ in range(TRIES))
        o = next((o for o in drawn if _after(o, row, board) is not None), choose.choice(some))
        if choose.random() < 0.6:
            name = choose.choice(ARGUMENTS[Kind(o.kind)])
            near = o._replace(**{name: getattr(choose.choice(some), name)})
            steps.append(near)
            row = _after(near, row, board, row)
        steps.append(o)
        row = _after(o, row, board, row)
    return tuple(steps)


def _after(o: Operation, row: Table, board: Board, otherwise: Any = None) -> Any:
    """The state after an operation; something else if it is not possible."""
    after = row.copy()
    return after if literal.act(view(after, board), board, o, *READINGS) == DONE else otherwise


def failing(
    scope: MessageScope, kernel: type[MessageKernel], steps: Sequence[Operation]
) -> tuple[Steps, list[Difference]]:
    """The operations up to the one that shows a difference, and what it shows; nothing if none does."""
    both = MessageLockstep(boot(scope, format=SV39, buffer=tlb.riscv_asid, kernel=kernel))
    for number, o in enumerate(steps):
        try:
            found = both.do(o)
        except (LookupError, ValueError) as error:
            found = [Difference("crash", f"the kernel raises {type(error).__name__}: {error}")]
        if found:
            return tuple(steps[: number + 1]), found
    return tuple(steps), []


def shortened(
    scope: MessageScope, kernel: type[MessageKernel], steps: Steps, found: list[Difference]
) -> tuple[Steps, list[Difference]]:
    """The same without operations that are not needed for a difference."""
    again = True
    while again:
        again = False
        for at in range(len(steps)):
            shorter, differs = failing(scope, kernel, (*steps[:at], *steps[at + 1 :]))
            if differs:
                steps, found, again = shorter, differs, True
                break
    return steps, found


def find(change: str, kernel: type[MessageKernel], walks: int = WALKS) -> HuntResult:
    """Walk in each scope in turn until the kernel differs from the model."""
    begun, done = perf_counter(), 0
    for seed in range(walks):
        for scope in SCOPES:
            steps, found = failing(scope, kernel, walk(scope, seed))
            done += len(steps)
            if found:
                steps, found = shortened(scope, kernel, steps, found)
                checks = tuple(dict.fromkeys(difference.check for difference in found))
                told = "; ".join(o.text(scope) for o in steps)
                said = f"{found[0].check}: {found[0].message} (after: {told})"
                seconds = perf_counter() - begun
                return HuntResult(
                    Engine.STATE_MACHINE, change, Ending.KILLED, checks, len(steps), False, None, said, seconds
                )
    said = f"no difference in {done} operations in {len(SCOPES)} scopes"
    return HuntResult(Engine.STATE_MACHINE, change, Ending.SURVIVED, said=said, seconds=perf_counter() - begun)
