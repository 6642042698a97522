"""Changes of expressions: operators, comparisons, constants, conditions, arguments, connectives of formulas."""

import ast
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

from proofs.mutation.operators.edits import Edit, located
from proofs.mutation.operators.kinds import Kinds

Change = tuple[str, ast.AST]
"""The operator's name, and what takes the place of the expression."""

_BINARY: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.FloorDiv),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult, ast.Mod),
    ast.Mod: (ast.FloorDiv, ast.Mult),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),  # not ^, which is the same wherever no bit is on both sides
    ast.BitXor: (ast.BitOr, ast.BitAnd),
    ast.Pow: (ast.Mult,),
}
_BOTH_SIDES = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)

# The bound moved, and the comparison negated: whoever notices both notices the others.
_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OTHER_NAMES = {
    "And": "Or",
    "Or": "And",
    "ForAll": "Exists",
    "Exists": "ForAll",
    "all": "any",
    "any": "all",
    "min": "max",
    "max": "min",
}
_SYMMETRIC = {"And", "Or", "min", "max", "isinstance", "Distinct", "maximum", "minimum", "logical_and", "logical_or"}
_NOT = {"Not"}


def changes(node: ast.AST, kinds: Kinds) -> Iterator[Change]:
    """All that can take the place of an expression."""
    if isinstance(node, ast.BinOp):
        yield from _binary(node)
    elif isinstance(node, ast.UnaryOp):
        yield "unary operator dropped", node.operand
    elif isinstance(node, ast.Compare):
        yield from _comparison(node, kinds)
    elif isinstance(node, ast.BoolOp):
        yield from _connective(node)
    elif isinstance(node, ast.Constant):
        yield from _constant(node)
    elif isinstance(node, ast.Call):
        yield from _call(node)
    elif isinstance(node, ast.List | ast.Set):
        if len(node.elts) > 1:
            for number in range(len(node.elts)):
                left = _without(node.elts, number)
                yield "element dropped", ast.Set(left) if isinstance(node, ast.Set) else ast.List(left, ast.Load())
    elif isinstance(node, ast.Dict) and len(node.keys) > 1:
        for number in range(len(node.keys)):
            yield "element dropped", ast.Dict(_without(node.keys, number), _without(node.values, number))
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for name in kinds.other_names(node):
            yield "other variable", ast.Name(name, ast.Load())
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        yield from _attribute(node, kinds)


def _without(items: list[Any], number: int) -> list[Any]:
    return items[:number] + items[number + 1 :]


def _binary(node: ast.BinOp) -> Iterator[Change]:
    for other in _BINARY.get(type(node.op), ()):
        yield "operator", ast.BinOp(node.left, other(), node.right)
    if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
        return
    yield "operand dropped", node.left
    if isinstance(node.op, _BOTH_SIDES):
        yield "operand dropped", node.right
    else:
        yield "operands swapped", ast.BinOp(node.right, node.op, node.left)


def _comparison(node: ast.Compare, kinds: Kinds) -> Iterator[Change]:
    for number, op in enumerate(node.ops):
        for other in _COMPARED[type(op)]:
            yield (
                "comparison",
                ast.Compare(node.left, [*node.ops[:number], other(), *node.ops[number + 1 :]], node.comparators),
            )
    if len(node.ops) > 1:
        yield "condition dropped", ast.Compare(node.comparators[0], node.ops[1:], node.comparators[1:])
        yield "condition dropped", ast.Compare(node.left, node.ops[:-1], node.comparators[:-1])
    elif isinstance(node.comparators[0], ast.Constant) and node.comparators[0].value is None:
        if kinds.is_true_unless_none(node.left):
            return
        if isinstance(node.ops[0], ast.IsNot):
            yield "truth for is not None", node.left
        elif isinstance(node.ops[0], ast.Is):
            yield "truth for is not None", ast.UnaryOp(ast.Not(), node.left)


