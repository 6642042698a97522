"""What executed code may have from outside: constants, records, and what a proof puts in the place of a function.

Only what a function's text says is executed on terms. Python itself would run all else, and could tell a term from a
number: so what is no constant is refused, wherever it hides.
"""

import abc
import ast
import builtins
import collections
import dataclasses
import enum
import sys
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from types import (
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any

from proofs.execution.path import ExecutionError
from proofs.execution.syntax import is_plain_text, is_reserved, source_of
from proofs.execution.written import is_written_by_library

PLAIN = (int, bool, type(None))
"""Classes whose own elements are constants; those of a class that derives from them could do anything."""

BUILTINS = frozenset({"range", "len", "bytes", "super", "ValueError", "IndexError", "True", "False", "None"})
"""What code may have from Python: all else would answer for what stands for a value, and not for the value."""

STANDS_FOR: Mapping[str, tuple[str, ...]] = {
    "refinement.kernel.primitives": (
        "create_leaf", "remove_leaf", "link_leaf", "unlink_leaf", "move_node", "restrict_rights", "flush_step",
        "restrict_step", "tour_step",
    ),
    "refinement.kernel.operations": (
        "flush_below", "restrict_below", "is_below", "is_refused", "is_emptied", "map_", "grant", "flush",
    ),
    "refinement.kernel.mapping_tree": ("empty", "filled", "mappings", "require_room"),
    "model.ranges.blocks": ("low", "is_block", "has", "within", "meet", "cut", "moved", "around", "upper", "buddy_of"),
    "refinement.ranges.sized_tree": (
        "blank", "find", "fitting", "past", "count", "create_block", "move_block", "drop_block", "narrow_block",
    ),
    "model.spaces.operation": ("Kind",),
    "refinement.messages.blocks": ("all_free", "home_of"),
    "refinement.cores.stepping": ("acquire", "try_acquire", "release"),
    "refinement.cores.locked": ("Mine",),
    "machine.core": ("check_size",),
    "machine.events": ("PortFault",),
    "machine.memory": ("Words",),
    "machine.ports": ("permits", "_check", "Task"),
    "machine.walker": ("build_walk", "wide_root", "_refusable"),
}  # fmt: skip
"""By module the functions and classes of it that a proof knows by what is proved of them, where they are called."""

MODULES: Mapping[str, str] = {
    "operations": "refinement.kernel.operations",
    "primitives": "refinement.kernel.primitives",
    "np": "numpy",
    "trees": "refinement.ranges.sized_tree",
}
"""By their names in code the modules of which a proof knows functions."""

_HOMES = {name: module for module, names in STANDS_FOR.items() for name in names}
_LIBRARY = (builtins, enum, typing, collections, dataclasses, abc)
FIELDS = (MemberDescriptorType, GetSetDescriptorType, type(collections.namedtuple("_", "x").x))  # type: ignore[attr-defined]
JOINING = (ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not)
"""What joins comparisons in a property that is asked of constants alone."""

_COMPARING = (ast.Return, ast.Eq, ast.NotEq, ast.Name, ast.Load, ast.Constant)
_SAYS = frozenset({"__str__", "__repr__", "_new_member_", "__new_member__"})
"""Methods that make a text for people, or the members of an enumeration when that is made."""

_PUT = frozenset({"_make", "_replace", "_asdict", "__getnewargs__", "__getstate__", "__setstate__", "__repr__"})
"""Methods of those libraries' own that they put into a record, whatever its fields are."""

_SAID = frozenset({
    "__module__", "__qualname__", "__doc__", "__annotations__", "__dataclass_fields__", "__dataclass_params__",
    "__match_args__", "__slots__", "__dict__", "__weakref__", "__orig_bases__", "__parameters__", "__abstractmethods__",
    "__slotnames__",
})  # fmt: skip
"""What Python notes of a class, some of it later, as when an element is pickled: no operator looks there, and code may
not read it."""

_OF_ENUMS = frozenset({
    "_generate_next_value_", "_member_map_", "_member_names_", "_member_type_", "_unhashable_values_", "_use_args_",
    "_value2member_map_", "_value_repr_", "_hashable_values_", "_new_member_", "__new__", "__new_member__", "_abc_impl",
    "_flag_mask_", "_singles_mask_", "_all_bits_", "_boundary_", "_inverted_",
})  # fmt: skip
"""What :mod:`enum` keeps in a class for itself; the members are looked at one by one."""


def is_constant(value: object) -> bool:
    """Return whether a value is one through and through: no part of it is run, and none changes.

    >>> is_constant((1, None)), is_constant((1, print)), is_constant((1, []))
    (True, False, False)
    """
    if isinstance(value, type):
        return is_record(value)
    if isinstance(value, Enum | tuple):
        return is_record(type(value)) and has_constants(value)
    if type(value) is frozenset:
        return all(map(is_constant, value))
    if type(value) is SimpleNamespace:
        return all(map(is_constant, vars(value).values()))
    return type(value) in PLAIN or (type(value) is str and is_plain_text(value))


@cache
def is_record(value: type, more: tuple[type[ast.AST], ...] = ()) -> bool:
    """Return whether a class is one of constants, records or exceptions, and runs nothing that no proof executes.

    :param more: what its properties may do besides, if only those of its elements are asked whose parts are constant.
    """
    return (
        (issubclass(value, Enum | tuple | Exception) or dataclasses.is_dataclass(value))
        and is_of_library(type(value))
        and all(is_of_record(owner, name, part, more) for owner, name, part in _parts(value))
        and (not issubclass(value, Enum) or all(map(_is_constant_member, value.__members__.values())))
    )


def is_record_of_constants(value: type) -> bool:
    """Whether a class is a record but for properties that join comparisons, which are right of constants alone."""
    return is_record(value, JOINING)


def _parts(value: type) -> Iterator[tuple[type, str, Any]]:
    """The parts of a class, and of those that it derives from: not those of Python's own."""
    own = (each for each in value.__mro__ if not is_of_library(each))
    return ((each, name, part) for each in own for name, part in vars(each).items())


def is_of_library(value: type) -> bool:
    """Return whether a class is one of Python's own that records are made of, and not one that says so.

    >>> is_of_library(tuple), is_of_library(type("tuple", (), {"__module__": "builtins"}))
    (True, False)
    """
    return any(vars(module).get(value.__name__) is value for module in _LIBRARY)


def is_put_by_library(name: str, function: FunctionType) -> bool:
    """Return whether a function is of a library that makes records, under a name by which no operator asks for it.

    >>> is_put_by_library("_asdict", collections.namedtuple("Pair", "one two")._asdict)
    True
    >>> is_put_by_library("__add__", collections.UserString.__add__)
    False
    """
    return name in _PUT and any(function.__globals__ is vars(module) for module in (collections, dataclasses))


def _is_constant_member(member: Enum) -> bool:
    """Whether all that a member of an enumeration has is constant."""
    return all(is_constant(value) for name, value in vars(member).items() if name != "__objclass__")


def is_of_record(owner: type, name: str, part: Any, more: tuple[type[ast.AST], ...] = ()) -> bool:
    """Return whether a part of a class is a field, a constant, written by a library, or a property that compares.

    :param more: what a property may do besides.
    """
    if type(part) is property:
        return part.fset is None and part.fdel is None and _compares(part.fget, more)
    if name in _SAID or (name in _OF_ENUMS and issubclass(owner, Enum)):
        return True
    function = part.__func__ if type(part) in (classmethod, staticmethod) else part
    if isinstance(function, FunctionType):
        written = is_written_by_library(owner, name, function) and all(map(is_constant, function.__defaults__ or ()))
        return written or name in _SAYS or is_put_by_library(name, function)
    if type(part) is dict:
        return name == "_field_defaults" and all(map(is_constant, part.values()))
    if isinstance(part, MethodDescriptorType):
        return name == "__format__"  # it makes a text
    return isinstance(part, FIELDS) or (has_constants(part) if type(part) is owner else is_constant(part))


def has_constants(value: object) -> bool:
    """Whether all that an element of a record's own class has is constant; the class is looked at by who asks."""
    if isinstance(value, Enum):
        return True  # all members are looked at one by one
    if not (isinstance(value, tuple) or dataclasses.is_dataclass(value)):
        return False
    parts = list(value) if isinstance(value, tuple) else []
    named = [getattr(value, each.name) for each in dataclasses.fields(value)] if dataclasses.is_dataclass(value) else []
    return all(map(is_constant, (*parts, *named, *getattr(value, "__dict__", {}).values())))


def _compares(function: Any, more: tuple[type[ast.AST], ...]) -> bool:
    """Whether a function compares its object's fields and constants for equality, and does nothing else.

    Terms do the same, if no two comparisons are joined, as in a chain of them: Python would take the first one's truth.

    :param more: what else it may do, if it is asked of constants alone.
    """
    try:
        body = [each for each in source_of(function).tree.body if not _is_docstring(each)]
    except ExecutionError:
        return False  # it has no text, or another one than what runs
    known = function.__globals__
    return (function.__code__.co_varnames, function.__code__.co_freevars) == (("self",), ()) and all(
        _is_of_comparison(node, known, more) for each in body for node in ast.walk(each)
    )


def _is_of_comparison(node: ast.AST, known: Mapping[str, object], more: tuple[type[ast.AST], ...]) -> bool:
    """Whether a part of a property's text is a comparison of two, a field of its object, or a constant.

    What has the field is named, and no field itself, whose class might compute it.
    """
    if isinstance(node, ast.Compare):
        return len(node.ops) == 1
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and not is_reserved(node.attr)
    if isinstance(node, ast.Name) and node.id != "self":
        value = known.get(node.id, print)
        return type(value) in PLAIN or (bool(more) and is_constant(value))
    return isinstance(node, (*_COMPARING, *more))


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def check_known(name: str, function: FunctionType, namespace: Mapping[str, object]) -> None:
    """Check that what a function has from outside is a constant, or a class of constants, records or exceptions.

    :raises ExecutionError: it is a function that would not be executed on terms, or something that changes.
    """
    if name not in namespace:
        if name not in BUILTINS:
            raise ExecutionError(f"{function.__qualname__} uses {name}, which is not executed on terms")
        return
    value = namespace[name]
    if not is_constant(value):
        raise ExecutionError(f"{function.__qualname__} uses {name}, a {type(value).__name__} not executed on terms")


def check_defaults(function: FunctionType) -> None:
    """Check that defaults of arguments are constants: nothing would look at what another object does.

    :raises ExecutionError: it is something else.
    """
    for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        if not is_constant(value):
            raise ExecutionError(f"{function.__qualname__} has a {type(value).__name__} for an argument left out")


def check_stands_for(name: str, stands: object, function: FunctionType, own: Mapping[str, object]) -> None:
    """Check that what a proof puts in the place of a name stands for what the code has under that name.

    :param own: what the function has from its module and from the functions around it.
    :raises ExecutionError: the code has something else there, of which nothing is proved.
    """
    if name not in own or own[name] is stands or own[name] is getattr(builtins, name, own):
        return
    value = own[name]
    if name in MODULES:
        meant, right = MODULES[name], value is sys.modules.get(MODULES[name])
    else:
        home = _HOMES.get(name, "")
        meant = f"{home}.{name}" if home else "what the proof means"
        right = getattr(value, "__module__", None) == home and getattr(sys.modules.get(home), name, None) is value
    if not right:
        found = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__qualname__", repr(value))
        where = "" if isinstance(value, ModuleType) else f"{getattr(value, '__module__', '')}."
        raise ExecutionError(f"{function.__qualname__} has {where}{found} under the name {name}, and not {meant}")
