"""Rights that hardware cannot express: what a page keeps of a set of rights.

A page table may have no entry for every set of rights: where all that can be written can be read, a page that is given
``-w-`` gets ``rw-``, or nothing. A *table* says for each set what is kept of it. Then a page never has another set than
one that can be expressed, whatever was asked for, and a right that is taken away can stay.

A table is one number, eight digits of three bits, so that compiled code takes it as it takes a reading.
"""

import re
from collections.abc import Sequence

from model.scope import ALL_RIGHTS, rights_name

SETS = ALL_RIGHTS + 1
BITS = 3
EVERY_SET = sum(rights << BITS * rights for rights in range(SETS))
"""The table of hardware that can express every set of rights."""

_KEEPING = re.compile(rf" keeping ([0-{ALL_RIGHTS}]{{{SETS}}})(?= |$)")


def keep(table: int, rights: int) -> int:
    """Return the rights that a page keeps of a set of rights."""
    return table >> BITS * rights & ALL_RIGHTS


def table_of(kept: Sequence[int]) -> int:
    """The table of what is kept of each set, from the empty one on.

    :raises ValueError: it is no table, or breaks a law; the message says which.
    """
    wrong = breach(kept)
    if wrong:
        raise ValueError(wrong)
    return sum(each << BITS * rights for rights, each in enumerate(kept))


def kept_by(table: int) -> tuple[int, ...]:
    """Return what is kept of each set, from the empty one on."""
    return tuple(keep(table, rights) for rights in range(SETS))


def breach(kept: Sequence[int]) -> str:
    """Return which law is broken, with the sets that break it; empty if none is.

    Without them a page could have a right that the page lacks from which it was mapped.

    >>> breach((0, 5, 6, 7, 4, 5, 6, 7))
    ''
    >>> breach((0, 1, 6, 3, 4, 5, 6, 7))
    'it is not monotone: it keeps -w- as rw-, but -wx as -wx'
    """
    if len(kept) != SETS:
        return f"a table has {SETS} sets, not {len(kept)}"
    names = [rights_name(rights) for rights in range(SETS)]
    for rights, each in enumerate(kept):
        if not 0 <= each < SETS:
            return f"it keeps {names[rights]} as {each}, which is no set of rights"
    for rights in (0, ALL_RIGHTS):
        if kept[rights] != rights:
            return f"it keeps {names[rights]} as {names[kept[rights]]}: none stays none, and all stay all"
    for rights, each in enumerate(kept):
        if kept[each] != each:
            return f"it is not idempotent: it keeps {names[rights]} as {names[each]}, and that as {names[kept[each]]}"
    for fewer in range(SETS):
        for more in range(SETS):
            if fewer & more == fewer and kept[fewer] & ~kept[more]:
                return (
                    f"it is not monotone: it keeps {names[fewer]} as {names[kept[fewer]]}, "
                    f"but {names[more]} as {names[kept[more]]}"
                )
    return ""


def stays(table: int) -> list[str]:
    """Flushes that do not take a right that they name: what a page has, what is taken, and what it has then."""
    found = []
    for rights in sorted({*kept_by(table)}):
        for taken in (4, 2, 1):
            left = keep(table, rights & ~taken)
            if rights & taken and left & taken:
                found.append(f"{rights_name(taken)} taken of {rights_name(rights)} leaves {rights_name(left)}")
    return found


def split_keeping(name: str) -> tuple[str, int]:
    """The name of a dialect without what it keeps, and that as a table.

    >>> split_keeping("canonical keeping 05674567 with occupied=refused")[0]
    'canonical with occupied=refused'

    :raises KeyError: what stands there is no table.
    """
    match = _KEEPING.search(name)
    if match is None:
        return name, EVERY_SET
    try:
        table = table_of([int(digit) for digit in match[1]])
    except ValueError as wrong:
        raise KeyError(f"keeping {match[1]}: {wrong}") from None
    return name.replace(match[0], "", 1), table


def keeping(table: int) -> str:
    """How the name of a dialect says what is kept, as :func:`split_keeping` reads it."""
    return "" if table == EVERY_SET else f" keeping {''.join(map(str, kept_by(table)))}"