def _connective(node: ast.BoolOp) -> Iterator[Change]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "and for or", ast.BoolOp(other, node.values)
    for number in range(len(node.values)):
        left = _without(node.values, number)
        yield "condition dropped", ast.BoolOp(node.op, left) if len(left) > 1 else left[0]


def _constant(node: ast.Constant) -> Iterator[Change]:
    if isinstance(node.value, bool):
        yield "constant", ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        yield "constant", ast.Constant(node.value + 1)
        yield "constant", ast.Constant(node.value - 1)


def _name_of(function: ast.expr) -> str:
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _renamed(function: ast.expr, name: str) -> ast.expr:
    return (
        ast.Attribute(function.value, name, ast.Load())
        if isinstance(function, ast.Attribute)
        else ast.Name(name, ast.Load())
    )


def _call(node: ast.Call) -> Iterator[Change]:
    name = _name_of(node.func)
    if name in _OTHER_NAMES and (isinstance(node.func, ast.Name) or name[0].isupper()):
        yield "connective", ast.Call(_renamed(node.func, _OTHER_NAMES[name]), node.args, node.keywords)
        if name in ("And", "Or", "min", "max") and len(node.args) > 1:
            for number in range(len(node.args)):
                yield "condition dropped", ast.Call(node.func, _without(node.args, number), node.keywords)
    elif name in _NOT and len(node.args) == 1:
        yield "unary operator dropped", node.args[0]
    elif name == "Implies" and len(node.args) == 2:
        yield "condition dropped", node.args[1]
    if name not in _SYMMETRIC:
        for number, (one, other) in enumerate(zip(node.args, node.args[1:], strict=False)):
            if ast.dump(one) != ast.dump(other):
                args = [*node.args[:number], other, one, *node.args[number + 2 :]]
                yield "arguments swapped", ast.Call(node.func, args, node.keywords)
    for number, keyword in enumerate(node.keywords):
        if keyword.arg is not None and not is_assertion(node, keyword):
            yield "keyword dropped", ast.Call(node.func, node.args, _without(node.keywords, number))


def is_assertion(call: ast.Call, keyword: ast.keyword) -> bool:
    """Return whether a keyword only says what holds anyway: that what is zipped is equally long."""
    is_true = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
    return is_true and (_name_of(call.func), keyword.arg) == ("zip", "strict")


def _attribute(node: ast.Attribute, kinds: Kinds) -> Iterator[Change]:
    owner = kinds.value_of(node.value)
    if isinstance(owner, type) and issubclass(owner, Enum):
        members = list(owner.__members__)
        if node.attr in members and len(members) > 1:
            other = members[(members.index(node.attr) + 1) % len(members)]
            yield "enum member", ast.Attribute(node.value, other, ast.Load())
        return
    for name in kinds.other_attributes(node.attr):
        yield "other attribute", ast.Attribute(node.value, name, ast.Load())
    if kinds.is_whole(node):
        yield "zero", ast.Constant(0)


def edits(parent: ast.AST, field: str, index: int | None, node: ast.AST, kinds: Kinds) -> Iterator[Edit]:
    """All changes of an expression where it stands."""
    same_length = isinstance(parent, ast.Call) and _name_of(parent.func) == "len" and kinds.is_column(node)
    has_items = isinstance(parent, ast.Subscript) and field == "value"
    for operator, new in changes(node, kinds):
        if (same_length and operator == "other attribute") or (has_items and operator == "zero"):
            continue
        yield Edit(operator, parent, field, index, (located(new, node),))


def of_condition(parent: ast.AST, field: str, index: int | None, test: ast.expr) -> Iterable[Edit]:
    """A condition negated, and taken for true and for false."""
    simple = isinstance(test, ast.Compare) and len(test.ops) == 1
    if not simple and not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        negated = ast.UnaryOp(ast.Not(), test)
        yield Edit("condition negated", parent, field, index, (located(negated, test),))
    for value in (True, False):
        if not (isinstance(test, ast.Constant) and test.value is value):
            yield Edit("condition decided", parent, field, index, (located(ast.Constant(value), test),))
