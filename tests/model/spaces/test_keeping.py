"""What hardware keeps of rights: the laws, and that they suffice."""

import itertools
import random
from collections.abc import Iterator

import pytest

from model.ranges.literal import Ranged, first
from model.ranges.operation import operations_of
from model.ranges.readings import CANONICAL_RANGES
from model.ranges.scope import RangeScope
from model.scope import Scope
from model.spaces import literal
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect, Readings, dialect_named
from model.spaces.keeping import EVERY_SET, breach, keep, kept_by, stays, table_of
from model.spaces.operation import LiteralModel, Operation
from model.spaces.theory import flush, grant, map_
from proofs.explorer.states.mapping import mapping_system
from proofs.input.naming import NoSuchNameError, parse_dialect

UP = (0, 5, 6, 7, 4, 5, 6, 7)  # what can be written or executed can be read, and is
DOWN = (0, 0, 0, 0, 4, 5, 6, 7)  # without the right to read there is none
MIXED = (0, 0, 6, 6, 4, 4, 6, 7)


def lawful() -> Iterator[tuple[int, ...]]:
    """All tables that break no law."""
    for middle in itertools.product(range(8), repeat=6):
        if not breach((0, *middle, 7)):
            yield 0, *middle, 7


@pytest.mark.parametrize(
    ("kept", "law"),
    [
        ((0, 1, 2, 3, 4, 5, 6), "a table has 8 sets, not 7"),
        ((0, 1, 2, 3, 4, 5, 6, 8), "it keeps rwx as 8, which is no set of rights"),
        ((4, 5, 6, 7, 4, 5, 6, 7), "it keeps --- as r--: none stays none, and all stay all"),
        ((0, 1, 2, 3, 4, 5, 6, 5), "it keeps rwx as r-x: none stays none, and all stay all"),
        ((0, 2, 6, 7, 4, 7, 6, 7), "it is not idempotent: it keeps --x as -w-, and that as rw-"),
        ((0, 1, 6, 3, 4, 5, 6, 7), "it is not monotone: it keeps -w- as rw-, but -wx as -wx"),
    ],
)
def test_a_breach_is_named(kept: tuple[int, ...], law: str) -> None:
    assert breach(kept) == law
    with pytest.raises(ValueError, match=r"it keeps|a table"):
        table_of(kept)


def test_a_table_and_its_name() -> None:
    for kept in (UP, DOWN, MIXED, tuple(range(8))):
        assert breach(kept) == ""
        assert kept_by(table_of(kept)) == kept
        dialect = DIALECTS["fiasco"].reading(own_slot=CANONICAL.readings.own_slot).keeping(table_of(kept))
        assert dialect_named(dialect.name) == dialect
        assert dialect_named(dialect.name).readings.kept == table_of(kept)
        assert dialect.keeping(EVERY_SET).name == "fiasco with own_slot=refused"
    assert table_of(tuple(range(8))) == EVERY_SET
    assert CANONICAL.readings.kept == EVERY_SET
    assert CANONICAL.keeping(table_of(UP)).name == "canonical keeping 05674567"
    assert CANONICAL.keeping(table_of(UP)).keeping(table_of(DOWN)).name == "canonical keeping 00004567"
    with pytest.raises(KeyError, match="not monotone"):
        dialect_named("canonical keeping 01634567")


def test_what_a_flush_leaves() -> None:
    assert stays(table_of(UP)) == [f"r-- taken of {has} leaves {has}" for has in ("r-x", "rw-", "rwx")]
    assert stays(table_of(DOWN)) == stays(EVERY_SET) == []


def walk(readings: Readings, seed: int, steps: int) -> Iterator[literal.Spaces]:
    generator, scope = random.Random(seed), Scope(3, 2, 2)
    state = literal.initial(scope)
    for _ in range(steps):
        src, dst, rights = generator.randrange(6), generator.randrange(6), generator.randrange(8)
        kind = generator.randrange(3)
        if kind == 0:
            literal.map_(state, src, dst, rights, readings)
        elif kind == 1:
            literal.grant(state, src, dst, rights, readings)
        else:
            literal.flush(state, src, rights, readings)
        yield state


@pytest.mark.long
def test_no_page_has_what_its_parent_lacks_under_any_table() -> None:
    tables = list(lawful())
    assert len(tables) == 1023
    narrowed = 0
    for seed, kept in enumerate([*random.Random(7).sample(tables, 60), UP, DOWN, MIXED]):
        for s in walk(CANONICAL.readings._replace(kept=table_of(kept)), seed, 120):
            for x, element in enumerate(s.sigma):
                assert keep(table_of(kept), int(s.rights[x])) == s.rights[x]
                assert (s.rights[x] == 0) == (element == literal.NIL)
                if element >= 0:
                    assert s.rights[x] & ~s.rights[element] == 0
                    narrowed += s.rights[x] != s.rights[element]
    assert narrowed > 500


def test_a_law_that_is_broken_gives_a_page_what_its_parent_lacks() -> None:
    kept = (0, 1, 6, 3, 4, 5, 6, 7)  # -w- is kept as rw-, but -wx as it is
    readings = CANONICAL.readings._replace(kept=sum(each << 3 * n for n, each in enumerate(kept)))
    state = literal.initial(Scope(3, 1, 1))
    assert literal.map_(state, 0, 1, 3, readings) == literal.map_(state, 1, 2, 2, readings) == literal.DONE
    assert state.rights.tolist() == [7, 3, 6]


def test_ranges_of_one_page_keep_as_pages_do() -> None:
    scope, w = RangeScope(3, 2, 2, 1), CANONICAL_RANGES.readings
    for kept in (UP, DOWN, MIXED):
        readings = CANONICAL.readings._replace(kept=table_of(kept))
        generator = random.Random(sum(kept))
        every = operations_of(scope, w, tuple(range(8)))
        state, pages = first(scope, scope.orders, w), literal.initial(scope)
        for _ in range(400):
            o = generator.choice(every)
            expected = Operation(o.kind, o.src, o.dst, o.rights).on(LiteralModel(pages, readings))
            assert o.apply(state, readings, w) == expected, o
            assert Ranged(*pages, state.unit).rights.tolist() == state.rights.tolist()
            assert state.sigma.tolist() == pages.sigma.tolist()


@pytest.mark.parametrize("action", [map_, grant, flush])
def test_the_theory_and_the_explorer_refuse(action: object) -> None:
    coarse: Dialect = CANONICAL.keeping(table_of(UP))
    with pytest.raises(ValueError, match="the theory knows only hardware that can express every set"):
        action(coarse)  # type: ignore[operator]
    with pytest.raises(ValueError, match="hardware"):
        mapping_system(Scope(2, 1, 1), coarse)


def test_only_check_and_replay_take_it() -> None:
    assert parse_dialect("canonical keeping 05674567", on_hardware=True).readings.kept == table_of(UP)
    assert parse_dialect("canonical keeping 01234567") is CANONICAL
    for name, why in (
        ("canonical keeping 05674567", "check and replay alone"),
        ("tree keeping 11234567", "none stays"),
    ):
        with pytest.raises(NoSuchNameError, match=why):
            parse_dialect(name)
