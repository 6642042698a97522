"""What executed code has its hands on: nothing that Python asks for it, and nothing that real objects have not."""

from collections import UserString
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import z3

from machine.core import Core
from machine.formats import SV39
from machine.tlb import Entry, SplitTlb, Tlb
from model.spaces.dialect import Readings
from proofs.execution.comparing import named
from proofs.execution.computing import Computing, computes
from proofs.execution.integers import natural
from proofs.execution.monitor import bind
from proofs.execution.objects import check_field, check_has, check_runs_nothing, names_of
from proofs.execution.outside import is_record
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


class Texts:
    """Its sum is a library's that asks for texts."""

    __add__ = UserString.__add__


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
        ("x + y", Texts()),
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


class Callable1:
    """No function, though it may be called; and it is never true."""

    def __call__(self, value: object) -> object:
        return value

    def __bool__(self) -> bool:
        return False


class OwnProperty(property):
    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        return SEEN


class OwnStatic(staticmethod):  # type: ignore[type-arg]
    def __get__(self, owner: object, kind: object = None) -> Any:
        return SEEN


class OwnOfClass(classmethod):  # type: ignore[type-arg]
    def __get__(self, owner: object, kind: object = None) -> Any:
        return SEEN


def foreign(self: Any, *others: Any) -> Any:
    return self


FOREIGN: Any = foreign
CALLED: Any = Callable1()
OF_PROOF: Any = named
"""A function of a proof's module."""

RUN = {
    "a function": foreign,
    "of no object": staticmethod(foreign),
    "of the class": classmethod(foreign),
    "read": property(foreign),
    "read as a text says": property(_made["__eq__"]),
    "read first": property(foreign, OF_PROOF, OF_PROOF),
    "assigned": property(OF_PROOF, FOREIGN),
    "deleted": property(OF_PROOF, None, FOREIGN),
    "read by what is no function": property(CALLED),
    "assigned by what is no function": property(OF_PROOF, CALLED),
    "read otherwise": OwnProperty(OF_PROOF),
    "of no object otherwise": OwnStatic(OF_PROOF),
    "of the class otherwise": OwnOfClass(OF_PROOF),
    "computed once": cached_property(OF_PROOF),
    "bound": Tree(1)._asdict,
}


def class_with(parts: dict[str, Any]) -> type:
    """A class of these parts and of nothing else that comes before or after them."""
    return type("Parts", (), parts)


@pytest.mark.parametrize("part", RUN.values(), ids=RUN)
def test_no_part_of_a_class_runs_code_that_is_no_proofs(part: Any) -> None:
    last = class_with({})
    last.part = part  # type: ignore[attr-defined]
    kinds = [class_with({"part": part}), last, type("Below", (class_with({"part": part}),), {})]
    for kind in [each for each in kinds if not isinstance(part, type(SEEN.append) | type(Tree(1)._asdict))]:
        with pytest.raises(ExecutionError, match="is asked for what its class says"):
            check_runs_nothing(kind())


def test_names_that_python_asks_for_are_of_no_object_that_may_be_called() -> None:
    refused: list[tuple[str, Any]] = [("__add__", partial(foreign, 1)), ("__add__", Callable1())]
    for name, part in (*refused, ("__stands_for__", foreign)):
        with pytest.raises(ExecutionError, match="is asked for what its class says"):
            check_runs_nothing(class_with({name: part})())
    may: list[tuple[str, Any]] = [("__hash__", None), ("helper", Callable1()), ("__stands_for__", Core)]
    for name, part in may:
        check_runs_nothing(class_with({name: part})())


