"""Finds captured variables: functions that are given terms and bind a constant that occurs free in them.

The modules that make formulas are imported with every function and lambda in them guarded. A guarded function is called
twice: with its arguments as they are, and with each constant in them renamed to one that nothing binds. Renamed back,
the second result must be the first up to the names of bound variables; where it is not, a quantifier in the function
took a constant of an argument for its own. What is returned as a function is compared when it is called.

Only what is given terms, sets, states and the like is called twice: what executes code on a path has effects.
"""

import ast
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import wraps
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import FunctionType, MethodType, ModuleType
from typing import Any

import z3

MARK, ARGUMENT = "@", "#"
NEVER_BOUND = ("no_node", "FREE", "ROOTS", "no_slot", "no_frame")

found: Counter[str] = Counter()
"""What captures a variable, and how often it was seen to."""
checked: Counter[str] = Counter()
"""What was called twice, and how often."""
_twice = True


@contextmanager
def once() -> Iterator[None]:
    """Within it nothing is called twice."""
    global _twice
    was, _twice = _twice, False
    try:
        yield
    finally:
        _twice = was


_constants: dict[int, tuple[z3.AstRef, frozenset[z3.ExprRef]]] = {}


def constants(term: z3.ExprRef) -> frozenset[z3.ExprRef]:
    """The constants in a term that could be bound."""
    known = _constants.get(term.get_id())
    if known is None:
        if z3.is_quantifier(term):
            some = constants(term.body())
        elif z3.is_const(term) and term.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            some = frozenset() if term.decl().name() in NEVER_BOUND else frozenset({term})
        else:
            some = frozenset().union(*(constants(child) for child in term.children()))
        known = _constants[term.get_id()] = (term, some)
    return known[1]


_renamed: dict[tuple[int, str, str], tuple[z3.ExprRef, z3.ExprRef]] = {}


def marked(term: z3.ExprRef, mark: str = MARK, but: str = "") -> z3.ExprRef:
    """The term, its constants renamed; not those whose name ends in ``but``."""

    def name(old: str) -> str:
        return old if but and old.endswith(but) else old + mark

    return _with_names(term, f"+{mark}", but, name)


def unmarked(term: z3.ExprRef, mark: str = MARK) -> z3.ExprRef:
    """The term, its constants renamed back, and those whose names name a renamed one, as ``slot[node]`` does."""
    return _with_names(term, f"-{mark}", "", lambda old: old.replace(mark, ""))


def _with_names(term: z3.ExprRef, how: str, but: str, name: Callable[[str], str]) -> z3.ExprRef:
    """The term with its constants renamed; done once, for most terms come again. It is kept with the result, since its
    number is its own only as long as it lives.
    """
    key = term.get_id(), how, but
    known = _renamed.get(key)
    if known is None:
        named = [(each, name(each.decl().name())) for each in constants(term)]
        pairs = [(each, z3.Const(new, each.sort())) for each, new in named if new != each.decl().name()]
        known = _renamed[key] = term, z3.substitute(term, *pairs) if pairs else term
    return known[1]


def same(one: z3.AstRef, other: z3.AstRef) -> bool:
    """Whether terms are the same up to the names of what they bind."""
    seen: set[tuple[int, int]] = set()

    def alike(one: z3.AstRef, other: z3.AstRef) -> bool:
        if one.eq(other) or (one.get_id(), other.get_id()) in seen:
            return True
        if z3.is_quantifier(one) and z3.is_quantifier(other):
            sorts = [[each.var_sort(n) for n in range(each.num_vars())] for each in (one, other)]
            kinds = [(each.is_forall(), each.is_exists()) for each in (one, other)]
            result = sorts[0] == sorts[1] and kinds[0] == kinds[1] and alike(one.body(), other.body())
        elif z3.is_app(one) and z3.is_app(other):
            pairs = list(zip(one.children(), other.children(), strict=False))
            count = one.num_args() == other.num_args() and one.decl().eq(other.decl())
            result = count and bool(pairs) and all(alike(*pair) for pair in pairs)
        else:
            result = False
        if result:
            seen.add((one.get_id(), other.get_id()))
        return result

    if alike(one, other) or alike(z3.simplify(one), z3.simplify(other)):
        return True
    solver = z3.Solver()
    solver.set(timeout=2_000)
    solver.add(one != other)
    return bool(solver.check() == z3.unsat)


class Marked:
    """A function in whose results the constants are renamed, but not those of its arguments."""

    def __init__(self, function: Callable[..., Any], mark: str) -> None:
        self.function, self.mark = function, mark

    def __call__(self, *arguments: Any) -> Any:
        with once():
            result = self.function(*rename(arguments, ARGUMENT))

        def own(term: z3.ExprRef) -> z3.ExprRef:
            return unmarked(marked(term, self.mark, but=ARGUMENT), ARGUMENT)

        return mapped(result, own)


