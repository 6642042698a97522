"""The monitor of executed code: one for each path, asked by what :mod:`proofs.execution.instrument` inserts."""

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from types import FunctionType, SimpleNamespace
from typing import Any, NoReturn, Protocol, runtime_checkable

import z3

from proofs.execution.callees import Asked, Callees
from proofs.execution.classes import check_class
from proofs.execution.comparing import (
    ARITHMETIC,
    IN_PLACE,
    NUMBERS,
    OPERATORS,
    Signs,
    Text,
    check_compared,
    check_fits,
    check_stays,
    named,
)
from proofs.execution.instrument import MONITOR, Instrumented, instrumented
from proofs.execution.loop_rules import UNROLLED, LoopRule, Rules, Unrolled, Values
from proofs.execution.objects import ASKING, check_field, check_has, check_runs_nothing
from proofs.execution.outside import check_defaults, check_known, check_stands_for
from proofs.execution.path import ExecutionError, Path, Raised
from proofs.execution.syntax import source_of
from proofs.execution.values import Option, Truth
from refinement.rewriting import SYNTAX, enclosed


@runtime_checkable
class HasTruth(Protocol):
    """A stand-in for a Python value that has a truth: a list, which is true unless it is empty."""

    def asked(self) -> Truth:
        """The formula for it."""


@runtime_checkable
class HasMemory(Protocol):
    """A stand-in for an object whose fields no invariant speaks of."""

    def check_memory(self) -> None:
        """Its fields are those of the beginning.

        :raises ExecutionError: one is another.
        """


MAY_BE_STORED = "may_be_stored"
"""Attribute of what stands for a record in a proof: the names of fields that code may assign."""

MUTABLE = (list, dict, set, bytearray)
"""Python's own containers, which change without an assignment."""

KNOWN = (int, str, tuple, frozenset, type(None), Enum, SimpleNamespace)
"""What code may have from its module and use as it is: constants."""


