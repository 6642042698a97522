"""Prices and bills."""

import pytest

from machine.costs.events import PRICES, Bill, Event, Ledger, bill
from machine.costs.processor import BufferPart, CacheData, Kind, Processor
from machine.costs.quantity import NOT_APPLICABLE, UNKNOWN, Quantity, exactly
from machine.costs.reading import processors

MINE = Processor(
    "mine",
    fast_instruction=exactly(1),
    trap=exactly(50),
    root_load=Quantity(1, 10),
    miss=Quantity(9, 13),
    caches=(CacheData(Kind.DATA, miss=exactly(3)),),
)


def test_every_event_has_a_price() -> None:
    assert set(PRICES) == set(Event)


def test_prices_are_the_processors() -> None:
    found = {event: str(PRICES[event](processors()["486"])) for event in Event}
    assert found == {
        Event.INSTRUCTION: "1",
        Event.TRAP_IN: "71",
        Event.TRAP_OUT: "36",
        Event.SEGMENT_LOAD: "9",
        Event.ROOT_LOAD: "1…10",
        Event.BUFFER_MISS: "9…13",
        Event.CODE_MISS: "3",
        Event.DATA_MISS: "3",
        Event.INVALIDATION: "?",
        Event.TABLE_READ: "0",
        Event.CELL: "1",
        Event.ENTRY: "1",
        Event.FIELD: "1",
    }


@pytest.mark.parametrize(
    ("processor", "prices"),
    [
        (Processor("mine", trap=exactly(69)), ("69", "0")),
        (Processor("mine", trap_in=exactly(71), trap_out=exactly(36)), ("71", "36")),
        (Processor("mine", trap=exactly(107), trap_in=exactly(71)), ("71", "36")),
        (Processor("mine", trap=exactly(107), trap_out=exactly(36)), ("71", "36")),
        (Processor("mine", trap_in=exactly(71)), ("71", "?")),
        (Processor("mine"), ("?", "?")),
    ],
)
def test_a_crossing_is_charged_once(processor: Processor, prices: tuple[str, str]) -> None:
    assert tuple(str(PRICES[event](processor)) for event in (Event.TRAP_IN, Event.TRAP_OUT)) == prices


def test_a_bill_is_times_and_prices() -> None:
    ledger = Ledger()
    ledger.note(Event.TRAP_IN)
    ledger.note(Event.TRAP_OUT)
    ledger.note(Event.DATA_MISS, 4)
    ledger.note_fill(level=1, reads=2)
    ledger.note_fill(level=0, reads=3)
    assert (ledger.counts[Event.TABLE_READ], dict(ledger.levels)) == (5, {0: 1, 1: 1})
    charged = bill(ledger, MINE)
    assert charged.total == exactly(50) + exactly(12) + Quantity(18, 26)
    assert charged.unpriced == ()
    ledger.clear()
    assert bill(ledger, MINE) == Bill(())


def test_what_has_no_price_makes_the_total_unknown() -> None:
    ledger = Ledger()
    ledger.note(Event.INVALIDATION, 3)
    ledger.note(Event.CELL, 5)
    charged = bill(ledger, MINE)
    assert (charged.total, charged.priced) == (UNKNOWN, exactly(5))
    assert str(charged) == "5 + 3 × ? (translation invalidated)"


def test_what_does_not_apply_is_no_unknown_price() -> None:
    strange = Processor("mine", trap_out=NOT_APPLICABLE)
    assert tuple(str(PRICES[event](strange)) for event in (Event.TRAP_IN, Event.TRAP_OUT)) == ("?", "n/a")
    assert PRICES[Event.DATA_MISS](strange) == UNKNOWN


def test_a_bill_has_the_first_event_and_the_last() -> None:
    ledger = Ledger()
    first, *_, last = Event
    ledger.note(first, 2)
    ledger.note(last, 30)
    charged = bill(ledger, MINE)
    assert [item.event for item in charged.items] == [first, last]
    assert charged.total == exactly(32)
    ledger.note_fill(level=1, reads=2)
    ledger.clear()
    assert (dict(ledger.counts), dict(ledger.levels)) == ({}, {})


def test_crossings_and_capacities_are_stated_or_sums() -> None:
    parts = (BufferPart(Kind.CODE, exactly(32)), BufferPart(Kind.DATA, exactly(64)))
    assert Processor("mine", trap_in=exactly(71), trap_out=exactly(36)).crossing == exactly(107)
    assert Processor("mine", trap=exactly(5), trap_in=exactly(71), trap_out=exactly(36)).crossing == exactly(5)
    assert Processor("mine", buffers=parts).capacity == exactly(96)
    assert Processor("mine", buffers=(BufferPart(Kind.UNIFIED),), entries=exactly(7)).capacity == exactly(7)
    assert Processor("mine", entries=exactly(7)).capacity == exactly(7)
    assert Processor("mine").capacity == UNKNOWN
