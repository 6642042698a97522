"""What executed code has from outside: nothing that Python would run by itself, and what a proof stands for."""

import pickle
from abc import ABC
from collections import UserString
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from enum import property as enum_property
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from machine.events import Reason
from machine.tlb import Entry
from machine.walker import Translation
from model.spaces.dialect import CANONICAL, Ancestor, Readings
from proofs.execution.monitor import bind
from proofs.execution.outside import (
    JOINING,
    MODULES,
    STANDS_FOR,
    check_defaults,
    check_known,
    check_stands_for,
    has_constants,
    is_constant,
    is_of_library,
    is_record,
    is_record_of_constants,
)
from proofs.execution.path import ExecutionError, Path
from proofs.obligations.source import on_the_tree
from refinement.kernel import operations, primitives
from refinement.kernel.kernel import Kernel, Mapping

Write = Callable[[str], Callable[..., Any]]

SEVEN = 7


def helper(value: object) -> bool:
    return isinstance(value, int)


class Pair(NamedTuple):
    one: object
    two: object = 1


class Doing(Enum):
    ONE = 1

    def done(self, value: object) -> bool:
        return helper(value)


@dataclass
class Told:
    number: object

    @staticmethod
    def told(value: object) -> bool:
        return helper(value)


@dataclass
class After:
    number: object

    def __post_init__(self) -> None:
        self.number = helper(self.number)


@dataclass
class Compared:
    number: object

    @property
    def is_seven(self) -> bool:
        return self.number == SEVEN


@dataclass
class Classified:
    number: object

    @property
    def is_number(self) -> bool:
        return bool(self.number.__class__ == Pair)


class Lying(Pair):
    def __new__(cls, one: object, two: object = 1) -> "Lying":
        return super().__new__(cls, helper(one), two)


class Counting(int):
    def __eq__(self, other: object) -> bool:
        return helper(other)

    __hash__ = int.__hash__


class Holding(NamedTuple):
    held: object


class Called:
    def __call__(self, value: object) -> bool:
        return helper(value)


@dataclass(frozen=True)
class CalledPrivately:
    one: int = 0
    _hidden = Called()


class CalledByValue(Enum):
    LOOK = Called()


class ListsOfCalled(Enum):
    LOOK = ([Called()], 1)


class Describing:
    def __get__(self, owner: object, kind: object) -> object:
        return helper


@dataclass(frozen=True)
class Described:
    one: int = 0
    __add__ = Describing()


class FromElsewhere(int):
    __module__ = "typing"

    def __eq__(self, other: object) -> bool:
        return helper(other)

    __hash__ = int.__hash__


class Forged(NamedTuple):
    one: FromElsewhere = FromElsewhere(1)


exec("def _less(self, other):\n    return helper(self)", globals())


@dataclass(frozen=True)
class Executing:
    one: int = 0
    __contains__ = globals()["_less"]


class CountingItself(NamedTuple):
    """Its sum is how many of its elements Python finds equal to the other, a term as it is written."""

    one: object


class Joined(NamedTuple):
    """Its sum is a library's that asks for texts."""

    one: object


class AskedOf(Enum):
    ONE = 1


class AskedOtherwise(Enum):
    ONE = 1


class OwnOfMembers(enum_property):
    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        return helper(owner)


CountingItself.__add__ = tuple.count  # type: ignore[assignment, method-assign]
Joined.__add__ = UserString.__add__  # type: ignore[assignment, method-assign]
AskedOf.two = enum_property(Called())  # type: ignore[attr-defined]
AskedOtherwise.two = OwnOfMembers()  # type: ignore[attr-defined]


def _closed(SEVEN: object) -> Any:
    """What it compares with has the name of the module's constant, and is none."""

    def is_seven(self: Any) -> object:
        return self.number == SEVEN

    return is_seven


def _compared_by_default(self: Any, SEVEN: object = Called()) -> object:
    return self.number == SEVEN


def _compared_by_name(self: Any, *, SEVEN: object = Called()) -> object:
    return self.number == SEVEN


def _chained(self: Any) -> object:
    return self.number == self.other == SEVEN


