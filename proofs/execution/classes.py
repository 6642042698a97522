"""What classes of executed methods may have: their methods are what their objects have under those names.

A copy of such a class has the methods that are executed, and nothing else. So nothing of the class may answer in their
place, and its constructor, which is not executed with them, may put nothing there.
"""

import ast
from functools import cache
from types import ClassMethodDescriptorType, FunctionType
from typing import Any

from proofs.execution.outside import FIELDS, is_of_library, is_of_record
from proofs.execution.path import ExecutionError
from proofs.execution.syntax import is_reserved, source_of
from proofs.execution.written import is_written_by_library

_ANSWERS = (
    "__getattribute__", "__getattr__", "__setattr__", "__delattr__", "__new__", "__init_subclass__",
    "__class_getitem__", "__set_name__",
)  # fmt: skip
"""Methods by which Python asks a class what its objects have, or what else it is."""

_OF_CLASSES = (FunctionType, property, staticmethod, classmethod, ClassMethodDescriptorType)
"""What a class of executed methods may have that Python asks for what an object has under that name."""

_REACHING = frozenset({"locals", "vars", "globals", "eval", "exec", "setattr", "delattr"})
"""Functions of Python's by which an object is reached or changed otherwise than by its name and its fields."""


@cache
def check_class(cls: type) -> None:
    """What a class says is what its objects have under those names: nothing else answers, or takes its place.

    :raises ExecutionError: something answers for other names than its own, or the constructor puts something in the
        place of a method or a constant.
    """
    own = [each for each in cls.__mro__ if not is_of_library(each)]
    said = {name for each in own for name, value in vars(each).items() if not isinstance(value, FIELDS)}
    for each in own:
        if not is_of_library(type(each)):
            raise ExecutionError(f"{each.__qualname__} is made by {type(each).__qualname__}, which is not executed")
        for name, value in vars(each).items():
            if hasattr(type(value), "__get__") and type(value) not in (*FIELDS, *_OF_CLASSES):
                raise ExecutionError(f"{each.__qualname__}.{name} is a {type(value).__name__}: write methods")
            if is_reserved(name) and _answers(each, name, value):
                raise ExecutionError(f"{each.__qualname__}.{name} answers for what its objects have: write methods")
        made = vars(each).get("__init__")
        if isinstance(made, FunctionType) and not is_written_by_library(each, "__init__", made):
            what = _misplaced(made, said)
            if what:
                raise ExecutionError(f"{made.__qualname__} {what}: methods are what the class says")


def _answers(owner: type, name: str, part: Any) -> bool:
    """Whether Python calls a part of a class that is not executed for what objects have, or are where it asks them."""
    function = getattr(part, "__func__", part)
    if isinstance(function, FunctionType):
        return name in _ANSWERS and not is_of_record(owner, name, function)
    return callable(function)


def _misplaced(made: FunctionType, said: set[str]) -> str:
    """What a constructor does that may put something in the place of what a class says, its own or another.

    :param said: the names of what its own class says.
    """
    definition = source_of(made).tree
    taken = [each.arg for each in (*definition.args.posonlyargs, *definition.args.args)]
    if not taken:
        return "has no name for the object"
    nodes = [node for statement in definition.body for node in ast.walk(statement)]
    held = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    return next(filter(None, (_reason(node, taken[0], id(node) in held, said) for node in nodes)), "")


def _reason(node: ast.AST, first: str, held: bool, said: set[str]) -> str:
    """What is wrong with a part of a constructor; empty if nothing is.

    :param first: the name of its object.
    :param held: a field or a method of the part is used, and not the whole.
    """
    if isinstance(node, ast.Global | ast.Nonlocal):
        return f"assigns {', '.join(node.names)}, which others use"
    if isinstance(node, ast.Name) and node.id in _REACHING:
        return f"uses {node.id}"
    if isinstance(node, ast.Name) and node.id == first and not held:
        return f"hands on {first} as a whole"
    if not isinstance(node, ast.Attribute):
        return ""
    if isinstance(node.ctx, ast.Store) and ast.unparse(node.value) != first:
        return f"assigns {ast.unparse(node)}, of another object"
    if isinstance(node.ctx, ast.Store) and node.attr in said:
        return f"puts something in the place of {node.attr}"
    if is_reserved(node.attr) and ast.unparse(node) != "super().__init__":
        return f"uses {ast.unparse(node)}"
    return ""
