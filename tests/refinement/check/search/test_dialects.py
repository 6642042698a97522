"""Which dialect a target speaks: each is known by its answers, and every ruling can be repeated."""

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from model.choice import choices_of
from model.spaces.dialect import CANONICAL, DIALECTS, OwnSlot, PartialFlush, Readings, dialect_named
from model.spaces.literal import DONE, NIL, REFUSED
from model.spaces.operation import Operation
from refinement.check.driver import driver
from refinement.check.process.order import Ending, Limits, Order
from refinement.check.search import dialects
from refinement.check.search.dialects import Observe, contradictions, find_dialect
from refinement.check.search.experiments import EXPERIMENTS, SCOPE, Experiment
from refinement.check.target.calls import Call
from refinement.check.target.target import Target
from tests.refinement.check.databases import naive
from tests.refinement.check.plain import Database, Here, ending

TARGET = Target("library", "nowhere.so")


def asked(database: Database, program: Any) -> tuple[Any, ...]:
    bench = database.bench(64)
    return Observe(program).do(bench), bench


def test_an_observation() -> None:
    database = Database()
    rows = np.array([(0, 2, 1, 1, 0, 0), (1, 0, 0, 1, 0, 5), (2, 0, 0, 0, 0, 7), (3, 0, 0, 0, 0, 6)], np.uint32)
    inside = []
    bench = database.bench(64)
    database.answers = lambda name, *given: inside.append(
        (name, *(int(bench.cells[cell]) for cell in (driver.INSIDE, driver.CALLS, driver.ROWS)))
    )
    bench.cells[driver.ROWS] = 2
    found = Observe(rows).do(bench)
    assert found == {"statuses": [0, 1, 0], "slots": [(0, 7), (0, 1)]}
    assert inside == [
        *[("init", 1, 1, 3), ("map", 2, 2, 4), ("grant", 3, 3, 5), ("flush", 4, 4, 6)],
        *[("lookup", 5, 5, 6), ("lookup", 5, 6, 6)],
    ]
    assert bench.rows[:7].tolist() == [[0] * 6, [0] * 6, *rows.tolist(), [0] * 6]
    cells = driver.INSIDE, driver.CALLS, driver.ROWS, driver.BEGUN
    assert [int(bench.cells[cell]) for cell in cells] == [0, 6, 6, 2]
    assert [call[0] for call in database.log] == ["init", "map", "grant", "flush", "lookup", "lookup"]


