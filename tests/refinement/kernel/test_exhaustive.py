"""Every reachable state and every operation of small scopes: the tree, the kernel and the machine against the model."""

from collections.abc import Callable, Iterable, Iterator
from itertools import permutations, product
from typing import Any

import numba
import numpy as np
import pytest

from machine import SV39, X86_32, Format, Tlb, tlb
from model.scope import ALL_RIGHTS, Scope
from model.spaces import compiled as model
from model.spaces.dialect import DIALECTS
from model.spaces.literal import Spaces
from model.spaces.operation import Kind, Operation
from refinement.kernel import compiled, operations
from refinement.kernel.lockstep import Lockstep, boot
from refinement.kernel.mapping_tree import MappingTree, abstraction
from refinement.kernel.tree_check import check

njit: Callable[[Callable[..., Any]], Any] = numba.njit


@njit
def explore(
    t: Any, frames: int, rights: Any, orders: bool, d: Any, trees: Any, before: Any, by: Any
) -> tuple[int, int, tuple[int, int, int, int, int]]:
    """Breadth first; states found, operations tried, the first that differs (state's number, kind, src, dst, rights).

    ``trees`` holds a tree for each state, all columns one after the other; ``before`` and ``by`` the number of the
    state that it was found from, and the operation. With ``orders``, states that differ in the order of siblings alone
    count as different, although no reader of the abstract state sees it.
    """
    slots, nodes = len(t.node_of), len(t.parent)
    state, again = model_of(slots), model_of(slots)
    pack(t, trees[0])
    fill(t, state)
    seen = {key(t, state, frames, orders)}
    found, at, tried = 1, 0, 0
    while at < found:
        for kind in range(Kind.MAP, Kind.FLUSH + 1):
            for src in range(slots):
                for dst in range(1 if kind == Kind.FLUSH else slots):
                    for r in rights:
                        unpack(trees[at], t, nodes)
                        fill(t, state)
                        if kind == Kind.MAP:
                            ours = compiled.map_(t, src, dst, r, d)
                            theirs = model.map_(state, src, dst, r, d)
                        elif kind == Kind.GRANT:
                            ours = compiled.grant(t, src, dst, r, d)
                            theirs = model.grant(state, src, dst, r, d)
                        else:
                            ours = compiled.flush(t, src, r, d)
                            theirs = model.flush(state, src, r, d)
                        tried += 1
                        fill(t, again)
                        same = ours == theirs
                        for i in range(slots):
                            same &= again.sigma[i] == state.sigma[i]
                            same &= again.phys[i] == state.phys[i]
                            same &= again.rights[i] == state.rights[i]
                        if not same:
                            return found, tried, (at, kind, src, dst, r)
                        new = key(t, state, frames, orders)
                        if new not in seen:
                            seen.add(new)
                            pack(t, trees[found])
                            before[found] = at
                            by[found] = (kind, src, dst, r)
                            found += 1
        at += 1
    return found, tried, (-1, -1, -1, -1, -1)


@njit
def key(t: Any, state: Spaces, frames: int, orders: bool) -> int:
    number = 0
    for i in range(len(state.sigma)):
        number = number * (len(state.sigma) + frames + 1) + state.sigma[i] + frames + 1
        number = number * 8 + state.rights[i]
        if orders:
            node = t.node_of[i]
            after = -1 if node == -1 or t.next_sibling[node] == -1 else t.slot[t.next_sibling[node]]
            number = number * (len(state.sigma) + 1) + after + 1
    return number


@njit
def model_of(slots: int) -> Spaces:
    return Spaces(np.empty(slots, np.int64), np.empty(slots, np.int64), np.empty(slots, np.int64))


@njit
def fill(t: Any, state: Spaces) -> None:
    """The abstraction function, once more, compiled."""
    for slot in range(len(t.node_of)):
        node = t.node_of[slot]
        state.sigma[slot] = state.phys[slot] = -1
        state.rights[slot] = 0
        if node != -1:
            state.phys[slot] = t.frame[node]
            state.rights[slot] = t.rights[node]
            state.sigma[slot] = -2 - t.frame[node] if t.parent[node] == 1 else t.slot[t.parent[node]]


@njit
def pack(t: Any, row: Any) -> None:
    nodes = len(t.parent)
    row[:nodes], row[nodes : 2 * nodes] = t.parent, t.first_child
    row[2 * nodes : 3 * nodes], row[3 * nodes : 4 * nodes] = t.next_sibling, t.prev_sibling
    row[4 * nodes : 5 * nodes], row[5 * nodes : 6 * nodes] = t.slot, t.frame
    row[6 * nodes : 7 * nodes], row[7 * nodes :] = t.rights, t.node_of


@njit
def unpack(row: Any, t: Any, nodes: int) -> None:
    t.parent[:], t.first_child[:] = row[:nodes], row[nodes : 2 * nodes]
    t.next_sibling[:], t.prev_sibling[:] = row[2 * nodes : 3 * nodes], row[3 * nodes : 4 * nodes]
    t.slot[:], t.frame[:] = row[4 * nodes : 5 * nodes], row[5 * nodes : 6 * nodes]
    t.rights[:], t.node_of[:] = row[6 * nodes : 7 * nodes], row[7 * nodes :]


