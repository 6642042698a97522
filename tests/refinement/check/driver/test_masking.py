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
from model.spaces.literal import DONE, REFUSED
from model.spaces.operation import Kind
from refinement.check.driver import driver, indexed, masking
from refinement.check.driver.bench import Masked, Programs
from refinement.check.driver.driver import Mismatch
from refinement.check.ranges.cause import cause_of
from refinement.check.ranges.driver import AT_PAGE, EXPECTED, FAULT, GOT, IN_SPACE
from tests.refinement.check.driver.test_driver import FLUSH, GRANT, INIT, MAP, Case, rows

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


ONTO_ITSELF = (1, 0, 0, 0, 0, 7)
TWO_PAGES = (0, 2, 2, 1, 0, 0)
NOT_SHOWN, SHOWN = -1, 0


def lying(wrong: dict[tuple[Any, ...], int], after: str = "") -> Case:
    """A database that gives these answers to calls; if it is said so, only after an operation of that name."""
    case = Case()

    def answers(called: str, *given: Any) -> int | None:
        done = [call[0] for call in case.database.log[:-1]]
        return wrong.get((called, *given)) if not after or after in done else None

    case.database.answers = answers
    return case


@pytest.mark.parametrize(
    ("program", "wrong", "after", "cause"),
    [
        ((INIT, GRANT), {("grant", 0, 0, 1, 0, 7): 1}, "", "grant of a page: refused, though it can be done"),
        (
            (INIT, ONTO_ITSELF),
            {("map", 0, 0, 0, 0, 7): 0},
            "",
            "map of a page onto itself (reading own_slot): done, though it is to be refused",
        ),
        ((INIT, MAP), {("map", 0, 0, 1, 0, 7): 5}, "", "map of a page: no status"),
        ((INIT, MAP), {("check",): 3}, "map", "map of a page: the target's own check fails"),
        ((INIT, MAP), {("lookup", 1, 0): NOT_SHOWN}, "map", "map of a page: its space shows nothing"),
        (
            (INIT, MAP),
            {("lookup_hw", 1, 0): NOT_SHOWN},
            "map",
            "map of a page: its space shows nothing in the page table",
        ),
        ((INIT, MAP), {("lookup", 0, 0): NOT_SHOWN}, "map", "map of a page: another page shows nothing"),
        ((INIT, MAP), {("lookup", 1, 0): 100 + 2}, "map", "map of a page: its space shows other rights"),
        (
            (INIT, GRANT),
            {("lookup", 0, 0): SHOWN},
            "grant",
            "grant of a page: another page still shows something",
        ),
        (
            (INIT, MAP, FLUSH),
            {("lookup_hw", 1, 0): SHOWN},
            "flush",
            "flush of a page (holding frames, mapped on): another page still shows something in the page table",
        ),
        (
            (INIT, MAP, FLUSH),
            {("lookup", 0, 0): NOT_SHOWN},
            "flush",
            "flush of a page (holding frames, mapped on): another page shows nothing",
        ),
        (
            (INIT, MAP, (3, 0, 0, 0, 0, 2)),
            {("flush", 0, 0, 2): 1},
            "",
            "flush of a page (holding frames, mapped on), some rights (reading partial_flush): refused, though it can"
            " be done",
        ),
        (
            (TWO_PAGES, (1, 0, 0, 1, 1, 7), (1, 1, 1, 0, 1, 7)),
            {("map", 1, 1, 0, 1, 7): 1},
            "",
            "map of a page: refused, though it can be done",
        ),
    ],
)
def test_each_difference_has_its_cause_and_is_passed_over_when_it_is_known(
    program: tuple[Any, ...], wrong: dict[tuple[Any, ...], int], after: str, cause: str
) -> None:
    assert cause in masking.TEXTS
    value = masked(lying(wrong, after), (), program)
    assert (value["index"], value["step"], value["cause"]) == (0, len(program) - 1, cause)
    case = lying(wrong, after)
    known = masked(case, (cause,), program)
    assert (known["index"], known["masked"], known["cause"]) == (1, {cause: 1}, "")
    assert int(case.cells[driver.FAULT]) == Mismatch.CYCLE
    others = tuple(text for text in masking.TEXTS[: masking.UNREADABLE] if text != cause)
    assert masked(lying(wrong, after), others, program)["cause"] == cause


def test_all_slots_are_compared_at_once_where_they_are_few_else_those_that_changed() -> None:
    few = driver.CLOSE // 2
    for pages, compared in ((few, 2 * few), (few + 1, 1)):
        case = Case()
        session = case.bench.session(CANONICAL.readings, 2 * pages)
        case.cells[driver.MASKING] = 1
        program = rows((0, 2, pages, 1, 0, 0), (1, 0, 0, 1, 0, 7))
        assert driver.advance(session, program, 0, 2) == 2
        asked = {call[1:] for call in case.database.log if call[0] == "lookup"}
        assert len(asked) == compared
        assert (("check",) in case.database.log) == (compared == 2 * few)


