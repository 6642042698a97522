"""The operations of :mod:`refinement.kernel.operations`, compiled by numba: the same source, for millions of mappings.

They take a :class:`~refinement.kernel.mapping_tree.MappingTree` on numpy arrays, as
:func:`~refinement.kernel.mapping_tree.empty`
makes it. Importing this module imports numba. Compiling takes some seconds; the compiled code is kept on disk.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from model.running.compiling import compile_on_disk
from model.spaces.dialect import Readings
from model.spaces.operation import Kind
from refinement.kernel import operations, primitives
from refinement.kernel.mapping_tree import MappingTree

for _helper in (
    primitives.link_leaf,
    primitives.unlink_leaf,
    primitives.create_leaf,
    primitives.remove_leaf,
    primitives.move_node,
    primitives.restrict_rights,
    primitives.flush_step,
    primitives.tour_step,
    primitives.restrict_step,
    operations.flush_below,
    operations.restrict_below,
    operations.is_below,
    operations.is_refused,
    operations.is_emptied,
):
    register_jitable(_helper)

# Nothing is allocated here; counting references to eight columns in every call would cost more than the work.
_uncounted: Callable[[Callable[..., Any]], Any] = partial(compile_on_disk, _nrt=False)

map_ = _uncounted(operations.map_)
grant = _uncounted(operations.grant)
flush = _uncounted(operations.flush)


@_uncounted
def run(t: MappingTree, script: NDArray[np.int32], d: Readings, statuses: NDArray[np.int8]) -> None:
    """Execute a script, one row an operation: its :class:`~model.spaces.operation.Kind`, source, destination, rights.

    How each of them ended is written into ``statuses``.
    """
    for i in range(len(script)):
        kind, src, dst, rights = script[i]
        if kind == Kind.MAP:
            statuses[i] = map_(t, src, dst, rights, d)
        elif kind == Kind.GRANT:
            statuses[i] = grant(t, src, dst, rights, d)
        else:
            statuses[i] = flush(t, src, rights, d)
