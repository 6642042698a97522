"""The mutants of a module: each function's, with a name that changes when the function does."""

import ast
import copy
import hashlib
import importlib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofs.mutation.operators.edits import Edit, difference, headline
from proofs.mutation.operators.expressions import edits, is_assertion, of_condition
from proofs.mutation.operators.independence import is_for_speed
from proofs.mutation.operators.kinds import Kinds
from proofs.mutation.operators.statements import (
    BLOCKS,
    Function,
    early_returns,
    is_docstring,
    last_returns,
    of_block,
    of_comprehension,
    of_loop,
    own_nodes,
)

OPERATORS = (
    *("operator", "operand dropped", "operands swapped", "comparison", "constant", "zero", "and for or"),
    *("condition dropped", "condition negated", "condition decided", "unary operator dropped", "connective"),
    *("truth for is not None", "arguments swapped", "keyword dropped", "element dropped", "enum member"),
    *("other attribute", "other variable", "statement dropped", "statement doubled", "statements swapped"),
    *("with dropped", "break for continue", "early return", "loop runs once at most", "loop runs once at least"),
    *("loop without its first round", "loop without its last round", "loop with its last round twice"),
)
"""What mutants are called by."""

_NOT_CODE = ("annotation", "returns", "decorator_list", "type_comment", "type_params", "args")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one function.

    :param id: a digest of the function's code, the place and the change.
    :param function: the module and the qualified name.
    :param operator: by what kind of change.
    :param before: the code in one line, and ``after`` the change.
    :param wording: it changes the words of an error only, and is not run.
    """

    id: str
    function: str
    file: str
    line: int
    operator: str
    before: str
    after: str
    wording: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CodeUnit:
    """A function of a module, or a lambda in one of its tables, with all that is defined in it; its first line."""

    name: str
    node: ast.AST
    line: int

    @property
    def qualname(self) -> str:
        """As Python has it: a property's setter is called like the property."""
        return self.name.partition("#")[0]


@dataclass(frozen=True, slots=True, eq=False)
class ModuleSource:
    """A module read: its tree, its file, its mutants' edits by id."""

    module: str
    file: Path
    tree: ast.Module
    mutants: tuple[Mutant, ...]
    edits: Mapping[str, Edit]
    units: Mapping[str, CodeUnit]

    def mutated(self, mutant: str) -> ast.Module:
        """A copy of the tree with the change made."""
        edit = self.edits[mutant]
        with edit.applied():
            return copy.deepcopy(self.tree)

    def syntax(self, mutant: str) -> str:
        """The changed function alone; empty for one that is a lambda."""
        unit = self.unit_of(mutant)
        with self.edits[mutant].applied():
            return ast.unparse(unit.node) if isinstance(unit.node, Function) else ""

    def unit_of(self, mutant: str) -> "CodeUnit":
        """The function that a mutant is one of."""
        name = next(each.function for each in self.mutants if each.id == mutant)
        return self.units[name.removeprefix(self.module + ".")]


def read(module: str, root: Path) -> ModuleSource:
    """The mutants of an importable module; its file is named from ``root`` on."""
    loaded = importlib.import_module(module)
    file = Path(inspect.getsourcefile(loaded) or "")
    shown = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name
    return read_text(module, file.read_text("utf-8"), vars(loaded), file, shown)


def read_text(module: str, text: str, namespace: Mapping[str, Any], file: Path, shown: str) -> ModuleSource:
    """The mutants of a module's text."""
    tree = ast.parse(text)
    mutants: dict[str, Mutant] = {}
    found: dict[str, Edit] = {}
    heads: dict[int, str] = {}
    units = {unit.name: unit for unit in units_of(tree)}
    for unit in units.values():
        name = f"{module}.{unit.name}"
        original = _bare(unit.node)
        digest = hashlib.sha256(f"{name}\n{original}".encode())
        for edit, statement, path, wording in edits_of(unit, namespace):
            assert edit.operator in OPERATORS
            before = heads.setdefault(id(statement), "") or headline(statement)
            heads[id(statement)] = before
            with edit.applied():
                after = _after(edit, statement)
                made = ",".join(ast.dump(node) for node in edit.new)
                same = _bare(unit.node) == original
            own = digest.copy()
            own.update(f"\n{edit.operator}\n{path}\n{made}".encode())
            number = own.hexdigest()[:12]
            if same or number in found:
                continue
            line = getattr(statement, "lineno", unit.line)
            mutants[number] = Mutant(number, name, shown, line, edit.operator, *difference(before, after), wording)
            found[number] = edit
    return ModuleSource(module, file, tree, tuple(mutants.values()), found, units)