def test_how_the_comparison_ended_is_what_is_returned() -> None:
    case = Case()
    case.cells[driver.MASKING] = 1
    assert driver.advance(case.session, rows(INIT, MAP), 0, 2) == 2
    assert driver.mask(case.session, 3, 1, 0) == 0
    fault = driver.fail(case.session, Mismatch.STATUS, 1, 0, 1)
    assert driver.mask(case.session, 3, 1, fault) == Mismatch.STATUS
    cause = 3 * masking.EFFECTS + masking.REFUSED_WRONGLY
    assert int(case.cells[driver.CAUSE]) == cause
    assert int(case.bench.known[cause]) == 0
    case.bench.known[cause] = 1
    fault = driver.fail(case.session, Mismatch.STATUS, 1, 0, 1)
    assert driver.mask(case.session, 3, 1, fault) == Mismatch.CYCLE
    assert (int(case.bench.known[cause]), int(case.cells[driver.FAULT])) == (2, Mismatch.CYCLE)
    case.cells[driver.CAUSE] = masking.UNREADABLE
    assert driver.mask(case.session, 3, 1, Mismatch.ERROR) == Mismatch.ERROR
    assert int(case.cells[driver.CAUSE]) == masking.UNREADABLE


@pytest.mark.parametrize(("known", "ended"), [(0, Mismatch.ERROR), (1, Mismatch.CYCLE)])
def test_an_unreadable_look_up_after_an_operation_that_went_well_ends_the_comparison(known: int, ended: int) -> None:
    case = Case()
    case.cells[driver.MASKING] = 1
    assert driver.advance(case.session, rows(INIT, MAP), 0, 2) == 2
    case.database.answers = lambda called, *given: -2 if called == "lookup" else None
    case.bench.known[masking.UNREADABLE] = known
    assert driver.mask(case.session, 3, 1, 0) == ended
    assert int(case.cells[driver.CAUSE]) == masking.UNREADABLE


def test_the_cause_is_that_of_the_operation_whatever_was_told_before() -> None:
    case = lying({("map", 0, 0, 0, 0, 7): 0})
    case.cells[driver.MASKING], case.cells[driver.CAUSE] = 1, 0
    assert driver.advance(case.session, rows(INIT, ONTO_ITSELF), 0, 2) == 1
    text = "map of a page onto itself (reading own_slot): done, though it is to be refused"
    assert masking.TEXTS[int(case.cells[driver.CAUSE])] == text
    assert (int(case.cells[driver.EXPECTED]), int(case.cells[driver.GOT])) == (REFUSED, DONE)


@pytest.mark.parametrize(
    "row",
    [
        (1, 2, 1, 0, 1, 7),
        (2, 0, 0, 1, 0, 3),
        (3, 1, 1, 0, 0, 7),
        (3, 0, 1, 0, 0, 7),
        (1, 0, 0, 2, 1, 7),
        (1, 0, 0, 1, 1, 7),
        (1, 0, 2, 1, 1, 7),
        (2, 2, 1, 0, 0, 2),
    ],
)
def test_a_pattern_is_that_of_the_slots_that_the_row_names(row: tuple[int, ...]) -> None:
    case = Case()
    session = case.bench.session(CANONICAL.readings, 6)
    before = rows((0, 3, 2, 1, 0, 0), (1, 0, 0, 2, 1, 7), (1, 0, 0, 1, 1, 5))
    assert driver.advance(session, before, 0, 3) == 3
    kind, a, b, c, d, rights = row
    inside = a < 3 and b < 2 and (kind == Kind.FLUSH or (c < 3 and d < 2))
    expected = masking.pattern(session.model, kind, 2 * a + b, 2 * c + d, rights, inside)
    assert driver.pattern_of(session, rows((9, 9, 9, 9, 9, 9), row), 1) == expected


def test_what_may_be_untold_is_no_difference_and_an_unreadable_look_up_is_passed_over_only_if_masked() -> None:
    case = Case()
    case.cells[driver.MAY_NOT_TELL] = 1
    case.database.answers = lambda called, *given: {"map": 2, "flush": 3}.get(called)
    assert driver.advance(case.session, rows(INIT, MAP, FLUSH), 0, 3) == 2
    assert (case.failure()[0], int(case.cells[driver.GOT])) == (Mismatch.ERROR, 3)
    other = Case()
    other.database.answers = lambda called, *given: -2 if called == "lookup" else None
    other.bench.known[masking.UNREADABLE] = 1
    assert other.run(INIT, MAP) == 0
    assert other.failure()[0] == Mismatch.ERROR
    assert int(other.bench.known[masking.UNREADABLE]) == 1
