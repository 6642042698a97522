"""Changes of statements: dropped, doubled, swapped, an early return, a loop that runs once less or more."""

import ast
from collections.abc import Container, Iterator
from copy import deepcopy
from typing import Any

from proofs.mutation.operators.edits import Edit, located
from proofs.mutation.operators.independence import are_independent, is_for_speed, is_repeatable, may_run_twice

BLOCKS = ("body", "orelse", "finalbody")
Function = ast.FunctionDef | ast.AsyncFunctionDef

_KEPT = (
    ast.Pass,
    ast.Import,
    ast.ImportFrom,
    ast.Global,
    ast.Nonlocal,
    ast.Assert,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
)
_ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def is_docstring(node: ast.stmt) -> bool:
    """A string that stands alone."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str | type(...))
    )


def of_block(parent: ast.AST, field: str, last: Container[ast.AST] = ()) -> Iterator[Edit]:
    """Statements of a block dropped, doubled, swapped with the next.

    :param last: statements that need not be there, since the function ends with them anyway.
    """
    block: list[ast.stmt] = getattr(parent, field)
    for number, node in enumerate(block):
        if is_docstring(node) or isinstance(node, _KEPT) or is_for_speed(node):
            continue
        if _can_drop(node) and node not in last:
            yield Edit("statement dropped", parent, field, number, (located(ast.Pass(), node),))
        if is_repeatable(node):
            yield Edit("statement doubled", parent, field, number, (node, node))
        following = block[number + 1] if number + 1 < len(block) else None
        anew = getattr(parent, "name", "") == "__init__"
        if following is not None and _can_swap(node, following, anew):
            yield Edit("statements swapped", parent, field, number, (following, node), count=2)
        if isinstance(node, ast.With):
            yield Edit("with dropped", parent, field, number, tuple(node.body))
        if isinstance(node, ast.Break | ast.Continue):
            other = ast.Continue() if isinstance(node, ast.Break) else ast.Break()
            yield Edit("break for continue", parent, field, number, (located(other, node),))


def _can_drop(node: ast.stmt) -> bool:
    """A condition or loop without an other branch is dropped by deciding its condition."""
    if isinstance(node, ast.If | ast.While) and not node.orelse:
        return False
    return not (isinstance(node, ast.AnnAssign) and node.value is None)


def _can_swap(one: ast.stmt, other: ast.stmt, anew: bool) -> bool:
    fixed = (*_KEPT, *_ENDS)
    if isinstance(one, fixed) or isinstance(other, fixed) or is_for_speed(other):
        return False
    return not are_independent(one, other, anew)


def early_returns(function: Function) -> Iterator[Edit]:
    """The function returns at its start and after each statement: nothing, or what it returns when it refuses."""
    values = _defaults(function)
    at_end = {(id(parent), field) for parent, field in _last_blocks(function)}
    for parent, field in _blocks(function):
        block: list[ast.stmt] = getattr(parent, field)
        start = 1 if parent is function and block and is_docstring(block[0]) else 0
        for number in range(start, len(block) + 1):
            if parent is not function and number == start:
                continue  # before the first statement of a branch: after the last one it is tried
            if number and _ends(block[number - 1]):
                continue
            following = block[number] if number < len(block) else None
            if following is None and (id(parent), field) in at_end and function_ends_itself(values):
                continue
            for value in values:
                new = ast.Return(deepcopy(value))  # each at its own place
                if following is not None and ast.dump(new) == ast.dump(following):
                    continue
                like = following or block[-1]
                yield Edit("early return", parent, field, number, (located(new, like),), count=0)


def _ends(node: ast.stmt) -> bool:
    """Whether what comes after the statement is never reached."""
    if isinstance(node, ast.Try):
        return _ends((node.orelse or node.body)[-1]) and all(_ends(each.body[-1]) for each in node.handlers)
    if isinstance(node, ast.If):
        return bool(node.orelse) and _ends(node.body[-1]) and _ends(node.orelse[-1])
    return isinstance(node, _ENDS)


def function_ends_itself(values: list[ast.expr | None]) -> bool:
    """Return whether a return at the end of the function is what happens anyway."""
    return all(map(_is_nothing, values))


def _is_nothing(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def last_returns(function: Function) -> Iterator[ast.Return]:
    """Those that return nothing where the function ends anyway."""
    for parent, field in _last_blocks(function):
        last = getattr(parent, field)[-1]
        if isinstance(last, ast.Return) and _is_nothing(last.value):
            yield last


def _last_blocks(function: Function) -> Iterator[tuple[ast.AST, str]]:
    """The blocks after whose last statement the function ends."""
    pending: list[tuple[ast.AST, str]] = [(function, "body")]
    for parent, field in pending:
        yield parent, field
        last = getattr(parent, field)[-1]
        if isinstance(last, ast.If | ast.With):
            pending += [(last, each) for each in ("body", "orelse") if getattr(last, each, ())]
        elif isinstance(last, ast.Try) and not last.finalbody:
            pending.append((last, "orelse" if last.orelse else "body"))
            pending += [(handler, "body") for handler in last.handlers]


def _blocks(function: Function) -> Iterator[tuple[ast.AST, str]]:
    """The blocks of a function, not those of functions in it."""
    pending: list[ast.AST] = [function]
    for node in pending:
        for field in BLOCKS:
            block = getattr(node, field, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield node, field
                pending.extend(s for s in block if not isinstance(s, Function | ast.ClassDef))
        pending.extend(getattr(node, "handlers", ()))


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """All nodes of a function but those of functions in it."""
    pending: list[ast.AST] = list(function.body)
    for node in pending:
        yield node
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))


def _defaults(function: Function) -> list[ast.expr | None]:
    """What a function returns that does nothing: by what it returns elsewhere, else by its annotation."""
    own = list(own_nodes(function))
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own):
        return [None]
    returned = [node.value for node in own if isinstance(node, ast.Return)]
    if not any(returned):
        return [None]
    names = [v for v in returned if isinstance(v, ast.Name) and v.id.isupper()]
    names = [value for value in names if value.id == "REFUSED"] or names
    if names:
        return [ast.Name(names[0].id, ast.Load())]
    annotation = ast.unparse(function.returns) if function.returns else ""
    plain: dict[str, list[ast.expr | None]] = {
        "bool": [ast.Constant(False), ast.Constant(True)],
        "int": [ast.Constant(0)],
        "str": [ast.Constant("")],
        "float": [ast.Constant(0.0)],
    }
    if annotation in plain:
        return plain[annotation]
    empty = {"list": ast.List([], ast.Load()), "dict": ast.Dict([], []), "tuple": ast.Tuple([], ast.Load())}
    return [empty.get(annotation.partition("[")[0], ast.Constant(None))]


def of_loop(parent: ast.AST, field: str, index: int, loop: ast.stmt) -> Iterator[Edit]:
    """A loop that runs once less, once more, or once."""

    def edit(operator: str, *new: ast.stmt) -> Edit:
        return Edit(operator, parent, field, index, tuple(located(node, loop) for node in new))

    if isinstance(loop, ast.While) and not loop.orelse:
        stop = ast.If(ast.UnaryOp(ast.Not(), loop.test), [ast.Break()], [])
        decided = isinstance(loop.test, ast.Constant)
        once = ast.For(
            ast.Name("_once", ast.Store()),
            ast.Call(ast.Name("range", ast.Load()), [ast.Constant(1)], []),
            [*([] if decided else [stop]), *loop.body],
            [],
        )
        yield edit("loop runs once at most", once)
        if not decided:
            first = ast.Assign([ast.Name("_first", ast.Store())], ast.Constant(True))
            test = ast.BoolOp(ast.Or(), [ast.Name("_first", ast.Load()), loop.test])
            after = ast.Assign([ast.Name("_first", ast.Store())], ast.Constant(False))
            yield edit("loop runs once at least", first, ast.While(test, [after, *loop.body], []))
    elif isinstance(loop, ast.For):
        for operator, new in other_rounds(loop.iter):
            if operator == "loop with its last round twice" and may_run_twice(loop.body):
                continue
            yield Edit(operator, loop, "iter", None, (located(new, loop.iter),))


def other_rounds(items: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Other things to go through in a loop: without the first, without the last, the first alone, the last twice."""
    whole = ast.List([ast.Starred(items, ast.Load())], ast.Load())

    def part(low: int | None, high: int | None) -> ast.expr:
        bounds = [None if bound is None else _number(bound) for bound in (low, high)]
        return ast.Subscript(whole, ast.Slice(bounds[0], bounds[1]), ast.Load())

    yield "loop without its first round", part(1, None)
    yield "loop without its last round", part(None, -1)
    yield "loop runs once at most", part(None, 1)
    arguments = ast.arguments([], [ast.arg("_all")], None, [], [], None, [])
    name = ast.Name("_all", ast.Load())
    last = ast.Subscript(name, ast.Slice(_number(-1), None), ast.Load())
    yield (
        "loop with its last round twice",
        ast.Call(ast.Lambda(arguments, ast.BinOp(name, ast.Add(), last)), [whole], []),
    )


def _number(value: int) -> ast.expr:
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def of_comprehension(node: Any) -> Iterator[Edit]:
    """What a comprehension goes through, without its first and without its last."""
    for operator, new in list(other_rounds(node.iter))[:2]:
        yield Edit(operator, node, "iter", None, (located(new, node.iter),))
