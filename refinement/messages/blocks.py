"""Thread control blocks as a struct of arrays: one block a number, one column a field (B.thread, B.uid).

A block is named by a number, a thread by an id: a number and a version. A block holds one thread at a time, and
remembers the last id that it had. The next one has to be newer; so no id is ever given twice, and one comparison tells
whether an id that somebody remembers is that of the thread that is in the block now. Whatever names threads names them
by ids: a partner, a pager, the server of an interrupt. When a thread ends, nothing of that has to be looked for.

A column may be a list, or an array term of a solver: whatever is read and written by index.
"""

from typing import NamedTuple

from model.messages.scope import MessageScope
from refinement.kernel.mapping_tree import NONE, CheckedColumn, Column

NOBODY = NONE
ANYBODY = -2
FREE, RUNS, LINE = 0, 1, 2
"""What is in a block: nothing, a program's thread, or the thread that stands for an interrupt line."""

EMPTY = 0
"""The message of an interrupt."""


class Threads(NamedTuple):
    """All thread control blocks; ``born`` has one element a space, each other column one a block.

    =============  =====================================================================================
    ``partner``    whom the thread waits for: an id, ``ANYBODY``, or ``NOBODY`` if it is not blocked
    ``window``     the slot into which a page may come then
    ``sender``     in its registers: the id of who sent its last message
    ``message``    and the message
    ``pager``      the id to which its page faults go
    ``line``       the block of the interrupt that it serves
    ``server``     of an interrupt: the id of who serves it; if that thread has ended, nobody does
    ``born``       1 for a space that some thread was given
    =============  =====================================================================================

    Each is ``NONE`` if there is none.
    """

    state: Column
    ident: Column
    space: Column
    partner: Column
    window: Column
    sender: Column
    message: Column
    pager: Column
    server: Column
    line: Column
    born: Column


def begun(scope: MessageScope) -> Threads:
    """The blocks at first: what is booted runs, the first of it in σ0, which is the pager of the others.

    >>> begun(MessageScope(2, 1, 1, threads=3, ids=3, booted=2)).state
    [1, 1, 0]
    """
    nothing = [NONE] * scope.numbers
    t = Threads(
        state=[FREE] * scope.numbers,
        ident=nothing[:],
        space=[0] * scope.numbers,
        partner=nothing[:],
        window=nothing[:],
        sender=nothing[:],
        message=nothing[:],
        pager=nothing[:],
        server=nothing[:],
        line=nothing[:],
        born=[0] * scope.spaces,
    )
    t.born[0] = 1
    for number in range(scope.booted + scope.hardware):
        t.ident[number] = number
        t.state[number] = LINE if scope.is_hardware(number) else RUNS
        if number < scope.booted:
            t.space[number] = min(number, scope.spaces - 1)
            t.born[t.space[number]] = 1
            t.pager[number] = 0 if number else NONE
    return t


def on_checked_columns(t: Threads) -> Threads:
    """The same blocks for tests: an index that is no block's, or no space's, is an error."""
    return Threads(*(CheckedColumn([column[n] for n in range(len(column))]) for column in t))
