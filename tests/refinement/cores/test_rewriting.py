"""Functions step by step: what of them becomes a step, and what stays as it is."""

from collections.abc import Callable, Generator
from typing import Any

import pytest

from refinement.cores.machine import SharedMemory
from refinement.cores.stepping import (
    LOCK,
    TRY,
    UNLOCK,
    Access,
    Around,
    Column,
    acquire,
    is_stepped,
    release,
    stepped,
    takes_steps,
    try_acquire,
)
from refinement.kernel import primitives

NO_LOCKS = Around()
PLAIN: Any = [10, 20, 30]


def ended(steps: Generator[Access, Any, Any], *answers: Any) -> tuple[list[str], Any]:
    """What is touched, in words, and what is returned."""
    found, given = list[str](), list(answers)
    try:
        access = next(steps)
        while True:
            found.append(str(access))
            access = steps.send(given.pop(0) if access.kind == TRY else None)
    except StopIteration as stop:
        return found, stop.value


def column_of(*values: int) -> Column:
    return Column("a", list(values), SharedMemory(1, 1, buffered=False))


def moved(column: Any, source: int, target: int = 1, *, more: int = 5) -> Any:
    """Move an element, and add something to it."""
    column[target] = column[source] + more
    return column[target]


def index_in_index(column: Any) -> Any:
    return column[column[0]]


def one_to_other(column: Any) -> None:
    column[column[0]] = column[1]


def of_lists(column: Any) -> Any:
    found = [7, 8]
    found[1] = column[0]
    return found[1] + PLAIN[0]


def nothing_at_all(column: Any) -> str:
    return "done"


def calls_plain(column: Any) -> Any:
    return max(column[0], len(PLAIN), key=abs)


@takes_steps
def inner(column: Any, place: int, *, more: int = 1) -> Any:
    """Read an element."""
    return column[place] + more


def outer(column: Any) -> Any:
    return inner(column, 1) + inner(column, 0, more=inner(column, 1))


class Counter:
    def __init__(self, column: Any) -> None:
        self.column = column

    @takes_steps
    def at(self, place: int) -> Any:
        return self.column[place]

    def plain(self, place: int) -> Any:
        return self.column.values[place]

    def stepping(self) -> Any:
        yield Access(LOCK, ("own",))
        return 77

    def all(self) -> Any:
        """Call each."""
        return self.at(0), self.plain(1), self.stepping()


