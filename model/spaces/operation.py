"""Operations, as traces hold them: an action's name, and what it is called with, by the names of its parameters."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any, Protocol, TypeAlias, TypeVar

from model.scope import ALL_RIGHTS, RIGHTS, Scope, rights_name
from model.spaces import literal as spaces
from model.spaces.dialect import Readings

T_co = TypeVar("T_co", covariant=True)

Value: TypeAlias = int | frozenset[int]
"""An element of a sort by its number; or a set of elements."""


class Kind(IntEnum):
    """The operations on address spaces: a number where code is compiled, a word where people read."""

    MAP = 1
    GRANT = 2
    FLUSH = 3

    @property
    def word(self) -> str:
        """The name of the action."""
        return self.name.lower()

    @property
    def names_destination(self) -> bool:
        """Whether it is called with a destination, too."""
        return self != Kind.FLUSH


SPACES_THEORY = "Appendix A"
"""The theory that they are the actions of."""

SPACES = ("src", "dst", "mask")
"""What they are called with: the names of :class:`model.spaces.vocabulary.Parameters`."""

WORDS = {kind.word: kind for kind in Kind}
"""The kinds by their words."""


class Executing(Protocol[T_co]):
    """Whatever executes grant, map and flush: a model, a kernel."""

    def map(self, src: int, dst: int, rights: int, /) -> T_co:
        """Map a page."""

    def grant(self, src: int, dst: int, rights: int, /) -> T_co:
        """Grant a page."""

    def flush(self, src: int, rights: int, /) -> T_co:
        """Flush a page."""


@dataclass(frozen=True, slots=True)
class LiteralModel:
    """The literal model, executing in place: each operation is ``DONE``, ``REFUSED`` or ``CYCLE_MET``.

    :param functions: a module of functions that do the same as :mod:`model.spaces.literal` on a state of that form.
    """

    state: Any
    readings: Readings
    functions: Any = spaces

    def map(self, src: int, dst: int, rights: int) -> int:
        """Map a page (A.map)."""
        return int(self.functions.map_(self.state, src, dst, rights, self.readings))

    def grant(self, src: int, dst: int, rights: int) -> int:
        """Grant a page (A.grant)."""
        return int(self.functions.grant(self.state, src, dst, rights, self.readings))

    def flush(self, src: int, rights: int) -> int:
        """Flush a page (A.flush)."""
        return int(self.functions.flush(self.state, src, rights, self.readings))


@dataclass(frozen=True, slots=True)
class Argument:
    """The argument of an action for one of its parameters: an element of the parameter's sort, or a set of them."""

    name: str
    sort: str
    value: Value

    @property
    def is_written_alone(self) -> bool:
        """Whether the text of the value tells its sort: of a slot, a space, a set of rights."""
        return self.sort == "Right" if isinstance(self.value, frozenset) else self.sort in ("Slot", "Space")

    def text(self, scope: Scope) -> str:
        """The value as people write it: ``σ1[0]``, ``σ1``, ``rw-``, ``Thread 3``, ``{Thread 0, Thread 3}``."""
        if isinstance(self.value, int):
            return _element(self.sort, self.value, scope)
        if self.sort == "Right":
            return rights_name(_rights(self.value))
        return "{" + ", ".join(_element(self.sort, each, scope) for each in sorted(self.value)) + "}"


