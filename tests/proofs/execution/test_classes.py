"""What classes of executed methods may have: nothing answers in the place of their methods, or is put there."""

from dataclasses import dataclass
from enum import Enum
from functools import cached_property, partial, partialmethod, wraps
from typing import Any, NamedTuple

import pytest

from model.spaces.dialect import CANONICAL
from proofs.execution.classes import check_class
from proofs.execution.path import ExecutionError, Path
from proofs.obligations.kernel import coherence
from proofs.obligations.source import Code, copied
from refinement.kernel.kernel import Kernel

SEVEN = 7


class Pair(NamedTuple):
    one: object
    two: object = 1


class Called:
    def __call__(self, *given: object) -> bool:
        return False


class OwnProperty(property):
    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        return 1


class OwnOfClass(classmethod):  # type: ignore[type-arg]
    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        return 1


def is_one(self: Any) -> Any:
    return self.one == SEVEN


class Plain:
    step = SEVEN

    def __init__(self, number: int) -> None:
        self.number = number
        self.step_of = self.go(number)

    def go(self, number: int) -> int:
        return number


def test_methods_are_what_a_class_says() -> None:
    for kind in (Plain, Kernel, Holding, Kept, Pair, Kind, Empty):
        check_class(kind)


class Holding(Plain):
    """It has a field, a property, and what is computed of the class."""

    __slots__ = ("held",)
    of_numbers = dict.fromkeys

    @property
    def found(self) -> int:
        return self.number

    @classmethod
    def made(cls) -> Any:
        return cls(1)

    @staticmethod
    def seven() -> int:
        return SEVEN

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.held = number
        self.held += len((1, self.number))
        for _ in range(number):
            self.number = self.go(number)


@dataclass(frozen=True)
class Kept:
    one: int = 0

    def __len__(self) -> int:
        return self.one


class Kind(Enum):
    ONE = 1


class Empty(Plain):
    def __init__(self) -> None:
        super().__init__(0)


class Shadowing(Plain):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.go = lambda number: number + 1  # type: ignore[method-assign]


class PlacingConstant(Plain):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.step = 8


class PlacingComputed(Holding):
    def __init__(self, number: int) -> None:
        self.found = number  # type: ignore[misc]


class ByPosition(Plain):
    def __init__(self, /, number: int) -> None:
        self.go = lambda number: number + 1  # type: ignore[method-assign]


class AmongOthers(Plain):
    def __init__(*given: Any) -> None:
        given[0].go = SEVEN


class InAnother(Plain):
    def __init__(self, number: int) -> None:
        self.part = Plain(number)
        self.part.go = lambda number: number + 1  # type: ignore[method-assign]


class InAnotherNamed(Plain):
    def __init__(self, number: int) -> None:
        part = Plain(number)
        part.go = lambda number: number + 1  # type: ignore[method-assign]
        self.part = part


class HandingOn(Plain):
    def __init__(self, number: int) -> None:
        is_one(self)


class HandingOnLater(Plain):
    def __init__(self, number: int) -> None:
        self.number = number
        if number:
            is_one(self)


class BySetting(Plain):
    def __init__(self, number: int) -> None:
        setattr(Plain, "go", number)  # noqa: B010 - what is refused


class ByNames(Plain):
    def __init__(self, number: int) -> None:
        locals()["self"]["go"] = number


class ByName(Plain):
    def __init__(self, number: int) -> None:
        global is_one
        is_one = number  # type: ignore[assignment]


class Declaring(Plain):
    def __init__(self, number: int) -> None:
        global SEVEN


def _within() -> type:
    first = second = 1

    class Within(Plain):
        def __init__(self, number: int) -> None:
            nonlocal first, second
            first = second = number

    assert first == second
    return Within


class AboveIt(Plain):
    def __init__(self, number: int) -> None:
        super().__setattr__("go", number)


class Wrapped(Plain):
    @wraps(Plain.__init__)  # type: ignore[misc]
    def __init__(self, number: int) -> None:
        self.go = SEVEN  # type: ignore[assignment, method-assign]


_made: dict[str, Any] = {}
exec("def __init__(self, number):\n    self.go = number", _made)


class Forged(Plain):
    __init__ = _made["__init__"]


