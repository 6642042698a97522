"""What executed code has its hands on: objects that run nothing of the code's own, and have what real ones have.

Python asks an object's class for each operator, index, element and field. A class that is the code's own could answer
for a term otherwise than for a number, and no monitor would see it: so only what a proof puts there is asked, records,
and plain values. What a proof puts there has fields of its own besides, which no real object has: code may read those
fields and methods only that what it stands for has.
"""

import ast
import collections
import importlib
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType, SimpleNamespace
from typing import Any

import numpy as np
import z3

from machine.formats.base import Format
from proofs.execution.callees import is_executed
from proofs.execution.comparing import named
from proofs.execution.on_words import is_of_proofs
from proofs.execution.outside import has_constants, is_put_by_library, is_record, is_record_of_constants
from proofs.execution.path import ExecutionError
from proofs.execution.syntax import is_of_self, is_reserved
from proofs.execution.written import is_written_by_library
from refinement.rewriting import definition_of

ASKING = (len, bytes, range)
"""Functions of Python's that ask their arguments."""

PLAIN_KINDS = (
    bool, int, str, bytes, bytearray, type(None), tuple, list, dict, set, frozenset, range, slice, SimpleNamespace,
    collections.OrderedDict, collections.Counter, np.ndarray,
)  # fmt: skip
"""Python's own classes of values, and numpy's."""

STANDS_FOR = "__stands_for__"
"""Attribute of an object in a proof: the class of the code's that its own is a copy of."""

STAND_INS: Mapping[str, str] = {
    "kernel.entering.EnteredCore": "machine.core.Core",
    "kernel.entering.TagsGiven": "refinement.kernel.tags.Tags",
    "kernel.handing_on._SwitchedCore": "machine.core.Core",
    "kernel.handing_on.Recorder": "machine.tlb.Tlb",
    "kernel.hardware.CoreBuffer": "machine.tlb.Tlb",
    "kernel.hardware.SymbolicScope": "model.scope.Scope",
    "machine.bytes_moved._Lowest": "builtins.int",
    "machine.bytes_moved._Machine": "machine.memory.Memory",
    "machine.core.AroundTlb": "machine.tlb.Tlb",
    "machine.core.AroundWalker": "machine.walker.Walker",
    "machine.core.Counted": "machine.core.Counters",
    "machine.core.Held": "machine.tlb.Entry",
    "machine.tags_line.TagOrder": "builtins.list",
    "machine.tags_line._Cores": "builtins.list",
    "machine.tags_line._FirstCore": "machine.core.Core",
    "machine.tags_line._FirstTlb": "machine.tlb.Tlb",
    "machine.tags_line._Listed": "builtins.list",
    "machine.tags_line._New": "refinement.kernel.tags.Tags",
    "machine.tags_state.OneCore": "machine.core.Core",
    "machine.tags_state.OneTlb": "machine.tlb.Tlb",
    "machine.tags_state.SymbolicTags": "refinement.kernel.tags.Tags",
    "machine.tags_state._Holder": "builtins.dict",
    "machine.tlb.SymbolicTlb": "machine.tlb.Tlb",
    "machine.tlb_state.Bucket": "collections.OrderedDict",
    "machine.tlb_state.CachedEntry": "machine.tlb.Entry",
    "machine.tlb_state.EntryCounts": "builtins.dict",
    "machine.tlb_state.MaybeEntry": "machine.tlb.Entry",
    "machine.tlb_state.SetCount": "builtins.int",
    "machine.tlb_state.Sets": "builtins.list",
    "page_tables.places._OfFormat": "refinement.kernel.page_table.PageTables",
    "page_tables.places._OfScope": "refinement.kernel.page_table.PageTables",
    "page_tables.places._Pages": "model.scope.Scope",
    "page_tables.symbolic_tables.FreeFrames": "builtins.list",
    "page_tables.symbolic_tables.SymbolicFormat": "machine.formats.base.Format",
    "page_tables.symbolic_tables._Entries": "machine.memory.Words",
    "page_tables.symbolic_tables._Memory": "machine.memory.Memory",
    "page_tables.symbolic_tables._Scope": "model.scope.Scope",
    "sized.kernel_object.KernelObject": "refinement.ranges.kernel.SizedKernel",
    "sized.state.SizedColumns": "refinement.ranges.sized_tree.SizedTree",
    "sized_tables.symbolic.SizedFormat": "machine.formats.base.Format",
    "threads.executed.Shown": "refinement.kernel.kernel.Mapping",
    "threads.port_entries._Kernel": "refinement.messages.io_maps.PortKernel",
    "threads.ports.Memory": "machine.memory.Memory",
    "tree.arrays.Arrays": "numpy",
}  # fmt: skip
"""Classes of :mod:`proofs.obligations`, and of each the one real class that it stands for.

What stood for two would answer in a proof what neither of them does. Of other classes code may read no field.
"""

