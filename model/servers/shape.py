"""Check that a description is well-formed: each name once, methods with their parameters, settings of their kinds.

What Python would pass over in silence is refused here. A method that another one of the same name replaces, or that a
decorator hides, would be proved by nobody, and who wrote it would believe that it was.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

from model.messages.readings import MessageDialect
from model.servers.description import MACHINE, DescriptionError, Mark, Role, Subsystem, marked, mistake, place_of

_CLAUSE = re.compile(r"[A-Z]([0-9]+|\.[A-Za-z0-9.]+)")
MOST_ELEMENTS = 12
"""As many of a sort a small machine may have."""

PARAMETERS: Mapping[Role | str, tuple[str, ...]] = MappingProxyType(
    {
        Role.RULE: ("self", "c"),
        Role.INVARIANT: ("self",),
        Role.GUARANTEE: ("self",),
        Role.ENSURES: ("self", "after", "c"),
        "members": ("self", "space"),
        "assume": ("self",),
        "start": ("self",),
    }
)
"""What each method of a description is called with."""
_HIDING = (property, staticmethod, classmethod, cached_property)


def check_shape(kind: type[Subsystem]) -> None:
    """Refuse what is written otherwise than a description is.

    :raises DescriptionError: it is.
    """
    for base in kind.__mro__[: kind.__mro__.index(Subsystem)]:
        _check_once(base)
        for name, value in vars(base).items():
            if isinstance(value, _HIDING):
                _check_hidden(base, name, value)
    for name, (mark, method) in marked(kind, *Role).items():
        _check_parameters(kind, name, method, PARAMETERS[mark.role])
    for name in ("members", "assume", "start"):
        _check_parameters(kind, name, getattr(kind, name), PARAMETERS[name])


def takes(function: Callable[..., Any], number: int) -> bool:
    """Return whether the function can be called with so many arguments.

    >>> takes(lambda x, y: x, 2), takes(lambda x: x, 2)
    (True, False)
    """
    try:
        inspect.signature(function).bind(*[None] * number)
    except TypeError:
        return False
    return True


def _check_parameters(kind: type[Subsystem], name: str, method: Any, parameters: tuple[str, ...]) -> None:
    if not callable(method) or not takes(method, len(parameters)):
        said = f"def {name}({', '.join(parameters)})"
        raise mistake(kind, method, f"{name} has other parameters than it is called with; write {said}")


def _check_hidden(kind: type[Any], name: str, value: Any) -> None:
    method = getattr(value, "fget", None) or getattr(value, "func", None) or getattr(value, "__func__", None)
    if any(isinstance(getattr(each, "mark", None), Mark) for each in (value, method)) or name in PARAMETERS:
        raise mistake(kind, method, f"{name} is no plain method; leave out @{type(value).__name__} above it")


def _check_once(kind: type[Any]) -> None:
    """A class that is written in a file defines no name twice."""
    try:
        source, first = inspect.getsourcelines(kind)
        (body,) = ast.parse(textwrap.dedent("".join(source))).body
    except (OSError, TypeError, SyntaxError, ValueError):  # made by a call, or typed in: nothing to be read
        return
    lines = dict[str, int]()
    for name, line in _defined(body.body if isinstance(body, ast.ClassDef) else ()):
        if name in lines:
            place = f"{place_of(kind, kind).rpartition(':')[0]}:{first + line - 1}"
            raise DescriptionError(f"{place}: {name} is defined above already, and would be replaced; rename one")
        lines[name] = line


def _defined(body: Collection[ast.stmt]) -> Iterator[tuple[str, int]]:
    """The names that statements of a class define, each with its line."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name, statement.lineno
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                for each in ast.walk(target):
                    if isinstance(each, ast.Name):
                        yield each.id, statement.lineno


def check_settings(kind: type[Subsystem]) -> None:
    """Check the settings beside methods: the kernel, the clause, and the size of machine for attacks.

    :raises DescriptionError: it is of another kind.
    """
    if not isinstance(kind.messages, MessageDialect):
        said = f"messages is a {type(kind.messages).__name__}; write MESSAGE_DIALECTS['v2'], or leave it out"
        raise mistake(kind, kind, said)
    if not isinstance(kind.clause, str) or not _CLAUSE.fullmatch(kind.clause):
        raise mistake(kind, kind, f"clause {kind.clause!r} names no clause; write one such as S8 or B.independence")
    sizes = kind.machine
    if not isinstance(sizes, Mapping) or not sizes.keys() >= MACHINE.keys():
        raise mistake(kind, kind, "machine does not say how many elements each sort has; write machine_with(Space=5)")
    for sort, size in sizes.items():
        if not isinstance(sort, str) or type(size) is not int or not 1 <= size <= MOST_ELEMENTS:
            raise mistake(kind, kind, f"machine: {sort}={size!r}; write a sort and a number from 1 to {MOST_ELEMENTS}")


def check_sorts(kind: type[Subsystem], known: Collection[str]) -> None:
    """The machine for attacks has elements of sorts that there are.

    :raises DescriptionError: of one that there is not.
    """
    for sort in kind.machine:
        if sort not in known:
            raise mistake(kind, kind, f"machine: there is no sort {sort!r}; one of {', '.join(sorted(known))}")