def test_what_a_proof_or_a_library_wrote_runs_nothing_of_the_codes() -> None:
    executed = bind(anything, Path())
    parts: list[Any] = [OF_PROOF, executed, staticmethod(OF_PROOF), classmethod(OF_PROOF), 1]
    computed: Any = property(OF_PROOF)
    parts.append(staticmethod(computed))
    asked = [property(OF_PROOF), property(OF_PROOF, executed), property(None, OF_PROOF, OF_PROOF), property()]
    for part in (*parts, *asked):
        check_runs_nothing(class_with({"part": part})())
    assert not is_record(Kept)
    check_runs_nothing(Kept(1))
    check_runs_nothing(Slotted())


@dataclass
class Kept:
    """A record but for what a proof has put there: the library's own methods run as in a record."""

    one: object


Kept.part = OF_PROOF  # type: ignore[attr-defined]


class Slotted:
    __slots__ = ("one",)


def test_a_class_that_says_it_is_pythons_is_looked_at() -> None:
    with pytest.raises(ExecutionError, match="is asked for what its class says"):
        check_runs_nothing(class_with({"__module__": "typing", "__add__": foreign})())
    check_runs_nothing(np.zeros(2))
    check_runs_nothing(SV39)


def test_joined_comparisons_are_asked_of_constants_alone() -> None:
    for value in (Readings(), Joining(1, 2)):
        check_runs_nothing(value)
    for value in (Joining(NODE, 2), Joining(1, [])):
        with pytest.raises(ExecutionError, match="is asked for what its class says"):
            check_runs_nothing(value)


@dataclass
class Joining:
    one: object
    two: object

    @property
    def are_seven(self) -> bool:
        return self.one == 7 and self.two == 7


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


class Far:
    pass


@dataclass
class Noted:
    written: int


class Lantern:
    told: int

    def light(self) -> None:
        self.first = 1

    def look(self, other: Any) -> object:
        other.elsewhere = self.unwritten  # type: ignore[attr-defined]
        self.second.deep = 2  # type: ignore[attr-defined]
        return self.second  # type: ignore[attr-defined]

    def __call__(self) -> None:
        self.reserved = 1

    def put_out(self) -> None:
        self.third = 1


class Below(Lantern):
    own = 1


def stores(self: Any) -> None:
    self.stored = 1


def test_the_names_of_a_class_are_what_it_says_and_what_its_methods_store() -> None:
    said = {"told", "light", "look", "put_out", "first", "deep", "third"}
    assert names_of(Lantern) == said
    assert names_of(Below) == said | {"own"}
    assert names_of(Noted) == {"written"}
    assert names_of(class_with({"lit": 1})) == {"lit"}
    assert names_of(class_with({"go": stores})) == {"go", "stored"}
    later = class_with({})
    later.go = stores  # type: ignore[attr-defined]
    assert names_of(later) == {"go", "stored"}


def test_of_what_is_no_proofs_nothing_is_asked() -> None:
    class Watching:
        def __getattr__(self, name: str) -> object:
            SEEN.append(name)
            raise AttributeError(name)

    SEEN.clear()
    check_has(Watching(), "anything")
    check_has(SimpleNamespace(), "anything")
    check_has(Far, "anything")
    of_proofs = type("OfProofs", (type,), {"__module__": "proofs.elsewhere"})
    check_has(of_proofs("Made", (), {}), "anything")
    assert not SEEN


class Lamp:
    def __init__(self) -> None:
        self.on = 1

    @property
    def lit(self) -> int:
        return self.on * 2


class Lit:
    lit = 1


def test_no_plain_field_of_its_class_either() -> None:
    with pytest.raises(ExecutionError, match="is a field in the proof, and computed by Lamp"):
        check_field(Lamp, Lit(), "lit")
    check_field(None, SimpleNamespace(on=1), "on")


def test_what_is_read_otherwise_is_not_computed() -> None:
    other = type("Other", (), {"lit": OwnProperty(anything)})
    with pytest.raises(TypeError, match=r"Other\.lit is not computed"):
        computes(other, "lit")
    with pytest.raises(AttributeError, match="a Other has no field lit in the proof"):
        Computing(other, Path()).lit  # noqa: B018


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


@pytest.mark.long
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
