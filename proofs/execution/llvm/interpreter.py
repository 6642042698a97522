"""A function of C run through on a path: control flow and constants here, all else by what knows the data.

A call is executed where it stands unless it is proved by itself. A loop is cut at its head: the rule given for it
says what is known there, and the second time that a path comes to a head it ends.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from z3 import BoolVal

from proofs.execution.llvm.program import Block, Function, Instruction, Program, UnsupportedError
from proofs.execution.path import Cut, Path
from proofs.execution.values import Truth, truth

UNINITIALISED = "reads__nothing_uninitialised"
OVERFLOW = "overflows__nowhere"
UNREACHABLE = "comes__nowhere_unreachable"

SIGNED = {"slt", "sle", "sgt", "sge"}


class _Undefined:
    """A local without a value."""

    def __repr__(self) -> str:
        return "a local without a value"


UNDEFINED = _Undefined()

Environment = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Passed:
    """A line that a path came to, or a decision on it and how that came out.

    :param demands: how many demands the path had met before.
    """

    demands: int
    function: str
    line: int
    decided: str = ""


class Domain(Protocol):
    """The meaning of the data that code computes with."""

    def variable(self, name: str) -> object:
        """The address of a variable outside functions."""

    def element(self, type: str, base: object, indices: tuple[object, ...]) -> object:
        """The address that a getelementptr gives."""

    def local(self, name: str, type: str) -> object:
        """The address of a new local, of which nothing is known."""

    def left(self, address: object) -> None:
        """The function of a local has ended."""

    def forget(self, address: object, type: str) -> bool:
        """An address holds no value any more, if it is a local's: whether it is."""

    def load(self, address: object, type: str) -> object:
        """Return the value at an address."""

    def store(self, address: object, value: object, type: str) -> None:
        """An address holds something else."""

    def compare(self, predicate: str, type: str, one: object, other: object) -> object:
        """A truth of two values that are not both constants."""

    def binary(self, op: str, flags: tuple[str, ...], type: str, one: object, other: object) -> object:
        """A value of two that are not both constants."""

    def cast(self, op: str, start: str, value: object, end: str) -> object:
        """A value with another width."""

    def intrinsic(self, name: str, arguments: tuple[object, ...]) -> object:
        """Do what a function does that is only declared; refuse it if it is not known."""


class LoopHead(Protocol):
    """The rule for a loop: what is asked and given at its head."""

    def head(self, values: Environment, again: bool) -> Environment:
        """Demand the invariant; the values that the head's phis have from here on. Ends a path that comes again."""


