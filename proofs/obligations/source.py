"""The code that obligations speak of: the kernel's own, or the same with something changed.

A change takes the place of what it changes wherever that is called: primitives call each other, operations call
primitives, and methods of a kernel's class call those of the class that it derives from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType
from typing import Any

from machine import ports
from machine.core import Core
from machine.formats import Format
from machine.tlb import SplitTlb, Tlb
from machine.walker import Walk, Walker, build_walk, walk_of, wide_root
from proofs.execution.classes import check_class
from proofs.execution.loop_rules import Rules
from proofs.execution.monitor import MUTABLE, bind
from proofs.execution.objects import STANDS_FOR
from proofs.execution.on_words import check_format
from proofs.execution.outside import is_constant
from proofs.execution.path import ExecutionError, Path
from refinement.cores import locked
from refinement.kernel import mapping_tree, operations, primitives
from refinement.kernel.kernel import Kernel
from refinement.kernel.page_table import PageTables, TablePool
from refinement.kernel.tags import Tags
from refinement.messages import blocks
from refinement.messages.io_maps import IoMaps, PortKernel
from refinement.messages.kernel import MessageKernel
from refinement.ranges import sized_tree
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.sized_tables import SizedTables

Functions = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """The code that is executed on terms; without arguments, what runs.

    :param functions: functions that take the place of those of that name in :mod:`refinement.kernel.primitives`,
        :mod:`refinement.kernel.operations` and :mod:`refinement.kernel.mapping_tree`.
    :param kernel: the kernel's class.
    :param formats: paging formats that take the place of those of that name.
    :param hardware: parts of the theorem about the hardware, in place of those of that name; nothing for one left out.
    :param page_tables: the class of the page tables.
    :param sized_tables: the class of the page tables with leaves on every level.
    :param table_pool: the class of the pool that their frames come from.
    :param walk: makes the walk of a format.
    :param wide_root: makes of it the walk where several tables are the root.
    :param walk_of: chooses of these the walk of a format in some memory.
    :param walker: the walker's class.
    :param core: the core's class.
    :param tlb: the translation lookaside buffer's class.
    :param split_tlb: the class of a pair of buffers.
    :param tags: the class that gives out address-space tags.
    :param messages: the class of the kernel's threads and messages.
    :param ports: functions that take the place of those of that name in :mod:`machine.ports`, and of methods in
        :mod:`refinement.messages.io_maps`.
    :param costs: parts of what is proved of costs, in place of those of that name; nothing for one left out.
    :param locks: classes that take the place of those of that name in :mod:`refinement.cores.locked`.
    :param sized: functions that take the place of those of that name in :mod:`refinement.ranges.sized_tree`,
        and of methods in :mod:`refinement.ranges.kernel`.
    """

    functions: Functions = field(default_factory=dict)
    kernel: type = Kernel
    formats: Mapping[str, Format] = field(default_factory=dict)
    hardware: Mapping[str, Any] = field(default_factory=dict)
    page_tables: type = PageTables
    sized_tables: type = SizedTables
    table_pool: type = TablePool
    walk: Callable[[Format], Walk] = build_walk
    wide_root: Callable[[Walk, Format], Walk] = wide_root
    walk_of: Callable[[Format, object], Walk] = walk_of
    walker: type[Any] = Walker
    core: type[Any] = Core
    tlb: type[Any] = Tlb
    split_tlb: type[Any] = SplitTlb
    tags: type[Any] = Tags
    messages: type = MessageKernel
    ports: Functions = field(default_factory=dict)
    costs: Mapping[str, Any] = field(default_factory=dict)
    locks: Mapping[str, type] = field(default_factory=dict)
    sized: Functions = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Every function takes the place of one that there is.

        :raises NameError: no function on the tree has that name.
        """
        unknown = self.functions.keys() - on_the_tree().keys() - making().keys()
        if unknown:
            raise NameError(f"no function on the tree is called {', '.join(sorted(unknown))}")

    def function(self, name: str) -> Callable[..., Any]:
        """A primitive or an operation on the tree, or one that makes a tree."""
        return self.functions.get(name) or {**making(), **on_the_tree()}[name]

    def of_format(self, format: Format) -> Format:
        """The format that takes the place of one.

        :raises ExecutionError: its functions could tell a term from a number.
        """
        found = self.formats.get(format.name, format)
        check_format(found)
        return found

    def port_function(self, name: str) -> Callable[..., Any]:
        """A function of the processor's about I/O ports."""
        found: Callable[..., Any] = self.ports.get(name) or getattr(ports, name)
        return found

    def locking(self, name: str) -> Any:
        """A class of operations under locks."""
        return self.locks.get(name) or getattr(locked, name)

    def sized_function(self, name: str) -> Callable[..., Any]:
        """A function on the tree with sizes."""
        found: Callable[..., Any] = self.sized.get(name) or getattr(sized_tree, name)
        return found

    def sized_method(self, name: str) -> Callable[..., Any]:
        """A method of the kernel with ranges."""
        found: Callable[..., Any] = self.sized.get(name) or getattr(SizedKernel, name)
        return found

    def port_method(self, name: str) -> Callable[..., Any]:
        """A method of the kernel's segments, or of the kernel that has ports."""
        found: Callable[..., Any] = self.ports.get(name) or getattr(IoMaps, name, None) or getattr(PortKernel, name)
        return found