@pytest.mark.parametrize(
    ("function", "arguments", "named", "accesses", "result", "after"),
    [
        (moved, (0,), {}, ["read a[0]", "write a[1]", "read a[1]"], 8, [3, 8, 1]),
        (moved, (0, 2), {"more": 4}, ["read a[0]", "write a[2]", "read a[2]"], 7, [3, 1, 7]),
        (index_in_index, (), {}, ["read a[0]", "read a[2]"], 9, [2, 1, 9]),
        (one_to_other, (), {}, ["read a[0]", "read a[1]", "write a[2]"], None, [2, 6, 6]),
        (of_lists, (), {}, ["read a[0]"], 14, [4]),
        (nothing_at_all, (), {}, [], "done", [1]),
        (calls_plain, (), {}, ["read a[0]"], 3, [-2]),
        (outer, (), {}, ["read a[1]", "read a[1]", "read a[0]"], 5 + 1 + (5 + 1) + 2, [2, 5]),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_each_access_of_a_function_is_a_step_in_its_order(
    function: Callable[..., Any], arguments: tuple[int, ...], named: dict[str, int], accesses: list[str], result: Any,
    after: list[int],
) -> None:  # fmt: skip
    values = {moved: [3, 1, 1], index_in_index: [2, 1, 9], one_to_other: [2, 6, 0], of_lists: [4], outer: [2, 5]}
    column = column_of(*values.get(function, after))
    assert ended(stepped(function, NO_LOCKS)(column, *arguments, **named)) == (accesses, result)
    assert column.values == after
    assert PLAIN == [10, 20, 30]


def test_methods_are_called_with_their_object() -> None:
    column = column_of(4, 6)
    assert ended(stepped(Counter.all, NO_LOCKS)(Counter(column))) == (["read a[0]", "lock own"], (4, 6, 77))


def test_a_function_that_is_made_is_kept_and_known_as_what_it_was() -> None:
    made: Any = stepped(Counter.all, NO_LOCKS)
    assert stepped(Counter.all, NO_LOCKS) is made
    assert made.__code__.co_qualname == "Counter.all"
    assert made.__code__.co_firstlineno == Counter.all.__code__.co_firstlineno
    assert made.__code__.co_filename == __file__
    assert stepped(moved, NO_LOCKS).__defaults__ == (1,)


def test_what_a_function_closes_over_is_known() -> None:
    factor = 3

    def closing(column: Any) -> Any:
        return column[0] * factor

    assert ended(stepped(closing, NO_LOCKS)(column_of(4))) == (["read a[0]"], 12)


@pytest.mark.parametrize(
    ("given", "accesses"),
    [
        (
            (("inner", "pool"),),
            ["lock pool", "read a[1]", "unlock pool"] * 2 + ["lock pool", "read a[0]", "unlock pool"],
        ),
        ((("outer", "pool"), ("other", "x")), ["read a[1]", "read a[1]", "read a[0]"]),
    ],
)
def test_locks_are_held_around_functions_that_are_called(
    given: tuple[tuple[str, str], ...], accesses: list[str]
) -> None:
    assert ended(stepped(outer, Around(given))(column_of(2, 5))) == (accesses, 14)


def test_a_method_is_known_by_its_whole_name() -> None:
    around = Around((("at", "wrong"), ("Counter.at", "right")))
    steps = stepped(Counter.all, around)(Counter(column_of(4, 6)))
    assert ended(steps)[0] == ["lock right", "read a[0]", "unlock right", "lock own"]


def test_which_lock_a_function_has() -> None:
    around = Around((("f", "one"), ("g", "two"), ("g", "three")))
    assert [around.lock_of(name) for name in ("f", "g", "h")] == ["one", "two", ""]
    assert NO_LOCKS.lock_of("f") == ""


def test_locks_are_accesses() -> None:
    assert list(acquire("slot", 3)) == [Access(LOCK, ("slot", 3))]
    assert list(release("slot", 3)) == [Access(UNLOCK, ("slot", 3))]
    for answer in (False, True):
        assert ended(try_acquire("slot", 3), answer) == (["try slot 3"], answer)


def deletes(column: Any) -> None:
    del column[0]


def adds_in_place(column: Any) -> None:
    column[0] += 1


def writes_two(column: Any) -> None:
    column[0] = column[1] = 5


def writes_a_pair(column: Any) -> None:
    column[0], column[1] = 5, 6


@pytest.mark.parametrize("function", [deletes, adds_in_place, writes_two, writes_a_pair])
def test_an_element_that_is_written_in_another_way_is_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"^line \d+: an element is written otherwise than by itself$"):
        stepped(function, NO_LOCKS)


def pairs(column: Any) -> Any:
    one = other = column[0]
    two: int = column[1]
    return one, other, two


def test_variables_are_assigned_as_ever() -> None:
    assert ended(stepped(pairs, NO_LOCKS)(column_of(4, 6))) == (["read a[0]", "read a[1]"], (4, 4, 6))


def test_whose_calls_are_steps() -> None:
    assert is_stepped(primitives.restrict_rights)
    assert is_stepped(inner)
    assert is_stepped(Counter.at)
    assert not is_stepped(outer)
    assert not is_stepped(len)
    assert not is_stepped(Counter)
    assert not is_stepped(None)
    assert takes_steps(nothing_at_all) is nothing_at_all
    assert is_stepped(nothing_at_all)
    del nothing_at_all.takes_steps
