"""Functions made from changed source: how faults are put into code that is run and executed on terms alike."""

import ast
import inspect
import linecache
import textwrap
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from types import CellType, CodeType, FunctionType
from typing import Any

SYNTAX = "__syntax__"
"""Attribute of a function that was made from a syntax tree and not from a file: the tree."""
LAMBDA = "<lambda>"
"""What Python calls a function without a name."""


class EditedError(ValueError):
    """A function runs other code than its file holds."""


def definition_of(function: Callable[..., Any]) -> tuple[ast.FunctionDef, int]:
    """A function's definition, and the line of its file on which the definition's line 1 is.

    :raises ValueError: it has no source that can be read.
    :raises EditedError: it runs other code than its file holds now.
    """
    if not isinstance(function, FunctionType):
        raise ValueError(f"{function!r} is no Python function: it has no source to execute")
    tree = function.__dict__.get(SYNTAX)
    first = function.__code__.co_firstlineno
    if tree is None:
        name = f"{function.__module__}.{function.__qualname__}"
        try:
            tree, first = _parsed(function)
        except (OSError, SyntaxError) as error:
            raise ValueError(f"{name} has no source that can be read: {error}") from None
        _check_loaded(function)
    assert isinstance(tree, ast.FunctionDef)
    if SYNTAX in function.__dict__:
        _check_made(function, tree)
    return tree, first


def _parsed(function: FunctionType) -> tuple[ast.FunctionDef, int]:
    """The definition in a function's file, and the line of the file on which the definition's line 1 is."""
    if function.__code__.co_name == LAMBDA:
        return _of_lambda(function.__code__, "".join(inspect.findsource(function)[0])), 1
    lines, before = inspect.findsource(function)
    last = _last_lines("".join(lines)).get(before + 1)
    if last is None:
        raise SyntaxError("it is not written with def")
    tree = ast.parse(textwrap.dedent("".join(lines[before:last]))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return tree, before + 1


@lru_cache(64)
def _last_lines(text: str) -> dict[int, int]:
    """The last line of each definition in a file's text, by its first, which may be a decorator's."""
    found = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno is not None
            found[min([node.lineno, *(each.lineno for each in node.decorator_list)])] = node.end_lineno
    return found


def _of_lambda(code: CodeType, text: str) -> ast.FunctionDef:
    """The definition that a lambda is short for: the innermost at its code's place; a line may hold several."""
    within = [place for each in code.co_positions() if (place := _span(*each))]
    found = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Lambda)
        and (all_of := _span(node.body.lineno, node.body.end_lineno, node.body.col_offset, node.body.end_col_offset))
        and within
        and all(all_of[0] <= first and last <= all_of[1] for first, last in within)
    ]
    if not found:
        raise SyntaxError("no lambda is where its code says")
    node = max(found, key=lambda each: (each.lineno, each.col_offset))
    body = ast.copy_location(ast.Return(node.body), node.body)
    return ast.copy_location(ast.FunctionDef("lambda_", node.args, [body], [], None), node)


_Place = tuple[int, int]


def _span(
    line: int | None, last_line: int | None, column: int | None, last_column: int | None
) -> tuple[_Place, _Place] | None:
    """Where something begins and ends; None for an instruction that stands nowhere in the text."""
    if line is None or last_line is None or column is None or last_column is None:
        return None
    begin, end = (line, column), (last_line, last_column)
    return (begin, end) if begin < end else None


def _check_loaded(function: FunctionType) -> None:
    """What the file holds now compiles to the code that runs.

    :raises EditedError: it was changed after it was imported, or the function's code was exchanged.
    """
    code = function.__code__
    text = "".join(linecache.getlines(code.co_filename, function.__globals__))
    found = _codes_of(text, code.co_filename).get((code.co_qualname, code.co_firstlineno), [])
    if code.co_name == LAMBDA:
        at = list(code.co_positions())
        found = [each for each in found if list(each.co_positions()) == at]
    if not any(does_the_same(code, each) for each in found):
        raise EditedError(
            f"{code.co_filename}:{code.co_firstlineno}: {function.__module__}.{function.__qualname__} runs other code "
            "than its file holds: the file was changed after it was imported; start again"
        )


def _check_made(function: FunctionType, tree: ast.FunctionDef) -> None:
    """The definition that a function carries compiles to the code that runs: whoever has put it there.

    :raises EditedError: the function runs other code.
    """
    code = function.__code__
    made = _compiled(tree, code.co_freevars, code.co_filename)
    nested = inspect.CO_NESTED  # where it was defined, and nothing that it does
    alike = (each.replace(co_flags=each.co_flags & ~nested) for each in (code, made))
    if not does_the_same(*alike):
        raise EditedError(
            f"{code.co_filename}:{code.co_firstlineno}: {function.__module__}.{function.__qualname__} runs other code "
            f"than the definition that it carries as {SYNTAX}"
        )


