"""The kernel step by step is the kernel: alone, every call leaves behind what the operations on the tree do."""

import itertools
from typing import Any

import pytest

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import CANONICAL
from proofs.explorer.interleaved.judging import run_alone, shown
from proofs.mutation.runner.coverage import executed
from proofs.mutation.runner.inplace import place_of
from refinement.cores import locked
from refinement.cores.locked import UNLOCKED, SlotLocks
from refinement.cores.locking import Call, done, under
from refinement.cores.machine import SharedKernel
from refinement.cores.stepping import READ, WRITE, stepped
from refinement.kernel import operations, primitives
from refinement.kernel.mapping_tree import abstraction, on_lists
from refinement.kernel.tree_check import check

SCOPE = Scope(3, 1, 1)
CALLS = [Call(kind, s, d) for kind in ("map", "grant") for s in range(3) for d in range(3)]
CALLS += [Call("flush", s) for s in range(3)] + [Call("map", 0, 1, 4), Call("flush", 0, -1, 2)]


@pytest.mark.parametrize("buffered", [False, True])
def test_alone_it_does_what_the_operations_do(buffered: bool) -> None:
    functions: dict[str, Any] = {"map": operations.map_, "grant": operations.grant, "flush": operations.flush}
    for calls in itertools.product(CALLS, repeat=2):
        kernel, tree = SharedKernel(SCOPE, 2, buffered=buffered), on_lists(operations.initial(SCOPE))
        for call in calls:
            assert run_alone(kernel, call) == functions[call.kind](tree, *call.arguments, CANONICAL.readings)
        spaces = abstraction(tree)
        assert shown(kernel) == (tuple(spaces.sigma.tolist()), tuple(spaces.rights.tolist()))
        assert check(kernel.plain_tree) == []


def test_each_access_is_a_step() -> None:
    kernel = SharedKernel(SCOPE, 1)
    node = kernel.tree.node_of[0]
    steps = list(stepped(primitives.restrict_rights, UNLOCKED)(kernel.tree, node, 4))
    assert [step[:2] for step in steps] == [(READ, ("rights", node)), (WRITE, ("rights", node))]
    assert kernel.tree.rights[node] == ALL_RIGHTS & 4


def test_what_runs_is_recorded_as_the_function_that_it_is_made_of() -> None:
    kernel, files = SharedKernel(SCOPE, 1), {locked.__file__: locked.__name__}
    with executed(files) as places:
        list(under(SlotLocks)(kernel, Call("flush", 0)))
    assert {(locked.__file__, f"SlotLocks.{name}") for name in ("flush", "take", "one")} <= {p[:2] for p in places}
    assert place_of(SlotLocks.flush.__code__) in places


def test_an_element_outside_is_an_error_and_not_the_last_one() -> None:
    kernel = SharedKernel(SCOPE, 1)
    with pytest.raises(IndexError, match="element -1 of rights"):
        list(stepped(primitives.restrict_rights, UNLOCKED)(kernel.tree, -1, 4))


def test_a_write_is_seen_by_others_when_it_drains() -> None:
    kernel = SharedKernel(SCOPE, 2, buffered=True)
    steps = done(kernel, Call("map", 0, 1), UNLOCKED)
    for access in steps:
        if access[:2] == (WRITE, ("entry", 1)):
            break
    next(steps, None)
    shared = kernel.shared
    assert shared.entries[1] is None
    assert shared.load(shared.entries, 1) is not None
    shared.running = 1
    assert shared.load(shared.entries, 1) is None
    while shared.waiting[0]:
        shared.drain(0)
    assert shared.load(shared.entries, 1) is not None
    assert all(shared.remembered[core][1] for core in range(2))
