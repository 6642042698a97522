"""Functions that are called with terms as they are called with numbers: nothing in them may tell one from the other.

A paging format's functions are straight-line in words, so that a proof calls them as they are, and no monitor sees what
they do. So their text is looked at: they compute with words, call one another, and branch on plain numbers alone.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from types import FunctionType, ModuleType

from machine.formats.base import Format
from proofs.execution.outside import check_defaults, is_constant
from proofs.execution.path import ExecutionError
from proofs.execution.syntax import FunctionText, is_plain_text, is_reserved, source_of
from refinement.rewriting import enclosed

PLAIN_NUMBERS = frozenset({"self", "level", "control"})
"""Arguments of a format's functions that are no words, by name: of these code may ask what it likes."""

_STATEMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.If, ast.Return, ast.Raise)
_EXPRESSIONS = (
    ast.Name, ast.Constant, ast.Attribute, ast.Call, ast.Tuple, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare,
    ast.IfExp, ast.JoinedStr, ast.FormattedValue,
)  # fmt: skip
_BUILTINS = frozenset({"int", "min", "ValueError"})
"""Of these Python says nothing by itself of what stands for a word: each refuses a term."""


def check_format(format: Format) -> None:
    """A format's functions, and the methods of every format, run on terms as on numbers.

    :raises ExecutionError: one could tell a term from a number, or branches on a word.
    """
    for each in fields(format):
        value = getattr(format, each.name)
        if callable(value) and each.name not in REPORTS:
            check_on_words(value, format)
    for name in METHODS:
        check_on_words(getattr(type(format), name), format)


def functions_of(format: Format) -> list[object]:
    """A format's functions: whoever wrote them and wherever, they may be called with words as they are.

    :raises ExecutionError: one could tell a term from a number, or branches on a word.
    """
    check_format(format)
    return [getattr(format, each.name) for each in fields(format) if callable(getattr(format, each.name))]


REPORTS = frozenset({"fault"})
"""Functions of a format that no proof calls: of how a fault is reported nothing is claimed."""

METHODS = frozenset(
    {
        "bits_at", "span_bits", "frame_at", "frame_in_row", "index", "frame_mask", "encode_leaf", "encode_pointer",
        "decode",
    }
)  # fmt: skip
"""Methods of a format that proofs call; the others are Python's own, or of plain numbers."""


def check_all_on_words(functions: object) -> None:
    """All functions of a module, or of what stands for it, run on terms as on numbers.

    :raises ExecutionError: one could tell a term from a number, or branches on a word.
    """
    for value in vars(functions).values():
        if isinstance(value, FunctionType):
            check_on_words(value)


def check_on_words(function: object, format: Format | None = None) -> None:
    """A function runs on terms as on numbers, and so does all that it calls.

    :param format: what its methods call by ``self``.
    :raises ExecutionError: it could tell a term from a number, or branches on a word.
    """
    for each in sorted(_reached(function), key=lambda found: found.__qualname__):
        reason = next(_reasons(each, format), "")
        if reason:
            raise ExecutionError(reason)


def is_of_proofs(function: object) -> bool:
    """Return whether a function is a proof's own, and no code that a proof is about."""
    if not isinstance(function, FunctionType):
        return False
    space = function.__globals__
    name = space.get("__name__", "")
    return name.startswith("proofs.") and space is vars(sys.modules.get(name, sys))


@cache
def _reached(function: object) -> frozenset[FunctionType]:
    """A function and the functions that it has from outside, and so on.

    :raises ExecutionError: it has something else from outside that is no constant.
    """
    found: set[FunctionType] = set()
    pending = [function]
    while pending:
        each = pending.pop()
        if not isinstance(each, FunctionType):
            raise ExecutionError(f"{each!r} is no Python function: it has no source to look at")
        if each not in found and not is_of_proofs(each):
            check_defaults(each)
            found.add(each)
            pending.extend(_functions_of(each))
    return frozenset(found)


def _functions_of(function: FunctionType) -> Iterator[FunctionType]:
    tree = source_of(function).tree
    own = {each.arg for each in (*tree.args.args, *tree.args.kwonlyargs)}
    names = [node for node in _inside(tree) if isinstance(node, ast.Name)]
    own |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    namespace = {**function.__globals__, **enclosed(function)}
    of_modules = {id(node.value): node.attr for node in _inside(tree) if isinstance(node, ast.Attribute)}
    for node in _inside(tree):
        if isinstance(node, ast.Attribute) and not (
            isinstance(node.value, ast.Name) and node.value.id not in own - {"self"}
        ):
            raise ExecutionError(f"{function.__qualname__} uses the attribute {node.attr} of a word")
    for node in names:
        if node.id in own or (node.id in _BUILTINS and node.id not in namespace):
            continue
        value = namespace.get(node.id, ...)
        if isinstance(value, ModuleType):
            value = vars(value).get(of_modules.get(id(node), ""), ...)
        if isinstance(value, FunctionType):
            yield value
        elif not is_constant(value):
            raise ExecutionError(f"{function.__qualname__} uses {node.id}, which could tell a term from a number")