@lru_cache(64)
def _codes_of(text: str, file: str) -> dict[tuple[str, int], list[CodeType]]:
    """The codes in a file's text, by qualified name and first line."""
    found: dict[tuple[str, int], list[CodeType]] = {}
    pending = [compile(text, file, "exec", dont_inherit=True)]
    while pending:
        for constant in pending.pop().co_consts:
            if isinstance(constant, CodeType):
                found.setdefault((constant.co_qualname, constant.co_firstlineno), []).append(constant)
                pending.append(constant)
    return found


_FIELDS = (
    *("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_flags", "co_exceptiontable"),
    *("co_argcount", "co_posonlyargcount", "co_kwonlyargcount"),
)


def does_the_same(one: CodeType, other: CodeType) -> bool:
    """Return whether two codes are the same but for the places of their lines.

    >>> does_the_same((lambda x: x + 1).__code__, (lambda x: x + 1).__code__)
    True
    >>> does_the_same((lambda x: x + 1).__code__, (lambda x: x + True).__code__)
    False
    """
    return (
        all(getattr(one, name) == getattr(other, name) for name in _FIELDS)
        and len(one.co_consts) == len(other.co_consts)
        and all(map(_is_same_constant, one.co_consts, other.co_consts))
    )


def _is_same_constant(one: object, other: object) -> bool:
    if isinstance(one, CodeType) and isinstance(other, CodeType):
        return does_the_same(one, other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_is_same_constant, one, other))
    return type(one) is type(other) and repr(one) == repr(other) and one == other


def rewritten(function: Callable[..., Any], tree: ast.FunctionDef) -> Callable[..., Any]:
    """A function with another definition in the place of its own: same module, name, defaults and enclosing functions.

    The definition goes with it, so that it can be executed on terms as well as run.
    """
    assert isinstance(function, FunctionType)
    around = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    inner = _compiled(tree, around, function.__code__.co_filename)
    cells = tuple(around[name] for name in inner.co_freevars)
    made = FunctionType(inner, function.__globals__, function.__name__, function.__defaults__, cells)
    made.__kwdefaults__, made.__qualname__, made.__module__ = (
        function.__kwdefaults__,
        function.__qualname__,
        function.__module__,
    )
    made.__dict__.update(function.__dict__)
    made.__dict__[SYNTAX] = tree
    return made


def carry(function: FunctionType, tree: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Have a function carry the definition of what it runs, where its file has another.

    It runs what the definition compiles to: that differs where a compiler does nothing for the sake of a line's number.
    """
    code = function.__code__
    if isinstance(tree, ast.FunctionDef):
        made = _compiled(tree, code.co_freevars, code.co_filename)
        function.__code__ = made.replace(
            co_qualname=code.co_qualname, co_firstlineno=code.co_firstlineno, co_flags=code.co_flags
        )
    function.__dict__[SYNTAX] = tree


def _compiled(tree: ast.FunctionDef, around: Collection[str], file: str) -> CodeType:
    """The code of a definition with these names around it."""
    plain = ast.FunctionDef(tree.name, tree.args, tree.body, [], None, lineno=1, col_offset=0)
    # A function that calls itself by its name finds it in its module, unless it found it around itself.
    by_itself: list[ast.stmt] = [] if tree.name in around else [ast.Global([tree.name])]
    outer = ast.FunctionDef("around", _named(around), [*by_itself, plain], [], None, lineno=1, col_offset=0)
    module = ast.fix_missing_locations(ast.Module([outer], []))
    return _first_code(_first_code(compile(module, file, "exec", dont_inherit=True)))


def _named(names: Iterable[str]) -> ast.arguments:
    """Arguments of these names."""
    return ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, [])


def _first_code(code: CodeType) -> CodeType:
    """The code of the first function that is defined in it."""
    return next(each for each in code.co_consts if isinstance(each, CodeType))


def enclosed(function: Callable[..., Any]) -> dict[str, object]:
    """Return what a function has from the functions around it, by name."""
    assert isinstance(function, FunctionType)
    cells: tuple[CellType, ...] = function.__closure__ or ()
    return {name: cell.cell_contents for name, cell in zip(function.__code__.co_freevars, cells, strict=True)}


def replaced(function: Callable[..., Any], old: str, new: str) -> Callable[..., Any]:
    """The function with one piece of its text replaced, as :func:`ast.unparse` writes it.

    :raises ValueError: the text does not have that piece exactly once.
    """
    assert isinstance(function, FunctionType)
    text = ast.unparse(definition_of(function)[0])
    if text.count(old) != 1:
        raise ValueError(f"{function.__qualname__} has {old!r} {text.count(old)} times, not once, in\n{text}")
    tree = ast.parse(text.replace(old, new)).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return rewritten(function, tree)
