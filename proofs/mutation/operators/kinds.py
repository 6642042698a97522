"""What is of one kind with what: variables by their annotations, attributes of one class, names of one sort."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import z3

NEIGHBOURS = 2  # others of the same kind that take a variable's place: the nearest before and after it

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def _text(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _families(namespace: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    """For each class that a module names: its attributes by their annotation."""
    found: dict[str, dict[str, list[str]]] = {}
    for value in namespace.values():
        if not inspect.isclass(value) or value.__module__ == "builtins":
            continue
        by_type: dict[str, list[str]] = {}
        for base in reversed(value.__mro__):
            for name, annotation in vars(base).get("__annotations__", {}).items():
                by_type.setdefault(_text(annotation), []).append(name)
        initialiser = vars(value).get("__init__")
        slots = vars(value).get("__slots__", ())
        for name, annotation in getattr(initialiser, "__annotations__", {}).items():
            if name != "return" and (name in slots or not slots) and not by_type.get(_text(annotation), ()).count(name):
                by_type.setdefault(_text(annotation), []).append(name)
        found[f"{value.__module__}.{value.__qualname__}"] = by_type
    return found


def neighbours(name: str, line: list[str]) -> list[str]:
    """The nearest others in a line of names, its ends joined.

    >>> neighbours("b", ["a", "b", "c", "d"]), neighbours("a", ["a", "b"])
    (['c', 'a'], ['b'])
    """
    if name not in line:
        return []
    at = line.index(name)
    near = [line[(at + 1) % len(line)], line[at - 1]]
    return [each for each in dict.fromkeys(near) if each != name][:NEIGHBOURS]


@dataclass(slots=True)
class _Scope:
    """The variables of one function, in the order in which they are bound: name, kind, line."""

    node: ast.AST
    bound: list[tuple[str, str, int]] = field(default_factory=list)


class Kinds:
    """The kinds of what a function, the unit, names."""

    def __init__(self, unit: ast.AST, namespace: Mapping[str, Any]) -> None:
        """Read the unit's annotations and those of the classes in its module."""
        self._namespace = namespace
        self._families = _families(namespace)
        self._scopes: list[_Scope] = []
        self._within: dict[int, tuple[_Scope, ...]] = {}
        self._descend(unit, ())
        loaded = [n.id for n in ast.walk(unit) if isinstance(n, ast.Name)]
        self._free = [name for name in dict.fromkeys(loaded) if isinstance(namespace.get(name), z3.ExprRef)]

    def _descend(self, node: ast.AST, scopes: tuple[_Scope, ...]) -> None:
        self._within[id(node)] = scopes
        if isinstance(node, Function):
            scope = _Scope(node)
            scopes = (*scopes, scope)
            arguments = node.args
            for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                if each.arg not in ("self", "cls"):
                    unknown = "of a lambda" if isinstance(node, ast.Lambda) else ""
                    scope.bound.append((each.arg, ast.unparse(each.annotation) if each.annotation else unknown, 0))
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self._descend(child, scopes)
        if scopes and isinstance(node, ast.Assign | ast.AnnAssign | ast.For):
            self._bind(node, scopes)

    def _bind(self, node: ast.Assign | ast.AnnAssign | ast.For, scopes: tuple[_Scope, ...]) -> None:
        if isinstance(node, ast.Assign):
            pairs = [pair for target in node.targets for pair in _pairs(target, node.value)]
            kinds = [(name, self._kind(value, scopes)) for name, value in pairs]
        elif isinstance(node, ast.AnnAssign):
            kinds = [(node.target.id, ast.unparse(node.annotation))] if isinstance(node.target, ast.Name) else []
        elif isinstance(node.target, ast.Name) and _called(node.iter) == "range":
            kinds = [(node.target.id, "int")]
        else:
            kinds = []
        for name, kind in kinds:
            if all(name != bound for bound, _, _ in scopes[-1].bound):
                scopes[-1].bound.append((name, kind, node.lineno))

    def _kind(self, value: ast.expr, scopes: tuple[_Scope, ...]) -> str:
        if isinstance(value, ast.Constant):
            return type(value.value).__name__ if isinstance(value.value, int) else ""
        if isinstance(value, ast.IfExp) and isinstance(value.orelse, ast.Constant) and value.orelse.value is None:
            kind = self._kind(value.body, scopes)
            return f"{kind} | None" if kind else ""
        if isinstance(value, ast.Compare) or (isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)):
            return "bool"
        if isinstance(value, ast.BinOp):
            sides = {self._kind(value.left, scopes), self._kind(value.right, scopes)}
            return "int" if "int" in sides else sides.pop() if len(sides) == 1 else ""
        if isinstance(value, ast.BoolOp) and isinstance(value.op, ast.Or):
            sides = {self._kind(side, scopes) for side in value.values}
            return sides.pop() if len(sides) == 1 else ""
        if isinstance(value, ast.Name):
            return next((kind for scope in scopes for name, kind, _ in scope.bound if name == value.id), "")
        if isinstance(value, ast.Attribute):
            owner = self._class(self._kind(value.value, scopes))
            known = self._families.get(f"{owner.__module__}.{owner.__qualname__}") if owner else None
            families = self._families.values() if known is None else [known]
            found = {kind for family in families for kind, names in family.items() if value.attr in names}
            return found.pop() if len(found) == 1 else ""
        if isinstance(value, ast.Call):
            if _called(value) in ("len", "int", "min", "max", "sum"):
                return "int"
            function = self.value_of(value.func)
            if function is None and isinstance(value.func, ast.Attribute):
                owner = self._class(self._kind(value.func.value, scopes))
                function = getattr(owner, value.func.attr, None)
            return _text(getattr(function, "__annotations__", {}).get("return", ""))
        return ""

    def _class(self, kind: str) -> type | None:
        """The class that a kind names, if it names one alone."""
        found = self._namespace.get(kind.rpartition(".")[2])
        return found if isinstance(found, type) else None

    def value_of(self, node: ast.expr) -> Any:
        """Return the value of a global name, or of an attribute of one; None if that is not known."""
        if isinstance(node, ast.Name):
            return None if self._local(node) else self._namespace.get(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return inspect.getattr_static(self.value_of(node.value), node.attr, None)
        return None

    def _local(self, node: ast.Name) -> bool:
        return any(name == node.id for scope in self._within.get(id(node), ()) for name, _, _ in scope.bound)

    def other_names(self, node: ast.Name) -> Iterator[str]:
        """Variables of the same kind that are bound where this one is read."""
        scopes = self._within.get(id(node), ())
        known = [(name, kind) for scope in scopes for name, kind, line in scope.bound if line < node.lineno]
        kind = next((kind for name, kind in reversed(known) if name == node.id), None)
        if kind:
            yield from neighbours(node.id, list(dict.fromkeys(name for name, other in known if other == kind)))
        elif kind is None and not self._local(node):
            yield from self._other_globals(node.id)

    def is_true_unless_none(self, node: ast.expr) -> bool:
        """Return whether a variable is an object of a class that has no truth value of its own, or None."""
        kind = ast.parse(self._kind(node, self._within.get(id(node), ())) or "None", mode="eval").body
        expected = (ast.BinOp, ast.BitOr, ast.Name, ast.Attribute, ast.Load, ast.Constant)
        is_union = all(isinstance(n, expected) for n in ast.walk(kind))
        names = [n.id if isinstance(n, ast.Name) else n.attr for n in _names(kind)]
        return bool(names) and is_union and all(_is_always_true(self._namespace.get(name)) for name in names)

    def _other_globals(self, name: str) -> list[str]:
        value = self._namespace.get(name)
        if isinstance(value, z3.ExprRef):
            return neighbours(name, [each for each in self._free if self._namespace[each].sort() == value.sort()])
        if name.isupper() and type(value) is int:
            line = [
                n for n, v in self._namespace.items() if n.isupper() and type(v) is int and (v != value or n == name)
            ]
            return neighbours(name, line)[:1]
        return []

    def other_attributes(self, name: str) -> list[str]:
        """Attributes of the same kind in a class that has this one."""
        found: dict[str, None] = {}
        for family in self._families.values():
            for names in family.values():
                found |= dict.fromkeys(neighbours(name, names))
        return list(found)[:NEIGHBOURS]

    def is_column(self, node: ast.AST) -> bool:
        """Return whether it is an array of a record of arrays, all of which have one length."""
        if not isinstance(node, ast.Attribute):
            return False
        kinds = [kind for family in self._families.values() for kind, names in family.items() if node.attr in names]
        return bool(kinds) and all("ndarray" in kind.lower() for kind in kinds)

    def is_whole(self, node: ast.Attribute) -> bool:
        """Return whether an attribute is known to be a whole number."""
        return any(node.attr in family.get("int", ()) for family in self._families.values())


def _is_always_true(value: Any) -> bool:
    """Whether it is a class whose objects are all true."""
    own = {name for base in value.__mro__ for name in vars(base)} if isinstance(value, type) else {"__bool__"}
    return own.isdisjoint({"__bool__", "__len__"})


def _names(node: ast.expr) -> list[ast.Name | ast.Attribute]:
    """The names in an expression, those with a dot whole."""
    if isinstance(node, ast.Name | ast.Attribute):
        return [node]
    return [name for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr) for name in _names(child)]


def _called(node: ast.expr) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Names and what is assigned to them, of tuples too."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, other in zip(target.elts, value.elts, strict=True):
            yield from _pairs(one, other)
