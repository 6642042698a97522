"""The compiled operations: the same as in plain Python, and long chains."""

import numpy as np
import pytest

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import DIALECTS
from model.spaces.literal import DONE
from model.spaces.operation import Kind
from refinement.kernel import compiled, operations
from refinement.kernel.mapping_tree import NONE, ROOTS, empty, on_lists
from refinement.kernel.primitives import create_leaf
from tests.refinement.kernel.columns import values

CANONICAL = DIALECTS["canonical"].readings


@pytest.mark.long
@pytest.mark.parametrize("dialect", ["canonical", "tree"])
def test_a_script_does_what_plain_python_does(dialect: str) -> None:
    readings, scope, rng = DIALECTS[dialect].readings, Scope(4, 5, 3), np.random.default_rng(5)
    script = np.stack(
        [
            rng.choice([Kind.MAP, Kind.MAP, Kind.GRANT, Kind.FLUSH], 3000),
            rng.integers(0, scope.slots, 3000),
            rng.integers(0, scope.slots, 3000),
            rng.choice([7, 7, 6, 5, 3, 2, 0], 3000),
        ],
        axis=1,
    ).astype(np.int32)
    statuses = np.empty(len(script), np.int8)
    fast, slow = operations.initial(scope), on_lists(operations.initial(scope))
    compiled.run(fast, script, readings, statuses)
    for (kind, src, dst, rights), status in zip(script.tolist(), statuses.tolist(), strict=True):
        if kind == Kind.FLUSH:
            assert operations.flush(slow, src, rights, readings) == status
        else:
            operation = operations.map_ if kind == Kind.MAP else operations.grant
            assert operation(slow, src, dst, rights, readings) == status
    assert on_lists(fast) == slow


@pytest.mark.long
def test_a_chain_of_a_million_mappings_is_flushed() -> None:
    length = 1_000_000
    tree = empty(slots=length, mappings=length)
    create_leaf(tree, ROOTS, 0, 0, ALL_RIGHTS)
    script = np.stack(
        [np.full(length - 1, Kind.MAP), np.arange(length - 1), np.arange(1, length), np.full(length - 1, 7)], axis=1
    ).astype(np.int32)
    statuses = np.ones(length - 1, np.int8)
    compiled.run(tree, script, CANONICAL, statuses)
    assert (statuses == DONE).all()
    last = tree.node_of[length - 1]
    for rights, left in ((2, 5), (4, 1)):
        compiled.run(tree, np.array([[Kind.FLUSH, 0, 0, rights]], np.int32), CANONICAL, statuses)
        assert tree.rights[last] == left
    compiled.run(tree, np.array([[Kind.FLUSH, 0, 0, 1]], np.int32), CANONICAL, statuses)
    assert [slot for slot, node in enumerate(values([tree.node_of])[0]) if node != NONE] == [0]
