"""The kernel's functions as coroutines made of their own source: each says what it touches before it touches it.

A call of a kernel's function becomes ``yield from``, and so does each read and write of an element: whoever runs the
coroutine may switch to another core there. What is no column (a tuple, a list of Python's) is read and written as it
is.
"""

import ast
from collections.abc import Callable, Generator
from functools import cache
from inspect import getclosurevars
from types import FunctionType, GeneratorType
from typing import Any, NamedTuple, TypeAlias

from refinement.rewriting import definition_of

CODE = ("refinement.kernel.primitives", "refinement.kernel.operations", "refinement.kernel.kernel")
"""The modules whose functions are turned into coroutines; with those of broken kernels (:func:`stepped`)."""

READ, WRITE, LOCK, TRY, UNLOCK, INVALIDATE, FENCE, CALL, RETURN, DRAIN = (
    "read",
    "write",
    "lock",
    "try",
    "unlock",
    "invalidate",
    "fence",
    "call",
    "return",
    "drain",
)


class Access(NamedTuple):
    """The access that a core is about to do: of what kind, to what, and of a write what it writes."""

    kind: str
    place: tuple[Any, ...]
    value: Any = None

    def __str__(self) -> str:
        """``write parent[3]``, ``lock frame 0``, ``invalidate core 1, slot 2``."""
        name, *rest = self.place or ("",)
        if self.kind in (READ, WRITE, DRAIN):
            return f"{self.kind} {name}[{', '.join(map(str, rest))}]"
        return f"{self.kind} {' '.join(map(str, self.place))}".strip()


Steps: TypeAlias = Generator[Access, Any, Any]


class Column:
    """A column of the machine's memory: its elements are touched by announced accesses only.

    :param name: what it is called in accesses.
    :param memory: reads and writes elements for the core that runs, perhaps through a store buffer.
    """

    def __init__(self, name: str, values: list[Any], memory: Any) -> None:
        """Begin with these values."""
        self.name, self.values, self.memory = name, values, memory
        memory.columns.append(self)

    def __len__(self) -> int:
        """How many elements."""
        return len(self.values)

    def __getitem__(self, index: int) -> Any:
        """What memory holds, without an access: for whoever looks at the machine from outside."""
        return self.values[index]

    def reading(self, index: int) -> Steps:
        """A read as an access.

        :raises IndexError: there is no such element.
        """
        self._check(index)
        yield Access(READ, (self.name, index))
        return self.memory.load(self, index)

    def writing(self, index: int, value: Any) -> Steps:
        """A write as an access."""
        self._check(index)
        yield Access(WRITE, (self.name, index), value)
        self.memory.store(self, index, value)

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self.values):
            raise IndexError(f"element {index} of {self.name}, which has {len(self.values)}")


def _read(of: Any, index: Any) -> Steps:
    if isinstance(of, Column):
        return (yield from of.reading(index))
    return of[index]


def _write(of: Any, index: Any, value: Any) -> Steps:
    if isinstance(of, Column):
        yield from of.writing(index, value)
    else:
        of[index] = value


class Around(NamedTuple):
    """Locks that are held while some functions run, by the functions' qualified names."""

    locks: tuple[tuple[str, str], ...] = ()

    def lock_of(self, name: str) -> str:
        """The lock of a function; empty for none."""
        return next((lock for function, lock in self.locks if function == name), "")


def acquire(*lock: Any) -> Steps:
    """Wait until a lock is free, and take it."""
    yield Access(LOCK, lock)


def try_acquire(*lock: Any) -> Steps:
    """Take a lock if it is free, without a wait; whether it was."""
    return (yield Access(TRY, lock))


def release(*lock: Any) -> Steps:
    """Give a lock back."""
    yield Access(UNLOCK, lock)


class _Rewriter(ast.NodeTransformer):
    """Calls, reads and writes of elements, each as ``yield from`` a function that takes steps."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return ast.YieldFrom(ast.Call(ast.Name("_call", ast.Load()), [node.func, *node.args], node.keywords))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            raise ValueError(f"line {node.lineno}: an element is written otherwise than by itself")
        return ast.YieldFrom(ast.Call(ast.Name("_read", ast.Load()), [node.value, node.slice], []))

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Subscript):
            return self.generic_visit(node)
        parts = [self.visit(part) for part in (target.value, target.slice, node.value)]
        return ast.Expr(ast.YieldFrom(ast.Call(ast.Name("_write", ast.Load()), parts, [])))


@cache
def stepped(function: Callable[..., Any], around: Around) -> Callable[..., Steps]:
    """The function as a coroutine; what it calls of the kernel becomes one as well.

    :raises ValueError: it has no source, or writes elements in a way that is not known here.
    """
    assert isinstance(function, FunctionType)
    tree, _ = definition_of(function)
    arguments = tree.args
    for each in (*arguments.args, *arguments.kwonlyargs):
        each.annotation = None
    defaults = function.__defaults__
    arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
    body = [_Rewriter().visit(statement) for statement in tree.body]
    body.append(ast.If(ast.Constant(False), [ast.Expr(ast.Yield(None))], []))  # a generator in any case
    plain = ast.FunctionDef(tree.name, arguments, body, [], None, lineno=1, col_offset=0)
    code = compile(ast.fix_missing_locations(ast.Module([plain], [])), function.__code__.co_filename, "exec")
    known = {**function.__globals__, **getclosurevars(function).nonlocals}
    known |= {"_read": _read, "_write": _write, "_call": lambda *given, **named: _call(around, *given, **named)}
    exec(code, known)
    made = known[tree.name]
    made.__defaults__ = defaults
    # Whoever records what runs finds the function, and no other of its name.
    own = function.__code__
    made.__code__ = made.__code__.replace(co_qualname=own.co_qualname, co_firstlineno=own.co_firstlineno)
    found: Callable[..., Steps] = made
    return found


def is_stepped(function: Any) -> bool:
    """Return whether calls of it are steps of the kernel."""
    module = getattr(function, "__module__", "") or ""
    return isinstance(function, FunctionType) and (module in CODE or bool(getattr(function, "takes_steps", False)))


def takes_steps(function: Callable[..., Any]) -> Any:
    """Mark a function outside the kernel's own modules as code whose accesses are steps."""
    function.takes_steps = True  # type: ignore[attr-defined]
    return function


def _call(around: Around, function: Any, /, *given: Any, **named: Any) -> Steps:
    """A call from stepped code: of the kernel's code step by step; of what takes steps by itself, its steps."""
    plain = getattr(function, "__func__", function)
    if not is_stepped(plain):
        result = function(*given, **named)
        return (yield from result) if isinstance(result, GeneratorType) else result
    if plain is not function:
        given = (function.__self__, *given)
    lock = around.lock_of(plain.__qualname__)
    if lock:
        yield from acquire(lock)
    result = yield from stepped(plain, around)(*given, **named)
    if lock:
        yield from release(lock)
    return result