def _of_a_field(self: Any) -> object:
    return self.number.is_seven == SEVEN


def _of_no_name(self: Any) -> object:
    return (self.number == 1).real == SEVEN


def _chained_within(self: Any) -> object:
    return (self.number == SEVEN) == (self.number == self.other == SEVEN)


def _deciding(self: Any) -> object:
    if self.number == SEVEN:
        return SEVEN
    return self.number


def _passing(self: Any) -> object:
    pass


def _of_a_function(self: Any) -> object:
    return self.number == helper


def _of_pythons(self: Any) -> object:
    return self.number == print


def _of_its_class(self: Any) -> object:
    return self.__class__ == SEVEN


exec("def _without_text(self):\n    return self.number == SEVEN", globals())

COMPUTING = (
    *(_compared_by_default, _compared_by_name, _chained, _chained_within, _of_a_field, _of_no_name, _of_its_class),
    *(_deciding, _passing, _of_a_function, _of_pythons, globals()["_without_text"]),
)


@pytest.mark.parametrize("get", [*COMPUTING, _closed(Called()), lambda self: self.number == helper])
def test_a_property_that_asks_for_more_than_fields_and_constants_makes_no_record(get: Any) -> None:
    fields = {"__annotations__": {"number": object, "other": object}}
    kind: Any = dataclass(type("Record", (), {**fields, "part": property(get)}))
    assert not is_record(kind)
    assert not is_record_of_constants(kind)
    for part in (vars(Compared)["is_seven"], property(lambda self: self.number == SEVEN)):
        fine: Any = dataclass(type("Record", (), {**fields, "part": part}))
        assert is_record(fine)


EIGHTS = (8, 8)


def _is_eights(self: Any) -> object:
    return self.number == EIGHTS


def test_constants_of_several_parts_are_compared_only_where_all_are_constant() -> None:
    kind: Any = dataclass(type("Kind", (), {"part": property(_is_eights)}))
    assert not is_record(kind)
    assert is_record_of_constants(kind)


UNSEEN: tuple[type, ...] = (
    *(CountingItself, Joined, AskedOf, AskedOtherwise, CalledPrivately, CalledByValue, ListsOfCalled, Described),
    *(Forged, Executing),
)


@pytest.mark.parametrize("kind", [Pair, Compared, Mapping, Entry, Translation, Reason, Ancestor])
def test_fields_constants_and_comparisons_of_them_make_a_record(kind: type) -> None:
    assert is_record(kind)


def test_what_python_notes_of_a_class_when_an_element_is_sent_to_another_process_changes_nothing() -> None:
    pickle.dumps(CANONICAL.readings)
    assert hasattr(Readings, "__slotnames__")
    assert is_record.__wrapped__(Readings, JOINING)


@pytest.mark.parametrize("kind", [Doing, Told, After, Classified, Lying, *UNSEEN])
def test_a_class_that_runs_what_no_proof_executes_is_none(kind: type) -> None:
    assert not is_record(kind)


class OwnProperty(property):
    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        return helper(owner)


class OwnOfClass(classmethod):  # type: ignore[type-arg]
    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        return helper(owner)


def is_one(self: Any) -> Any:
    return self.one == SEVEN


class Quiet(Called):
    """It is false, and does something all the same."""

    def __bool__(self) -> bool:
        return False


ANSWERING: tuple[Any, ...] = (
    property(is_one, Quiet()),  # type: ignore[arg-type]
    property(is_one, None, Quiet()),  # type: ignore[arg-type]
    staticmethod(property(is_one)),  # type: ignore[arg-type]
    {},
    OwnProperty(is_one),
    OwnOfClass(vars(Pair)["_make"].__func__),
    property(is_one, helper),  # type: ignore[arg-type]
    property(is_one, None, helper),  # type: ignore[arg-type]
    property(None),
    property(Called()),
)


@pytest.mark.parametrize("part", ANSWERING, ids=lambda part: type(part).__name__)
def test_a_part_of_a_record_that_answers_by_itself_makes_it_none(part: Any) -> None:
    for parts in ({"part": property(is_one)}, {"part": part}):
        kind: type = dataclass(type("Record", (), {"__annotations__": {"one": object}, **parts}))
        fine = parts["part"] is not part
        assert is_record.__wrapped__(kind) == fine
        assert is_record.__wrapped__(kind, JOINING) == fine


