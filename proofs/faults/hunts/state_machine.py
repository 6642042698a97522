"""Broken kernels run in lockstep with the literal model: random walks with fixed seeds, and what is left of them.

A walk that shows a difference is shortened for as long as dropping one operation (its page may be replaced by the one
it came from), or giving one all rights, leaves a difference. So no operation of the trace can be missing; a different
trace may be shorter.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from machine import SV39, tlb
from model.scope import ALL_RIGHTS, Scope
from model.spaces import literal as spaces
from model.spaces.literal import NIL
from model.spaces.operation import Kind, Operation
from model.trace import Trace
from proofs.faults.record import Engine, HuntEnding, HuntResult
from refinement.kernel.kernel import Kernel
from refinement.kernel.lockstep import Difference, Lockstep, boot

Steps = tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class WalkPlan:
    """A machine and a scope to walk on; ``walks`` of ``length`` operations each.

    ``chain`` is the length of a chain of mappings that is built unwatched and flushed, in place of random walks.
    """

    scope: Scope
    machine: dict[str, Any] = field(default_factory=dict)
    walks: int = 20
    length: int = 12
    chain: int = 0

    def boot(self, kernel: type[Kernel]) -> Lockstep:
        """A kernel of that class on this machine, beside the literal model."""
        machine = {"format": SV39, "buffer": tlb.riscv_asid, "cores": self.scope.spaces + 1, **self.machine}
        return Lockstep(boot(self.scope, kernel=kernel, **machine))


BENCHES = (
    WalkPlan(Scope(3, 1, 1)),
    WalkPlan(Scope(4, 1, 1), walks=60),
    WalkPlan(Scope(2, 2, 2)),
    WalkPlan(Scope(3, 2, 2)),
    # Pages far apart need tables of their own, and there are too few frames for all of them.
    WalkPlan(Scope(3, 2, 2), {"addresses": (0x10000, 0x4000_0000), "tables": 9}),
    # Fewer tags than spaces.
    WalkPlan(Scope(4, 1, 1), {"cores": 2, "tags": 3}),
    WalkPlan(Scope(1, 258, 1), {"cores": 1}, walks=1, length=0, chain=257),
)


def walk(bench: WalkPlan, seed: int) -> Steps:
    """Operations chosen on the literal model; most of them from a page in use, so that they are not refused."""
    choose, scope = random.Random(seed), bench.scope
    if bench.chain:
        links = [Operation(Kind.MAP, page, page + 1) for page in range(bench.chain)]
        return (*links, Operation(Kind.FLUSH, 0))
    state, steps = spaces.initial(scope), list[Operation]()
    readings = Trace("canonical", scope, ()).resolved_dialect().readings
    for _ in range(bench.length):
        live = [slot for slot in range(scope.slots) if state.sigma[slot] != NIL]
        if steps and choose.random() < 0.2:
            # What is remembered from the first time may be wrong at the second.
            operation = choose.choice(steps)
        else:
            last = steps[-1].dst if steps else -1
            # Every other walk goes from page to page, so that trees grow deep as well as wide.
            deep = seed % 2 == 1 and choose.random() < 0.85
            src = last if deep and last in live else choose.choice(live)
            src = src if choose.random() < 0.95 else choose.randrange(scope.slots)
            kind = Kind.MAP if deep else choose.choice((*[Kind.MAP] * 4, Kind.GRANT, Kind.FLUSH))
            rights = ALL_RIGHTS if deep or choose.random() < 0.6 else choose.randrange(ALL_RIGHTS)
            free = [slot for slot in range(scope.slots) if slot not in live]
            dst = choose.choice(free) if deep and free and choose.random() < 0.7 else choose.randrange(scope.slots)
            operation = Operation(kind, src, dst if kind.names_destination else -1, rights)
        operation.apply(state, readings)
        steps.append(operation)
    return tuple(steps)


def _without(gone: Operation, later: Operation) -> Operation:
    """A later operation, from the source of one that is left out; what was granted away leaves its own slot free."""
    names = {gone.dst: gone.src}
    if gone.kind == Kind.GRANT:
        names[gone.src] = gone.dst
    src, dst = (names.get(slot, slot) for slot in (later.src, later.dst))
    return Operation(later.action, src, dst, later.rights)


def _smaller(steps: Steps) -> Iterator[Steps]:
    """The same without one operation, or without one and from its source in place of its destination; or with all
    rights in one.
    """
    for at in range(len(steps)):
        yield (*steps[:at], *steps[at + 1 :])
    for at, gone in enumerate(steps):
        if gone.dst >= 0:
            yield (*steps[:at], *(_without(gone, later) for later in steps[at + 1 :]))
    for at, operation in enumerate(steps):
        if operation.rights != ALL_RIGHTS:
            yield (*steps[:at], Operation(operation.action, operation.src, operation.dst), *steps[at + 1 :])


def failing(bench: WalkPlan, kernel: type[Kernel], steps: Steps) -> tuple[Steps, list[Difference]]:
    """The operations up to the one that shows a difference, and what it shows; nothing if none does.

    Of a chain only the last operation is watched. A kernel that raises has failed as well.
    """
    lockstep = bench.boot(kernel)
    unwatched = len(steps) - 1 if bench.chain else 0
    found: list[Difference] = []
    for number, operation in enumerate(steps):
        try:
            if number < unwatched:
                lockstep.skip(operation)
            else:
                found = lockstep.do(operation)
        except (LookupError, ValueError) as error:
            found = [Difference("crash", f"the kernel raises {type(error).__name__}: {error}")]
        if found:
            return steps[: number + 1], found
    return steps, []


def _shrunk(
    bench: WalkPlan, kernel: type[Kernel], steps: Steps, found: list[Difference]
) -> tuple[Steps, list[Difference]]:
    if bench.chain:
        return steps, found
    again = True
    while again:
        again = False
        for candidate in _smaller(steps):
            shorter, differs = failing(bench, kernel, candidate)
            if differs:
                steps, found, again = shorter, differs, True
                break
    return steps, found


def find(change: str, kernel: type[Kernel]) -> HuntResult:
    """Walk on each bench in turn until the kernel differs from the model."""
    begun, done = perf_counter(), 0
    for bench in BENCHES:
        for seed in range(bench.walks):
            steps, found = failing(bench, kernel, walk(bench, seed))
            done += len(steps)
            if found:
                steps, found = _shrunk(bench, kernel, steps, found)
                checks = tuple(dict.fromkeys(difference.check for difference in found))
                said = f"{found[0].check}: {found[0].message}"
                trace = Trace("canonical", bench.scope, steps, said)
                seconds = perf_counter() - begun
                return HuntResult(
                    Engine.STATE_MACHINE, change, HuntEnding.KILLED, checks, len(steps), False, trace, said, seconds
                )
    said = f"no difference in {done} operations on {len(BENCHES)} machines"
    return HuntResult(Engine.STATE_MACHINE, change, HuntEnding.SURVIVED, said=said, seconds=perf_counter() - begun)
