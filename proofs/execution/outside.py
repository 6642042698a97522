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
from collections.abc import Mapping
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
    "refinement.kernel.mapping_tree": ("empty", "filled", "require_room"),
    "model.ranges.blocks": ("low", "is_block", "has", "within", "cut", "moved", "around", "upper", "buddy_of"),
    "refinement.ranges.sized_tree": (
        "blank", "fitting", "count", "create_block", "move_block", "drop_block", "narrow_block",
    ),
    "refinement.messages.blocks": ("all_free", "home_of"),
    "refinement.cores.stepping": ("acquire", "try_acquire", "release"),
    "refinement.cores.locked": ("Mine",),
    "machine.core": ("check_size",),
    "machine.events": ("PortFault",),
    "machine.ports": ("permits", "_check", "Task"),
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
_SAYS = frozenset({"__str__", "__repr__", "_new_member_", "__new_member__"})
"""Methods that make a text for people, or the members of an enumeration when that is made."""

_MADE = frozenset({
    "__init__", "__new__", "__repr__", "__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__setattr__",
    "__delattr__", "__getstate__", "__setstate__",
})  # fmt: skip
"""Methods that Python's libraries write for a record, from the names of its fields."""

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
    if isinstance(value, str):
        return type(value) is str and is_plain_text(value)
    if isinstance(value, Enum):
        return is_record(type(value))
    if isinstance(value, tuple | frozenset):
        fine = type(value) in (tuple, frozenset) or is_record(type(value))
        return fine and all(map(is_constant, (*value, *getattr(value, "__dict__", {}).values())))
    if type(value) is SimpleNamespace:
        return all(map(is_constant, vars(value).values()))
    return type(value) in PLAIN


@cache
def is_record(value: type) -> bool:
    """Return whether a class is one of constants, records or exceptions, and runs nothing that no proof executes."""
    if not (issubclass(value, Enum | tuple | Exception) or dataclasses.is_dataclass(value)):
        return False
    own = [each for each in value.__mro__ if not is_of_library(each)]
    return (
        all(is_of_record(each, name, part) for each in own for name, part in vars(each).items())
        and all(type(each) is type or is_of_library(type(each)) for each in own)
        and (not issubclass(value, Enum) or all(map(_is_constant_member, value.__members__.values())))
    )


def is_of_library(value: type) -> bool:
    """Return whether a class is one of Python's own that records are made of, and not one that says so.

    >>> is_of_library(tuple), is_of_library(type("tuple", (), {"__module__": "builtins"}))
    (True, False)
    """
    return any(vars(module).get(value.__name__) is value for module in _LIBRARY)


def is_put_by_library(name: str, function: FunctionType) -> bool:
    """Return whether a function is of one of those libraries, under a name by which no operator asks for it.

    >>> is_put_by_library("_asdict", collections.namedtuple("Pair", "one two")._asdict)
    True
    >>> is_put_by_library("__add__", collections.UserString.__add__)
    False
    """
    return name in _PUT and any(function.__globals__ is vars(module) for module in _LIBRARY)


def _is_constant_member(member: Enum) -> bool:
    """Whether all that a member of an enumeration has is constant."""
    return all(is_constant(value) for name, value in vars(member).items() if name != "__objclass__")


def is_of_record(owner: type, name: str, part: Any) -> bool:
    """Whether a part of a class is a field, a constant, made by Python's own libraries, or a property that compares."""
    if name in _SAID or (name in _OF_ENUMS and issubclass(owner, Enum)):
        return True
    if type(part) in (classmethod, staticmethod):
        part = part.__func__
    if type(part) is property:
        return _is_comparison(part)
    if isinstance(part, FunctionType):
        made = (
            name in _MADE
            and is_written_by_library(owner, name, part)
            and all(map(is_constant, part.__defaults__ or ()))
        )
        return name in _SAYS or made or is_put_by_library(name, part)
    if name == "_field_defaults":
        return type(part) is dict and all(map(is_constant, part.values()))
    if isinstance(part, enum.property):
        return type(part) is enum.property and (part.fget, part.fset, part.fdel) == (None, None, None)
    if type(part) is owner:
        return has_constants(part)
    if isinstance(part, MethodDescriptorType):
        return name == "__format__"  # it makes a text
    return isinstance(part, FIELDS) or is_constant(part)


def has_constants(value: object) -> bool:
    """Whether all that an element of a record's own class has is constant; the class is looked at by who asks."""
    if isinstance(value, Enum):
        return True  # all members are looked at one by one
    if not (isinstance(value, tuple) or dataclasses.is_dataclass(value)):
        return False
    parts = list(value) if isinstance(value, tuple) else []
    named = [getattr(value, each.name) for each in dataclasses.fields(value)] if dataclasses.is_dataclass(value) else []
    return all(map(is_constant, (*parts, *named, *getattr(value, "__dict__", {}).values())))


@cache
def is_record_of_constants(value: type) -> bool:
    """Whether a class is a record but for properties that join comparisons, which are right of constants alone."""
    own = [each for each in value.__mro__ if not is_of_library(each)]
    parts = [(each, name, part) for each in own for name, part in vars(each).items()]
    return all(
        _is_comparison(part, _JOINING) if type(part) is property else is_of_record(each, name, part)
        for each, name, part in parts
    )


_JOINING = (ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not)


def _is_comparison(part: property, more: tuple[type[ast.AST], ...] = ()) -> bool:
    """Whether a property only compares, and nothing runs when it is assigned or deleted."""
    return (
        isinstance(part.fget, FunctionType) and part.fset is None and part.fdel is None and _compares(part.fget, more)
    )


def _compares(function: FunctionType, more: tuple[type[ast.AST], ...] = ()) -> bool:
    """Whether a function compares its object's fields and constants for equality, and does nothing else.

    Terms do the same, if no two comparisons are joined, as in a chain of them: Python would take the first one's truth.

    :param more: what else it may do, if it is asked of constants alone.
    """
    try:
        body = [each for each in source_of(function).tree.body if not _is_docstring(each)]
    except ExecutionError:
        return False  # it has no text, or another one than what runs
    nodes = [node for each in body for node in ast.walk(each)]
    kinds = (ast.Return, ast.Compare, ast.Eq, ast.NotEq, ast.Attribute, ast.Name, ast.Load, ast.Constant, *more)
    names = {node.id for node in nodes if isinstance(node, ast.Name)} - {"self"}
    known = function.__globals__
    return (
        (function.__code__.co_varnames, function.__code__.co_freevars) == (("self",), ())
        and all(isinstance(node, kinds) for node in nodes)
        and all(len(node.ops) == 1 for node in nodes if isinstance(node, ast.Compare))
        and all(_is_field(node) for node in nodes if isinstance(node, ast.Attribute))
        and all(name in known and (type(known[name]) in PLAIN or (more and is_constant(known[name]))) for name in names)
    )


def _is_field(node: ast.Attribute) -> bool:
    """Whether what has the field is named, and no field itself, whose class might compute it."""
    return isinstance(node.value, ast.Name) and not is_reserved(node.attr)


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
    value, module = own[name], MODULES.get(name)
    if module is not None:
        meant, right = module, value is sys.modules.get(module)
    else:
        home = _HOMES.get(name, "")
        meant = f"{home}.{name}" if home else "what the proof means"
        right = getattr(value, "__module__", None) == home and getattr(sys.modules.get(home), name, None) is value
    if not right:
        found = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__qualname__", repr(value))
        where = "" if isinstance(value, ModuleType) else f"{getattr(value, '__module__', '')}."
        raise ExecutionError(f"{function.__qualname__} has {where}{found} under the name {name}, and not {meant}")
