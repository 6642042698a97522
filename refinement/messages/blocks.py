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


class ThreadBlocks(NamedTuple):
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


def all_free(numbers: int, spaces: int) -> ThreadBlocks:
    """So many free blocks, which have had no id; no space was given to a thread."""
    none = [NONE] * numbers
    return ThreadBlocks(
        state=[FREE] * numbers,
        ident=none[:],
        space=[0] * numbers,
        partner=none[:],
        window=none[:],
        sender=none[:],
        message=none[:],
        pager=none[:],
        server=none[:],
        line=none[:],
        born=[0] * spaces,
    )


def home_of(scope: MessageScope, number: int) -> int:
    """The space in which a booted thread begins."""
    return min(number, scope.spaces - 1)


def begun(scope: MessageScope) -> ThreadBlocks:
    """The blocks at first: what is booted runs, its first thread is the pager of the others, and lines have blocks.

    >>> begun(MessageScope(2, 1, 1, threads=3, ids=3, booted=2)).state
    [1, 1, 0]
    """
    t = all_free(scope.numbers, scope.spaces)
    t.born[0] = 1
    for number in range(scope.booted + scope.hardware):
        t.ident[number] = number
        if scope.is_hardware(number):
            t.state[number] = LINE
        else:
            space = home_of(scope, number)
            t.state[number] = RUNS
            t.space[number] = space
            t.born[space] = 1
            t.pager[number] = 0
    t.pager[0] = NONE
    return t


def on_checked_columns(t: ThreadBlocks) -> ThreadBlocks:
    """The same blocks for tests: an index that is no block's, or no space's, is an error."""
    return ThreadBlocks(*(CheckedColumn([column[n] for n in range(len(column))]) for column in t))