def test_which_function_is_called_with_what(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that says that there is a frame and writes no rights has said that there are none."""
    called: list[Any] = []

    def function(call: Call) -> Any:
        def made(address: int) -> Any:
            def answer(*given: Any) -> int:
                called.append((call, address, *(given[:2] if call == Call.LOOKUP else given)))
                return 1 if call == Call.LOOKUP else 0

            return answer

        return made

    bench = Database().bench(64)
    monkeypatch.setattr(dialects, "SIGNATURES", {call: function(call) for call in Call})
    rows = np.array([(0, 3, 2, 1, 4, 5), (1, 2, 3, 4, 5, 6), (2, 3, 4, 5, 6, 7), (3, 4, 5, 6, 7, 1)], np.uint32)
    assert Observe(rows).do(bench) == {"statuses": [0, 0, 0], "slots": [(1, 0)] * 6}
    expected: list[tuple[int, ...]] = [
        (Call.INIT, 3, 2, 1),
        (Call.MAP, 2, 3, 4, 5, 6),
        (Call.GRANT, 3, 4, 5, 6, 7),
        (Call.FLUSH, 4, 5, 1),
        *((Call.LOOKUP, space, page) for space in range(3) for page in range(2)),
    ]
    assert called == [(call, bench.loaded.addresses[call], *given) for call, *given in expected]


FOUR = (0, 4, 2, 2, 0, 0)


@pytest.mark.parametrize(
    ("steps", "are_said"),
    [
        ([(1, 0, 0, 1, 0, 7), (2, 1, 0, 2, 0, 7), (3, 0, 0, 0, 0, 7)], True),
        ([(1, 3, 1, 0, 1, 7)], False),
        ([(1, 0, 0, 1, 0, 7), (1, 3, 1, 0, 1, 7)], False),
        ([(2, 0, 1, 1, 0, 7)], False),
        ([(2, 0, 1, 1, 0, 7), (1, 0, 0, 1, 0, 7)], False),
    ],
)
def test_what_a_target_has_no_words_for_is_not_asked(steps: Any, are_said: bool) -> None:
    """One that names σ0 as a source of maps alone."""
    database = Database()
    bench = database.bench(64)
    bench.cells[driver.SOURCE_ONLY] = 1
    found = Observe(np.array([FOUR, *steps], np.uint32)).do(bench)
    assert (found != {}) == (database.log != []) == are_said


def test_a_frame_that_is_not_there_has_no_rights() -> None:
    database = Database()
    database.answers = lambda name, *given: -1 if name == "lookup" else None
    found, _ = asked(database, np.array([(0, 1, 1, 1, 0, 0)], np.uint32))
    assert found == {"statuses": [], "slots": [(-1, 0)]}


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_is_known_by_its_answers(name: str) -> None:
    here = Here(lambda: Database(DIALECTS[name].readings))
    report = find_dialect(TARGET, perform=here.perform)
    assert report.fits
    assert report.dialect == DIALECTS[name]
    assert report.unanswered == ()
    assert len(here.orders) == 1 + len(EXPERIMENTS)  # the first asks what hardware keeps
    ruled = {ruling.dialect for ruling in report.rulings}
    assert ruled | {name} == set(DIALECTS)
    for ruling in report.rulings:
        assert str(ruling) == f"{ruling.experiment.question}: {ruling.experiment.steps}: {ruling.difference}"
    told = report.to_json()
    assert told == {
        "dialect": name,
        "fits": True,
        "hazard": DIALECTS[name].hazard,
        "readings": [getattr(DIALECTS[name].readings, choice).prose for choice in choices_of(CANONICAL.readings)],
        "ruled_out": [{"dialect": ruling.dialect, "by": str(ruling)} for ruling in report.rulings],
        "unanswered": [],
        "against": [],
        "tried": len(DIALECTS),
        "complete": True,
    }


def test_other_readings_are_found() -> None:
    readings = CANONICAL.readings._replace(partial_flush=PartialFlush.ALL_ONLY)
    report = find_dialect(TARGET, perform=Here(lambda: Database(readings)).perform)
    assert report.fits
    assert report.dialect.readings == readings
    assert {ruling.dialect for ruling in report.rulings} == set(DIALECTS)


UNSEEN = {"source=allowed", "ancestor=allowed", "reading=before"}  # in canonical no look-up and no status shows them
IN_FORCE = [
    f"canonical with {choice}={reading.name.lower()}"
    for choice, kind in choices_of(CANONICAL.readings).items()
    for reading in kind
    if reading != getattr(CANONICAL.readings, choice)
]


@pytest.mark.parametrize("name", IN_FORCE)
def test_every_reading_in_force_is_tried(name: str) -> None:
    dialect = dialect_named(name)
    report = find_dialect(TARGET, perform=Here(lambda: Database(dialect.readings)).perform)
    assert report.fits
    assert (report.dialect.readings == dialect.readings) == (name.removeprefix("canonical with ") not in UNSEEN)
    assert {ruling.dialect for ruling in report.rulings} >= set(DIALECTS) - {report.dialect.name}
    assert all(str(ruling).startswith(ruling.experiment.question) and ruling.difference for ruling in report.rulings)


class Independent(Database):
    """A table of links that imports nothing of musigma, in the literal model's place."""

    def __init__(self, make: type[naive.Naive]) -> None:
        super().__init__()
        self.make, self.tables = make, make(1, 1, 1)

    def init(self, spaces: int, pages: int, frames: int) -> int:
        self.tables = self.make(spaces, pages, frames)
        return DONE

    def map(self, a: int, b: int, c: int, d: int, rights: int) -> int:
        return self.tables.map(a, b, c, d, rights)

    def grant(self, a: int, b: int, c: int, d: int, rights: int) -> int:
        return self.tables.grant(a, b, c, d, rights)

    def flush(self, a: int, b: int, rights: int) -> int:
        return self.tables.flush(a, b, rights)

    def lookup(self, space: int, page: int) -> tuple[int, int]:
        return self.tables.lookup(space, page) or (NIL, 0)


OF_DATABASES = {
    "ancestor=extended": naive.AncestorExtended,
    "regrant=source_kept": naive.SourceKept,
    "partial_flush=empty_stays": naive.EmptyStays,
    "no_rights=nothing": naive.NoRightsNothing,
    "occupied=map_refused": naive.MapRefused,
}


@pytest.mark.parametrize("reading", OF_DATABASES)
def test_the_readings_of_real_databases_are_found(reading: str) -> None:
    report = find_dialect(TARGET, perform=Here(lambda: Independent(OF_DATABASES[reading])).perform)
    assert (report.dialect.name, report.fits, report.against) == (f"canonical with {reading}", True, ())
    assert report.unanswered == ()
    assert {ruling.dialect for ruling in report.rulings} == set(DIALECTS)


@pytest.mark.parametrize("reading", OF_DATABASES)
def test_such_a_database_does_what_its_reading_says(reading: str) -> None:
    readings, generator = dialect_named(f"canonical with {reading}").readings, random.Random(reading)
    for _ in range(20):
        here, there = Database(readings), Independent(OF_DATABASES[reading])
        here.init(4, 1, 1)
        there.init(4, 1, 1)
        for _ in range(60):
            a, b, c, d = generator.randrange(4), 0, generator.randrange(4), 0
            rights = generator.choice([7, 7, 6, 4, 2])
            kind = generator.choice(["map", "map", "grant", "flush"])
            given = (a, b, rights) if kind == "flush" else (a, b, c, d, rights)
            assert getattr(here, kind)(*given) == getattr(there, kind)(*given)
            for x in range(4):
                shown, other = here.lookup(x, 0), there.lookup(x, 0)
                assert tuple(int(value) for value in shown) == other


def test_an_experiment_that_a_target_does_not_survive() -> None:
    here = Here(Database)

    def perform(order: Order) -> Ending:
        done = here.perform(order)
        return ending("signal", number=11) if len(here.orders) in (2, 4) else done

    report = find_dialect(TARGET, perform=perform, limits=Limits(hang=2.0))
    assert report.unanswered == (EXPERIMENTS[0].question, EXPERIMENTS[2].question)
    assert report.to_json()["unanswered"] == list(report.unanswered)
    assert report.fits
    assert report.dialect == CANONICAL
    assert {order.limits for order in here.orders} == {Limits(hang=2.0)}


def test_what_is_no_answer() -> None:
    """What a target told before it died, and nothing at all."""
    here = Here(Database)

    def perform(order: Order) -> Ending:
        done = here.perform(order)
        if len(here.orders) == 3:
            return ending("signal", number=11, value=done.value)
        return ending() if len(here.orders) == 1 + len(EXPERIMENTS) else done

    assert find_dialect(TARGET, perform=perform).unanswered == (EXPERIMENTS[1].question, EXPERIMENTS[-1].question)


def test_the_last_slot_counts_as_the_others_do() -> None:
    """Where no combination of readings is tried, the named dialect is taken that differs least."""
    here = Here(Database)

    def perform(order: Order) -> Ending:
        done = here.perform(order)
        if len(here.orders) == 1 + len(EXPERIMENTS):
            done.value["slots"][-1] = (0, 1)
        return done

    report = find_dialect(TARGET, perform=perform, changes=0)
    assert (report.fits, report.dialect, report.tried) == (False, CANONICAL, len(DIALECTS))
    assert [str(ruling) for ruling in report.against] == [
        f"{EXPERIMENTS[-1].question}: {EXPERIMENTS[-1].steps}: σ2[1] shows frame 0 --x, expected nothing"
    ]


Table = dict[tuple[str, bool], list[Any]]


@pytest.fixture
def contradicted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Table], None]:
    """Says what contradicts dialects, by their names and whether it is strict; others are contradicted thrice."""
    names = {dialect.readings: name for name, dialect in DIALECTS.items()}

    def put(table: Table) -> None:
        def found(readings: Readings, seen: Any, *, strict: bool = False) -> list[Any]:
            return [
                (EXPERIMENTS[n], f"difference {n}") for n in table.get((names.get(readings, ""), strict), [7, 8, 9])
            ]

        monkeypatch.setattr(dialects, "contradictions", found)

    return put


