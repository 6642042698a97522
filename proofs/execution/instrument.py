"""A function's source made ready for execution on terms: each decision, comparison and loop asks a monitor.

The text stays Python's and is compiled by Python; what is inserted says where the execution is, so that a proof knows
what was executed, cuts a loop at its own head, and refuses what would be answered without a formula.
"""

import ast
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import CodeType

from proofs.execution.path import EXECUTED, Point
from proofs.execution.syntax import FunctionText, OutsideSubsetError, check

MONITOR = "__monitor__"
OWNER, INDEX = "__owner__", "__index__"
"""Variables of the execution's own: of what an element or field is that is read and then assigned."""


@dataclass(frozen=True, slots=True, eq=False)
class Instrumented:
    """Code that asks a monitor.

    :param points: what there is to be reached, in the order of the source.
    :param places: for each number that the code hands to the monitor the point it stands for; for a decision the pair
        of the ways.
    :param loops: for each loop, by its number, the line of its head and the names that its body assigns.
    :param outer: the names that it has from its module or from Python.
    """

    name: str
    code: CodeType
    points: tuple[Point, ...]
    places: tuple[tuple[Point, ...], ...]
    loops: tuple[tuple[int, frozenset[str]], ...]
    outer: frozenset[str]


@cache
def instrumented(source: FunctionText) -> Instrumented:
    """The source with the monitor in it.

    :raises OutsideSubsetError: it is written in more than the subset.
    """
    check(source)
    transformer = _Transformer(source)
    definition: ast.FunctionDef = pickle.loads(pickle.dumps(source.tree))  # a copy, in a quarter of deepcopy's time
    definition.body = transformer.block(definition.body)
    module = ast.Module([definition], [])
    ast.fix_missing_locations(module)
    ast.increment_lineno(module, source.line - 1)
    compiled = compile(module, f"{EXECUTED}{source.file}", "exec")
    # Beside the function's own code there is that of lambdas in its head, which is not executed.
    codes = (each for each in compiled.co_consts if isinstance(each, CodeType))
    code = next(each for each in codes if each.co_name == definition.name)
    points = tuple(point for some in transformer.places for point in some)
    own = assigned(source.tree.body).union(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    outer = _used(source.tree.body) - own
    return Instrumented(source.name, code, points, tuple(transformer.places), tuple(transformer.loops), outer)


def _used(body: list[ast.stmt]) -> frozenset[str]:
    """The names that occur in a block; those in annotations do not."""
    found: set[str] = set()
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
        annotation = node.annotation if isinstance(node, ast.AnnAssign) else None
        pending.extend(child for child in ast.iter_child_nodes(node) if child is not annotation)
    return frozenset(found)


class _Transformer(ast.NodeTransformer):
    def __init__(self, source: FunctionText) -> None:
        self.source = source
        self.places: list[tuple[Point, ...]] = []
        self.loops: list[tuple[int, frozenset[str]]] = []
        self._enclosing: list[int] = []

    # Places.

    def _point(self, node: ast.stmt | ast.expr, text: str, way: bool | None = None) -> Point:
        return Point(self.source.name, self.source.line_of(node), node.col_offset, text, way, len(self.places))

    def _place(self, *points: Point) -> ast.Constant:
        self.places.append(points)
        return ast.Constant(len(self.places) - 1)

    def _ask(self, what: str, *arguments: ast.expr) -> ast.Call:
        return ast.Call(ast.Attribute(ast.Name(MONITOR, ast.Load()), what, ast.Load()), list(arguments), [])

    # Statements.

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Each statement after its mark; a docstring has none."""
        done: list[ast.stmt] = []
        for statement in body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                done.append(statement)
                continue
            text = ast.unparse(statement).partition("\n")[0].rstrip(":")
            mark = self._ask("mark", self._place(self._point(statement, text)))
            changed = self.visit(statement)
            new = [ast.Expr(mark), *(changed if isinstance(changed, list) else [changed])]
            done.extend(_at_the_first_line(each, statement) for each in new)
        return done

    def visit_AnnAssign(self, node: ast.AnnAssign) -> list[ast.stmt]:
        if node.value is None:  # what it says stays: the name is a variable of the function
            return [ast.AnnAssign(node.target, ast.Constant(None), None, node.simple)]
        return self.visit_Assign(ast.Assign([node.target], node.value))

    def visit_If(self, node: ast.If) -> ast.AST:
        test = self._decide(node.test)
        return ast.If(test, self.block(node.body), self.block(node.orelse))

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        what = self.visit(node.exc) if node.exc else ast.Constant(None)
        return ast.Expr(self._ask("raised", ast.Constant(self.source.line_of(node)), what))

    def visit_Continue(self, node: ast.Continue) -> list[ast.stmt]:
        return [ast.Expr(self._ask("tail", ast.Constant(self._enclosing[-1]), _locals())), node]

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt]:
        targets = [self.visit(target) for target in node.targets]
        value = self.visit(node.value)
        if any(isinstance(target, ast.Tuple | ast.List) for target in targets):  # Python asks the value for elements
            value = self._ask("operand", value)
        return [*self._storing(node.targets), ast.Assign(targets, value)]

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        """In its parts, in Python's order and each once, so that the sign is looked at as between any two operands."""
        first, target, old = self._taken(node.target)
        line, name = ast.Constant(self.source.line_of(node)), ast.Constant(type(node.op).__name__)
        value = self._ask("in_place", line, name, old, self.visit(node.value))
        return [*self._storing([node.target]), *first, ast.Assign([target], value)]

    def _taken(self, target: ast.expr) -> tuple[list[ast.stmt], ast.expr, ast.expr]:
        """What is to be evaluated once for a place that is read and then assigned, the place, and what reads it."""
        if isinstance(target, ast.Attribute) and not isinstance(target.value, ast.Name):
            owner = ast.Assign([ast.Name(OWNER, ast.Store())], self.visit(target.value))
            held = ast.Attribute(ast.Name(OWNER, ast.Load()), target.attr, ast.Store())
            return [owner], held, self.visit(_loaded(held))
        if isinstance(target, ast.Subscript):
            parts = {OWNER: self._ask("operand", self.visit(target.value)), INDEX: self.visit(target.slice)}
            element = ast.Subscript(ast.Name(OWNER, ast.Load()), ast.Name(INDEX, ast.Load()), ast.Store())
            return (
                [ast.Assign([ast.Name(name, ast.Store())], part) for name, part in parts.items()],
                element,
                _loaded(element),
            )
        return [], target, self.visit(_loaded(target))

    def _storing(self, targets: list[ast.expr]) -> list[ast.stmt]:
        """Before a field is assigned, the monitor is told which, and of what."""
        inside = (node for target in targets for node in ast.walk(target))
        return [
            ast.Expr(self._ask("storing", ast.Constant(node.attr), _loaded(node.value)))
            for node in inside
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        ]

    def visit_While(self, node: ast.While) -> list[ast.stmt]:
        number = self._enter(node, node.body)
        head = self._resume("head", number)
        test = self._decide(node.test)
        body = self._body(node.body, number)
        over = ast.Expr(self._ask("over", ast.Constant(number)))
        return [*head, ast.While(test, body, []), over]

    def visit_For(self, node: ast.For) -> list[ast.stmt]:
        number = self._enter(node, [node.target, *node.body])
        each = self._ask("each", ast.Constant(number), self.visit(node.iter), _locals())
        inside = self._resume("inside", number, but=assigned([node.target]))
        body = self._body(node.body, number)
        target = self.visit(node.target)
        # Where the elements end, names are as at the head; break leaves them as they are, so it stands in the else.
        outside = self._resume("outside", number)
        over = ast.Expr(self._ask("over", ast.Constant(number)))
        return [ast.For(target, each, [*inside, *body], outside), over]

    def _enter(self, node: ast.stmt, body: Sequence[ast.AST]) -> int:
        self.loops.append((self.source.line_of(node), assigned(body)))
        return len(self.loops) - 1

    def _body(self, body: list[ast.stmt], number: int) -> list[ast.stmt]:
        self._enclosing.append(number)
        done = self.block(body)
        self._enclosing.pop()
        return [*done, ast.Expr(self._ask("tail", ast.Constant(number), _locals()))]

    def _resume(self, what: str, number: int, but: frozenset[str] = frozenset()) -> list[ast.stmt]:
        """At a loop's head: names that its body assigns get the values that the monitor gives.

        :param but: names that have theirs already: those of the element.
        """
        given = f"__given_{number}__"
        steps: list[ast.stmt] = [
            ast.Assign([ast.Name(given, ast.Store())], self._ask(what, ast.Constant(number), _locals()))
        ]
        for name in sorted(self.loops[number][1] - but):
            there = ast.Compare(ast.Constant(name), [ast.In()], [ast.Name(given, ast.Load())])
            value = ast.Subscript(ast.Name(given, ast.Load()), ast.Constant(name), ast.Load())
            steps.append(ast.If(there, [ast.Assign([ast.Name(name, ast.Store())], value)], []))
        return steps

    # Expressions.

    def _decide(self, test: ast.expr) -> ast.expr:
        if isinstance(test, ast.Constant) and isinstance(test.value, bool):
            return test  # no decision; what it keeps the execution from is missed by the marks of the statements there
        text = ast.unparse(test)
        place = self._place(self._point(test, text, True), self._point(test, text, False))
        return ast.copy_location(self._ask("decide", place, self.visit(test)), test)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        *first, last = node.values
        return ast.BoolOp(node.op, [*(self._decide(each) for each in first), self._ask("truth", self.visit(last))])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        operand = self.visit(node.operand)
        if isinstance(node.op, ast.Not):
            return self._ask("negated", operand)
        return ast.UnaryOp(node.op, operand if isinstance(operand, ast.Constant) else self._ask("number", operand))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """``self`` stands before a dot alone: under another name its fields would be those of any object."""
        if node.id == "self":
            where = f"{self.source.file}:{self.source.line_of(node)}"
            raise OutsideSubsetError(f"{where}: self but for its fields is outside the subset that is executed")
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            self.generic_visit(node)
        if isinstance(node.ctx, ast.Load) or not isinstance(node.value, ast.Name):
            what = "own" if isinstance(node.value, ast.Name) and node.value.id == "self" else "owner"
            node.value = self._ask(what, node.value, ast.Constant(node.attr))
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        node.value = self._ask("operand", node.value)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        line, name = ast.Constant(self.source.line_of(node)), ast.Constant(type(node.op).__name__)
        return self._ask("applied", line, name, node.left, node.right)

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        return ast.IfExp(self._decide(node.test), self.visit(node.body), self.visit(node.orelse))

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        operator, left, right = node.ops[0], self.visit(node.left), self.visit(node.comparators[0])
        if isinstance(operator, ast.Is | ast.IsNot):
            asked = self._ask("is_none", left)
            return self._ask("negated", asked) if isinstance(operator, ast.IsNot) else asked
        line = ast.Constant(self.source.line_of(node))
        return self._ask("compare", line, ast.Constant(type(operator).__name__), left, right)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        values = (each.value if isinstance(each, ast.FormattedValue) else each for each in node.values)
        return self._ask("text", *(self.visit(each) for each in values))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
            node.args = [ast.Name("__class__", ast.Load()), ast.Name("self", ast.Load())]
            return node
        node.func = self._ask("called", node.func)
        return node


def _at_the_first_line(node: ast.stmt, statement: ast.stmt) -> ast.stmt:
    """Put what was made from a statement on its first line alone: a call is where its text ends, to a traceback."""
    ast.copy_location(node, statement)
    node.end_lineno, node.end_col_offset = node.lineno, node.col_offset
    return node


def _loaded(node: ast.expr) -> ast.expr:
    """The same expression, to be read."""
    return ast.parse(ast.unparse(node), mode="eval").body


def _locals() -> ast.Call:
    return ast.Call(ast.Name("locals", ast.Load()), [], [])


def assigned(body: Sequence[ast.AST]) -> frozenset[str]:
    """The names that some statement of a block assigns."""
    names = (node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name))
    return frozenset(node.id for node in names if isinstance(node.ctx, ast.Store))