class ByDictionary(Plain):
    def __init__(self, number: int) -> None:
        self.__dict__.update(go=number)


class Answering(Plain):
    def __getattribute__(self, name: str) -> Any:
        return object.__getattribute__(self, name)


class MadeOtherwise(Plain):
    def __new__(cls, number: int) -> Any:
        return Plain(number)


class NamedVars(Plain):
    def __init__(vars, number: int) -> None:  # noqa: N805 - what is refused
        is_one(vars)


class PlacingLength(Kept):
    def __init__(self, number: int) -> None:
        self.__len__ = number  # type: ignore[assignment, method-assign]


class AskedOtherwise(Plain):
    """It answers for others, and has no method there."""

    __getattr__ = OwnOfClass(is_one)  # type: ignore[misc]


class Maker(type):
    pass


class Made(Plain, metaclass=Maker):
    pass


class MadeInPart(Plain, metaclass=Maker):
    part = partialmethod(Plain.go, 3)


class InPart(Plain):
    part = partialmethod(Plain.go, 3)


class Cached(Plain):
    @cached_property
    def found(self) -> int:
        return 3


class ReadOtherwise(Plain):
    found = OwnProperty(is_one)


class CalledOtherwise(Plain):
    found = OwnOfClass(is_one)


class Telling(Plain):
    def __init_subclass__(cls) -> None:
        cls.step = 8


class BelowIt(InPart):
    """What it derives from is looked at as well."""


def _with(name: str, part: object) -> type:
    return type("Parts", (Plain,), {name: part})


CALLED = {
    "__getattribute__": Called(),
    "__getattr__": partial(is_one),
    "__bool__": Called(),
    "__len__": [].__len__,
    "__eq__": Pair,
    "__init__": Called(),
    "__new__": staticmethod(Called()),
    "__new_member__": Called(),
}
PARTS: dict[str, Any] = {"go": partialmethod(Plain.go, 3), "__bool__": Called()}


@pytest.mark.parametrize("name", CALLED)
def test_what_python_calls_under_a_name_of_its_own_is_a_method(name: str) -> None:
    """A copy would not have it: so what it answers would be known to no proof."""
    with pytest.raises(ExecutionError, match=f"Parts.{name} answers for what its objects have: write methods"):
        check_class(_with(name, CALLED[name]))


@pytest.mark.parametrize("name", PARTS)
def test_every_part_of_every_class_is_looked_at(name: str) -> None:
    alone, last = type("Parts", (), {name: PARTS[name]}), type("Parts", (), {})
    setattr(last, name, PARTS[name])
    for kind in (alone, last, type("Below", (alone,), {}), type("Above", (Plain,), {name: PARTS[name]})):
        with pytest.raises(ExecutionError, match=rf"Parts\.{name} |Above\.{name} "):
            check_class(kind)


def test_every_constructor_may_put_nothing_in_the_place_of_any_part() -> None:
    first, alone = type("Parts", (), {"go": is_one, "__init__": _placing}), type("Parts", (), {"__init__": _placing})
    last = type("Parts", (), {"__init__": _placing})
    last.go = is_one  # type: ignore[attr-defined]
    below = type("Below", (first,), {"__init__": Plain.__init__})
    for kind in (first, last, below, type("Below", (alone,), {"go": is_one})):
        with pytest.raises(ExecutionError, match="_placing puts something in the place of go"):
            check_class(kind)
    check_class(alone)


def _placing(self: Any, number: int) -> None:
    self.go = number