class PathMonitor(Asked):
    """The questions that an instrumented function asks on a path."""

    def __init__(
        self, path: Path, code: Instrumented, rules: Rules, name: str, callees: Callees, cls: type | None = None
    ) -> None:
        """No loop is under way.

        :param cls: the class whose method the code is.
        """
        self.path = path
        self._cls = cls
        self._callees = callees
        self._name = name
        self._code = code
        self._rules = rules
        self._given: dict[int, Values] = {}
        self._under_way: dict[int, LoopRule] = {}

    def mark(self, place: int) -> None:
        """The execution comes to a statement."""
        self.path.reach(self._code.places[place][0])

    def decide(self, place: int, value: object) -> bool:
        """Return which way a branch goes."""
        yes, no = self._code.places[place]
        value = _asked(value)
        if isinstance(value, z3.BoolRef):
            value = Truth(value, self.path)
        if not isinstance(value, bool | Truth):
            raise ExecutionError(f"the truth of {named(value)} is no formula: compare it, with ==, != or is None")
        answer = bool(value)
        self.path.reach(yes if answer else no)
        return answer

    def truth(self, value: object) -> object:
        """What ``and`` or ``or`` ends in is a truth as well."""
        value = _asked(value)
        if not isinstance(value, bool | Truth | z3.BoolRef):
            raise ExecutionError(f"{named(value)} is no truth, so that it cannot stand beside and, or, not")
        return value

    def negated(self, value: object) -> object:
        """Not."""
        value = self.truth(value)
        if isinstance(value, Truth):
            return value.negated()
        return z3.Not(value) if isinstance(value, z3.BoolRef) else not value

    def is_none(self, value: object) -> object:
        """Whether a value that may be absent is."""
        if isinstance(value, Option):
            return value.is_none()
        if value is None:
            return True
        raise ExecutionError(f"{named(value)} is never None, so that asking for it is no question")

    def compare(self, line: int, name: str, left: object, right: object) -> object:
        """A comparison, without signs for words."""
        if left is None or right is None or isinstance(left, Option) or isinstance(right, Option):
            raise ExecutionError("what may be None is compared before the code asked whether it is")
        for value in (left, right):
            self.operand(value)
            check_compared(value)
        self.beside(line, left, right)
        plain, words = OPERATORS[name]
        is_word = isinstance(left, z3.BitVecRef) or isinstance(right, z3.BitVecRef)
        result = (words if is_word else plain)(left, right)
        if not isinstance(result, bool | Truth | z3.BoolRef):
            raise ExecutionError(f"comparing {named(left)} with {named(right)} gives no truth")
        return result

    def number(self, value: object) -> object:
        """The operand of a sign, and no truth: Python would make a number of it, z3 another formula."""
        if isinstance(value, bool | Truth | z3.BoolRef):
            raise ExecutionError(f"{named(value)} is no number: write not")
        check_stays("a sign before it", value)
        return self.operand(value)

    def owner(self, value: object, name: str) -> object:
        """The owner of a field or method that the code reads: a record or an object, and no number."""
        if type(value) in NUMBERS or isinstance(value, z3.AstRef):
            raise ExecutionError(f"a field of {named(value)} is read, which is a number and has none")
        check_runs_nothing(value)
        check_has(value, name)
        return value

    def own(self, value: object, name: str) -> object:
        """The same for ``self``: a field of what stands for it is none that the class computes."""
        check_field(self._cls, value, name)
        return self.owner(value, name)

    def operand(self, value: object) -> object:
        """What an operator is applied to, or an index: its class says nothing of it but in a proof."""
        check_runs_nothing(value)
        return value

    def beside(self, line: int, one: object, other: object) -> object:
        """The second of two operands, where a number beside a word has room in it."""
        self._at(line, check_fits, one, other)
        self._at(line, check_fits, other, one)
        return other

    def _at(self, line: int, check: Callable[..., None], *values: object) -> None:
        """Say where it was what a check refuses."""
        try:
            check(*values)
        except ExecutionError as error:
            raise ExecutionError(f"{self._code.name}, line {line}: {error}") from None

    def applied(self, line: int, name: str, left: object, right: object) -> object:
        """What a sign between two operands gives."""
        return self._sign(ARITHMETIC, line, name, left, right)

    def in_place(self, line: int, name: str, left: object, right: object) -> object:
        """The same where the left one is changed, if it can be, as a list is."""
        return self._sign(IN_PLACE, line, name, left, right)

    def _sign(self, signs: Signs, line: int, name: str, left: object, right: object) -> object:
        self._at(line, check_stays, name, left, right)
        result: object = signs[name](self.operand(left), self.beside(line, left, self.operand(right)))
        return result

    def called(self, function: object) -> object:
        """What the code calls is executed, or stands for something in this proof, or makes a record.

        :raises ExecutionError: Python would run it, and could tell a term from a number.
        """
        self._callees.check(function)
        if any(function is each for each in ASKING):
            return lambda *arguments: function(*map(self.operand, arguments))  # type: ignore[operator]
        return function

    def text(self, *parts: object) -> object:
        """A text with values in it: for an exception to carry, and for nothing else."""
        return Text(parts)

    def raised(self, line: int, exception: object) -> NoReturn:
        """The code raises an exception."""
        raise Raised(exception, f"{self._code.name}, line {line}")

    # Loops.

    def _rule(self, number: int) -> LoopRule:
        rule = self._rules.get((self._name, number))
        if rule is None:
            line, _ = self._code.loops[number]
            raise ExecutionError(f"{self._code.name}, line {line}: a loop without an invariant")
        return rule

    def storing(self, name: str, owner: object) -> None:
        """The code assigns a field of ``self``, or of an object in it.

        Only those fields may be assigned that what stands for the object says are looked at in the proof, and
        outside of loops all, if it tells whether one is left changed: the next call would find another object.
        """
        if name in getattr(owner, MAY_BE_STORED, ()):
            return
        if not isinstance(owner, HasMemory):
            raise ExecutionError(f"the field {name} of {named(owner)} is assigned, at which no proof looks")
        if self.path.turns:
            raise ExecutionError(f"self.{name} is assigned in a loop, whose invariant does not speak of it")

    def _begin(self, rule: LoopRule, values: Values) -> None:
        """From here on one turn stands for all: nothing may change that no invariant speaks of."""
        if not isinstance(rule, Unrolled):
            for name, value in values.items():
                if _changes(value):
                    raise ExecutionError(f"{name!r} is a {type(value).__name__}, of which no loop's invariant speaks")
                if isinstance(value, HasMemory):
                    value.check_memory()
            self.path.turns += 1

    def _check_carried(self, rule: LoopRule, number: int, values: Values, given: Values) -> None:
        """A variable that one turn hands to the next has a value from the rule, or the turn would stand for the first.

        :raises ExecutionError: the rule does not speak of it.
        """
        line, assigned = self._code.loops[number]
        unknown = sorted((assigned & values.keys()) - given.keys())
        if unknown and not isinstance(rule, Unrolled):
            raise ExecutionError(
                f"the loop in line {line} changes {unknown[0]!r}, of which its invariant does not speak"
            )

    def over(self, number: int) -> None:
        """The loop is over."""
        rule = self._under_way.pop(number)
        if not isinstance(rule, Unrolled):
            self.path.turns -= 1

    def head(self, number: int, values: Values) -> Values:
        """The head of a ``while``."""
        own = _own(values)
        rule = self._under_way[number] = self._rule(number)
        self._begin(rule, own)
        given = rule.head(own, self._code.loops[number][1])
        self._check_carried(rule, number, own, given)
        return given

    def each(self, number: int, iterable: object, values: Values) -> Iterator[object]:
        """The elements of a ``for``; what it runs over may bring its own rule."""
        self.operand(iterable)
        rule = getattr(iterable, "rule", None) or self._rules.get((self._name, number), UNROLLED)
        self._under_way[number] = rule
        own = _own(values)
        self._begin(rule, own)
        self._given[number] = rule.head(own, self._code.loops[number][1])
        self._check_carried(rule, number, own, self._given[number])
        yield from rule.each(iterable)

    def inside(self, number: int, values: Values) -> Values:
        """What the body of a ``for`` starts from."""
        return self._given[number]

    def outside(self, number: int, values: Values) -> Values:
        """What comes after a ``for`` starts from."""
        return self._given[number]

    def tail(self, number: int, values: Values) -> None:
        """The end of a loop's body."""
        self._under_way[number].tail(_own(values))


