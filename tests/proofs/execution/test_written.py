"""Which methods Python's libraries wrote: those of every kind of record, and none that only looks like one."""

import collections
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CellType, FunctionType
from typing import Any

import pytest

from proofs.execution.written import is_written_by_library

Pair = collections.namedtuple("Pair", "one two")


def method_of(owner: type, name: str) -> FunctionType:
    found = vars(owner)[name]
    found = getattr(found, "__func__", found)
    assert isinstance(found, FunctionType)
    return found


def is_written(owner: type, name: str) -> bool:
    return is_written_by_library(owner, name, method_of(owner, name))


def from_text(text: str) -> Any:
    """A function with no file, as those that libraries write."""
    made: dict[str, Any] = {}
    exec(text, made)
    return made[text.partition("(")[0].removeprefix("def ")]


# What they write.


@dataclass
class Plain:
    one: int
    two: int = 2


@dataclass
class Empty:
    """No name is used where there is no field."""


@dataclass(frozen=True)
class Frozen:
    one: int
    two: int = field(default=2, hash=False)


@dataclass(order=True)
class Ordered:
    one: int
    two: int = field(default=2, compare=False)


@dataclass
class Made:
    """A default after one that is made anew: Python takes no argument without one there."""

    rows: list[int] = field(default_factory=list)
    two: int = 2


@dataclass
class Inner:
    one: int
    count: int = field(default=0, init=False)


@dataclass
class Named:
    one: int
    two: int = field(kw_only=True)


@dataclass
class After:
    one: int

    def __post_init__(self) -> None:
        self.one += 1


@dataclass
class LikeAGlobal:
    """Its module has something under the name of its field, at which its methods do not look."""

    pytest: int


WRITTEN = [
    *((Pair, "__new__"), (Plain, "__init__"), (Plain, "__eq__"), (Empty, "__init__"), (Empty, "__eq__")),
    *((Frozen, name) for name in ("__init__", "__eq__", "__hash__", "__setattr__", "__delattr__")),
    *((Ordered, name) for name in ("__init__", "__eq__", "__lt__", "__ge__")),
    *((kind, name) for kind in (Made, Inner, Named, After, LikeAGlobal) for name in ("__init__", "__eq__")),
]


@pytest.mark.parametrize(("owner", "name"), WRITTEN, ids=lambda value: getattr(value, "__name__", value))
def test_what_a_library_writes_for_a_record_is_known(owner: type, name: str) -> None:
    assert is_written(owner, name)


# What only looks like it.


def with_parts(
    method: Callable[..., Any], *, names: dict[str, object] | None = None, cells: tuple[Any, ...] = ()
) -> Any:
    """The same code with something else under its names, or around it."""
    assert isinstance(method, FunctionType)
    around = tuple(map(CellType, cells)) or method.__closure__
    return FunctionType(method.__code__, {**method.__globals__, **(names or {})}, method.__name__, None, around)


class EqualToAll:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, kind: type, fields: tuple[Any, ...]) -> Any:
        return tuple.__new__(kind, fields[::-1])


@pytest.mark.parametrize("other", [print, EqualToAll(), None])
def test_what_the_librarys_code_has_by_a_name_is_the_librarys(other: object) -> None:
    assert is_written_by_library(Pair, "__new__", with_parts(Pair.__new__))
    assert not is_written_by_library(Pair, "__new__", with_parts(Pair.__new__, names={"_tuple_new": other}))


def test_what_the_librarys_code_has_around_it_is_the_librarys() -> None:
    refuses, makes = method_of(Frozen, "__setattr__"), method_of(Made, "__init__")
    held = [each.cell_contents for each in makes.__closure__ or ()]
    assert is_written_by_library(Made, "__init__", with_parts(makes, cells=tuple(held)))
    assert is_written_by_library(Frozen, "__setattr__", with_parts(refuses, cells=(*_held(refuses)[:-1], Plain)))
    for number in range(len(held)):
        for other in (lambda: [1], *([Plain] if not isinstance(held[number], type) else [])):
            cells = (*held[:number], other, *held[number + 1 :])
            assert not is_written_by_library(Made, "__init__", with_parts(makes, cells=cells))
    for number, one in enumerate(_held(refuses)):
        cells = (*_held(refuses)[:number], repr, *_held(refuses)[number + 1 :])
        assert not is_written_by_library(Frozen, "__setattr__", with_parts(refuses, cells=cells)), one


def _held(method: FunctionType) -> list[Any]:
    return [each.cell_contents for each in method.__closure__ or ()]


def test_the_librarys_code_in_a_file_is_the_files() -> None:
    method = Pair.__new__
    code = method.__code__.replace(co_filename="pairs.py")
    assert not is_written_by_library(Pair, "__new__", FunctionType(code, method.__globals__))


class Neither:
    pass


class HasFields:
    """As a record of the library has, but no tuple."""

    _fields = ("one", "two")


class Fieldless(tuple[Any, ...]):
    pass


@dataclass(init=False)
class Unmade:
    one: int
    two: int


@dataclass
class Misnamed:
    """A field in the place of what is called after a record was made."""

    __post_init__: object = field(default=repr, init=False)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("owner", "name", "method"),
    [
        (Pair, "__new__", from_text("def __new__(_cls, one, two): return (two, one)")),
        (Pair, "__new__", collections.namedtuple("Pair", "two one").__new__),
        (Pair, "__add__", from_text("def __add__(self, other): return 1")),
        (Plain, "__add__", from_text("def __add__(self, other): return 1")),
        (Plain, "__slots__", from_text("def __slots__(self): return 1")),
        (Neither, "__eq__", method_of(Plain, "__eq__")),
        (HasFields, "__new__", Pair.__new__),
        (Fieldless, "__new__", Pair.__new__),
        (Unmade, "__init__", method_of(Plain, "__init__")),
        (Plain, "__lt__", method_of(Ordered, "__lt__")),
        (Plain, "__setattr__", method_of(Frozen, "__setattr__")),
        (Misnamed, "__init__", method_of(Misnamed, "__init__")),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_it_does_not_write_for_this_record_is_not_known(
    owner: type, name: str, method: Callable[..., Any]
) -> None:
    assert isinstance(method, FunctionType)
    assert method.__code__.co_filename == "<string>"
    assert not is_written_by_library(owner, name, method)


def test_nothing_is_written_again_for_a_method_of_a_file() -> None:
    """So a class that the library could not write is asked about all the same."""

    class Impossible(tuple[Any, ...]):
        _fields = ("two words",)

        def method(self) -> None:
            pass

    assert not is_written(Impossible, "method")