class Row(Pair):
    """It may have fields beside its elements."""


WITH_MORE = Row(1)
WITH_MORE.held = []  # type: ignore[attr-defined]
WITH_NUMBER = Row(1)
WITH_NUMBER.held = 2  # type: ignore[attr-defined]

HIDING = (
    WITH_MORE,
    (helper,),
    SimpleNamespace(h=helper),
    frozenset({helper}),
    frozenset({1, helper}),
    Doing.ONE,
    Counting(3),
    Lying(1),
    Holding((helper,)),
)
CONSTANTS = (
    WITH_NUMBER,
    (1, (2, "text")),
    SimpleNamespace(number=1),
    Pair(1, None),
    Reason.DENIED,
    Ancestor.REFUSED,
    True,
)


@pytest.mark.parametrize("value", [*HIDING, "%s", "{}"], ids=lambda value: type(value).__name__)
def test_what_hides_a_function_is_no_constant(value: object) -> None:
    assert not is_constant(value)


@pytest.mark.parametrize("value", CONSTANTS, ids=lambda value: type(value).__name__)
def test_what_is_constant_in_all_its_parts_is_one(value: object) -> None:
    assert is_constant(value)


# What a proof puts in the place of a name.


def test_a_name_stands_for_one_function_of_one_module() -> None:
    known = [name for names in STANDS_FOR.values() for name in names]
    assert len(known) == len({*known, *MODULES}) - len(MODULES)
    assert on_the_tree().keys() - {*known} == {"initial", "is_supported"}


def remove_leaf() -> None:
    """Another function than that of the tree."""


def calling() -> object:
    return remove_leaf()  # type: ignore[func-returns-value]


CALLING: Any = calling


def test_another_function_under_the_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ExecutionError) as error:
        bind(calling, Path(), {"remove_leaf": lambda: 1})
    found = f"{__name__}.remove_leaf under the name remove_leaf"
    assert str(error.value) == f"calling has {found}, and not refinement.kernel.primitives.remove_leaf"
    monkeypatch.setattr(f"{__name__}.remove_leaf", primitives.remove_leaf)
    assert bind(calling, Path(), {"remove_leaf": lambda: 1})() == 1


@pytest.mark.parametrize("name", ["operations", "primitives"])
def test_another_module_under_the_name_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    method = Kernel.admit if name == "operations" else Kernel.remove_leaf
    monkeypatch.setitem(method.__globals__, name, pytest)
    with pytest.raises(ExecutionError, match=f"has pytest under the name {name}, and not refinement.kernel.{name}"):
        bind(method, Path(), {name: SimpleNamespace()})


def test_a_function_that_is_exchanged_in_its_module_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primitives, "remove_leaf", remove_leaf)
    with pytest.raises(ExecutionError, match=r"map_ has refinement\.kernel\.primitives\.remove_leaf under the name"):
        bind(operations.map_, Path(), dict.fromkeys(on_the_tree(), print))


def test_a_function_that_is_exchanged_in_its_module_and_where_it_is_called_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(primitives, "remove_leaf", remove_leaf)
    with pytest.raises(ExecutionError, match="under the name remove_leaf, and not refinement"):
        bind(calling, Path(), {"remove_leaf": lambda: 1})


def test_a_function_that_says_to_be_of_another_module_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remove_leaf, "__module__", primitives.__name__)
    with pytest.raises(ExecutionError, match="under the name remove_leaf, and not refinement"):
        bind(calling, Path(), {"remove_leaf": lambda: 1})


def test_a_name_that_no_proof_knows_stands_for_itself_alone() -> None:
    def stands() -> None:
        """What no table has."""

    check_stands_for("stands", stands, CALLING, {"stands": stands})
    check_stands_for("len", stands, CALLING, {"len": len})
    with pytest.raises(ExecutionError) as error:
        check_stands_for("stands", stands, CALLING, {"stands": Called.__call__})
    found = f"{__name__}.Called.__call__ under the name stands"
    assert str(error.value) == f"calling has {found}, and not what the proof means"


