"""What executed code has its hands on: nothing that Python asks for it, and nothing that real objects have not."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import z3

from machine.core import Core
from machine.tlb import Entry, SplitTlb, Tlb
from model.spaces.dialect import Readings
from proofs.execution import objects
from proofs.execution.computing import Computing, computes
from proofs.execution.integers import natural
from proofs.execution.monitor import bind
from proofs.execution.objects import STAND_INS, check_field, check_has, check_runs_nothing, names_of
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Node, Value
from proofs.obligations.kernel.handing_on import conditions as switching
from proofs.obligations.machine.core import conditions as accesses
from proofs.obligations.source import Code
from proofs.obligations.threads.ports import COVERS
from proofs.obligations.threads.ports import conditions as ports
from proofs.obligations.tree.tree import SymbolicTree
from refinement.kernel.mapping_tree import MappingTree
from refinement.rewriting import replaced

Write = Callable[[str], Callable[..., Any]]

NODE = Value(z3.Const("node", Node), Path())
SEEN: list[object] = []


class Tree(NamedTuple):
    """A record that answers for its elements."""

    parent: object

    def __getitem__(self, index: Any) -> Any:
        SEEN.append(index)
        return index


class Number:
    """A number that tells a term from another number."""

    def __add__(self, other: object) -> object:
        return 1 if isinstance(other, int) else other

    __radd__ = __sub__ = __neg__ = __add__

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Any:
        return iter((1, 2))

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class Row(tuple[Any, ...]):
    def __iter__(self) -> Any:
        return iter((1, 2))


class Told:
    """What it is added to tells a term from a number, by no function that is written here."""

    __add__ = partial(isinstance, 1)


class Computed(NamedTuple):
    number: object

    @property
    def twice(self) -> object:
        SEEN.append(self.number)
        return self.number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x[y]", Tree(1)),
        ("x + y", Told()),
        ("x + y", Number()),
        ("y + x", Number()),
        ("y - x", Number()),
        ("-x", Number()),
        ("x == y", Number()),
        ("y != x", Number()),
        ("len(x)", Number()),
        ("range(x)", Number()),
        ("x.twice", Computed(NODE)),
        ("x.any", Number()),
    ],
)
def test_a_class_of_the_codes_own_is_not_asked(text: str, value: object, written: Write) -> None:
    SEEN.clear()
    with pytest.raises(ExecutionError, match="is asked for what its class says"):
        bind(written(f"def f(x, y):\n    return {text}"), Path())(value, NODE)
    assert not SEEN


@pytest.mark.parametrize(
    "text",
    ["x[0] = y", "a, b = x", "for a in x:\n        pass", "y += x", "x += y", "del x[0]"],
)
@pytest.mark.parametrize("value", [Row((3, 4)), Number()])
def test_no_statement_asks_it_either(text: str, value: object, written: Write) -> None:
    with pytest.raises(ExecutionError, match="is asked for what its class says"):
        bind(written(f"def f(x, y):\n    {text}\n    return y"), Path())(value, 1)


class Forged(NamedTuple):
    """Its comparison is written as if by a library."""

    one: object


@dataclass
class ForgedToo:
    one: object


_made: dict[str, Any] = {}
exec("def __eq__(self, other): return isinstance(other.one, int)\ndef __init__(self, one): self.one = 1", _made)
Forged.__eq__ = _made["__eq__"]  # type: ignore[method-assign]
ForgedToo.__init__ = _made["__init__"]  # type: ignore[method-assign]


class Deep(NamedTuple):
    """A record that has one in its class, in which there is a function."""

    one: object


Deep.first = Deep(Number())  # type: ignore[attr-defined]


class Asking(Enum):
    ONE = 1

    def _asks(self) -> int:
        return 2


Asking.two = type(vars(Enum)["value"])(lambda self: 2)  # type: ignore[attr-defined]
del Asking._asks


@pytest.mark.parametrize("value", [Forged(1), ForgedToo(1), Deep(1), Asking.ONE, Forged, ForgedToo, Deep, Asking])
def test_a_class_that_was_changed_after_it_was_made_is_no_record(value: object) -> None:
    with pytest.raises(ExecutionError, match="is asked for what its class says"):
        check_runs_nothing(value)


def test_what_runs_nothing_may_be_asked() -> None:
    plain = (1, "a", None, (1,), [1], range(2), SimpleNamespace(a=1), MappingTree(*"12345678"), Entry, Readings())
    for value in (*plain, NODE, natural("n", 3), z3.Int("n"), SymbolicTree(Path()).columns["parent"]):
        check_runs_nothing(value)


# What is read.


def test_of_what_stands_for_a_column_no_field_is_read(written: Write) -> None:
    tree = SymbolicTree(Path()).tree
    for text in ("owner", "base", "written", "held(n)", "named(n)", "frozen()"):
        function = written(f"def f(t, n):\n    t.parent.{text}\n    return t.parent[n]")
        with pytest.raises(ExecutionError, match="which nothing has that it stands for"):
            bind(function, Path())(tree, NODE)


def test_fields_are_those_that_a_class_has() -> None:
    assert {"lookup", "tagged", "_sets", "entries"} <= names_of(Tlb)
    assert "path" not in names_of(Tlb)
    assert {"control", "tlb", "_walker", "switch"} <= names_of(Core)


def test_every_stand_in_and_what_it_stands_for_exist() -> None:
    from importlib import import_module

    for place, real in STAND_INS.items():
        module, _, name = f"proofs.obligations.{place}".rpartition(".")
        assert isinstance(getattr(import_module(module), name), type)
        assert all(objects._names_at(each) for each in real)


class Lamp:
    def __init__(self) -> None:
        self.on = 1

    @property
    def lit(self) -> int:
        return self.on * 2


def test_what_a_class_computes_is_no_plain_field_in_a_proof() -> None:
    with pytest.raises(ExecutionError, match="is a field in the proof, and computed by Lamp"):
        check_field(Lamp, SimpleNamespace(on=1, lit=1), "lit")
    check_field(Lamp, SimpleNamespace(on=1), "on")
    lamp = Computing(Lamp, Path(), on=3)
    check_field(Lamp, lamp, "lit")
    assert (lamp.on, lamp.lit) == (3, 6)
    assert Computing(Lamp, Path(), {"lit": replaced(computes(Lamp, "lit"), "* 2", "+ 1")}, on=3).lit == 4
    with pytest.raises(AttributeError, match="a Lamp has no field other"):
        lamp.other  # noqa: B018
    with pytest.raises(TypeError, match="is not computed"):
        computes(Tlb, "lookup")
    check_has(lamp, "lit")
    with pytest.raises(ExecutionError, match="which nothing has that it stands for"):
        check_has(lamp, "_path")


# Functions.


def anything(x: object) -> object:
    return x


def test_a_function_that_was_exchanged_in_its_module_is_not_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    function = anything
    assert bind(function, Path())(1) == 1
    monkeypatch.setitem(globals(), "anything", lambda x: 2)
    with pytest.raises(ExecutionError, match="is another function now: it was exchanged"):
        bind(function, Path())


# Wrong code that was proved before.


def _with(cls: type, name: str, old: str, new: str) -> type:
    return type(cls.__name__, (cls,), {name: replaced(getattr(cls, name), old, new)})


def test_fields_that_are_left_changed_are_refused() -> None:
    core = _with(Core, "switch", "self.tag = tag", "self.tag = tag\n    self.user = False")
    with pytest.raises(ExecutionError, match="the field user of a _switched core is assigned, at which no proof looks"):
        list(switching("core_switch__leaves__no_other_space", Code(core=core)))
    both = _with(SplitTlb, "invalidate_tag", "self.data.inv", "self.code = self.data\n    self.data.inv")
    with pytest.raises(ExecutionError, match="the field code of a simple namespace is assigned, at which no proof"):
        list(switching("split_tlb__hands__each_call_on", Code(split_tlb=both)))


def test_what_a_core_computes_is_executed() -> None:
    wrong = replaced(computes(Core, "control"), "self._walker.control", "0")
    conditions = accesses("core__takes__hit_or_walk", Code(core=type("Core", (Core,), {"control": property(wrong)})))
    assert any(_fails(each) for each in conditions)


def test_how_many_bytes_ports_take_is_executed() -> None:
    wrong = replaced(computes_bytes(), "// 8", "// 16")
    assert not any(map(_fails, ports(COVERS)))
    assert any(map(_fails, ports(COVERS, Code(ports={"_bytes": wrong}))))


def computes_bytes() -> Callable[..., Any]:
    from refinement.messages.io_maps import IoMaps

    return computes(IoMaps, "_bytes")


def _fails(condition: Any) -> bool:
    solver = z3.Solver()
    solver.set(timeout=20_000)
    solver.add(*condition.hypotheses.values(), z3.Not(condition.goal))
    return bool(solver.check() == z3.sat)
