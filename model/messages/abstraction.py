"""The abstraction of literal states of threads: ties :mod:`model.messages.tables` to the vocabulary."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.messages.operation import Operation
from model.messages.scope import MessageScope
from model.messages.tables import NOT_YET, RUNS, Board, Table, board_of, view
from model.running.evaluate import Structure
from model.scope import RIGHTS
from model.spaces.abstraction import structure_of as structure_of_spaces
from model.spaces.literal import Spaces

_RIGHTS = tuple(RIGHTS)


def _sets(bits: Table, size: int) -> NDArray[np.bool_]:
    """Membership, for an array of sets that are held as integers; one axis more, of that size."""
    found: NDArray[np.bool_] = (bits[..., None] >> np.arange(size) & 1) != 0
    return found


def _is(numbers: Table, size: int) -> NDArray[np.bool_]:
    """Which element each number is, if any; one axis more, of that size."""
    found: NDArray[np.bool_] = numbers[..., None] == np.arange(size)
    return found


def sizes_of(scope: MessageScope) -> dict[str, int]:
    """Return the number of elements of each sort, those of the address spaces excepted."""
    return {
        "Thread": scope.threads,
        "Id": scope.ids,
        "Word": scope.words,
        "Page": scope.pages,
        "Number": scope.ids,
    }


def machine_of(b: Board, scope: MessageScope) -> dict[str, NDArray[Any]]:
    """The rigid symbols of threads and messages, for one state."""
    threads, ids, spaces = scope.threads, scope.ids, scope.spaces
    tables = {
        "ident": b.ident,
        "number": b.number,
        "hardware": b.hardware != 0,
        "owner": b.owner,
        "place": b.place,
        "port": b.port != 0,
        "fault": b.fault,
        "empty": b.empty[0],
        "to_read": np.int64(_RIGHTS.index("r")),
        "to_write": np.int64(_RIGHTS.index("w")),
        "ids_of": _sets(b.ids_of, ids),
        "spaces_of": _sets(b.spaces_of, spaces),
        "lines_of": _sets(b.lines_of, threads),
        "badges_of": _sets(b.badges, ids),
    }
    return {name: np.asarray(table) for name, table in tables.items()}


def structure_of(rows: Table | Sequence[Table], scope: MessageScope, board: Board | None = None) -> Structure:
    """The theory's symbols in each of the states, all of one scope.

    :param rows: one row of integers a state, see :func:`model.messages.tables.view`.
    :param board: the machine, if not the one of the scope.
    """
    rows = np.asarray(rows, np.int64)
    batch, b = len(rows), board_of(scope) if board is None else board
    threads, ids, words = scope.threads, scope.ids, scope.words
    s = view(rows.T, b)  # each table with the states along its last axis
    t = s._replace(spaces=Spaces(*(table.T for table in s.spaces)))
    by = {name: table.T for name, table in s._asdict().items() if name != "spaces"}
    base = structure_of_spaces(t.spaces, scope)
    got = _is(by["sender"], ids)[..., None] & _is(by["message"], words)[..., None, :]
    tables = {
        "space": by["space"],
        "runs": by["life"] == RUNS,
        "existed": by["life"] != NOT_YET,
        "named": by["named"] != 0,
        "latest": np.take(by["latest"], b.number, axis=1) == np.arange(ids),
        "born": by["born"] != 0,
        "awaits": _sets(by["awaits"], ids),
        "window": _sets(by["window"], scope.slots),
        "got": got,
        "pager": _is(by["pager"], ids),
        "serves": np.swapaxes(_is(by["server"], threads), 1, 2),
        "has": _sets(by["known"], words),
        "contains": _sets(by["contains"], words),
        "sent": _sets(by["sent"].reshape(batch, threads, threads), words),
        "calls": _is(by["calls"], threads),
    }
    rigid = {name: np.broadcast_to(table, (batch, *table.shape)) for name, table in machine_of(b, scope).items()}
    return Structure(batch, {**base.sizes, **sizes_of(scope)}, {**base.symbols, **rigid, **tables})


def called_with(structure: Structure, operations: Sequence[Operation] | Table) -> Structure:
    """The structure with what each state's operation is called with; where it has no argument, with any.

    :param operations: or an array of their numbers, a row an operation.
    """
    calls = Operation(*np.asarray(operations, np.int64).reshape(-1, len(Operation._fields)).T)
    elements = ("actor", "other", "word", "src", "dst", "frame", "into", "paged_by", "claimed")
    sets = {"willing": "Id", "opens": "Slot", "keeps": "Word"}
    rights = np.array(list(RIGHTS.values()))
    return structure.with_symbols(
        **{name: np.maximum(getattr(calls, name), 0) for name in elements},
        **{name: _sets(np.asarray(getattr(calls, name)), structure.sizes[sort]) for name, sort in sets.items()},
        mask=(np.asarray(calls.rights)[:, None] & rights) != 0,
    )