def test_what_a_function_has_from_outside_is_constant() -> None:
    check_known("one", CALLING, {"one": 1})
    check_known("len", CALLING, {})
    with pytest.raises(ExecutionError, match="calling uses print, which is not executed on terms"):
        check_known("print", CALLING, {})
    with pytest.raises(ExecutionError, match="calling uses one, a list not executed on terms"):
        check_known("one", CALLING, {"one": []})


def _fine(one: object = 1, *, two: object = (1, 2)) -> None:
    """Its defaults are constants."""


def _by_position(one: object, two: object = 1, three: object = []) -> None:
    """The last one's default is a list."""


def _by_name(*, one: object = set(), two: object = 1) -> None:
    """The first one's default is a set."""


def test_what_an_argument_is_when_it_is_left_out_is_constant() -> None:
    fine: tuple[Any, ...] = (_fine, calling)
    for function in fine:
        check_defaults(function)
    refused: dict[str, Any] = {"_by_position has a list": _by_position, "_by_name has a set": _by_name}
    for said, function in refused.items():
        with pytest.raises(ExecutionError, match=f"{said} for an argument left out"):
            check_defaults(function)


# What tells a term from a number.


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(1, 2)[x.__class__ == 1]", "the attribute __class__"),
        ("x.__eq__(1)", "the attribute __eq__"),
        ("'%s' % x", "a text that is a form"),
        ("'{}'.format(x)", "a text that is a form"),
        ("b'%a' % x", "a text that is a form"),
    ],
)
def test_what_tells_a_term_from_a_number_is_outside_of_the_subset(text: str, reason: str, written: Write) -> None:
    with pytest.raises(ExecutionError, match=reason):
        bind(written(f"def f(x):\n    return {text}"), Path())


def test_texts_for_people_may_have_any_form(written: Write) -> None:
    function = written('def f(x):\n    """In %, {}."""\n    return f"{{{x}}} % of"')
    assert repr(bind(function, Path())(1)) == "{...} % of"


# What is a constant or a record at the edges.


class OwnText(str):
    __slots__ = ()


class Named(StrEnum):
    ONE = "one"


class OwnError(Exception):
    """An exception of the code's own."""


class Nothing:
    pass


class Maker(type):
    pass


@dataclass
class Base:
    one: object


@dataclass
class MadeOtherwise(Base, metaclass=Maker):
    one: object


class SecondCalled(Enum):
    ONE = 1
    TWO = Called()


class Replacing(NamedTuple):
    one: object


class ByDefault(NamedTuple):
    one: object = 1


@dataclass(slots=True)
class InSlots:
    one: object = 1
    two: object = 2


@dataclass(slots=True)
class CalledInSlots:
    one: object = Called()


class HeldLater(Enum):
    ONE = 1


class Inheriting(Executing):
    """It says nothing itself."""


class Documented(NamedTuple):
    one: object


Replacing._replace = helper  # type: ignore[assignment, method-assign]
ByDefault._field_defaults["one"] = []
HeldLater.ONE.held = helper  # type: ignore[attr-defined]
Documented.__doc__ = property(helper)  # type: ignore[assignment]


def test_constants_and_records_at_the_edges() -> None:
    for value in (OwnText("a"), Named.ONE, SimpleNamespace(number=1, held=helper), [1], 1.5):
        assert not is_constant(value)
    assert is_constant(frozenset({1, 2}))
    for kind in (
        Nothing,
        int,
        MadeOtherwise,
        SecondCalled,
        Replacing,
        ByDefault,
        CalledInSlots,
        HeldLater,
        Documented,
        Inheriting,
    ):
        assert not is_record(kind)
        assert not is_record_of_constants(kind)
    for record in (OwnError, InSlots):
        assert is_record(record)
    for other in (Nothing(), 1, [1]):
        assert not has_constants(other)
    assert has_constants(Base(1))
    for holding in (Base([]), InSlots([]), InSlots(1, [])):
        assert not has_constants(holding)
    assert has_constants(InSlots())
    assert is_of_library(ABC)
