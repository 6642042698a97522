"""The small language of goals: which state a trace shall lead to.

``accessible(σ1[0]) and not holds(σ0[0])`` is parsed by :mod:`ast`, checked, and turned into a short program for a
stack of truth values, which runs in plain and in compiled code. Nothing is ever evaluated as Python.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from numba.extending import register_jitable

from model.scope import ArgumentError, Scope, parse_rights
from model.spaces.literal import CYCLE, NIL, Spaces, derives, evaluate

NOT, AND, OR, ACCESSIBLE, HOLDS, IS_NIL, DERIVES, LINKS, SHOWS, HAS, CYCLIC = range(11)
ANY = -1
DEEPEST = 60  # truth values on the stack, which is one integer

# name → instruction, kinds of its arguments (a trailing ? marks one that may be left out), meaning
FUNCTIONS = {
    "accessible": (ACCESSIBLE, ("slot",), "a frame can be reached through the slot"),
    "holds": (HOLDS, ("slot", "frame?"), "the slot holds a frame itself, or that frame"),
    "nil": (IS_NIL, ("slot",), "the slot is nil"),
    "derives": (DERIVES, ("slot", "slot"), "the first was mapped, directly or not, from the second"),
    "links": (LINKS, ("slot", "slot"), "the first was mapped directly from the second"),
    "shows": (SHOWS, ("slot", "frame"), "the slot evaluates to that frame"),
    "has": (HAS, ("slot", "rights"), "the slot has all these rights"),
    "cyclic": (CYCLIC, ("slot",), "the links from the slot lead round in a circle"),
}


class GoalError(ArgumentError):
    """A goal that cannot be read; the message says what, where, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A parsed goal: its text and its program, three integers an instruction."""

    text: str
    program: tuple[int, ...]


def parse_goal(text: str, scope: Scope) -> Goal:
    """The goal that a text states about the slots of a scope.

    >>> parse_goal("nil(σ0[0])", Scope(2, 1, 1)).program
    (5, 0, -1)

    :raises GoalError: the text is no goal, or names something that does not exist.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise _error(text, f"{error.msg} at column {error.offset}") from None
    except (ValueError, RecursionError, MemoryError):
        raise _error(text, "it is no expression") from None
    program = tuple(number for instruction in _compiled(tree.body, text, scope, 0) for number in instruction)
    return Goal(text.strip(), program)


def _error(text: str, what: str) -> GoalError:
    names = ", ".join(f"{name}({', '.join(kinds)})" for name, (_, kinds, _) in FUNCTIONS.items())
    return GoalError(
        f"{text!r} is no goal: {what}. Combine {names} by and, or, not, as in: accessible(σ1[0]) and not holds(σ0[0])"
    )


def _compiled(node: ast.expr, text: str, scope: Scope, depth: int) -> Iterator[tuple[int, int, int]]:
    """The instructions for a part of the expression, operands before operators."""
    if depth > DEEPEST:
        raise _error(text, "it is nested too deeply")
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from _compiled(node.operand, text, scope, depth + 1)
        yield NOT, ANY, ANY
    elif isinstance(node, ast.BoolOp):
        yield from _compiled(node.values[0], text, scope, depth + 1)
        for value in node.values[1:]:
            yield from _compiled(value, text, scope, depth + 2)
            yield AND if isinstance(node.op, ast.And) else OR, ANY, ANY
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        yield _call(node.func.id, node.args, text, scope)
    else:
        raise _error(text, f"{ast.unparse(node)!r} is not understood")


def _call(name: str, args: list[ast.expr], text: str, scope: Scope) -> tuple[int, int, int]:
    """The instruction for one predicate applied to its arguments."""
    if name not in FUNCTIONS:
        raise _error(text, f"there is no {name!r}")
    instruction, kinds, _ = FUNCTIONS[name]
    least = sum(not kind.endswith("?") for kind in kinds)
    if not least <= len(args) <= len(kinds):
        raise _error(text, f"{name} takes {' and '.join(kinds)}")
    values = [_argument(arg, kind.rstrip("?"), text, scope) for arg, kind in zip(args, kinds, strict=False)]
    first, second = [*values, ANY][:2]
    return instruction, first, second


def _argument(node: ast.expr, kind: str, text: str, scope: Scope) -> int:
    """The number that an argument stands for: a slot, a frame, or a set of rights."""
    written = ast.unparse(node)
    try:
        if kind == "slot":
            return scope.parse(written)
        if kind == "rights":
            return parse_rights(written.strip("'\""))
    except ValueError as error:
        raise _error(text, str(error)) from None
    if isinstance(node, ast.Constant) and type(node.value) is int and node.value < scope.frames:
        return node.value
    raise _error(text, f"{written} is no frame: write a number from 0 to {scope.frames - 1}")


def reached(s: Spaces, program: "tuple[int, ...]", start: int) -> bool:
    """Return whether a state satisfies the program that begins at ``start``. Compiled code calls this too."""
    stack = 0  # the truth value on top is bit 0
    for at in range(start, len(program) - 2, 3):
        instruction, x, y = program[at], program[at + 1], program[at + 2]
        if instruction == NOT:
            stack ^= 1
        elif instruction == AND:
            stack = (stack >> 1) & (stack | ~1)
        elif instruction == OR:
            stack = (stack >> 1) | (stack & 1)
        else:
            value = False
            if instruction == ACCESSIBLE:
                value = evaluate(s, x) >= 0
            elif instruction == HOLDS:
                value = s.sigma[x] == -2 - y if y >= 0 else s.sigma[x] < NIL
            elif instruction == IS_NIL:
                value = s.sigma[x] == NIL
            elif instruction == DERIVES:
                value = derives(s, x, y)
            elif instruction == LINKS:
                value = s.sigma[x] == y
            elif instruction == SHOWS:
                value = evaluate(s, x) == y
            elif instruction == HAS:
                value = s.rights[x] & y == y and s.sigma[x] != NIL
            elif instruction == CYCLIC:
                value = evaluate(s, x) == CYCLE
            stack = stack << 1 | (1 if value else 0)
    return stack & 1 == 1


register_jitable(reached)