def test_what_python_asks_for_what_objects_have_is_written_by_a_library() -> None:
    for name in ("__setattr__", "__delattr__", "__class_getitem__", "__set_name__"):
        with pytest.raises(ExecutionError, match=f"Parts.{name} answers for what its objects have: write methods"):
            check_class(_with(name, is_one))
    for name in ("__hash__", "go"):  # not callable; and in a copy it is not executed
        check_class(_with(name, None))
    check_class(_with("made", Called()))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Shadowing, "Shadowing.__init__ puts something in the place of go"),
        (PlacingConstant, "PlacingConstant.__init__ puts something in the place of step"),
        (PlacingComputed, "PlacingComputed.__init__ puts something in the place of found"),
        (ByPosition, "ByPosition.__init__ puts something in the place of go"),
        (AmongOthers, "AmongOthers.__init__ has no name for the object"),
        (InAnother, "InAnother.__init__ assigns self.part.go, of another object"),
        (InAnotherNamed, "InAnotherNamed.__init__ assigns part.go, of another object"),
        (BySetting, "BySetting.__init__ uses setattr"),
        (ByNames, "ByNames.__init__ uses locals"),
        (ByName, "ByName.__init__ assigns is_one, which others use"),
        (Declaring, "Declaring.__init__ assigns SEVEN, which others use"),
        (_within(), "Within.__init__ assigns first, second, which others use"),
        (AboveIt, r"AboveIt.__init__ uses super\(\).__setattr__"),
        (Wrapped, "Plain.__init__ is wrapped in another function"),
        (Forged, "has no source that can be read"),
        (HandingOnLater, "HandingOnLater.__init__ hands on self as a whole"),
        (BelowIt, "InPart.part is a partialmethod: write methods"),
        (HandingOn, "HandingOn.__init__ hands on self as a whole"),
        (ByDictionary, "ByDictionary.__init__ uses self.__dict__"),
        (Answering, "Answering.__getattribute__ answers for what its objects have"),
        (MadeOtherwise, "MadeOtherwise.__new__ answers for what its objects have"),
        (Made, "Made is made by Maker"),
        (MadeInPart, "MadeInPart is made by Maker"),
        (NamedVars, "NamedVars.__init__ uses vars"),
        (PlacingLength, "PlacingLength.__init__ puts something in the place of __len__"),
        (AskedOtherwise, "AskedOtherwise.__getattr__ is a OwnOfClass: write methods"),
        (InPart, "InPart.part is a partialmethod: write methods"),
        (Cached, "Cached.found is a cached_property: write methods"),
        (ReadOtherwise, "ReadOtherwise.found is a OwnProperty: write methods"),
        (CalledOtherwise, "CalledOtherwise.found is a OwnOfClass: write methods"),
        (Telling, "Telling.__init_subclass__ answers for what its objects have"),
    ],
)
def test_what_may_take_the_place_of_a_method_is_refused(kind: type, said: str) -> None:
    with pytest.raises(ExecutionError, match=said):
        check_class(kind)
    with pytest.raises(ExecutionError, match=said):
        copied(kind, Path(), {}, {}, {}, frozenset({"__init__", "__new__"}))


class Holder(Plain):
    made = Called()
    kind = Pair

    def uses_made(self) -> Any:
        return self.made(1)

    def uses_kind(self) -> Any:
        return self.kind(1, 2)

    def uses_step(self) -> int:
        return self.step


def test_of_a_class_only_methods_and_constants_are_used() -> None:
    made: Any = copied(Holder, Path(), {}, {}, {}, frozenset({"__init__"}))()
    for name in ("made", "kind"):
        with pytest.raises(ExecutionError, match=f"Holder.{name} is no method: it is not executed on terms"):
            getattr(made, f"uses_{name}")()
    assert made.uses_step() == SEVEN


@dataclass(repr=False, eq=False)
class Counted(Plain):
    """Its objects have what they are made with, and not what is there if nothing is given."""

    most: int = SEVEN

    def uses_most(self) -> int:
        return self.most


def test_a_field_is_what_an_object_has_and_not_what_stands_for_it() -> None:
    made: Any = copied(Counted, Path(), {}, {}, {}, frozenset({"__init__"}))()
    with pytest.raises(AttributeError, match="most"):
        made.uses_most()
    made.most = 3
    assert made.uses_most() == 3


# A wrong kernel that was proved before.


class Unheeding(Kernel):
    """It unmaps nothing: its constructor puts another step in the place of the one that is executed in the proof."""

    def __init__(self, /, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.remove_leaf = lambda node: None  # type: ignore[method-assign]


def test_a_kernel_is_refused_that_runs_other_steps_than_its_class_says() -> None:
    with pytest.raises(ExecutionError, match=r"Unheeding\.__init__ puts something in the place of remove_leaf"):
        coherence.walked(coherence.ExecutedMethod("flush_below", CANONICAL, Code(kernel=Unheeding)))