def mapped(value: Any, change: Callable[[z3.ExprRef], z3.ExprRef]) -> Any:
    """The value with each term in it changed, those that its functions return as well."""
    if isinstance(value, z3.ExprRef):
        return change(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(mapped(each, change) for each in value))
    if isinstance(value, tuple | list):
        return type(value)(mapped(each, change) for each in value)
    if isinstance(value, dict):
        return {key: mapped(each, change) for key, each in value.items()}
    if value is None or isinstance(value, z3.FuncDeclRef | str | int | Enum):
        return value
    raise ImpureError(type(value).__name__)


def is_closed(function: Any) -> bool:
    """Whether the function refers to nothing but what its module has."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return isinstance(function, FunctionType) and not function.__closure__ and not function.__defaults__


class ImpureError(Exception):
    """The value is none that can be renamed: it belongs to a path."""


def is_frozen(value: Any) -> bool:
    """A dataclass whose fields cannot be set."""
    return bool(value.__dataclass_params__.frozen)


def rename(value: Any, mark: str = MARK) -> Any:
    """The value with all constants renamed; the same object if it has none."""
    if isinstance(value, z3.ExprRef):
        return marked(value, mark)
    if value is None or isinstance(value, z3.FuncDeclRef | z3.SortRef | str | int | Enum | type):
        return value
    if isinstance(value, Mapping):
        return {key: rename(each, mark) for key, each in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        parts = [rename(each, mark) for each in value]
        return value if all(a is b for a, b in zip(parts, value, strict=True)) else type(value)(*parts)
    if isinstance(value, tuple | list | set | frozenset):
        return type(value)(rename(each, mark) for each in value)
    if isinstance(value, Pair | Marked | FunctionType):
        return value if is_closed(value) else Marked(value, mark)
    if is_dataclass(value) and is_frozen(value):
        named = {field.name: rename(getattr(value, field.name), mark) for field in fields(value) if field.init}
        changed = {name: part for name, part in named.items() if part is not getattr(value, name)}
        return replace(value, **changed) if changed else value  # type: ignore[type-var]
    raise ImpureError(type(value).__name__)


class Pair:
    """A function that was made twice: each call of it compares what both say."""

    def __init__(self, where: str, one: Callable[..., Any], other: Callable[..., Any]) -> None:
        self.where, self.one, self.other = where, one, other

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *arguments: Any) -> Any:
        result = self.one(*arguments)
        if not _twice:
            return result
        try:
            with once():
                other = self.other(*rename(arguments))
        except ImpureError:
            return result
        return compared(self.where, result, other)


def compared(where: str, one: Any, other: Any) -> Any:
    """The first of two results, after comparison with the second, which is of renamed arguments."""
    if one is other:
        return one
    if isinstance(one, z3.ExprRef) and isinstance(other, z3.ExprRef):
        checked[where] += 1
        if not same(one, unmarked(other)):
            found[where] += 1
        return one
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        # What a hypothesis is called may name a constant of it.
        renamed = {key.replace(MARK, "") if isinstance(key, str) else key: value for key, value in other.items()}
        return {key: compared(where, one[key], renamed[key]) for key in one}
    if isinstance(one, tuple | list) and isinstance(other, Sequence):
        parts = [compared(where, *pair) for pair in zip(one, other, strict=True)]
        return type(one)(*parts) if hasattr(one, "_fields") else type(one)(parts)
    if is_dataclass(one) and type(one) is type(other) and is_frozen(one):
        names = [field.name for field in fields(one) if field.init]
        named = {name: compared(where, getattr(one, name), getattr(other, name)) for name in names}
        changed = {name: part for name, part in named.items() if part is not getattr(one, name)}
        return replace(one, **changed) if changed else one  # type: ignore[type-var]
    if isinstance(one, FunctionType | Pair | Marked) and callable(other):
        return Pair(where, one, other)
    return one


def guarded(function: Callable[..., Any], where: str) -> Callable[..., Any]:
    """The function, called twice."""

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        result = function(*arguments, **named)
        if not _twice or not (arguments or named):
            return result
        try:
            with once():
                other = function(*rename(arguments), **rename(named))
        except ImpureError:
            return result
        return compared(where, result, other)

    return call


class _Guard(ast.NodeTransformer):
    """Puts a guard round each function and lambda."""

    def __init__(self, module: str) -> None:
        self.module = module

    def _call(self, function: ast.expr, node: ast.FunctionDef | ast.Lambda, name: str) -> ast.Call:
        where = ast.Constant(f"{self.module}:{node.lineno}: {name}")
        return ast.Call(ast.Name("__guarded__", ast.Load()), [function, where], [])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        yields = any(isinstance(each, ast.Yield | ast.YieldFrom) for each in ast.walk(node))
        is_property = any(isinstance(each, ast.Name) and each.id == "property" for each in node.decorator_list)
        if not (yields or is_property or node.name.startswith("__")):
            given = ast.arguments([], [ast.arg("function")], kwonlyargs=[], kw_defaults=[], defaults=[])
            node.decorator_list.append(ast.Lambda(given, self._call(ast.Name("function", ast.Load()), node, node.name)))
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.generic_visit(node)
        return self._call(node, node, "lambda")


def naming(named: Callable[[z3.ExprRef], str]) -> Callable[[z3.ExprRef], str]:
    """What names a term, where constants of the term may be marked: the name is the same with a mark."""

    def call(place: z3.ExprRef) -> str:
        plain = unmarked(place)
        return named(place) if plain.eq(place) else named(plain) + MARK

    return call


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> Any:
        path = self.get_filename(fullname)
        source = change(fullname, self.get_data(path).decode())
        tree = _Guard(fullname).visit(ast.parse(source))
        return compile(ast.fix_missing_locations(tree), path, "exec")

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__guarded__"] = guarded
        super().exec_module(module)
        if module.__name__ == NAMES:
            module.__dict__["named"] = naming(module.__dict__["named"])


def change(module: str, source: str) -> str:
    """The source that is imported."""
    for name, old, new in _changes:
        if name == module:
            assert source.count(old) == 1, (module, old, source.count(old))
            source = source.replace(old, new)
    return source


_changes: list[tuple[str, str, str]] = []
GUARDED = (
    "model.spaces.theory",
    "model.spaces.terms",
    "model.spaces.invariants",
    "proofs.obligation",
    "proofs.two_runs",
    "proofs.terms",
    "proofs.execution.named_after",
    "model.signature",
    "proofs.obligations",
)
NAMES = "proofs.execution.named_after"
"""The module whose ``named`` makes constants of terms."""
BESIDE = ("proofs.obligations.source", "proofs.obligations.code")


class _Finder(PathFinder):
    @classmethod
    def find_spec(cls, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        within = any(fullname == name or fullname.startswith((f"{name}.", f"{name}s.")) for name in GUARDED)
        spec = super().find_spec(fullname, path, target) if within and fullname not in BESIDE else None
        if spec is None or not isinstance(spec.loader, SourceFileLoader):
            return None
        spec.loader = _Loader(fullname, spec.loader.path)
        return spec


def know_guarded() -> None:
    """What is guarded is a proof's own where what is behind it is: proofs let code call nothing else."""
    from proofs.execution import callees, objects, on_words

    of_proofs, part_of_proofs = on_words.is_of_proofs, objects._is_a_proofs

    def behind(function: Any) -> Any:
        while isinstance(function, Pair):
            function = function.one
        return getattr(function, "__wrapped__", function)

    for module in (callees, objects, on_words):
        vars(module)["is_of_proofs"] = lambda function: of_proofs(behind(function))
    vars(objects)["_is_a_proofs"] = lambda owner, name, part: part_of_proofs(owner, name, behind(part))


def main(arguments: list[str]) -> None:
    """Build the conditions of the obligations named (beginnings of ids), in the dialects named after ``--``."""
    sys.meta_path.insert(0, _Finder)
    patterns, dialects = arguments, ["canonical"]
    if "--" in arguments:
        at = arguments.index("--")
        patterns, dialects = arguments[:at], arguments[at + 1 :]
    for pattern in [each for each in patterns if "=>" in each]:
        patterns.remove(pattern)
        name, old, new = pattern.split("=>")
        _changes.append((name, old, new))

    know_guarded()
    from model.spaces.dialect import dialect_named
    from model.spaces.invariants import INVARIANTS
    from proofs.registry import registry

    built = 0
    for obligation in registry().values():
        if patterns and not obligation.id.startswith(tuple(patterns)):
            continue
        for dialect in map(dialect_named, dialects):
            if obligation.applies(dialect.readings):
                print(obligation.id, file=sys.stderr)
                built += len(list(obligation.conditions(dialect, frozenset(INVARIANTS))))
    for where, times in found.items():
        print("captures", where, times)
    print("built", built, "compared", checked.total(), "of", len(checked))


if __name__ == "__main__":
    main(sys.argv[1:])