class Explored:
    """All reachable states of a scope, each as a tree and as the operations that lead there."""

    def __init__(
        self, scope: Scope, dialect: str, rights: Any = (ALL_RIGHTS,), orders: bool = False, room: int = 60_000
    ) -> None:
        tree = operations.initial(scope)
        self.scope, self.dialect, self.rights = scope, dialect, rights
        self.trees = np.zeros((room, sum(len(column) for column in tree)), np.int8)
        self.before, self.by = np.zeros(room, np.int32), np.zeros((room, 4), np.int8)
        self.states, self.tried, self.where = explore(
            tree, scope.frames, np.array(rights), orders, DIALECTS[dialect].readings, self.trees, self.before, self.by
        )

    def tree(self, number: int) -> MappingTree:
        tree = operations.initial(self.scope)
        unpack.py_func(self.trees[number], tree, len(tree.parent))
        return tree

    def history(self, number: int) -> list[Operation]:
        steps = []
        while number:
            kind, src, dst, rights = self.by[number].tolist()
            steps.append(Operation(Kind(kind), src, -1 if kind == Kind.FLUSH else dst, rights))
            number = int(self.before[number])
        return steps[::-1]

    def operations(self) -> Iterator[Operation]:
        for src, rights in product(range(self.scope.slots), self.rights):
            yield Operation("flush", src, rights=rights)
            for kind, dst in product(("map", "grant"), range(self.scope.slots)):
                yield Operation(kind, src, dst, rights)

    def representatives(self) -> Iterator[int]:
        """One state of each class up to the names of spaces, of pages within a space, and of frames."""
        scope = self.scope
        renamings = [
            [scope.slot(order[s // scope.pages], pages[s // scope.pages][s % scope.pages]) for s in range(scope.slots)]
            for order in permutations(range(scope.spaces))
            for pages in product(permutations(range(scope.pages)), repeat=scope.spaces)
        ]
        seen = set()
        for number in range(self.states):
            state = abstraction(self.tree(number))
            slots = list(zip(state.sigma.tolist(), state.rights.tolist(), strict=True))
            if tuple(slots) in seen:
                continue
            for to, names in product(renamings, permutations(range(scope.frames))):
                image = [(0, 0)] * scope.slots
                for slot, (element, rights) in enumerate(slots):
                    renamed = to[element] if element >= 0 else -2 - names[-2 - element] if element < -1 else -1
                    image[to[slot]] = (renamed, rights)
                seen.add(tuple(image))
            yield number


# With all rights a state is a forest: two labelled ones over 2 ... 6 of 6 slots, times 2 for which frame is where, are
# 20,670; in the dialect tree, where a frame can be lost, those with one root, and the empty one, come besides.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("dialect", "scope", "rights", "states"),
    [
        ("canonical", Scope(3, 2, 2), (7,), 20_670),
        ("tree", Scope(3, 2, 2), (7,), 46_075),
        ("canonical", Scope(2, 2, 2), (7, 6, 4), 10_284),
        ("tree", Scope(2, 2, 2), (7, 5, 2), 5_765),
        ("canonical", Scope(2, 2, 1), (0, 1, 2, 3, 4, 5, 6, 7), 10_988),
    ],
)
def test_the_tree_does_in_every_state_what_the_model_does(
    dialect: str,
    scope: Scope,
    rights: tuple[int, int, int, int, int, int, int, int] | tuple[int, int, int] | tuple[int],
    states: int,
) -> None:
    found = Explored(scope, dialect, rights)
    assert found.where == (-1, -1, -1, -1, -1)
    assert found.states == states
    assert found.tried == states * scope.slots * (2 * scope.slots + 1) * len(rights)
    assert [n for n in range(0, states, 23) if check(found.tree(n))] == []


# One frame in five slots: a planted plane tree over n of them is one of n! times Catalan(n - 1), which sums to 2,425;
# and the frame may be lost.
@pytest.mark.long
@pytest.mark.parametrize(("scope", "states"), [(Scope(2, 2, 2), 549), (Scope(5, 1, 1), 2_426)])
def test_whatever_the_order_of_siblings(scope: Scope, states: int) -> None:
    found = Explored(scope, "tree", orders=True)
    assert found.where == (-1, -1, -1, -1, -1)
    assert found.states == states
    assert [n for n in range(states) if check(found.tree(n))] == []


def machine_does_what_the_model_does(found: Explored, numbers: Iterable[int], **machine: Any) -> None:
    """Every operation in each of those states, on the whole machine."""
    for number in numbers:
        for operation in found.operations():
            lockstep = Lockstep(boot(found.scope, DIALECTS[found.dialect], cores=found.scope.spaces + 1, **machine))
            for step in found.history(number):
                lockstep.skip(step)
            assert lockstep.do(operation) == [], (number, operation)


@pytest.mark.long
@pytest.mark.parametrize(("dialect", "classes"), [("canonical", 13), ("tree", 31)])
def test_the_machine_does_in_every_state_of_2_2_2(dialect: str, classes: int) -> None:
    found = Explored(Scope(2, 2, 2), dialect)
    numbers = list(found.representatives())
    assert len(numbers) == classes
    machine_does_what_the_model_does(found, numbers, format=SV39, buffer=tlb.riscv_asid)


# In four parts, so that several processors can share the work.
@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize(("dialect", "classes", "format"), [("canonical", 250, SV39), ("tree", 558, X86_32)])
def test_the_machine_does_in_every_state_of_3_2_2(dialect: str, classes: int, format: Format, part: int) -> None:
    found = Explored(Scope(3, 2, 2), dialect)
    numbers = list(found.representatives())
    assert len(numbers) == classes
    machine_does_what_the_model_does(found, numbers[part::4], format=format, buffer=tlb.i486)


@pytest.mark.slow
@pytest.mark.parametrize(("dialect", "classes"), [("canonical", 157), ("tree", 158)])
def test_the_machine_does_with_rights_in_every_state_of_2_2_1(dialect: str, classes: int) -> None:
    found = Explored(Scope(2, 2, 1), dialect, (7, 4))
    numbers = list(found.representatives())
    assert len(numbers) == classes
    machine_does_what_the_model_does(found, numbers, format=SV39, buffer=lambda f: Tlb(f, 2, tagged=True))
