"""Broken kernels with ranges run in lockstep with the literal model: random walks with fixed seeds, then shortened.

A walk draws ranges that the model can move, and takes some of them back, so that mappings are taken apart and put
together again: most draws at random are refused. Some that are refused are among them, since a broken kernel may do
them.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from time import perf_counter

from machine import tlb
from machine.formats.base import Format
from machine.tlb import TranslationBuffer
from model.ranges import literal
from model.ranges.operation import RangeOperation, operations_of
from model.ranges.readings import CANONICAL_RANGES, RangeReadings
from model.ranges.scope import RangeScope
from model.ranges.trace import RangeTrace
from model.scope import ALL_RIGHTS
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE
from model.spaces.operation import Kind
from proofs.faults.record import Engine, HuntEnding, HuntResult
from refinement.kernel.lockstep import Difference
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.lockstep import RangeLockstep, boot, most_tables
from refinement.ranges.small import small

Steps = tuple[RangeOperation, ...]
READINGS = CANONICAL.readings, RangeReadings()
RIGHTS = (ALL_RIGHTS, 6, 4)
TRIES = 30
BROKEN = LookupError, ValueError, RuntimeError
"""What a broken kernel raises: its memory is read where nothing is, or its pool has no frame left."""


@dataclass(frozen=True, slots=True)
class RangePlan:
    """A machine and a scope to walk on; ``walks`` of ``length`` operations each.

    :param fixed: operations that are run as they are, in place of random walks.
    :param tight: the pool has no more tables than the pages of all spaces but one need.
    """

    scope: RangeScope
    format: Format
    walks: int = 25
    length: int = 12
    buffer: Callable[[Format], TranslationBuffer] = tlb.riscv_asid
    tight: bool = False
    fixed: Steps = ()

    def boot(self, kernel: type[SizedKernel]) -> RangeLockstep:
        """A kernel of that class on this machine, beside the literal model."""
        scope = self.scope
        tables = scope.spaces + most_tables(scope, self.format) * (scope.spaces - 1) if self.tight else 0
        cores = scope.spaces + 1
        machine = {"format": self.format, "buffer": self.buffer, "cores": cores, "tables": tables}
        return RangeLockstep(boot(scope, kernel=kernel, **machine))  # type: ignore[arg-type]


PLANS = (
    RangePlan(RangeScope(2, 2, 2, 0b11), small(1)),
    # A page goes onto what another page of its range came from.
    RangePlan(
        RangeScope(3, 2, 2, 0b11),
        small(1),
        walks=1,
        fixed=(
            RangeOperation(Kind.MAP, 0, 0, 2),
            RangeOperation(Kind.MAP, 0, 0, 4),
            RangeOperation(Kind.MAP, 2, 0, 5),
            RangeOperation(Kind.MAP, 4, 1, 2, 1),
        ),
    ),
    RangePlan(RangeScope(3, 4, 4, 0b111), small(1)),
    RangePlan(RangeScope(3, 4, 4, 0b111), small(2), walks=50),
    RangePlan(RangeScope(3, 4, 4, 0b111), small(1), tight=True),
    RangePlan(RangeScope(3, 8, 8, 0b1111), small(2), walks=50),
)


def walk(plan: RangePlan, seed: int) -> Steps:
    """Operations chosen on the literal model, most of which it does."""
    if plan.fixed:
        return plan.fixed
    choose, scope, used = random.Random(seed), plan.scope, {0}
    every = _operations(scope)
    state, steps = literal.first(scope, scope.orders, READINGS[1]), list[RangeOperation]()
    while len(steps) < plan.length:
        back = _back(steps[-1]) if steps and choose.random() < 0.3 else None
        kind = choose.choice((Kind.MAP, Kind.MAP, Kind.GRANT, Kind.FLUSH))
        for _ in range(TRIES):
            o = back or choose.choice(every[kind])
            o = o._replace(rights=ALL_RIGHTS) if choose.random() < 0.7 else o
            o = o._replace(own=choose.random() < 0.3) if o.kind == Kind.FLUSH else o
            back, after = None, literal.Ranged(*(column.copy() for column in state))
            if used.isdisjoint(range(o.src, o.src + (1 << o.order))) and choose.random() < 0.9:
                continue
            if o.apply(after, *READINGS) == DONE or choose.random() < (0.2 if o.order else 0.02):
                state = after
                steps.append(o)
                used |= {o.src, o.dst}
                break
    return tuple(steps)


@cache
def _operations(scope: RangeScope) -> Mapping[Kind, Sequence[RangeOperation]]:
    """All operations of a scope, by kind."""
    every = operations_of(scope, READINGS[1], RIGHTS)
    return {kind: [o for o in every if o.kind == kind] for kind in Kind}


def _back(o: RangeOperation) -> RangeOperation | None:
    """What undoes a grant of a range onto one of its size."""
    if o.kind != Kind.GRANT or o.order != o.dst_order:
        return None
    return o._replace(src=o.dst, dst=o.src, rights=ALL_RIGHTS)


def failing(
    plan: RangePlan, kernel: type[SizedKernel], steps: Sequence[RangeOperation]
) -> tuple[Steps, list[Difference]]:
    """The operations up to the one that shows a difference, and what it shows; nothing if none does.

    A kernel that raises has failed as well.
    """
    for number in range(-1, len(steps)):
        try:
            if number < 0:
                both = plan.boot(kernel)
                continue
            found = both.do_range(steps[number])
        except BROKEN as error:
            found = [Difference("crash", f"the kernel raises {type(error).__name__}: {error}")]
        if found:
            return tuple(steps[: number + 1]), found
    return tuple(steps), []


def plan_of(scope: RangeScope, kernel: type[SizedKernel], steps: Sequence[RangeOperation]) -> RangePlan:
    """The machine of that scope on which the operations fail; the first if they fail on none, or one for the scope."""
    fitting = [plan for plan in PLANS if plan.scope == scope] or [RangePlan(scope, small(1, levels=levels_for(scope)))]
    return next((plan for plan in fitting if failing(plan, kernel, steps)[1]), fitting[0])


def levels_for(scope: RangeScope) -> int:
    """How many levels tables of two entries need for a leaf of each order, and for all pages of a space.

    >>> levels_for(RangeScope(2, 16, 4, 0b10111))
    5
    """
    return max(3, scope.sizes[-1] + 1, (scope.pages - 1).bit_length())


def shortened(
    plan: RangePlan, kernel: type[SizedKernel], steps: Steps, found: list[Difference]
) -> tuple[Steps, list[Difference]]:
    """The same without operations that are not needed for a difference."""
    again = True
    while again:
        again = False
        for at in range(len(steps)):
            shorter, differs = failing(plan, kernel, (*steps[:at], *steps[at + 1 :]))
            if differs:
                steps, found, again = shorter, differs, True
                break
    return steps, found


def find(change: str, kernel: type[SizedKernel], walks: int = 0) -> HuntResult:
    """Walk on each plan in turn until the kernel differs from the model.

    :param walks: so many on each plan, and not as many as it says.
    """
    begun, done = perf_counter(), 0
    for plan in PLANS:
        for seed in range(walks or plan.walks):
            steps, found = failing(plan, kernel, walk(plan, seed))
            done += len(steps)
            if found:
                steps, found = shortened(plan, kernel, steps, found)
                checks = tuple(dict.fromkeys(difference.check for difference in found))
                told = "; ".join(o.text(plan.scope) for o in steps)
                said = f"{found[0].check}: {found[0].message} (after: {told or 'the beginning'})"
                shows = f"{found[0].check}: {found[0].message}"
                trace = RangeTrace(CANONICAL.name, CANONICAL_RANGES.name, plan.scope, steps, shows, fault=change)
                seconds = perf_counter() - begun
                return HuntResult(
                    Engine.STATE_MACHINE, change, HuntEnding.KILLED, checks, len(steps), False, trace, said, seconds
                )
    said = f"no difference in {done} operations on {len(PLANS)} machines with ranges"
    return HuntResult(Engine.STATE_MACHINE, change, HuntEnding.SURVIVED, said=said, seconds=perf_counter() - begun)
