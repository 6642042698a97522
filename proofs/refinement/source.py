"""The code that obligations speak of: the kernel's own, or the same with something changed.

A change takes the place of what it changes wherever that is called: primitives call each other, operations call
primitives, and methods of a kernel's class call those of the class that it derives from.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import CellType, FunctionType
from typing import Any

from machine.core import Core
from machine.formats import Format
from machine.tlb import SplitTlb, Tlb
from machine.walker import Walk, Walker, build_walk
from refinement import operations, primitives
from refinement.kernel import Kernel
from refinement.tags import Tags

Functions = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """What is executed on terms; without arguments, what runs.

    :param functions: functions that take the place of those of that name in :mod:`refinement.primitives` and
        :mod:`refinement.operations`.
    :param kernel: the kernel's class.
    :param formats: paging formats that take the place of those of that name.
    :param tables: what a step on page tables requires and does, in place of what the step of that name does.
    :param hardware: parts of the theorem about the hardware, in place of those of that name; nothing for one left out.
    :param walk: makes the walk of a format.
    :param walker: the walker's class.
    :param core: the core's class.
    :param tlb: the translation lookaside buffer's class.
    :param split_tlb: the class of a pair of buffers.
    :param tags: the class that gives out address-space tags.
    """

    functions: Functions = field(default_factory=dict)
    kernel: type = Kernel
    formats: Mapping[str, Format] = field(default_factory=dict)
    tables: Mapping[str, Any] = field(default_factory=dict)
    hardware: Mapping[str, Any] = field(default_factory=dict)
    walk: Callable[[Format], Walk] = build_walk
    walker: type[Any] = Walker
    core: type[Any] = Core
    tlb: type[Any] = Tlb
    split_tlb: type[Any] = SplitTlb
    tags: type[Any] = Tags

    def function(self, name: str) -> Callable[..., Any]:
        """A primitive or an operation on the tree; what it calls is this code's as well."""
        return _linked(self)[name]


CODE = Code()
"""What runs."""


def rebind(function: Callable[..., Any], **names: object) -> Callable[..., Any]:
    """The same code with other meanings for some names of its module; the function itself is left as it is.

    :raises NameError: the code does not use one of the names, so that its new meaning would have no effect.
    """
    if not isinstance(function, FunctionType):
        raise TypeError(f"{function!r} is no Python function, so its names cannot be given other meanings")
    unused = names.keys() - set(function.__code__.co_names)
    if unused:
        raise NameError(f"{function.__name__} does not use {', '.join(sorted(unused))}")
    return _copy(function, names, function.__closure__)


def rebind_used(function: Callable[..., Any], names: Mapping[str, object]) -> Callable[..., Any]:
    """The same for those of the names that the code uses."""
    return rebind(function, **{name: names[name] for name in function.__code__.co_names if name in names})


def _copy(
    function: FunctionType, names: Mapping[str, object], closure: tuple[CellType, ...] | None
) -> Callable[..., Any]:
    namespace = {**function.__globals__, **names}
    bound = FunctionType(function.__code__, namespace, function.__name__, function.__defaults__, closure)
    bound.__kwdefaults__ = function.__kwdefaults__
    return bound


@cache
def _linked(code: Code) -> Functions:
    """All functions on the tree; one that calls nothing that is changed stays the very same."""
    found: dict[str, Callable[..., Any]] = {}
    changed: dict[str, Callable[..., Any]] = {}
    for module in (primitives, operations):
        for name, function in vars(module).items():
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                found[name] = rebind_used(code.functions.get(name, function), changed)
                if name in code.functions or changed.keys() & set(function.__code__.co_names):
                    changed[name] = found[name]
                else:
                    found[name] = function
    unknown = code.functions.keys() - found.keys()
    if unknown:
        raise NameError(f"no function on the tree is called {', '.join(sorted(unknown))}")
    return found


def copied(kernel: type, names: Mapping[str, object], instead: Functions) -> type:
    """A copy of a class and of all that it derives from, with other meanings for names of their modules.

    ``super()`` in a method of a copy leads to the next copy.

    :param instead: methods that take the place of those of their names; a method that does its own work around what it
        finds by ``super()`` stays.
    """
    copies: dict[type, type] = {object: object}
    for original in reversed(kernel.__mro__[:-1]):
        copy = type(original.__name__, tuple(copies[base] for base in original.__bases__), {})
        for name, value in vars(original).items():
            if isinstance(value, FunctionType):
                own = name not in instead or "__class__" in value.__code__.co_freevars
                setattr(copy, name, _method(value, names, original, copy) if own else instead[name])
            elif not name.startswith("__"):
                setattr(copy, name, value)
        copies[original] = copy
    return copies[kernel]


def _method(function: FunctionType, names: Mapping[str, object], original: type, copy: type) -> Callable[..., Any]:
    cells: Iterable[CellType] = function.__closure__ or ()
    closure = tuple(CellType(copy) if cell.cell_contents is original else cell for cell in cells)
    used = {name: names[name] for name in function.__code__.co_names if name in names}
    return _copy(function, used, closure or None)