def _changes(value: object) -> bool:
    """Whether a value may become another one without an assignment to what holds it."""
    return isinstance(value, MUTABLE) or (isinstance(value, tuple) and any(_changes(each) for each in value))


def _asked(value: object) -> object:
    """What a value says when it is asked for its truth, as a list is whether it is empty; else itself."""
    return value.asked() if isinstance(value, HasTruth) else value


def _own(values: Values) -> Values:
    return {name: value for name, value in values.items() if not name.startswith("__")}


def _class_of(function: FunctionType) -> type | None:
    """The class of its module whose method a function is; that class says what its objects have.

    :raises ExecutionError: something else is found there under the function's name.
    """
    *within, name = function.__qualname__.split(".")
    found: object = sys.modules.get(function.__module__)
    for part in within:
        found = getattr(found, part, None)
    if isinstance(found, type):
        check_class(found)
    if "<locals>" not in within and SYNTAX not in vars(function):
        has = inspect.getattr_static(found, name, None)
        own = (has.fget, has.fset, has.fdel) if isinstance(has, property) else (getattr(has, "__func__", has),)
        if has is not None and not any(each is function for each in own):
            raise ExecutionError(
                f"{function.__module__}.{function.__qualname__} is another function now: it was exchanged"
            )
    return found if isinstance(found, type) else None


def _within(names: Mapping[str, object]) -> Iterator[object]:
    """What a proof puts in the place of names, and what it puts in the place of a module's names."""
    for value in names.values():
        yield value
        if isinstance(value, SimpleNamespace):
            yield from vars(value).values()


def bind(
    function: Callable[..., Any],
    path: Path,
    names: Mapping[str, object] | None = None,
    rules: Rules | None = None,
    name: str = "",
    stands: Iterable[object] = (),
) -> Callable[..., Any]:
    """A function to be executed on a path, with other meanings for some names of its module.

    :param names: by name what stands in the place of what the function calls.
    :param rules: how its loops are proved.
    :param name: the name under which its loops have rules, if it stands in the place of another function.
    :param stands: what else stands for functions, and not by a name of its module: methods of what it is given.
    :raises OutsideSubsetError: it is written in more than the subset.
    :raises ExecutionError: it has no source.
    """
    code = instrumented(source_of(function))
    assert isinstance(function, FunctionType)
    check_defaults(function)
    own: dict[str, object] = {**function.__globals__, **enclosed(function)}
    namespace: dict[str, object] = {**own, **(names or {})}
    cls = _class_of(function)
    for outer in sorted(code.outer):
        if names and outer in names:
            check_stands_for(outer, names[outer], function, own)
        else:
            check_known(outer, function, namespace)
    callees = Callees((*_within(names or {}), *stands))
    namespace["locals"] = locals  # which the monitor reads them by, whatever the module calls so
    namespace[MONITOR] = PathMonitor(path, code, {} if rules is None else rules, name or code.name, callees, cls)
    bound = FunctionType(code.code, namespace, function.__name__, function.__defaults__)
    bound.__kwdefaults__ = function.__kwdefaults__
    return bound
