"""The source of functions under proof, and the subset of Python in which it has to be written.

The subset is checked before anything is executed, and whatever lies outside is refused with its line. In it:

- statements: assignment to names, elements, fields of ``self`` and tuples of these; ``if``, ``while`` and ``for``
  without ``else``, over names; ``return``, ``raise``, ``continue``, ``break``, ``pass``; deleting an element; calling;
- expressions: names, constants, fields, one index or slice, calls with plain arguments, tuples, lists and an empty
  dictionary; arithmetic on words and rights; ``not``, ``and``, ``or``, conditional expressions; one comparison at a
  time; ``is None`` and ``is not None``.

Not in it: ``self`` but for its fields, closures made on the way, comprehensions, generators, exceptions caught,
assignments inside expressions, a slice changed in place, chained comparisons, ``in``, ``is`` of anything but ``None``,
names that begin like ``__class__``, as Python's own do, texts that are forms for others; what would be left out when
the code is executed: a target without a value that is no name, the cause of an exception, the form of a value in a
text.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import CodeType, FunctionType
from typing import Any

from proofs.execution.path import ExecutionError
from refinement.rewriting import EditedError, definition_of

STATEMENTS = (
    ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.If, ast.While, ast.For, ast.Return, ast.Raise, ast.Continue,
    ast.Break, ast.Pass, ast.Delete,
)  # fmt: skip
EXPRESSIONS = (
    ast.Name, ast.Constant, ast.Attribute, ast.Subscript, ast.Call, ast.Tuple, ast.List, ast.BinOp, ast.UnaryOp,
    ast.BoolOp, ast.Slice, ast.Starred, ast.Compare, ast.IfExp, ast.JoinedStr, ast.FormattedValue, ast.Dict,
)  # fmt: skip
COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot)


FORMS = frozenset({"#x"})
"""How a number may be written in a text."""

OF_THE_MONITOR = frozenset({"locals", "super"})
"""What executed code has from Python for itself: a name of the code's own would answer in its place."""


class OutsideSubsetError(ExecutionError):
    """The code is written in more of Python than is executed on terms."""


class OtherCodeError(ExecutionError):
    """The function runs other code than its file holds."""


@dataclass(frozen=True, slots=True, eq=False)
class FunctionText:
    """A function's text.

    :param name: the function's name, qualified by its class, for reports.
    :param file: the name of its file.
    :param line: the line of the file on which the tree's line 1 is.
    :param tree: its definition.
    """

    name: str
    file: str
    line: int
    tree: ast.FunctionDef

    def line_of(self, node: ast.AST) -> int:
        """The line of the file on which a part of the definition stands."""
        return self.line + getattr(node, "lineno", 1) - 1


def source_of(function: Callable[..., Any]) -> FunctionText:
    """The source of a Python function.

    :raises ExecutionError: it has none.
    :raises OtherCodeError: its file holds other code than what runs.
    """
    if not isinstance(function, FunctionType):
        raise ExecutionError(f"{function!r} is no Python function: it has no source to execute")
    if hasattr(function, "__wrapped__"):
        raise ExecutionError(f"{function.__qualname__} is wrapped in another function: its source is not what runs")
    return _source_of(function, function.__code__)


@cache
def _source_of(function: FunctionType, code: CodeType) -> FunctionText:
    """The source that belongs to the code that the function runs now."""
    name, module = function.__qualname__.replace("<locals>.", ""), function.__module__
    try:
        tree, first = definition_of(function)
    except EditedError as error:
        raise OtherCodeError(str(error)) from None
    except ValueError as error:
        raise ExecutionError(str(error)) from None
    return FunctionText(name, module, first, tree)