@dataclass(frozen=True, slots=True, init=False)
class Operation:
    """One call of an action.

    An operation on address spaces is written with its slots and rights (r = 4, w = 2, x = 1); what else an action of
    one's own is called with, by :meth:`Operation.call`.

    >>> Operation("map", 0, 2, 7).text(Scope(2, 2, 1))
    'map σ0[0] → σ1[0]'
    >>> Operation.call("wake", [Argument("who", "Thread", 3)]).text(Scope(2, 2, 1))
    'wake (who Thread 3)'

    :param action: the action's name, or its kind.
    :param src: the source; of a flush the page flushed.
    :param dst: the destination; -1 for none.
    """

    action: str
    arguments: tuple[Argument, ...]

    def __init__(self, action: str | Kind, src: int, dst: int = -1, rights: int = ALL_RIGHTS) -> None:
        """An operation on slots, under the names of :class:`model.spaces.vocabulary.Parameters`."""
        given = [Argument("src", "Slot", src), Argument("mask", "Right", members(rights))]
        if dst >= 0:
            given.insert(1, Argument("dst", "Slot", dst))
        object.__setattr__(self, "action", action.word if isinstance(action, Kind) else action)
        object.__setattr__(self, "arguments", tuple(given))

    @classmethod
    def call(cls, action: str, arguments: Iterable[Argument]) -> "Operation":
        """A call of an action with arguments of any sorts."""
        made = object.__new__(cls)
        object.__setattr__(made, "action", action)
        object.__setattr__(made, "arguments", tuple(sorted(arguments, key=_place)))
        return made

    @property
    def kind(self) -> Kind:
        """What it does to address spaces.

        :raises KeyError: it is no map, grant or flush.
        """
        return WORDS[self.action]

    @property
    def src(self) -> int:
        """The source, or the page flushed; -1 if there is none."""
        return self._slot("src")

    @property
    def dst(self) -> int:
        """The destination; -1 if there is none, as for a flush."""
        return self._slot("dst")

    @property
    def rights(self) -> int:
        """The rights asked for, or taken by a flush; all, if it names none."""
        value = self.value("mask")
        return _rights(value) if isinstance(value, frozenset) else ALL_RIGHTS

    def value(self, name: str) -> Value | None:
        """Return the argument for a parameter; None if the call does not say."""
        return next((each.value for each in self.arguments if each.name == name), None)

    def _slot(self, name: str) -> int:
        value = self.value(name)
        return value if isinstance(value, int) else -1

    def on(self, executing: Executing[T_co]) -> T_co:
        """Let a model or a kernel execute it, and say how that ended.

        :raises KeyError: it is no map, grant or flush.
        """
        kind = self.kind
        if kind == Kind.MAP:
            return executing.map(self.src, self.dst, self.rights)
        if kind == Kind.GRANT:
            return executing.grant(self.src, self.dst, self.rights)
        return executing.flush(self.src, self.rights)

    def apply(self, state: spaces.Spaces, readings: Readings) -> int:
        """Execute on the literal model, in place: ``DONE``, ``REFUSED`` or ``CYCLE_MET``."""
        return self.on(LiteralModel(state, readings))

    def text(self, scope: Scope) -> str:
        """The operation as people write it; all rights are not mentioned."""
        src, dst, rights = self.src, self.dst, self.rights
        words = [self.action]
        words += [scope.name(src)] if src >= 0 else []
        words += ["→", scope.name(dst)] if dst >= 0 else []
        words += [rights_name(rights)] if rights != ALL_RIGHTS else []
        others = [each for each in self.arguments if each.name not in SPACES]
        words += [f"({', '.join(f'{each.name} {each.text(scope)}' for each in others)})"] if others else []
        return " ".join(words)


def _place(argument: Argument) -> tuple[int, str]:
    """Where an argument stands in a call: source, destination and rights first, the others by their names."""
    return SPACES.index(argument.name) if argument.name in SPACES else len(SPACES), argument.name


@cache
def members(rights: int) -> frozenset[int]:
    """The set of rights as elements of their sort."""
    return frozenset(number for number, bit in enumerate(RIGHTS.values()) if rights & bit)


def _rights(elements: frozenset[int]) -> int:
    return sum(bit for number, bit in enumerate(RIGHTS.values()) if number in elements)


def _element(sort: str, number: int, scope: Scope) -> str:
    if sort == "Slot":
        return scope.name(number)
    return f"σ{number}" if sort == "Space" else f"{sort} {number}"