def _after(edit: Edit, statement: ast.AST) -> str:
    if edit.field in BLOCKS and isinstance(edit.parent, ast.stmt | ast.excepthandler):
        said = "; ".join(headline(node) for node in edit.new)
        if edit.count:
            return said
        held = getattr(edit.parent, edit.field)
        last = edit.index == len(held) - 1
        return f"{headline(statement)}; {said}" if last else f"{said}; {headline(statement)}"
    return headline(statement)


def _bare(node: ast.AST) -> str:
    """A function's code without docstrings and annotations."""
    taken: list[tuple[Any, str, Any]] = []
    for each in ast.walk(node):
        holder: Any = each
        if isinstance(each, Function | ast.ClassDef) and each.body and is_docstring(each.body[0]):
            taken.append((holder, "body", holder.body))
            holder.body = holder.body[1:]
        for field in ("annotation", "returns"):
            if getattr(holder, field, None) is not None and not isinstance(each, ast.AnnAssign):
                taken.append((holder, field, getattr(holder, field)))
                setattr(holder, field, None)
    try:
        return ast.dump(node)
    finally:
        for holder, field, value in reversed(taken):
            setattr(holder, field, value)


def code_of_units(module: str, text: str) -> dict[str, str]:
    """A digest of the code of each function in a module's text, which annotations and words do not change.

    >>> at_first = code_of_units("a", "def f(x): return x")
    >>> code_of_units("a", "def f(x: int) -> int:\\n    'The same.'\\n    return x") == at_first
    True
    >>> code_of_units("a", "def f(x): return -x") == at_first
    False
    """
    return {
        (name := f"{module}.{unit.name}"): hashlib.sha256(f"{name}\n{_bare(unit.node)}".encode()).hexdigest()[:16]
        for unit in units_of(ast.parse(text))
    }


def units_of(tree: ast.Module) -> Iterator[CodeUnit]:
    """The functions of a module and of its classes, and the lambdas of its tables."""
    yield from _units(tree.body, "")


def _units(body: Iterable[ast.stmt], prefix: str) -> Iterator[CodeUnit]:
    seen: dict[str, int] = {}
    for node in body:
        if isinstance(node, Function):
            number = seen[node.name] = seen.get(node.name, 0) + 1
            line = min(each.lineno for each in (node, *node.decorator_list))
            yield CodeUnit(prefix + node.name + (f"#{number}" if number > 1 else ""), node, line)
        elif isinstance(node, ast.ClassDef):
            yield from _units(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            for number, (said, each) in enumerate(_lambdas(node.value, "")):
                yield CodeUnit(f"{prefix}{ast.unparse(target)}[{said or number}]", each, each.lineno)


def _lambdas(node: ast.AST, said: str) -> Iterator[tuple[str, ast.Lambda]]:
    """The outermost lambdas, each with the first string beside it."""
    if isinstance(node, ast.Lambda):
        yield said, node
        return
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            yield from _lambdas(value, ast.unparse(key).strip("'") if key else said)
        return
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        said = str(node.args[0].value)
    for child in ast.iter_child_nodes(node):
        yield from _lambdas(child, said)


Found = tuple[Edit, ast.AST, bool]
"""An edit, the statement that it is in, whether it changes the words of an error only."""


def edits_of(unit: CodeUnit, namespace: Mapping[str, Any]) -> Iterator[tuple[Edit, ast.AST, str, bool]]:
    """Each edit of a unit, the statement that it is in, the way there from the unit, whether it words an error only."""
    ways = dict(_ways(unit.node, ""))
    for edit, statement, wording in _Walk(Kinds(unit.node, namespace)).visit(unit.node, unit.node, False):
        yield edit, statement, f"{ways[id(edit.parent)]}/{edit.field}{edit.index}", wording


def _ways(node: ast.AST, way: str) -> Iterator[tuple[int, str]]:
    """The way from a node to all that are in it."""
    yield id(node), way
    for field, value in ast.iter_fields(node):
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST):
                yield from _ways(child, f"{way}/{field}{index}")


