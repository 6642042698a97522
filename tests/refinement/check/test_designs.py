"""Right databases of several designs conform in every dialect that they implement, and no other fits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from model.spaces import literal as spaces
from model.spaces.dialect import DIALECTS, dialect_named
from refinement.check import Conformance, Target, check, find_dialect, parse_target
from refinement.check.search.dialects import contradictions
from refinement.check.search.experiments import EXPERIMENTS, SCOPE
from tests import EXAMPLES

FOLDER = Path(__file__).parent / "databases"
Build = Callable[..., Target]

NAIVE = {
    "Canonical": "canonical",
    "Tree": "tree",
    "LiteralLazy": "literal-lazy",
    "LiteralEager": "literal-eager",
    "X2Keep": "x2-keep",
    "X2Flush": "x2-flush",
    "Fiasco": "fiasco",
    "Nova": "nova",
    "NothingOntoItself": "canonical with own_slot=nothing",
    "AncestorExtended": "canonical with ancestor=extended",
    "SourceKept": "canonical with regrant=source_kept",
    "EmptyStays": "canonical with partial_flush=empty_stays",
    "NoRightsNothing": "canonical with no_rights=nothing",
    "MapRefused": "canonical with occupied=map_refused",
}


FIRST = ("X2Keep", "NothingOntoItself")


@pytest.mark.long
@pytest.mark.parametrize(
    "name", [name if name in FIRST else pytest.param(name, marks=pytest.mark.slow) for name in NAIVE]
)
def test_naive_tables(name: str) -> None:
    target = parse_target(f"{FOLDER / 'naive.py'}:{name}")
    found = find_dialect(target)
    assert (found.dialect.name, found.fits, found.unanswered) == (NAIVE[name], True, ())
    assert {ruling.dialect for ruling in found.rulings} == set(DIALECTS) - {NAIVE[name]}
    report = check(target, found.dialect, seconds=1.0, seed=3)
    assert report.verdict == Conformance.CONFORMS, report.finding


@pytest.mark.long
@pytest.mark.parametrize(
    ("source", "macros", "dialect"),
    [
        ("depth_list.c", (), "canonical"),
        ("depth_list.c", ("EXTEND_CHILD",), "fiasco"),
        ("hash_table.c", (), "canonical"),
        ("versions.c", (), "canonical with frame_holder=replaced"),
        (str(EXAMPLES / "preorder.c"), (), "canonical"),
    ],
)
def test_designs_in_c(build: Build, source: str, macros: tuple[str, ...], dialect: str) -> None:
    target = build(FOLDER / source, *macros)
    found = find_dialect(target)
    assert (found.dialect.name, found.fits) == (dialect, True)
    report = check(target, found.dialect, seconds=3.0, seed=3)
    assert report.verdict == Conformance.CONFORMS, report.finding


@pytest.mark.slow
@pytest.mark.parametrize("source", ["depth_list.c", "hash_table.c"])
def test_designs_in_c_with_the_default_time(build: Build, source: str) -> None:
    report = check(build(FOLDER / source), seed=3)
    assert report.verdict == Conformance.CONFORMS, report.finding


@pytest.mark.long
def test_a_look_up_that_stops_at_a_deleted_entry(build: Build) -> None:
    report = check(build(FOLDER / "hash_table.c", "FIRST_TOMBSTONE"), seconds=6.0, seed=3)
    assert report.verdict != Conformance.CONFORMS
    assert report.finding is not None
    assert report.finding.length <= 4


def seen_under(name: str) -> list[tuple[list[int], list[tuple[int, int]]] | None]:
    """What a database that is exactly the literal model shows in each experiment; nothing where it has no value."""
    readings, seen = dialect_named(name).readings, []
    for experiment in EXPERIMENTS:
        state = spaces.initial(SCOPE)
        statuses = [operation.apply(state, readings) for operation in experiment.operations]
        slots = [(int(f), int(r) if f >= 0 else 0) for f, r in zip(state.phys, state.rights, strict=True)]
        seen.append(None if spaces.CYCLE_MET in statuses else (statuses, slots))
    return seen


@pytest.mark.parametrize("one", DIALECTS)
@pytest.mark.parametrize("other", DIALECTS)
def test_the_experiments_tell_dialects_apart(one: str, other: str) -> None:
    assert bool(contradictions(DIALECTS[other].readings, seen_under(one), strict=True)) == (one != other)


@pytest.mark.parametrize("name", ["canonical with own_slot=nowhere", "canonical with slot=nothing", "no such dialect"])
def test_names_of_dialects(name: str) -> None:
    with pytest.raises(KeyError):
        dialect_named(name)