@cache
def on_the_tree() -> Functions:
    """All functions of the primitives and the operations, by name."""
    return {
        name: function
        for module in (primitives, operations)
        for name, function in vars(module).items()
        if isinstance(function, FunctionType) and function.__module__ == module.__name__
    }


@cache
def making() -> Functions:
    """The functions that make a tree and blocks, by name."""
    return {
        function.__name__: function
        for function in (mapping_tree.empty, mapping_tree.filled, mapping_tree.require_room, blocks.begun)
    }


CODE = Code()
"""What runs."""


def copied(
    kernel: type, path: Path, names: Mapping[str, object], instead: Functions, rules: Rules, left: frozenset[str]
) -> type:
    """A copy of a class and of all that it derives from, to be executed on a path.

    ``super()`` in a method of a copy leads to the next copy.

    :param names: other meanings for names of the modules of its methods.
    :param instead: methods that take the place of those of their names; a method that does its own work around what it
        finds by ``super()`` stays.
    :param rules: how loops of methods are proved, by the method's name.
    :param left: methods that are not executed: those that make the object.
    """
    check_class(kernel)
    copies: dict[type, type] = {object: object}
    for original in reversed(kernel.__mro__[:-1]):
        copy = type(original.__name__, tuple(copies[base] for base in original.__bases__), {STANDS_FOR: original})
        for name, value in vars(original).items():
            if isinstance(value, property | staticmethod | classmethod):
                setattr(copy, name, property(_not_executed(original, name)))
            elif not isinstance(value, FunctionType):
                if name.startswith("__") or name in vars(original).get("__dataclass_fields__", ()):
                    continue  # a field is what a proof gives the object, and not what stands for it in the class
                if isinstance(value, MUTABLE):
                    raise ExecutionError(f"{original.__name__}.{name} is a {type(value).__name__}, which remembers")
                if not is_constant(value) or isinstance(value, type):
                    value = property(_not_executed(original, name))
                setattr(copy, name, value)
            elif name in instead and "__class__" not in value.__code__.co_freevars:
                setattr(copy, name, instead[name])
            elif name not in left:
                own = {**names, "__class__": copy}
                setattr(copy, name, bind(value, path, own, rules, name, instead.values()))
        copies[original] = copy
    return copies[kernel]


def _not_executed(original: type, name: str) -> Callable[[object], object]:
    """What stands for a part of a class that is no method."""

    def ask(self: object) -> object:
        raise ExecutionError(f"{original.__name__}.{name} is no method: it is not executed on terms")

    return ask
