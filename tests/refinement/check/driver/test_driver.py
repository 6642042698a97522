"""One step at a time on a database in this process: every call, every cell of the journal, every kind of difference."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from model.spaces.dialect import CANONICAL, DIALECTS, Dialect
from refinement.check.driver import driver
from refinement.check.driver.driver import Mismatch
from refinement.check.target.calls import Call
from tests.refinement.check.plain import Database

FAILURE = slice(driver.FAULT, driver.PAGE + 1)


def rows(*steps: Any) -> np.ndarray[Any, Any]:
    return np.array(steps, np.uint32).reshape(-1, 6)


INIT = (0, 2, 1, 1, 0, 0)
MAP, GRANT, FLUSH = (1, 0, 0, 1, 0, 7), (2, 0, 0, 1, 0, 7), (3, 0, 0, 0, 0, 7)


class Case:
    def __init__(self, dialect: Dialect = CANONICAL, without: Any = (), length: int = 64) -> None:
        self.database = Database(dialect.readings, without)
        self.bench = self.database.bench(length)
        self.session = self.bench.session(dialect.readings, 4)
        self.cells = self.bench.cells

    def run(self, *steps: Any, every: int = 1) -> int:
        return driver.run(self.session, rows(*steps), every)

    def failure(self) -> list[int]:
        return [int(cell) for cell in self.cells[FAILURE]]


BOTH: Callable[[int], list[Any]] = lambda x: [("lookup", x, 0), ("lookup_hw", x, 0)]  # noqa: E731
ALL = [*BOTH(0), *BOTH(1), ("check",)]


def test_every_call_of_a_program() -> None:
    case = Case()
    assert case.run(INIT, MAP, FLUSH) == 3
    init, mapped, flushed = ("init", 2, 1, 1), ("map", 0, 0, 1, 0, 7), ("flush", 0, 0, 7)
    assert case.database.log == [init, *ALL, mapped, *BOTH(1), *ALL, flushed, *BOTH(1), *BOTH(1), *ALL]
    assert case.failure() == [0] * 6 + [1, 0]
    told = {
        driver.CALLS: len(case.database.log),
        driver.INSIDE: 0,
        driver.ROWS: 3,
        driver.OPERATIONS: 2,
        driver.SPACES: 2,
        driver.PAGES: 1,
        driver.FRAMES: 1,
        driver.SLOTS: 2,
    }
    assert {cell: int(case.cells[cell]) for cell in told} == told
    assert case.bench.rows[:4].tolist() == [list(INIT), list(MAP), list(FLUSH), [0] * 6]
    assert case.bench.failure() is None


def test_all_slots_every_so_many_steps() -> None:
    case = Case()
    assert case.run(INIT, MAP, MAP, FLUSH, FLUSH, every=3) == 5
    names = [call[0] for call in case.database.log]
    changed = ["lookup", "lookup_hw"]
    everything = [*changed, *changed, "check"]
    assert names == ["init", "map", *changed, "map", *changed, *everything, "flush", *changed * 2, "flush", *everything]


def test_views_that_a_target_lacks() -> None:
    case = Case(without=(Call.LOOKUP_HW, Call.CHECK))
    assert case.run(INIT, MAP) == 2
    names = [call[0] for call in case.database.log]
    assert names == ["init", "lookup", "lookup", "map", "lookup", "lookup", "lookup"]


def test_the_journal_goes_round() -> None:
    case = Case(length=2)
    case.run(INIT, MAP, FLUSH)
    assert case.bench.rows.tolist() == [list(FLUSH), list(MAP)]
    assert case.cells[driver.ROWS] == 3


def wrong(name: str, value: int, *arguments: Any) -> Callable[..., int | None]:
    return lambda called, *given: value if called == name and given == (arguments or given) else None


@pytest.mark.parametrize(
    ("answers", "at", "failure"),
    [
        (wrong("init", 3), 0, [Mismatch.UNFIT, 0, 0, 0, 3, 0, -1, -1]),
        (wrong("init", -3), 0, [Mismatch.ERROR, 0, 0, 0, -3, 0, -1, -1]),
        (wrong("map", 1), 1, [Mismatch.STATUS, 1, 0, 0, 1, 0, -1, -1]),
        (wrong("map", 2), 1, [Mismatch.ERROR, 1, 0, 0, 2, 0, -1, -1]),
        (wrong("map", -1), 1, [Mismatch.ERROR, 1, 0, 0, -1, 0, -1, -1]),
        (wrong("flush", 1), 2, [Mismatch.STATUS, 3, 0, 0, 1, 0, -1, -1]),
        (wrong("grant", 7), 3, [Mismatch.ERROR, 2, 0, 0, 7, 0, -1, -1]),
        (wrong("check", 5), 0, [Mismatch.CHECK, 6, 0, 0, 5, 0, -1, -1]),
        (wrong("check", -5), 0, [Mismatch.CHECK, 6, 0, 0, -5, 0, -1, -1]),
        (wrong("lookup", 0, 1, 0), 0, [Mismatch.LOOKUP, 4, -1, 0, 0, 0xFFFFFFFF, 1, 0]),
        (wrong("lookup", -1, 0, 0), 0, [Mismatch.LOOKUP, 4, 0, 7, -1, 7, 0, 0]),
        (wrong("lookup", 106, 0, 0), 0, [Mismatch.LOOKUP, 4, 0, 7, 0, 6, 0, 0]),
        (wrong("lookup", -2, 0, 0), 0, [Mismatch.ERROR, 4, 0, 7, -2, 7, 0, 0]),
        (wrong("lookup_hw", 1, 0, 0), 0, [Mismatch.LOOKUP_HW, 5, 0, 7, 1, 7, 0, 0]),
        (wrong("lookup_hw", 107 + 1, 0, 0), 0, [Mismatch.LOOKUP_HW, 5, 0, 7, 0, 8, 0, 0]),
        (wrong("lookup_hw", -9, 1, 0), 0, [Mismatch.ERROR, 5, -1, 0, -9, 0xFFFFFFFF, 1, 0]),
    ],
)
def test_every_kind_of_difference(answers: Any, at: int, failure: list[int]) -> None:
    case = Case()
    case.database.answers = answers
    assert case.run(INIT, MAP, FLUSH, GRANT) == at
    assert case.failure() == failure
    assert case.cells[driver.INSIDE] == 0
    told = case.bench.failure()
    assert told is not None
    assert told["cells"] == failure
    assert told["message"] == ("what it said" if failure[0] == Mismatch.ERROR else "")


def test_a_difference_says_nothing_of_the_one_before() -> None:
    case = Case()
    case.database.answers = wrong("lookup", 106, 0, 0)
    assert case.run(INIT) == 0
    assert case.failure() == [Mismatch.LOOKUP, 4, 0, 7, 0, 6, 0, 0]
    case.database.answers = wrong("map", 1)
    assert case.run(INIT, MAP, every=0) == 1
    assert case.failure() == [Mismatch.STATUS, 1, 0, 0, 1, 0, -1, -1]


def test_a_difference_where_nothing_should_have_changed() -> None:
    case = Case()
    case.database.answers = lambda name, *given: (
        1 if name == "lookup" and given == (0, 0) and len(case.database.log) > 7 else None
    )
    assert case.run(INIT, MAP, FLUSH, every=99) == 2
    assert case.failure()[0] == Mismatch.LOOKUP


def test_the_difference_of_a_slot_that_changed_is_found_at_once() -> None:
    case = Case()
    mapped: Callable[[], bool] = lambda: any(call[0] == "map" for call in case.database.log)  # noqa: E731
    case.database.answers = lambda name, *given: 104 if name == "lookup_hw" and given == (1, 0) and mapped() else None
    assert case.run(INIT, MAP, FLUSH, FLUSH, every=99) == 1
    assert case.failure() == [Mismatch.LOOKUP_HW, 5, 0, 7, 0, 4, 1, 0]


@pytest.mark.parametrize(
    ("step", "fits"),
    [
        ((1, 0, 0, 1, 1, 7), True),
        ((1, 2, 0, 1, 0, 7), False),
        ((1, 0, 2, 1, 0, 7), False),
        ((2, 0, 0, 2, 0, 7), False),
        ((2, 0, 0, 1, 2, 7), False),
        ((1, 0, 0, 1, 0, 8), False),
        ((3, 0, 0, 9, 9, 7), True),
        ((3, 2, 0, 0, 0, 7), False),
        ((3, 0, 2, 0, 0, 7), False),
        ((3, 0, 0, 0, 0, 8), False),
        ((1, 1, 1, 0, 0, 0), True),
    ],
)
def test_arguments_out_of_range_are_refused(step: Any, fits: bool) -> None:
    case = Case()
    case.run((0, 2, 2, 1, 0, 0))
    assert driver.is_in_range(case.session, rows(step), 0) is fits
    assert case.run((0, 2, 2, 1, 0, 0), step) == 2
    if not fits:
        assert driver.expect(case.session, rows(step), 0) == 1
        assert case.session.model.changed[0] == 0


def test_what_is_refused_changes_nothing() -> None:
    """What the operation before changed is not looked at once more."""
    case = Case()
    assert case.run(INIT, MAP, (1, 0, 0, 9, 0, 7), FLUSH, (3, 0, 0, 0, 0, 8), every=9) == 5
    names = [call[0] for call in case.database.log]
    both = ["lookup", "lookup_hw"]
    assert names == ["init", "map", *both, "map", "flush", *both * 2, "flush", *both * 2, "check"]


def test_pages_are_numbered_within_spaces() -> None:
    case = Case()
    init, one, two = (0, 2, 2, 1, 0, 0), (1, 0, 0, 1, 1, 5), (2, 1, 1, 0, 1, 4)
    assert case.run(init, one, two, (3, 0, 0, 0, 0, 7)) == 4
    assert case.database.operations() == [
        ("init", 2, 2, 1),
        ("map", 0, 0, 1, 1, 5),
        ("grant", 1, 1, 0, 1, 4),
        ("flush", 0, 0, 7),
    ]
    assert case.session.model.sigma.tolist() == [-2, -1, -1, -1]


def test_a_step_without_a_next_state_ends_a_program() -> None:
    eager = DIALECTS["literal-eager"]
    case = Case(eager)
    assert case.run(INIT, MAP, (2, 1, 0, 0, 0, 7), FLUSH, MAP) == 3
    assert case.cells[driver.FAULT] == int(Mismatch.CYCLE) == 7
    assert case.bench.failure() is None
    assert len(case.database.operations()) == case.cells[driver.ROWS] == 3


def test_either_view_may_differ_where_the_model_does() -> None:
    eager = DIALECTS["literal-eager"]
    for view, found in (("lookup", None), ("lookup_hw", Mismatch.LOOKUP_HW)):
        case = Case(eager)
        session = case.session
        driver.start(session, rows(INIT), driver.FIRST_STEP)
        session.model.phys[1], session.model.sigma[1], session.model.rights[1] = 0, -1, 0
        case.database.answers = wrong(view, -1, 1, 0)
        call = {"lookup": driver.LOOKUP, "lookup_hw": driver.LOOKUP_HW}[view]
        assert driver.look(session, call, np.int64(1)) == (found or 0)
        case.database.answers = wrong(view, 1, 1, 0)  # neither
        both = {"lookup": Mismatch.LOOKUP, "lookup_hw": Mismatch.LOOKUP_HW}[view]
        assert driver.look(session, call, np.int64(1)) == both
        assert case.failure() == [both, call, -1 if view == "lookup" else 0, 0, 1, 0xFFFFFFFF, 1, 0]
        session.model.sigma[1] = -2  # both show the frame, with rights of their own
        case.database.answers = wrong(view, 105, 1, 0)
        session.model.rights[1] = 5
        case.database.lookup = lambda space, page: (0, 5)  # type: ignore[method-assign]
        assert driver.look(session, call, np.int64(1)) == 0
        case.database.answers = wrong(view, 104, 1, 0)
        assert driver.look(session, call, np.int64(1)) == both
    case = Case(eager)  # P_v is nil, and σ(v) the frame that it links to; or P_v is a frame, and v links to itself
    driver.start(case.session, rows(INIT), driver.FIRST_STEP)
    for linked, held, shown in ((0, -1, 0), (1, 0, -1)):
        case.session.model.sigma[1], case.session.model.phys[1] = linked, held
        case.database.lookup = lambda space, page, shown=shown: (shown, 0)  # type: ignore[method-assign, misc]
        assert driver.look(case.session, driver.LOOKUP, np.int64(1)) == 0
        assert driver.look(case.session, driver.LOOKUP_HW, np.int64(1)) == Mismatch.LOOKUP_HW
    case = Case()  # not in a dialect in which they never do
    driver.start(case.session, rows(INIT), driver.FIRST_STEP)
    case.session.model.phys[1] = 0
    assert driver.look(case.session, driver.LOOKUP, np.int64(1)) == Mismatch.LOOKUP


def test_asking_compares_nothing() -> None:
    case = Case()
    case.run((0, 2, 2, 1, 0, 0), (1, 0, 0, 1, 1, 5))
    before = len(case.database.log), int(case.cells[driver.CALLS])
    case.database.answers = wrong("lookup", 42, 1, 1)
    assert driver.ask(case.session, driver.LOOKUP, np.int64(3)) == 42
    assert case.cells[driver.OUT] & 0xFFFFFFFF == 5
    assert [int(case.cells[at]) for at in (driver.SPACE, driver.PAGE, driver.INSIDE)] == [1, 1, 0]
    assert case.database.log[before[0] :] == [("lookup", 1, 1)]
    assert case.cells[driver.CALLS] == before[1] + 1
    assert driver.ask(case.session, driver.LOOKUP_HW, np.int64(1)) == -1
    assert case.cells[driver.OUT] == driver.NO_RIGHTS_WRITTEN


@pytest.mark.long
def test_advancing_compares_how_steps_end() -> None:
    case = Case()
    program = rows(INIT, MAP, FLUSH)
    assert driver.advance(case.session, program, np.int64(0), np.int64(2)) == 2
    assert case.database.log == [("init", 2, 1, 1), ("map", 0, 0, 1, 0, 7)]
    case.cells[driver.FAULT] = 3
    assert case.run(INIT) == 1
    assert case.bench.failure() is None
    assert driver.advance(case.session, program, np.int64(0), np.int64(2)) == 2
    case.cells[driver.FAULT] = 3
    assert driver.advance(case.session, program, np.int64(2), np.int64(3)) == 3
    assert case.cells[driver.FAULT] == 0
    case.database.answers = wrong("flush", 1)
    assert driver.advance(case.session, program, np.int64(0), np.int64(3)) == 2
    assert case.failure() == [Mismatch.STATUS, 3, 0, 0, 1, 0, -1, -1]


def test_what_is_called_is_known_while_it_is_called() -> None:
    case, inside = Case(), []
    case.database.answers = lambda name, *given: inside.append((name, int(case.cells[driver.INSIDE])))
    case.run(INIT, MAP, GRANT, FLUSH)
    numbers = {"init": 1, "map": 2, "grant": 3, "flush": 4, "lookup": 5, "lookup_hw": 6, "check": 7}
    assert inside == [(name, numbers[name]) for name, _ in inside]
    assert {name for name, _ in inside} == set(numbers)


def test_where_a_look_is_known_while_it_is_made() -> None:
    """A target that dies in it leaves the call, the place, how many calls there were, and the step."""
    case, seen = Case(), []
    cells = case.cells

    def answers(name: str, *given: int) -> None:
        at = (int(cells[driver.SPACE]), int(cells[driver.PAGE]))
        seen.append((name, given == at if name.startswith("lookup") else None))
        assert cells[driver.CALLS] == len(case.database.log)
        operations = sum(call[0] in ("map", "grant", "flush") for call in case.database.log)
        assert cells[driver.ROWS] == 1 + operations
        assert cells[driver.OPERATIONS] == operations - (name in ("map", "grant", "flush"))

    case.database.answers = answers
    assert case.run((0, 2, 2, 1, 0, 0), (1, 0, 0, 1, 1, 7), (2, 1, 1, 0, 1, 5), (3, 0, 0, 0, 0, 7)) == 4
    assert {name for name, place in seen if place} == {"lookup", "lookup_hw"}
    assert False not in [place for _, place in seen]
    assert case.cells[driver.INSIDE] == 0

    places = []
    case.database.answers = lambda name, *given: places.append(
        (name, *given, *(int(cells[at]) for at in (driver.SPACE, driver.PAGE, driver.INSIDE, driver.OUT)))
    )
    case.cells[driver.SPACE], case.cells[driver.PAGE] = 7, 7
    case.database.lookup = lambda space, page: (-1, 0)  # type: ignore[method-assign]
    assert driver.ask(case.session, driver.LOOKUP_HW, np.int64(2)) == -1
    assert places == [("lookup_hw", 1, 0, 1, 0, 6, driver.NO_RIGHTS_WRITTEN)]


def test_a_look_is_a_step_that_changes_nothing() -> None:
    case = Case()
    init, look = (0, 2, 2, 1, 0, 0), (4, 0, 0, 0, 0, 0)
    assert case.run(init, (1, 0, 0, 1, 1, 5), (4, 1, 1, 0, 0, 0), every=0) == 3
    shown = [(view, space, page) for space in (0, 1) for page in (0, 1) for view in ("lookup", "lookup_hw")]
    at = case.database.log.index(("map", 0, 0, 1, 1, 5))
    assert case.database.log[at + 1 :] == [("lookup", 1, 1), ("lookup_hw", 1, 1), *shown, ("check",)]
    assert case.session.model.changed[0] == 0
    assert case.bench.rows[:3].tolist() == [list(init), [1, 0, 0, 1, 1, 5], [4, 1, 1, 0, 0, 0]]
    assert (case.cells[driver.ROWS], case.cells[driver.OPERATIONS]) == (3, 1)

    case.database.answers = wrong("lookup", 0, 1, 1)
    assert case.run(init, look, (4, 1, 1, 0, 0, 0), look, every=0) == 2
    assert case.failure() == [Mismatch.LOOKUP, 4, -1, 0, 0, 0xFFFFFFFF, 1, 1]


@pytest.mark.parametrize("look", [(4, 2, 0, 0, 0, 0), (4, 0, 2, 0, 0, 0), (4, 0, 0, 0, 0, 8)])
def test_a_look_out_of_range_is_passed_over(look: Any) -> None:
    case = Case()
    driver.start(case.session, rows((0, 2, 2, 1, 0, 0)), driver.FIRST_STEP)
    case.session.model.changed[0] = 3
    before = len(case.database.log)
    assert driver.operate(case.session, rows(look), 0) == 0
    assert len(case.database.log) == before
    assert case.bench.rows[1].tolist() == list(look)
    assert (case.session.model.changed[0], case.cells[driver.ROWS]) == (0, 2)
    assert driver.is_in_range(case.session, rows((4, 1, 1, 9, 9, 7)), 0) is True


def test_what_a_target_has_no_words_for() -> None:
    case = Case()
    onto = {(kind, src, 0) for kind in (1, 2) for src in (0, 1)}
    for only, never in ((0, set()), (1, {*onto, (2, 0, 1)})):
        case.cells[driver.SOURCE_ONLY] = only
        steps = product(range(5), (0, 1), (0, 1))
        assert {each for each in steps if driver.cannot_be_said(case.cells, *each)} == never


def test_what_it_has_no_words_for_is_passed_over() -> None:
    case = Case()
    case.cells[driver.SOURCE_ONLY] = 1
    steps = rows((0, 2, 2, 1, 0, 0), (1, 0, 0, 1, 0, 7), (1, 1, 0, 0, 1, 7), (2, 0, 0, 1, 1, 7), (2, 1, 0, 1, 1, 7))
    assert driver.advance(case.session, steps, np.int64(0), np.int64(3)) == 3
    assert case.session.model.changed[0] == 0
    assert driver.advance(case.session, steps, np.int64(3), np.int64(5)) == 5
    assert case.database.log == [("init", 2, 2, 1), ("map", 0, 0, 1, 0, 7), ("grant", 1, 0, 1, 1, 7)]
    assert case.bench.rows[:5].tolist() == steps.tolist()
    assert (case.cells[driver.ROWS], case.cells[driver.OPERATIONS]) == (5, 2)
    assert case.session.model.sigma.tolist() == [-2, -1, -1, 0]


def test_advancing_begins_again_in_between() -> None:
    case = Case()
    program = rows(INIT, MAP, (0, 1, 3, 2, 0, 0), (1, 0, 1, 0, 2, 3))
    assert driver.advance(case.session, program, np.int64(0), np.int64(4)) == 4
    assert case.database.log[2:] == [("init", 1, 3, 2), ("map", 0, 1, 0, 2, 3)]
    told = [int(case.cells[at]) for at in (driver.SPACES, driver.PAGES, driver.FRAMES, driver.SLOTS)]
    assert told == [1, 3, 2, 3]
    assert case.session.model.sigma[:3].tolist() == [-2, -3, 1]
    case.database.answers = wrong("init", 1, 1, 3, 2)
    assert driver.advance(case.session, program, np.int64(0), np.int64(4)) == 2
    assert case.failure() == [Mismatch.UNFIT, 0, 0, 0, 1, 0, -1, -1]


@pytest.mark.parametrize(("may", "fault"), [(0, Mismatch.ERROR), (1, Mismatch.NONE)])
def test_a_status_that_is_not_told_is_none_of_version_1(may: int, fault: Mismatch) -> None:
    case = Case()
    case.cells[driver.MAY_NOT_TELL] = may
    case.database.answers = lambda name, *given: 2 if name in ("map", "flush") else None
    case.run(INIT, MAP, FLUSH)
    assert case.cells[driver.FAULT] == fault


def test_where_no_status_is_told_the_effect_is_compared() -> None:
    case = Case()
    case.cells[driver.MAY_NOT_TELL] = 1
    case.database.answers = lambda *call: -1 if call == ("lookup", 1, 0) else 2 if call[0] == "map" else None
    assert case.run(INIT, FLUSH, MAP) == 2
    assert case.cells[driver.FAULT] == Mismatch.LOOKUP