def test_of_several_that_fit_the_one_is_meant_whose_pages_are_shown(contradicted: Callable[[Table], None]) -> None:
    one, other, best = list(DIALECTS)[:3]
    contradicted({**{(name, False): [] for name in (one, other, best)}, (one, True): [2, 1], (best, True): [3]})
    report = find_dialect(TARGET, perform=Here(Database).perform)
    assert (report.fits, report.dialect, report.against, report.tried) == (True, DIALECTS[best], (), len(DIALECTS))
    differences = {ruling.dialect: (ruling.experiment, ruling.difference) for ruling in report.rulings}
    assert differences == {
        **{name: (EXPERIMENTS[7], "difference 7") for name in DIALECTS if name != best},
        one: (EXPERIMENTS[2], "difference 2"),
    }


def test_combinations_of_readings_are_tried_after_the_named(
    contradicted: Callable[[Table], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    nearest = list(DIALECTS.values())[1]
    others = [CANONICAL.reading(own_slot=OwnSlot.NOTHING), CANONICAL.reading(partial_flush=PartialFlush.ALL_ONLY)]

    def nearest_to(seen: Any, known: Any, tried: Any) -> tuple[Any, int]:
        asked.append((len(seen), known, list(tried)))
        return nearest, 2

    def variations(most: int) -> Any:
        asked.append(most)
        return iter(others)

    monkeypatch.setattr(dialects, "nearest_to", nearest_to)
    monkeypatch.setattr(dialects, "variations", variations)
    least = list(DIALECTS)[-1]
    contradicted({(least, False): [4, 5], (nearest.name, False): [1, 2, 3, 4]})
    report = find_dialect(TARGET, perform=Here(Database).perform, changes=1)
    assert asked == [1, (len(EXPERIMENTS), DIALECTS[least], others)]
    assert (report.fits, report.dialect, report.tried) == (False, nearest, len(DIALECTS) + 2)
    assert [ruling.difference for ruling in report.against] == [f"difference {n}" for n in (1, 2, 3, 4)]
    assert [ruling.difference for ruling in report.rulings if ruling.dialect == least] == ["difference 4"]


def test_no_more_is_compared_than_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dialect is left as soon as it is no nearer; each of the experiments counts once."""
    three = EXPERIMENTS[:3]
    differing = {CANONICAL.readings: {0, 1}}
    asked: list[int] = []

    def difference_between(experiment: Any, readings: Readings, seen: Any, strict: bool) -> str | None:
        asked.append(three.index(experiment))
        assert not strict
        return "it differs" if asked[-1] in differing[readings] else None

    monkeypatch.setattr(dialects, "EXPERIMENTS", three)
    monkeypatch.setattr(dialects, "difference_between", difference_between)
    some: Any = [([0], [(0, 7)])] * 3
    others = [DIALECTS["tree"], DIALECTS["literal-eager"], DIALECTS["literal-lazy"]]
    for dialect, differs in zip(others, ({0, 1}, {2}, {0}), strict=True):
        differing[dialect.readings] = differs
    assert contradictions(others[1].readings, some) == [(three[2], "it differs")]
    asked.clear()
    assert dialects.nearest_to(some, CANONICAL, iter(others)) == (others[1], 3)
    assert asked == [*(0, 1, 2), *(0, 1), *(0, 1, 2), 0]
    differing[CANONICAL.readings] = {0}
    asked.clear()
    assert dialects.nearest_to([some[0], None, some[0]], CANONICAL, iter(others[1:2])) == (CANONICAL, 1)
    assert asked == [0, 2, 0, 2]
    differing[CANONICAL.readings] = set()
    assert dialects.nearest_to(some, CANONICAL, iter(others)) == (CANONICAL, 1)


def test_what_is_predicted() -> None:
    experiment = EXPERIMENTS[0]
    right = ([0, 0], [(0, 7), (1, 7), (1, 7), (-1, 0), (-1, 0), (-1, 0)])

    def difference(statuses: Any = right[0], **slots: Any) -> str | None:
        shown = list(right[1])
        for place, slot in slots.items():
            shown[int(place[1:])] = slot
        return dialects.difference_between(experiment, CANONICAL.readings, (statuses, shown), strict=False)

    assert difference() is None
    assert difference([0, 1]) == "map σ0[1] → σ1[0] returned 1, expected 0"
    assert difference(s2=(0, 7)) == "σ1[0] shows frame 0 rwx, expected frame 1 rwx"
    assert difference(s0=(0, 6)) == "σ0[0] shows frame 0 rw-, expected frame 0 rwx"
    assert difference(s5=(-1, 3)) is None
    assert difference(s5=(0, 3)) == "σ2[1] shows frame 0 -wx, expected nothing"
    with pytest.raises(ValueError, match=r"^a destination that shows another frame: 2 operations, 1 statuses$"):
        difference([0])
    with pytest.raises(ValueError, match="2 operations, 1 statuses"):
        difference([1])
    assert difference([1, 0]) == "map σ0[0] → σ1[0] returned 1, expected 0"
    assert difference([0, 1], s2=(0, 7)) == "map σ0[1] → σ1[0] returned 1, expected 0"
    seen = [right, *[None] * (len(EXPERIMENTS) - 1)]
    assert contradictions(CANONICAL.readings, seen) == []
    seen[0] = ([0, 1], right[1])
    assert contradictions(CANONICAL.readings, seen) == [(experiment, "map σ0[1] → σ1[0] returned 1, expected 0")]


def test_a_page_that_the_paper_shows_in_two_ways() -> None:
    """Where σ(v) is empty and P_v holds a frame, either may be shown, but strictly it is P_v."""
    experiment, readings = EXPERIMENTS[4], DIALECTS["literal-lazy"].readings
    shown = [(0, 7), (1, 7), (-1, 0), *[(-1, 0)] * 3]

    def difference(slot: tuple[int, int], strict: bool) -> str | None:
        shown[2] = slot
        return dialects.difference_between(experiment, readings, ([0, 0], shown), strict)

    assert [difference(slot, False) for slot in ((0, 7), (-1, 0))] == [None, None]
    assert difference((0, 7), True) is None
    assert difference((-1, 0), True) == "σ1[0] shows nothing, expected frame 0 rwx"
    assert difference((3, 7), False) == "σ1[0] shows frame 3 rwx, expected frame 0 rwx"


def test_nothing_is_predicted_from_a_circle_on() -> None:
    here = EXPERIMENTS[4].operations
    experiment = Experiment("a circle", (*here, Operation("flush", SCOPE.parse("1[0]")), here[0]))
    readings = DIALECTS["literal-lazy"].readings
    for status in (0, 1):
        seen = ([0, 0, status, 1], [(3, 3)] * SCOPE.slots)
        assert dialects.difference_between(experiment, readings, seen, strict=True) is None
    seen = ([0, 1, 0, 0], [(3, 3)] * SCOPE.slots)
    assert dialects.difference_between(experiment, readings, seen, strict=True) is not None


def test_the_experiments() -> None:
    assert [len({e.question for e in EXPERIMENTS}), len(EXPERIMENTS)] == [20, 20]
    assert EXPERIMENTS[1].steps == "map σ0[0] → σ1[0] r--; map σ0[0] → σ1[0] -w-"
    assert EXPERIMENTS[15].steps == "map σ0[0] → σ1[0]; flush σ0[0] -w-"
    assert EXPERIMENTS[16].steps == "map σ0[0] → σ1[0] r--; map σ1[0] → σ2[0] r--; flush σ0[0] r--"
    assert EXPERIMENTS[10].operations[1].dst == SCOPE.parse("2[0]")


class Odd(Database):
    """It refuses to map page 1 of σ0, which no reading does."""

    def map(self, a: int, b: int, c: int, d: int, rights: int) -> int:
        status = super().map(a, b, c, d, rights)
        return REFUSED if status == DONE and (a, b) == (0, 1) else status


def test_where_none_fits_the_nearest_of_all_readings_is_said_and_all_that_contradicts_it() -> None:
    readings = CANONICAL.readings._replace(partial_flush=PartialFlush.ALL_ONLY)
    report = find_dialect(TARGET, perform=Here(lambda: Odd(readings)).perform)
    assert not report.fits
    assert report.dialect.readings == readings
    assert report.tried > len(DIALECTS)
    assert [str(ruling) for ruling in report.against] == report.to_json()["against"]
    assert len(report.against) == len(contradictions(report.dialect.readings, observed(readings)))
    assert all(ruling.dialect == report.dialect.name for ruling in report.against)
    assert "map σ0[1] → σ1[0] returned 1, expected 0" in str(report.against[0])
    assert report.to_json()["tried"] == report.tried


def observed(readings: Readings) -> list[Any]:
    """What the experiments show of it."""
    here = Here(lambda: Odd(readings))
    seen = []
    for experiment in EXPERIMENTS:
        value = here.perform(Order(TARGET, dialects.Observe(dialects._program(experiment)), Limits())).value
        seen.append((value["statuses"], [tuple(slot) for slot in value["slots"]]))
    return seen


def test_the_first_that_fits_ends_the_search() -> None:
    report = find_dialect(TARGET, perform=Here(Database).perform)
    assert (report.fits, report.against, report.tried) == (True, (), len(DIALECTS))


def combinations_of(numbers: list[int], most: int) -> int:
    """How many ways there are to change one to so many of some choices, each of which has so many other answers."""
    ways = [1, *[0] * most]
    for number in numbers:
        ways = [ways[0], *(more + number * fewer for fewer, more in pairwise(ways))]
    return sum(ways[1:])


@pytest.mark.parametrize("most", [1, 2])
def test_variations_are_all_that_there_are_each_once_those_without_a_hazard_first(most: int) -> None:
    safe = [sum(each != getattr(Readings(), name) for each in choices) for name, choices in dialects.SAFE.items()]
    every = [len(tuple(choice)) - 1 for choice in choices_of(Readings()).values()]
    first = combinations_of(safe, most)
    made = list(dialects.variations(most))
    changed = [
        {name: value for name, value in dialect.readings._asdict().items() if value != getattr(Readings(), name)}
        for dialect in made
    ]
    assert len(made) == len({dialect.readings for dialect in made}) == combinations_of(every, most)
    assert all(1 <= len(each) <= most for each in changed)
    lawful = [all(value in dialects.SAFE.get(name, ()) for name, value in each.items()) for each in changed]
    assert lawful == [True] * first + [False] * (len(made) - first)
    assert [len(each) for each in changed[:first]] == sorted(len(each) for each in changed[:first])
    assert [len(each) for each in changed[first:]] == sorted(len(each) for each in changed[first:])


def test_the_first_of_the_nearest_is_taken() -> None:
    """One that fits ends the search; one that is as near as the nearest so far is not nearer."""
    readings = CANONICAL.readings._replace(partial_flush=PartialFlush.ALL_ONLY)
    here = Here(lambda: Database(readings))
    seen: list[Any] = []
    for experiment in EXPERIMENTS:
        value = here.perform(Order(TARGET, dialects.Observe(dialects._program(experiment)), Limits())).value
        seen.append((value["statuses"], [tuple(slot) for slot in value["slots"]]))
    right, far = CANONICAL.reading(partial_flush=PartialFlush.ALL_ONLY), DIALECTS["literal-eager"]
    odd = [None, *seen[1:]]
    assert len(contradictions(far.readings, seen)) > len(contradictions(CANONICAL.readings, seen)) > 0
    others = iter([far, CANONICAL, right, far])
    assert dialects.nearest_to(odd, far, others) == (right, 3)
    assert list(others) == [far]
    again = CANONICAL.reading(own_slot=OwnSlot.NOTHING)
    assert dialects.nearest_to(seen, CANONICAL, iter([far, CANONICAL, again])) == (CANONICAL, 3)
    assert dialects.nearest_to(seen, far, iter([CANONICAL, far])) == (CANONICAL, 2)
    assert dialects.nearest_to(seen, far, iter(())) == (far, 0)


def test_where_the_time_ends_it_is_not_said_that_none_fits() -> None:
    def strange() -> Database:
        database = Database()
        database.answers = lambda name, *given: 1 if name == "grant" else None
        return database

    whole = find_dialect(TARGET, perform=Here(strange).perform, changes=1)
    short = find_dialect(TARGET, perform=Here(strange).perform, changes=1, seconds=-1.0)
    assert (whole.fits, whole.complete, short.fits, short.complete) == (False, True, False, False)
    assert short.tried == len(DIALECTS) < whole.tried
    assert short.to_json()["complete"] is False
    assert (whole.to_json()["fits"], whole.to_json()["complete"]) == (False, True)


def test_dialects_come_as_long_as_the_time_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [50.0]
    monkeypatch.setattr("refinement.check.search.dialects.time.monotonic", lambda: clock[0])
    assert dialects.InTime(iter(()), 1.0).late is False
    some = dialects.InTime(iter([CANONICAL] * 3), 0.0)
    assert (list(some), some.late) == ([CANONICAL] * 3, False)  # not over yet
    some, came = dialects.InTime(iter([CANONICAL] * 3), 7.0), 0
    for _ in some:
        came += 1
        clock[0] += 4.0
    assert (came, some.late) == (2, True)


def test_where_one_fits_it_does_not_matter_that_the_time_is_over(
    contradicted: Callable[[Table], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = CANONICAL.reading(own_slot=OwnSlot.NOTHING)

    def nearest_to(seen: Any, known: Any, tried: Any) -> tuple[Any, int]:
        assert list(tried) == []  # there is no time
        return fits, 0

    monkeypatch.setattr(dialects, "nearest_to", nearest_to)
    contradicted({("", False): []})  # of those without a name
    report = find_dialect(TARGET, perform=Here(Database).perform, changes=1, seconds=-1.0)
    assert (report.fits, report.dialect, report.complete) == (True, fits, True)


def test_a_status_that_is_told_counts_where_it_need_not_be() -> None:
    rows = np.array([(0, 2, 1, 1, 0, 0), (1, 0, 0, 1, 0, 7)], np.uint32)
    bench = Database().bench(64)
    bench.cells[driver.MAY_NOT_TELL] = True
    assert Observe(rows).do(bench)["statuses"] == [DONE]


@pytest.mark.parametrize("told", [True, False])
def test_a_status_that_is_not_told_rules_nothing_out(told: bool) -> None:
    rows = np.array([(0, 2, 1, 1, 0, 0), (1, 0, 0, 1, 0, 7)], np.uint32)
    database = Database()
    database.answers = lambda name, *given: 2 if name == "map" else None
    bench = database.bench(64)
    bench.cells[driver.MAY_NOT_TELL] = not told
    found = Observe(rows).do(bench)
    assert found["statuses"] == [2 if told else None]
    experiment = next(each for each in EXPERIMENTS if len(each.operations) == 2)
    state = Here().perform(Order(TARGET, Observe(dialects._program(experiment)), Limits())).value
    seen = ([found["statuses"][0], state["statuses"][1]], [tuple(slot) for slot in state["slots"]])
    assert (dialects.difference_between(experiment, CANONICAL.readings, seen, False) is not None) is told