def outside_of_subset(source: FunctionText) -> Iterator[str]:
    """Return what of a function lies outside the subset: a line and a reason each."""
    definition = source.tree
    for argument in (definition.args.vararg, definition.args.kwarg):
        if argument is not None:
            yield f"{source.line_of(argument)}: any number of arguments"
    for argument in (*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs):
        if is_of_python(argument.arg):
            yield f"{source.line_of(argument)}: an argument called {argument.arg}"
    for statement in definition.body:
        parts = {id(part) for node in ast.walk(statement) if isinstance(node, ast.JoinedStr) for part in node.values}
        documents = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        for node in () if documents else _inside(statement):
            reason = "" if isinstance(node, ast.Constant) and id(node) in parts else _reason(node)
            if reason:
                yield f"{source.line_of(node)}: {reason}"


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all that is in it, in the order of the source, without annotations."""
    yield node
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name != "annotation":
                yield from _inside(child)


def _reason(node: ast.AST) -> str:
    """Why a node is not in the subset; empty if it is."""
    if isinstance(node, ast.stmt) and not isinstance(node, STATEMENTS):
        return f"a statement of the kind {type(node).__name__}"
    if isinstance(node, ast.expr) and not isinstance(node, EXPRESSIONS):
        return f"an expression of the kind {type(node).__name__}"
    if isinstance(node, ast.Dict) and node.values:
        return "an expression of the kind Dict"
    if isinstance(node, ast.While | ast.For) and node.orelse:
        return "a loop with else"
    if isinstance(node, ast.Compare):
        if len(node.ops) > 1:
            return "more than one comparison at a time"
        if not isinstance(node.ops[0], COMPARISONS):
            return f"a comparison of the kind {type(node.ops[0]).__name__}"
        none = isinstance(node.comparators[0], ast.Constant) and node.comparators[0].value is None
        if isinstance(node.ops[0], ast.Is | ast.IsNot) != none:
            return "None compared with == or !=" if none else "is, of anything but None"
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and not is_of_self(node):
        return "a field of something else than self is assigned"
    if (
        isinstance(node, ast.AugAssign)
        and isinstance(node.target, ast.Subscript)
        and isinstance(node.target.slice, ast.Slice)
    ):
        return "a sign applied to a slice in place"
    if isinstance(node, ast.For) and not all(map(_is_of_names, ast.walk(node.target))):
        return "a loop over what is not assigned to names"
    if isinstance(node, ast.Delete) and not all(isinstance(each, ast.Subscript) for each in node.targets):
        return "something else than an element is deleted"
    if isinstance(node, ast.Call) and any(isinstance(each, ast.Starred) for each in node.args):
        return "arguments spread out"
    if isinstance(node, ast.keyword) and node.arg is None:
        return "arguments spread out"
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        return "an index that is more than one element"
    if isinstance(node, ast.Attribute) and is_reserved(node.attr) and not _is_above(node):
        return f"the attribute {node.attr}, which tells a term from a number"
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and not is_plain_text(node.value):
        return "a text that is a form for others to be put in"
    return _left_out(node) or _named_as_of_python(node)


def _left_out(node: ast.AST) -> str:
    """Why a part of a node would not be executed, though Python does."""
    if isinstance(node, ast.AnnAssign) and node.value is None and not isinstance(node.target, ast.Name):
        return "a target without a value that is no name"
    if isinstance(node, ast.Raise) and node.cause is not None:
        return "the cause of an exception"
    if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
        parts = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else []
        if [part.value if isinstance(part, ast.Constant) else None for part in parts] not in [[form] for form in FORMS]:
            return "the form of a value in a text"
    return ""


def _named_as_of_python(node: ast.AST) -> str:
    """Why a name is not one of the code's own: Python gives it another meaning in a class, or the monitor has it."""
    if isinstance(node, ast.Name) and (node.id.startswith("__") or (is_stored(node) and is_of_python(node.id))):
        return f"a variable called {node.id}"
    if isinstance(node, ast.Attribute) and node.attr.startswith("__") and not is_reserved(node.attr):
        return f"an attribute called {node.attr}"
    if isinstance(node, ast.keyword) and is_of_python(node.arg or ""):
        return f"an argument called {node.arg}"
    return ""


def is_stored(node: ast.Name) -> bool:
    """Return whether a name is assigned there."""
    return isinstance(node.ctx, ast.Store)


def is_of_python(name: str) -> bool:
    """Return whether a variable of that name would be something else than a variable.

    >>> is_of_python("__first"), is_of_python("locals"), is_of_python("first")
    (True, True, False)
    """
    return name.startswith("__") or name in OF_THE_MONITOR


def is_reserved(name: str) -> bool:
    """Return whether a name is one that Python keeps for itself.

    >>> is_reserved("__class__"), is_reserved("_sets")
    (True, False)
    """
    return name.startswith("__") and name.endswith("__")


def is_plain_text(text: str | bytes) -> bool:
    """Return whether no value can be put into a text by ``%`` or ``format``: that would make of a term another text.

    >>> is_plain_text("frame"), is_plain_text("%s"), is_plain_text(b"{}")
    (True, False, False)
    """
    marks = ("%", "{") if isinstance(text, str) else (b"%", b"{")
    return not any(mark in text for mark in marks)  # type: ignore[operator]


def _is_above(node: ast.Attribute) -> bool:
    """Whether it is a method of what ``super()`` gives."""
    call = node.value
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "super"


def _is_of_names(node: ast.AST) -> bool:
    """Whether it may be a part of what a loop assigns: a name, or several."""
    return isinstance(node, ast.Name | ast.Tuple | ast.expr_context)


def is_of_self(node: ast.Attribute) -> bool:
    """Return whether it is a field of ``self``, or a field of such a field."""
    inner = node.value.value if isinstance(node.value, ast.Attribute) else node.value
    return isinstance(inner, ast.Name) and inner.id == "self"


def check(source: FunctionText) -> None:
    """Refuse a function that is written in more than the subset.

    :raises OutsideSubsetError: naming the first line and what stands there.
    """
    reason = next(outside_of_subset(source), None)
    if reason is not None:
        raise OutsideSubsetError(f"{source.file}:{reason} is outside the subset that is executed")
