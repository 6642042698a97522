"""Causes of single pages by numbers: they read as those of ranges, and what is known ends a program and no search."""

import random
from typing import Any

import numpy as np
import pytest

from model.ranges.literal import first
from model.ranges.operation import RangeOperation
from model.ranges.readings import RangeReadings
from model.ranges.scope import RangeScope
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Kind
from refinement.check.driver import driver, indexed, masking
from refinement.check.driver.bench import Masked, Programs
from refinement.check.driver.driver import Mismatch
from refinement.check.ranges.cause import cause_of
from refinement.check.ranges.driver import AT_PAGE, EXPECTED, FAULT, GOT, IN_SPACE
from tests.refinement.check.driver.test_driver import FLUSH, INIT, MAP, Case, rows

GRANTED = "grant of a page: refused, though it can be done"
MAPPED = "map of a page: refused, though it can be done"


@pytest.mark.long
def test_causes_read_as_those_of_ranges_of_one_page() -> None:
    choose, scope, w = random.Random(1), RangeScope(2, 2, 2), RangeReadings()
    effects = [
        (Mismatch.STATUS, 0, 1, masking.REFUSED_WRONGLY),
        (Mismatch.STATUS, 1, 0, masking.DONE_WRONGLY),
        (Mismatch.ERROR, 0, 5, masking.NO_STATUS),
        (Mismatch.CHECK, 0, 1, masking.OWN_CHECK),
    ]
    looks = [(0, -1), (-1, 0), (0, 0), (0, 1)]
    met = set()
    for _ in range(300):
        state, model = first(scope, 1, w), indexed.allocate(scope.slots)
        indexed.reset(model, scope.slots, scope.frames)
        for step in range(6):
            kind = choose.choice((Kind.MAP, Kind.GRANT, Kind.FLUSH))
            src, dst = choose.randrange(scope.slots), choose.randrange(scope.slots)
            rights, beyond = choose.choice((7, 7, 4, 2)), step == 5 and choose.random() < 0.2
            operation = RangeOperation(kind, src, 0, dst if kind != Kind.FLUSH else -1, 0, 0, rights)
            operation = operation._replace(src=scope.slots) if beyond else operation
            pattern = masking.pattern(model, int(kind), src, dst, rights, not beyond)
            for fault, expected, got, effect in effects:
                cells = [0] * 9
                cells[FAULT], cells[EXPECTED], cells[GOT], cells[IN_SPACE] = fault, expected, got, -1
                text = masking.TEXTS[pattern * masking.EFFECTS + effect]
                assert text == cause_of(state, operation, cells, scope, w)
                met.add(text)
            for expected, got in looks:
                space, table = choose.randrange(2), choose.randrange(2)
                cells = [0] * 9
                cells[FAULT] = Mismatch.LOOKUP_HW if table else Mismatch.LOOKUP
                cells[EXPECTED], cells[GOT], cells[IN_SPACE], cells[AT_PAGE] = expected, got, space, 0
                own = kind != Kind.FLUSH and space == dst // scope.pages
                text = masking.TEXTS[pattern * masking.EFFECTS + masking.seen(expected, got, own, table == 1)]
                assert text == cause_of(state, operation, cells, scope, w)
                met.add(text)
            if not beyond:
                operation.apply(state, CANONICAL.readings, w)
                done = {Kind.MAP: indexed.map_, Kind.GRANT: indexed.grant}
                model.changed[0] = 0
                if kind == Kind.FLUSH:
                    indexed.flush(model, src, rights, CANONICAL.readings)
                else:
                    done[kind](model, src, dst, rights, CANONICAL.readings)
    assert len(met) > 300


def refusing(name: str) -> Case:
    """A database that refuses all operations of that name, as far as it says."""
    case = Case()
    case.database.answers = lambda called, *given: 1 if called == name else None
    return case


def masked(case: Case, known: tuple[str, ...], *programs: Any) -> dict[str, Any]:
    work = Masked(Programs(CANONICAL.readings, tuple(rows(*each) for each in programs)), tuple(masking.numbers(known)))
    return work.do(case.bench)


def test_a_program_ends_with_what_is_known_and_the_next_goes_on() -> None:
    case = refusing("map")
    value = masked(case, (MAPPED,), (INIT, MAP, FLUSH), (INIT, FLUSH))
    assert (value["index"], value["masked"], value["cause"]) == (2, {MAPPED: 1}, "")
    assert [call[0] for call in case.database.log if call[0] in ("map", "flush", "init")] == [
        "init",
        "map",
        "init",
        "flush",
    ]


def test_what_is_not_known_ends_the_search_and_its_cause_is_told() -> None:
    value = masked(refusing("map"), (GRANTED,), (INIT, FLUSH), (INIT, MAP))
    assert (value["index"], value["step"], value["masked"], value["cause"]) == (1, 1, {}, MAPPED)
    assert value["failure"]["cells"][0] == Mismatch.STATUS


def test_where_nothing_is_masked_no_cause_is_told() -> None:
    case = refusing("map")
    value = Programs(CANONICAL.readings, (rows(INIT, MAP),)).do(case.bench)
    assert "cause" not in value
    assert int(case.cells[driver.CAUSE]) == masking.NO_CAUSE


def test_an_effect_is_seen_in_the_step_that_has_it() -> None:
    case = Case()
    case.database.answers = lambda called, *given: -1 if (called, *given) == ("lookup", 1, 0) else None
    value = masked(case, (), (INIT, FLUSH, MAP, FLUSH))
    assert (value["step"], value["cause"]) == (2, "map of a page: its space shows nothing")


def test_numbers_of_what_no_single_page_has() -> None:
    assert masking.numbers(["flush of a range (nil, nothing mapped on): no status"]) == []
    assert len(masking.TEXTS) == masking.CAUSES
    assert np.array(masking.numbers([MAPPED])).tolist() == [masking.REFUSED_WRONGLY]


def test_a_look_up_that_cannot_be_read_is_one_cause_whatever_came_before() -> None:
    case = Case()
    log, mapped = case.database.log, ("map", 0, 0, 1, 0, 7)
    case.database.answers = lambda called, *given: -2 if called == "lookup" and mapped in log else None
    value = masked(case, (), (INIT, FLUSH, MAP))
    assert (value["step"], value["cause"]) == (2, masking.unreadable(""))
    known = masked(case, ("a look-up: lookup is answered without 'rights'",), (INIT, FLUSH), (INIT, MAP))
    assert (known["index"], known["masked"]) == (2, {masking.unreadable(""): 2})


def test_a_look_up_that_cannot_be_read_at_first_is_passed_over_as_well() -> None:
    case = Case()
    case.database.answers = lambda called, *given: -2 if called == "lookup" else None
    value = masked(case, (), (INIT, MAP), (INIT, FLUSH))
    assert (value["index"], value["step"], value["cause"]) == (0, 0, masking.unreadable(""))
    known = masked(case, (masking.unreadable("lookup returns no (frame, rights)"),), (INIT,), (INIT, FLUSH))
    assert (known["index"], known["masked"]) == (2, {masking.unreadable(""): 2})
