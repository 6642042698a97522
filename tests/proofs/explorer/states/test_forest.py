"""Successors by masks are those of the literal model, in each forest dialect, from every state of tiny scopes."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

from model.scope import Scope
from model.spaces.dialect import (
    CANONICAL,
    Ancestor,
    Dialect,
    FrameHolder,
    GrantedChildren,
    GrantedEntry,
    Occupied,
    OwnPage,
    OwnSlot,
    Reading,
    Regrant,
    Source,
)
from model.spaces.operation import Kind
from proofs.explorer.states.forest import by_masks, is_forest_dialect
from proofs.explorer.states.layout import split
from proofs.explorer.states.mapping import mapping_system, unchecked_successors

BASE = CANONICAL.readings


def test_the_forest_dialects() -> None:
    for source, own, ancestor, reading, entry in product(Source, OwnSlot, Ancestor, Reading, GrantedEntry):
        readings = BASE._replace(source=source, own_slot=own, ancestor=ancestor, reading=reading, granted_entry=entry)
        looks_again = ancestor is Ancestor.EMPTIED and reading is Reading.AFTER
        assert is_forest_dialect(readings) == (
            source is Source.REFUSED
            and entry is GrantedEntry.CLEARED
            and own in (OwnSlot.REFUSED, OwnSlot.NOTHING)
            and (ancestor is Ancestor.REFUSED or looks_again)
        )


def test_what_is_left_to_the_other_engine() -> None:
    for occupied, regrant in product(Occupied, Regrant):
        readings = BASE._replace(occupied=occupied, regrant=regrant)
        assert is_forest_dialect(readings) == (occupied is not Occupied.MAP_REFUSED and regrant is Regrant.MOVED)


OCCUPIED = [each for each in Occupied if each is not Occupied.MAP_REFUSED]
EMPTIED: dict[str, Any] = {"ancestor": Ancestor.EMPTIED, "reading": Reading.AFTER}
VARIANTS: list[dict[str, Any]] = [
    {},
    EMPTIED,
    {"own_slot": OwnSlot.REFUSED},
    {"own_slot": OwnSlot.NOTHING},
    {"own_page": OwnPage.INCLUDED},
    *({"frame_holder": each} for each in FrameHolder),
    *({"occupied": each, "frame_holder": FrameHolder.REPLACED} for each in OCCUPIED),
    *({"occupied": each, **EMPTIED, "frame_holder": FrameHolder.REPLACED} for each in OCCUPIED),
    *({"granted_children": each} for each in GrantedChildren),
    *({"granted_children": each, **EMPTIED, "frame_holder": FrameHolder.REPLACED} for each in GrantedChildren),
]


def steps(successors: Any, system: Any, state: Any) -> dict[Any, Any]:
    """What leads where, in a dictionary."""
    after, labels, flaws = np.zeros(system.fanout, np.uint64), np.zeros(system.fanout, np.int64), np.ones(system.fanout)
    scratch = np.full(system.scratch, -7, np.int64)  # it may hold anything
    if successors is by_masks:
        count = by_masks(np.uint64(state), after, labels, flaws, system.parameters, scratch)
    else:
        count = successors(np.uint64(state), after, labels, flaws, None, system.parameters, scratch)
    assert len(set(labels[:count].tolist())) == count
    assert not flaws[:count].any()
    return dict(zip(labels[:count].tolist(), after[:count].tolist(), strict=True))


def place_in_order(label: int) -> tuple[int, int, int]:
    """Slot by slot: its flush, then what leads into it, source by source; so that always the same way is found."""
    kind, src, dst, _ = split(label)
    return (src, -1, kind) if kind == Kind.FLUSH else (dst, src, kind)


def closure(system: Any) -> Iterator[Any]:
    met, queue = {system.initial}, [system.initial]
    for state in queue:
        found = steps(by_masks, system, state)
        yield state, found
        for after in found.values():
            if after not in met:
                met.add(after)
                queue.append(after)


@pytest.mark.parametrize("size", [(2, 1, 1), (3, 1, 1), (1, 3, 2)], ids=str)
@pytest.mark.parametrize("readings", VARIANTS, ids=lambda each: " ".join(value.name for value in each.values()))
def test_every_step_of_every_state(size: tuple[int, int, int], readings: Any) -> None:
    dialect = Dialect("any", "", BASE._replace(**readings))
    assert is_forest_dialect(dialect.readings)
    system = mapping_system(Scope(*size), dialect, masks=True)
    states = 0
    for state, found in closure(system):
        assert found == steps(unchecked_successors, system, state)
        assert list(found) == sorted(found, key=place_in_order)
        states += 1
    assert states >= 2
