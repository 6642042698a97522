"""Tells which methods of a class Python's libraries wrote, by having them written again."""

import collections
import dataclasses
from types import BuiltinMethodType, CellType, FunctionType

from refinement.rewriting import does_the_same


def is_written_by_library(owner: type, name: str, method: FunctionType) -> bool:
    """Whether a method is the one that the library writes for a record of these fields, and no other of its name.

    >>> Pair = collections.namedtuple("Pair", "one two")
    >>> is_written_by_library(Pair, "__new__", Pair.__new__)
    True
    >>> is_written_by_library(Pair, "__new__", lambda _cls, one, two: (two, one))
    False
    """
    if method.__code__.co_filename != "<string>":
        return False
    again = _written_again(owner)
    if again is None:
        return False
    other = getattr(vars(again).get(name), "__func__", vars(again).get(name))
    return (
        isinstance(other, FunctionType)
        and does_the_same(method.__code__, other.__code__)
        and all(map(_is_same_cell, method.__closure__ or (), other.__closure__ or ()))
        and _has_names_of_library(method, other)
    )


def _written_again(owner: type) -> type | None:
    """A record of the same fields."""
    if "_fields" in vars(owner) and issubclass(owner, tuple):
        return collections.namedtuple(owner.__name__, vars(owner)["_fields"])
    params = vars(owner).get("__dataclass_params__")
    if params is None:
        return None
    made: dict[str, object] = {"__module__": owner.__module__, "__annotations__": {}}
    for each in dataclasses.fields(owner):
        made["__annotations__"][each.name] = each.type  # type: ignore[index]
        made[each.name] = dataclasses.field(
            default=each.default, default_factory=each.default_factory, init=each.init, hash=each.hash,
            compare=each.compare, kw_only=each.kw_only,
        )  # fmt: skip
    if "__post_init__" in dir(owner):
        made["__post_init__"] = None  # that it is called is written
    options = ("init", "repr", "eq", "order", "unsafe_hash", "frozen")
    return dataclasses.dataclass(**{option: getattr(params, option) for option in options})(
        type(owner.__name__, (), made)
    )


def _is_same_cell(one: CellType, other: CellType) -> bool:
    """Whether two methods have the same from outside; that of a class is the class, and each has its own."""
    held, others = one.cell_contents, other.cell_contents
    return held is others or (isinstance(held, type) and isinstance(others, type))


def _has_names_of_library(method: FunctionType, other: FunctionType) -> bool:
    """Whether what a method has by a name is what the library gives it."""
    pairs = [(method.__globals__.get(name), other.__globals__.get(name)) for name in method.__code__.co_names]
    return all(one is two or (isinstance(one, BuiltinMethodType) and one == two) for one, two in pairs)
