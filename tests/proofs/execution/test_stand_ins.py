"""What stands for a real object in a proof stands for one, and has nothing that this has not."""

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from types import FunctionType
from typing import Any

import pytest

from machine.core import Core
from machine.tlb import Tlb
from proofs.execution import objects
from proofs.execution.objects import STAND_INS, check_has
from proofs.execution.path import ExecutionError
from proofs.faults.code.machine import with_method
from proofs.obligation import Condition
from proofs.obligations.machine import bytes_moved, core, tags, tags_line, tlb
from proofs.obligations.machine.tags_state import EVERY_CORE
from proofs.obligations.page_tables.table_walks import walked
from proofs.obligations.source import Code
from refinement.kernel.page_table import PageTables
from refinement.kernel.tags import Tags

OF_PYTHON = frozenset(dir(object)) | {"__getattr__", "__setstate__"}
"""What Python gives every class and every record, and what only answers for other names."""


def stand_ins() -> Iterator[tuple[str, Any, str]]:
    for place, real in STAND_INS.items():
        module, _, name = f"proofs.obligations.{place}".rpartition(".")
        yield place, getattr(import_module(module), name), real


def real_class(place: str) -> object:
    module, _, name = place.rpartition(".")
    return getattr(import_module(module), name) if module else import_module(name)


def test_every_stand_in_has_what_it_stands_for_has() -> None:
    for _, kind, real in stand_ins():
        if hasattr(kind, "__getattr__"):
            continue  # it answers only once it is made
        value = kind.__new__(kind)
        check_has(value, min(objects._names_at(real)))
        with pytest.raises(ExecutionError, match="which nothing has that it stands for"):
            check_has(value, "no_such_name")


def test_every_stand_in_and_what_it_stands_for_exist() -> None:
    for _, kind, real in stand_ins():
        assert isinstance(kind, type)
        assert objects._names_at(real)


def test_operators_of_a_stand_in_are_those_of_what_it_stands_for() -> None:
    for place, kind, real in stand_ins():
        own = {name for name, part in vars(kind).items() if name.startswith("__") and isinstance(part, FunctionType)}
        assert own - OF_PYTHON <= set(dir(real_class(real))), place


def test_what_is_read_of_a_stand_in_is_another_object() -> None:
    for place, kind, _ in stand_ins():
        for name, part in vars(kind).items():
            if isinstance(part, property) and part.fget is not None:
                code = part.fget.__code__
                assert code.co_names or code.co_freevars or None not in code.co_consts, f"{place}.{name} is itself"


# Wrong code that was proved before.


def takes(conditions: Iterable[Condition]) -> None:
    list(conditions)


@pytest.mark.parametrize(
    ("conditions", "what", "cls", "method", "old", "new", "said"),
    [
        (tags.conditions, EVERY_CORE, Tags, "retire", "core.tlb.inv", "core.inv", "invalidate_tag of"),
        (tags.conditions, tags_line.FIRST, Tags, "__init__", "].tlb.tagged", "].tagged", "tagged of a"),
        (tags.conditions, tags_line.FIRST, Tags, "__init__", "cores[0]", "cores", "tlb of a"),
        (core.conditions, core.TAKES, Core, "_fill", "_walker.translate", "tlb.translate", "translate of a"),
        (core.conditions, core.TAKES, Core, "translate", "tlb.lookup", "_walker.lookup", "lookup of a"),
        (bytes_moved.conditions, bytes_moved.LOADS, Core, "_get", "_in_memory", "_pieces", "_pieces"),
        (bytes_moved.conditions, bytes_moved.STORES, Core, "store", "_in_memory", "_pieces", "_pieces"),
        (tlb.conditions, tlb.GIVES, Tlb, "lookup", "% len(self._sets)", "% self._sets", "unsupported operand"),
    ],
)
def test_one_object_in_the_place_of_another(
    conditions: Callable[..., Iterable[Condition]], what: str, cls: type, method: str, old: str, new: str, said: str
) -> None:
    changed: Any = {cls.__name__.lower(): with_method(cls, method, old, new)}
    with pytest.raises(ExecutionError, match=rf"^{cls.__module__}:\d+: .*{said}"):
        takes(conditions(what, Code(**changed)))


@pytest.mark.parametrize(
    ("unit", "method", "old", "new", "said"),
    [
        ("take", "_take", "self.memory.write_bytes", "self.entries.write_bytes", "write_bytes of"),
        ("clear", "clear", "self.entries[", "self.memory[", "does not support item assignment"),
    ],
)
def test_memory_in_the_place_of_its_words(unit: str, method: str, old: str, new: str, said: str) -> None:
    with pytest.raises(ExecutionError, match=rf"^refinement.kernel.page_table:\d+: .*{said}"):
        walked(unit, 2, Code(page_tables=with_method(PageTables, method, old, new)))