class _Walk:
    """Goes through a function from its head to its end."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._last: set[ast.AST] = set()

    def visit(self, node: ast.AST, statement: ast.AST, wording: bool) -> Iterator[Found]:
        """The edits within a node; those of the node itself are its parent's to make."""
        if isinstance(node, Function):
            self._last.update(last_returns(node))
            yield from ((edit, self._near(edit, node), False) for edit in (*early_returns(node), *_answers(node)))
        for field, value in ast.iter_fields(node):
            if field in _NOT_CODE and not (field == "args" and isinstance(node, ast.Call)):
                continue
            if isinstance(value, list):
                if field in BLOCKS and value and isinstance(value[0], ast.stmt):
                    yield from ((edit, self._near(edit, node), False) for edit in of_block(node, field, self._last))
                for index, child in enumerate(value):
                    if isinstance(child, ast.AST):
                        yield from self._child(node, field, index, child, statement, wording)
            elif isinstance(value, ast.AST):
                yield from self._child(node, field, None, value, statement, wording)

    @staticmethod
    def _near(edit: Edit, default: ast.AST) -> ast.AST:
        if edit.index is None:
            return edit.parent
        block = getattr(edit.parent, edit.field)
        found: ast.AST = block[min(edit.index, len(block) - 1)] if block else default
        return found

    def _child(
        self, node: ast.AST, field: str, index: int | None, child: ast.AST, statement: ast.AST, wording: bool
    ) -> Iterator[Found]:
        if isinstance(child, ast.Assert) or (isinstance(child, ast.stmt) and is_docstring(child)):
            return
        if is_for_speed(child):
            return
        if isinstance(node, ast.Call) and isinstance(child, ast.keyword) and is_assertion(node, child):
            return
        if isinstance(child, ast.stmt | ast.excepthandler):
            statement = child
        wording = wording or (isinstance(child, ast.JoinedStr | ast.BinOp) and self._words(node, statement, child))
        yield from ((edit, statement, wording) for edit in self._of(node, field, index, child))
        yield from self.visit(child, statement, wording)

    def _of(self, node: ast.AST, field: str, index: int | None, child: ast.AST) -> Iterator[Edit]:
        if field in ("test", "ifs") and isinstance(child, ast.expr):
            yield from of_condition(node, field, index, child)
        if isinstance(child, ast.For | ast.While) and index is not None:
            yield from of_loop(node, field, index, child)
        if isinstance(child, ast.comprehension):
            yield from of_comprehension(child)
        if isinstance(child, ast.expr):
            yield from edits(node, field, index, child, self._kinds)

    @staticmethod
    def _words(node: ast.AST, statement: ast.AST, child: ast.AST) -> bool:
        """Whether it is the text of an error that is raised."""
        holds_text = any(isinstance(n, ast.JoinedStr | ast.Constant) and _is_text(n) for n in ast.walk(child))
        return isinstance(statement, ast.Raise) and isinstance(node, ast.Call) and node is statement.exc and holds_text


def _answers(function: Function) -> Iterator[Edit]:
    """What a function that says yes or no returns, negated."""
    if function.returns is not None and ast.unparse(function.returns) == "bool":
        for each in own_nodes(function):
            if isinstance(each, ast.Return) and isinstance(each.value, ast.Call | ast.Name | ast.Attribute):
                new = ast.copy_location(ast.UnaryOp(ast.Not(), each.value), each.value)
                yield Edit("condition negated", each, "value", None, (new,))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