def _inside(definition: ast.FunctionDef) -> Iterator[ast.AST]:
    """All that is in a function's body, without its docstring and without annotations."""
    pending: list[ast.AST] = [each for each in definition.body if not _is_docstring(each)]
    while pending:
        node = pending.pop()
        yield node
        left = node.annotation if isinstance(node, ast.AnnAssign) else None
        pending.extend(child for child in ast.iter_child_nodes(node) if child is not left)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _reasons(function: FunctionType, format: Format | None) -> Iterator[str]:
    """Why a function may do something else on terms than on numbers."""
    source = source_of(function)
    read = _read(source)
    handed_on = ((node, _handed_on(node, function, format, read.words)) for node in read.calls)
    for node, reason in (*read.reasons, *handed_on):
        if reason:
            where = f"{source.file}:{source.line_of(node)}"
            yield f"{where}: {reason}, in {source.name}, which is called with words as it is"


@dataclass(frozen=True, slots=True)
class _Read:
    """What a function's text alone says, read once: proofs call it on each of hundreds of paths.

    :param words: the names that may stand for words.
    :param reasons: parts that may do something else on terms than on numbers, and why.
    :param calls: the calls, of which what they call decides.
    """

    words: frozenset[str]
    reasons: tuple[tuple[ast.AST, str], ...]
    calls: tuple[ast.Call, ...]


@cache
def _read(source: FunctionText) -> _Read:
    nodes = list(_inside(source.tree))
    parts = {id(each) for node in nodes if isinstance(node, ast.JoinedStr) for each in node.values}
    words, given = _words(source.tree), _returned_truths(source.tree)
    asked = [node for node in nodes if id(node) not in given]
    reasons = ((node, _reason(node, id(node) in parts, words)) for node in asked)
    calls = tuple(node for node in asked if isinstance(node, ast.Call))
    return _Read(words, tuple((node, reason) for node, reason in reasons if reason), calls)


def _words(definition: ast.FunctionDef) -> frozenset[str]:
    """The names that may stand for words: all of the function's own, but for arguments that are plain numbers."""
    given = {each.arg for each in (*definition.args.args, *definition.args.kwonlyargs)}
    names = (node for node in _inside(definition) if isinstance(node, ast.Name))
    return frozenset({node.id for node in names if isinstance(node.ctx, ast.Store)} | given - PLAIN_NUMBERS)


def _handed_on(node: ast.Call, function: FunctionType, format: Format | None, words: frozenset[str]) -> str:
    """Why a call hands on a word for a plain number."""
    called: object = None
    if isinstance(node.func, ast.Name):
        called = _meant(node.func.id, function)
    elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        owner = node.func.value.id
        held = format if owner == "self" else _meant(owner, function)
        called = getattr(held, node.func.attr, None)
    called = getattr(called, "__func__", called)
    if not isinstance(called, FunctionType) or is_of_proofs(called):
        return ""
    places = [each.arg for each in source_of(called).tree.args.args if each.arg != "self"]
    given = [*zip(places, node.args, strict=False), *((each.arg, each.value) for each in node.keywords)]
    for name, value in given:
        if name is None or (name in PLAIN_NUMBERS and _names(value) & words):
            return "a word handed on for a plain number"
    return ""


def _meant(name: str, function: FunctionType) -> object:
    """What a name stands for in a function."""
    around = enclosed(function)
    return around[name] if name in around else function.__globals__.get(name)


def _returned_truths(definition: ast.FunctionDef) -> frozenset[int]:
    """The comparisons that are what a function answers, or what it joins by ``&`` or ``|`` to its answer.

    Of terms they are formulas, and Python takes the truth of none.
    """
    found: set[int] = set()
    pending = [node.value for node in _inside(definition) if isinstance(node, ast.Return)]
    while pending:
        value = pending.pop()
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitAnd | ast.BitOr):
            pending += [value.left, value.right]
        elif isinstance(value, ast.Compare) and len(value.ops) == 1 and isinstance(value.ops[0], _FORMULAS):
            found.add(id(value))
    return frozenset(found)


_FORMULAS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _reason(node: ast.AST, is_part: bool, words: frozenset[str]) -> str:
    if isinstance(node, ast.stmt) and not isinstance(node, _STATEMENTS):
        return f"a statement of the kind {type(node).__name__}"
    if isinstance(node, ast.expr) and not isinstance(node, _EXPRESSIONS):
        return f"an expression of the kind {type(node).__name__}"
    if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
        return f"{ast.unparse(node)} assigned, which the next call finds"
    if isinstance(node, ast.Attribute) and is_reserved(node.attr):
        return f"the attribute {node.attr}"
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and not is_part:
        return "" if is_plain_text(node.value) else "a text that is a form for others to be put in"
    if any(_names(test) & words for test in _decisions(node)):
        return "a decision on a word"
    return ""


def _decisions(node: ast.AST) -> list[ast.expr]:
    """What Python takes the truth of."""
    if isinstance(node, ast.If | ast.IfExp):
        return [node.test]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [node.operand]
    return [node] if isinstance(node, ast.Compare) else []  # of which Python may make a number, or look for its truth