_OBLIGATIONS = "proofs.obligations."


def check_runs_nothing(value: object) -> None:
    """Whatever Python asks of a value is answered by a proof, by a record, or by Python.

    :raises ExecutionError: its class could answer for a term otherwise than for a number.
    """
    if isinstance(value, type):
        fine = is_record(value)
    else:
        kind: Any = type(value)
        fine = _runs_nothing(kind) or (is_record_of_constants(kind) and has_constants(value))
    if not fine:
        raise ExecutionError(f"{named(value)} is asked for what its class says, which is not executed on terms")


@cache
def _runs_nothing(kind: type) -> bool:
    return (
        kind in PLAIN_KINDS
        or kind is Format
        or issubclass(kind, z3.AstRef)
        or is_record(kind)
        or all(_is_a_proofs(each, name, part) for each in _own(kind) for name, part in vars(each).items())
    )


def _own(kind: type) -> list[type]:
    """The classes above one, but for Python's own."""
    return [each for each in kind.__mro__ if not _is_pythons(each)]


def _is_pythons(kind: type) -> bool:
    """Whether a class is one of Python's, and not one that says so."""
    found = vars(sys.modules.get(kind.__module__, sys)).get(kind.__qualname__)
    return kind.__module__.partition(".")[0] in sys.stdlib_module_names and found is kind


def _is_a_proofs(owner: type, name: str, part: Any) -> bool:
    """Whether a part of a class that Python may call is a proof's, or is executed."""
    if type(part) in (staticmethod, classmethod):
        part = part.__func__
    if type(part) is property:
        asked = [each for each in (part.fget, part.fset, part.fdel) if each is not None]
        return all(isinstance(each, FunctionType) and _is_a_proofs(owner, name, each) for each in asked)
    if isinstance(part, FunctionType):
        written = is_written_by_library(owner, name, part) or is_put_by_library(name, part)
        return written or is_of_proofs(part) or is_executed(part)
    if name == STANDS_FOR or isinstance(part, MemberDescriptorType | GetSetDescriptorType):
        return True
    return not hasattr(type(part), "__get__") and not (is_reserved(name) and callable(part))


def check_has(value: object, name: str) -> None:
    """Check that what a proof's object stands for has a field or a method of that name.

    :raises ExecutionError: only the proof's object has.
    """
    kind = type(value)
    if not kind.__module__.startswith("proofs.") or isinstance(value, type):
        return
    copied = getattr(value, STANDS_FOR, None)
    if isinstance(copied, type):
        names = names_of(copied)
    else:
        real = STAND_INS.get(f"{kind.__module__}.{kind.__qualname__}".removeprefix(_OBLIGATIONS))
        names = frozenset() if real is None else _names_at(real)
    if name not in names:
        raise ExecutionError(f"{name} of {named(value)} is read, which nothing has that it stands for")


@cache
def _names_at(place: str) -> frozenset[str]:
    """The names of what the class or module has that is found there."""
    module, _, name = place.rpartition(".")
    if not module:
        return frozenset(dir(importlib.import_module(name)))
    return names_of(getattr(importlib.import_module(module), name))


@cache
def names_of(cls: type) -> frozenset[str]:
    """The names of all that the objects of a class have.

    >>> class Lamp:
    ...     def __init__(self): self.lit = False
    ...     def switch(self): ...
    >>> sorted(names_of(Lamp))
    ['lit', 'switch']
    """
    return frozenset(name for each in cls.__mro__[:-1] for name in _names_in(each) if not name.startswith("__"))


def _names_in(cls: type) -> Iterator[str]:
    yield from vars(cls)
    yield from vars(cls).get("__annotations__", ())
    for function in (value for name, value in vars(cls).items() if name == "__init__" or not is_reserved(name)):
        if isinstance(function, FunctionType) and not is_written_by_library(cls, function.__name__, function):
            stored = (each for each in ast.walk(definition_of(function)[0]) if isinstance(each, ast.Attribute))
            yield from (each.attr for each in stored if isinstance(each.ctx, ast.Store) and is_of_self(each))


def check_field(cls: type | None, value: object, name: str) -> None:
    """Check that what stands for ``self`` has no plain field where its class computes one under that name.

    :raises ExecutionError: it has, so that what the class computes would not be executed.
    """
    part = inspect.getattr_static(cls, name, None)
    if not isinstance(part, property):
        return
    if name in getattr(value, "__dict__", ()) or inspect.getattr_static(type(value), name, part) is not part:
        raise ExecutionError(f"{name} of {named(value)} is a field in the proof, and computed by {cls.__qualname__}")  # type: ignore[union-attr]
