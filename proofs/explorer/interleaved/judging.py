"""What is wrong with a schedule that has ended: a deadlock, a broken tree, or no order of the calls explains it."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from proofs.explorer.interleaved.execution import Execution, Program
from refinement.cores.locked import UNLOCKED
from refinement.cores.locking import Call, done
from refinement.cores.machine import Entry, SharedKernel
from refinement.kernel.mapping_tree import abstraction
from refinement.kernel.tree_check import check

Name = tuple[int, int]
"""A call: its core, and its number there."""


@cache
def orders(program: Program) -> tuple[tuple[tuple[Name, ...], tuple[tuple[Name, Any], ...], Any], ...]:
    """Every order of the calls that keeps each core's own: the order, how each call ends, and what spaces show then."""
    found = []
    for order in _merged([[(core, n) for n in range(len(calls))] for core, calls in enumerate(program.calls)]):
        kernel = program.make()
        status = tuple((name, run_alone(kernel, program.calls[name[0]][name[1]])) for name in order)
        found.append((order, tuple(sorted(status)), shown(kernel)))
    return tuple(found)


def _merged(lists: Sequence[Sequence[Name]]) -> Iterator[tuple[Name, ...]]:
    if not any(lists):
        yield ()
        return
    for place, names in enumerate(lists):
        if names:
            rest = [each[1:] if number == place else each for number, each in enumerate(lists)]
            yield from ((names[0], *more) for more in _merged(rest))


def run_alone(kernel: SharedKernel, call: Call) -> Any:
    """A call from its beginning to its end, alone; what it returns."""
    steps = done(kernel, call, UNLOCKED)
    try:
        while True:
            next(steps)
            while kernel.shared.buffered and kernel.shared.waiting[kernel.shared.running]:
                kernel.shared.drain(kernel.shared.running)
    except StopIteration as stop:
        while kernel.shared.buffered and kernel.shared.waiting[kernel.shared.running]:
            kernel.shared.drain(kernel.shared.running)
        return stop.value


def shown(kernel: SharedKernel) -> Any:
    """Return what the spaces show: σ and the rights."""
    spaces = abstraction(kernel.plain_tree)
    return tuple(spaces.sigma.tolist()), tuple(spaces.rights.tolist())


def judged(execution: Execution) -> str:
    """Return what is wrong with a schedule that has come to its end; empty if nothing is."""
    if execution.failure:
        return execution.failure
    if execution.enabled():
        return f"no end after {execution.number} steps"
    if not execution.ended:
        waits = [f"core {n} waits for {a}" for n, a in enumerate(execution.pending) if a and n < execution.cores]
        return f"deadlock: {', '.join(waits)}"
    if execution.owner:
        lock, core = next(iter(execution.owner.items()))
        return f"core {core} keeps the lock {' '.join(map(str, lock))} when its calls have returned"
    kernel = execution.kernel
    if broken := check(kernel.plain_tree):
        return f"the mapping tree is broken: {broken[0]}"
    for slot in range(kernel.scope.slots):
        node = kernel.tree.node_of[slot]
        entry = None if node < 0 else Entry(kernel.tree.frame[node], kernel.tree.rights[node])
        if kernel.shared.entries.values[slot] != entry:
            return f"the entry of {kernel.scope.name(slot)} is not what the database says"
    ends, status = shown(kernel), tuple(sorted(execution.status.items()))
    earlier = list(execution.before())
    for order, expected, after in orders(execution.program):
        if (expected, after) == (status, ends) and all(order.index(one) < order.index(two) for one, two in earlier):
            return ""
    said = ", ".join(f"call {number} of core {core} ends with {value}" for (core, number), value in status)
    return f"no order of the calls explains it: {said}; σ is {list(ends[0])}"