@dataclass(slots=True, eq=False)
class Interpreter:
    """Executes functions of a program on a path.

    :param apart: for each function that is proved by itself what stands for a call of it.
    :param loops: for each loop head of a function, by its block, its rule.
    :param heads: how many loops have begun on the path.
    :param trail: the lines that the path came to, and its decisions, in order.
    """

    program: Program
    path: Path
    domain: Domain
    apart: Mapping[str, Callable[..., object]] = field(default_factory=dict)
    loops: Mapping[tuple[str, str], LoopHead] = field(default_factory=dict)
    line: int = 0
    function: str = ""
    trail: list[Passed] = field(default_factory=list)
    heads: int = 0
    _met: set[tuple[str, str]] = field(default_factory=set)
    _under_way: list[str] = field(default_factory=list)

    def run(self, name: str, *arguments: object) -> object:
        """The function called with these arguments; its value, or nothing."""
        function = self.program.functions[name]
        if len(arguments) != len(function.arguments):
            raise self.unsupported(f"{name} takes {len(function.arguments)} arguments, not {len(arguments)}")
        if name in self._under_way:
            raise self.unsupported(f"{name} is called inside of itself: recursion is not executed on terms")
        outside, self.function = (self.function, self.line), name
        self._under_way.append(name)
        values: Environment = dict(zip((argument for _, argument in function.arguments), arguments, strict=True))
        result = self._blocks(function, values)
        for each in function.blocks[function.entry].instructions:
            if each.op == "alloca":
                self.domain.left(values[each.result])
        self._under_way.pop()
        self.function, self.line = outside
        return result

    def _blocks(self, function: Function, values: Environment) -> object:
        heads = function.loop_heads()
        numbers = {name: number for number, name in enumerate(function.blocks)}
        came, name = "", function.entry
        while True:
            block = function.blocks[name]
            self._phis(block, came, values)
            if name in heads:
                self._head(function, name, values)
            self.path.reach(self.program.block_point(function.name, block, numbers[name]))
            for each in block.instructions:
                self._at(each.line)
                if each.op == "ret":
                    return self._value(each, each.operands[0], each.type, values) if each.operands else None
                if each.op in ("br", "switch"):
                    came, name = name, self._follow(each, values)
                elif each.op != "phi":
                    result = self._execute(each, values)
                    if each.result:
                        values[each.result] = result

    def _phis(self, block: Block, came: str, values: Environment) -> None:
        new: Environment = {}
        for each in block.instructions:
            if each.op == "phi":
                token = next(value for value, name in each.targets if name == came)
                new[each.result] = self._token(token, each.type, values)
        values.update(new)

    def _head(self, function: Function, name: str, values: Environment) -> None:
        key = (function.name, name)
        self.line = function.blocks[name].line or self.line
        rule = self.loops.get(key)
        if rule is None:
            number = 1 + function.loop_heads().index(name)
            raise self.unsupported(f"loop {number} of {function.name} has no invariant: name one in the binding")
        phis = {each.result for each in function.blocks[name].instructions if each.op == "phi"}
        given = rule.head({**values, "": phis}, key in self._met)
        self._met.add(key)
        self.heads += 1
        values.update(given)

    def _follow(self, each: Instruction, values: Environment) -> str:
        if not each.operands:
            return each.targets[0][1]
        way = self._branch(each, values) if each.op == "br" else self._switch(each, values)
        self._goes(each, way)
        return each.targets[way][1]

    def _at(self, line: int) -> None:
        last = self.trail[-1] if self.trail else None
        if line and (last is None or (last.function, last.line) != (self.function, line)):
            self.trail.append(Passed(len(self.path.demands), self.function, line))
        self.line = line or self.line

    def _goes(self, each: Instruction, way: int) -> None:
        if each.ways:
            point = self.program.way_point(self.function, each, way)
            self.path.reach(point)
            decided = point.text if point.way is None else f"{point.text} is {point.way}"
            self.trail.append(Passed(len(self.path.demands), self.function, each.line, decided))

    def _branch(self, each: Instruction, values: Environment) -> int:
        condition = self._value(each, each.operands[0], "i1", values)
        return 0 if self.decided(condition) else 1

    def _switch(self, each: Instruction, values: Environment) -> int:
        value = self._value(each, each.operands[0], each.type, values)
        for number, (case, _) in enumerate(each.targets[:-1]):
            if self.decided(self._compared("eq", each.type, value, wrapped(int(case), each.type))):
                return number
        return len(each.targets) - 1

    def decided(self, condition: object) -> bool:
        """Return which way a condition goes on this path."""
        return condition if isinstance(condition, bool) else self.path.decide(truth(condition))

    # Values.

    def _value(self, each: Instruction, token: str, type: str, values: Environment) -> Any:
        """A value that is used: one that a local does not have must not be."""
        value = self._token(token, type, values)
        if value is UNDEFINED:
            self.path.demand(UNINITIALISED, lambda: BoolVal(False), self.place())
            raise self.ended()
        return value

    def _token(self, token: str, type: str, values: Environment) -> Any:
        if token.startswith("%"):
            return values[token[1:].strip('"')]
        if token in ("undef", "poison") or token.startswith("inttoptr (i64 -6148914691236517206"):
            return UNDEFINED
        if token in ("true", "false"):
            return token == "true"
        if token == "null":
            return None
        if re.fullmatch(r"-?\d+", token):
            number = wrapped(int(token), type)
            return UNDEFINED if is_pattern(number, type) else number
        if token.startswith("@"):
            return self.domain.variable(token[1:].strip('"'))
        found = re.fullmatch(r"getelementptr inbounds \(i8, ptr @([\w.$-]+), i64 (\d+)\)", token)
        if found:
            return self.domain.element("i8", self.domain.variable(found[1]), (int(found[2]),))
        raise self.unsupported(f"the value {token}")

    # Instructions.

    def _execute(self, each: Instruction, values: Environment) -> object:
        op = each.op
        if op == "unsupported":
            raise self.unsupported(each.text)
        if op == "alloca":
            if each.result not in self.program.functions[self.function].locals:
                raise self.unsupported(f"the local {each.result}, which comes to be in the middle of a function")
            return self.domain.local(each.result, each.type)
        if op == "unreachable":
            self.path.demand(UNREACHABLE, lambda: BoolVal(False), self.place())
            raise self.ended()
        if op == "call":
            return self._call(each, values)
        if op == "store":
            address = self._value(each, each.operands[1], "ptr", values)
            if self._token(each.operands[0], each.type, values) is UNDEFINED and self.domain.forget(address, each.type):
                return None
            self.domain.store(address, self._value(each, each.operands[0], each.type, values), each.type)
            return None
        if op == "load":
            return self.domain.load(self._value(each, each.operands[0], "ptr", values), each.type)
        if op == "getelementptr":
            base, *indices = (self._value(each, token, "i64", values) for token in each.operands)
            return self.domain.element(each.type, base, tuple(indices))
        if op == "select":
            condition = self._value(each, each.operands[0], "i1", values)
            way = 0 if self.decided(condition) else 1
            self._goes(each, way)
            return self._token(each.operands[1 + way], each.type, values)
        if op == "bitcast":
            return self._value(each, each.operands[0], "ptr", values)
        if op in ("zext", "sext", "trunc"):
            return self._cast(op, each.type, self._value(each, each.operands[0], each.type, values), each.words[0])
        one, other = (self._value(each, token, each.type, values) for token in each.operands)
        if op == "icmp":
            return self._compared(each.words[0], each.type, one, other)
        return self._binary(op, each.words, each.type, one, other)

    def _call(self, each: Instruction, values: Environment) -> object:
        name = each.words[0]
        own = self.program.functions.get(name)
        types = [type for type, _ in own.arguments] if own else ["i64"] * len(each.operands)
        if len(types) != len(each.operands):
            raise self.unsupported(f"{name} takes {len(types)} arguments, not {len(each.operands)}")
        if own and ((*types, own.result) != (*each.words[1:], each.type)):
            raise self.unsupported(f"{name} called as if it had other types: {each.text}")
        given = [self._value(each, token, type, values) for token, type in zip(each.operands, types, strict=True)]
        if name in self.apart:
            return self.apart[name](*given)
        return self.run(name, *given) if own else self.domain.intrinsic(name, tuple(given))

    def _compared(self, predicate: str, type: str, one: Any, other: Any) -> object:
        if isinstance(one, int) and isinstance(other, int):
            if predicate in SIGNED:
                one, other = signed(one, type), signed(other, type)
            return {
                "eq": one == other, "ne": one != other, "lt": one < other, "le": one <= other, "gt": one > other,
                "ge": one >= other,
            }[predicate[-2:]]  # fmt: skip
        return self.domain.compare(predicate, type, one, other)

    def _binary(self, op: str, flags: tuple[str, ...], type: str, one: Any, other: Any) -> object:
        if isinstance(one, int) and isinstance(other, int):
            return self._computed(op, flags, type, int(one), int(other))
        if type == "i1":
            return self._logic(op, one, other)
        return self.domain.binary(op, flags, type, one, other)

    def _logic(self, op: str, one: object, other: object) -> object:
        """An operation on truths: nothing is skipped by it, so that both sides are decided."""
        left, right = self.decided(one), self.decided(other)
        if op not in ("and", "or", "xor"):
            raise self.unsupported(f"{op} of truths")
        return {"and": left and right, "or": left or right, "xor": left != right}[op]

    def _computed(self, op: str, flags: tuple[str, ...], type: str, one: int, other: int) -> object:
        bits = width(type)
        if (op in ("shl", "lshr", "ashr") and other >= bits) or (op in ("udiv", "urem", "sdiv", "srem") and not other):
            self.path.demand(OVERFLOW, lambda: BoolVal(False), self.place())
            raise self.ended()
        exact = {
            "add": one + other, "sub": one - other, "mul": one * other, "and": one & other, "or": one | other,
            "xor": one ^ other,
        }  # fmt: skip
        if op in exact:
            by_sign = {"add": signed(one, type) + signed(other, type), "sub": signed(one, type) - signed(other, type)}
            by_sign["mul"] = signed(one, type) * signed(other, type)
            over = "nuw" in flags and exact[op] != wrapped(exact[op], type)
            over |= "nsw" in flags and by_sign[op] != signed(wrapped(by_sign[op], type), type)
            if over:
                self.path.demand(OVERFLOW, lambda: BoolVal(False), self.place())
                raise self.ended()
            found = wrapped(exact[op], type)
        elif op == "shl" and not flags:
            found = wrapped(one << other, type)
        elif op == "lshr":
            found = one >> other
        elif op in ("udiv", "urem"):
            found = one // other if op == "udiv" else one % other
        else:
            raise self.unsupported(f"{op} of the numbers {one} and {other}")
        return bool(found) if type == "i1" else found

    def _cast(self, op: str, start: str, value: Any, end: str) -> object:
        if isinstance(value, Truth):
            value = self.decided(value)
        if isinstance(value, int):
            found = wrapped(signed(int(value), start) if op == "sext" else int(value), end)
            return bool(found) if end == "i1" else found
        return self.domain.cast(op, start, value, end)

    # Errors.

    def place(self) -> str:
        """The place of the execution."""
        return self.program.place(self.function, self.line)

    def unsupported(self, what: str) -> UnsupportedError:
        """The error that names what is not executed, with its line."""
        return UnsupportedError(f"{self.place()}: unsupported: {what}")

    def ended(self) -> Exception:
        """The end of a path on which nothing more is defined."""
        return Cut()


def is_pattern(number: int, type: str) -> bool:
    """Return whether a number is the pattern that clang puts into locals without a value.

    >>> is_pattern(0xAAAA, "i16"), is_pattern(0xAAAA, "i32")
    (True, False)
    """
    return width(type) > 1 and number == wrapped(int("AA" * 8, 16), type)


def width(type: str) -> int:
    """Return how many bits a type of integers has.

    >>> width("i32")
    32
    """
    return int(type[1:]) if re.fullmatch(r"i\d+", type) else 64


def wrapped(number: int, type: str) -> int:
    """The number that so many bits keep.

    >>> wrapped(-1, "i8"), wrapped(256, "i8")
    (255, 0)
    """
    return number & ((1 << width(type)) - 1)


def signed(number: int, type: str) -> int:
    """The number that the bits mean with a sign.

    >>> signed(255, "i8"), signed(127, "i8")
    (-1, 127)
    """
    bits = width(type)
    return number - (1 << bits) if number >> (bits - 1) & 1 else number
