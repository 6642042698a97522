"""The abstraction function of a kernel's thread control blocks into the model, stated once.

A thread of the model is in the block of its id's number, if that holds just this id. What the model knows besides, no
kernel has to keep: who ever sent what, who calls whom, which ids were given, and where a thread that has ended was.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.messages import tables
from model.spaces.literal import NIL
from refinement.kernel.mapping_tree import NONE
from refinement.messages.blocks import ANYBODY, FREE, LINE, NOBODY
from refinement.messages.kernel import MessageKernel

Table: TypeAlias = NDArray[np.int64]


def block_with(kernel: MessageKernel, ident: int) -> int:
    """The block of the thread that has the id now; ``NONE`` if there is no such thread."""
    t, block = kernel.threads, ident % kernel.numbers
    return block if t.state[block] != FREE and t.ident[block] == ident else NONE


def shown(kernel: MessageKernel) -> dict[str, Table]:
    """The tables of :class:`model.messages.tables.Threads` that a kernel's blocks stand for; thread n has the id n."""
    scope, t = kernel.scope, kernel.threads
    found = {name: np.full(scope.threads, NIL, np.int64) for name in ("sender", "message", "pager", "server")}
    found |= {name: np.zeros(scope.threads, np.int64) for name in ("life", "space", "awaits", "window")}
    everybody = (1 << scope.ids) - 1
    for thread in range(scope.threads):
        block = block_with(kernel, thread)
        if block == NONE:
            continue
        found["life"][thread] = tables.RUNS
        found["space"][thread] = t.space[block]
        partner, window = t.partner[block], t.window[block]
        found["awaits"][thread] = everybody if partner == ANYBODY else 0 if partner == NOBODY else 1 << partner
        found["window"][thread] = 0 if window == NONE else 1 << window
        for name in ("sender", "message", "pager"):
            found[name][thread] = getattr(t, name)[block]
        if t.state[block] == LINE and t.server[block] != NONE:
            server = t.server[block]
            found["server"][thread] = NIL if block_with(kernel, server) == NONE else server
    found["born"] = np.array([t.born[p] for p in range(scope.spaces)], np.int64)
    return found


def wanted(state: tables.Threads) -> dict[str, Table]:
    """The same tables of a state of the model, as far as a kernel keeps them."""
    runs = state.life == tables.RUNS
    found: dict[str, Table] = {"life": np.where(runs, tables.RUNS, 0), "space": np.where(runs, state.space, 0)}
    names = ("sender", "message", "pager", "server", "awaits", "window", "born")
    return found | {name: getattr(state, name) for name in names}
