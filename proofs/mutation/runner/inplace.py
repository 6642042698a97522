"""A mutant put in the place of what runs: every live function of the changed code gets the changed code.

So whoever holds the function, by whatever name, and every closure that a factory made of it, runs the mutant.
"""

import ast
import functools
import gc
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from proofs.mutation.operators.mutants import ModuleSource
from refinement.rewriting import carry

Place = tuple[str, str, int]
"""Where some code is: file, qualified name, first line."""


class StaleError(Exception):
    """Some of what the code made is there already and cannot be made anew: the mutant has to be imported afresh."""


def place_of(code: CodeType) -> Place:
    """Where it is."""
    return code.co_filename, code.co_qualname, code.co_firstlineno


@dataclass(frozen=True, slots=True)
class Live:
    """The functions of some files, and the caches of functions, that are there when this is made."""

    functions: dict[str, list[FunctionType]]
    caches: list[Any]

    @classmethod
    def of(cls, concerns: Callable[[str], bool]) -> "Live":
        """Those in files that it concerns.

        What garbage collection was told to pass over is thawed first: it would not be listed.
        """
        gc.unfreeze()
        functions: dict[str, list[FunctionType]] = {}
        caches = []
        for each in gc.get_objects():
            if issubclass(type(each), FunctionType):  # its class is not asked: a weak reference may be dead
                if concerns(each.__code__.co_filename):
                    functions.setdefault(each.__code__.co_filename, []).append(each)
            elif issubclass(type(each), functools._lru_cache_wrapper):
                wrapped = each.__wrapped__
                if issubclass(type(wrapped), FunctionType) and concerns(wrapped.__code__.co_filename):
                    caches.append(each)
        return cls(functions, caches)

    def forget(self) -> None:
        """Empty the caches: what they hold was computed by the code as it was."""
        for each in self.caches:
            each.cache_clear()


def compiled(tree: ast.Module, file: str) -> CodeType:
    """A module's code; what a compiler warns of in a mutant is no news."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(tree, file, "exec", dont_inherit=True)


def codes(code: CodeType) -> Iterator[CodeType]:
    """All code in a code, itself left out."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from codes(constant)


def _by_place(module: CodeType) -> dict[Place, list[CodeType]]:
    found: dict[Place, list[CodeType]] = {}
    for code in codes(module):
        found.setdefault(place_of(code), []).append(code)
    return found


def _own(code: CodeType) -> tuple[Any, ...]:
    """A code without the codes in it."""
    constants = tuple(each.co_qualname if isinstance(each, CodeType) else (type(each), each) for each in code.co_consts)
    return code.co_code, repr(constants), code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars


def original(source: ModuleSource) -> CodeType:
    """A module's code as it is."""
    return compiled(source.tree, str(source.file))


def code_of(source: ModuleSource, mutant: str) -> CodeType:
    """The code of a mutant's module."""
    with source.edits[mutant].applied():
        return original(source)


def put_in_place(source: ModuleSource, mutant: str, live: Live, right: CodeType, code: CodeType) -> list[Place]:
    """Make this process run a mutant.

    :param right: the module's code as it is; ``code`` is that of the mutant.
    :returns: the codes that the mutant changes.
    :raises StaleError: the mutant cannot take the place of what exists; some of it may have been replaced.
    """
    before, after = _by_place(right), _by_place(code)
    functions = live.functions.get(str(source.file), [])
    changed = []
    for place, old in before.items():
        new = after.get(place, [])
        for number, code in enumerate(old):
            if len(new) == len(old) and new[number] == code:
                continue
            if len(new) != len(old) or _own(code) != _own(new[number]):
                changed.append(place)
            for function in functions:
                if function.__code__ == code:
                    if len(new) != len(old) or code.co_freevars != new[number].co_freevars:
                        raise StaleError(f"{code.co_qualname} is held by what is made already")
                    function.__code__ = new[number]
    if not changed:
        raise StaleError("the change is in what is computed once, when the module is imported")
    unit = source.unit_of(mutant)
    attach_syntax(unit.qualname, unit.line, source.syntax(mutant), functions)
    live.forget()
    return changed


def attach_syntax(name: str, line: int, syntax: str, functions: list[FunctionType]) -> None:
    """Give a changed function its own definition, which no file has, so that proofs can execute what it runs."""
    if not syntax:
        return
    tree = ast.parse(syntax)
    ast.increment_lineno(tree, line - 1)
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    for function in functions:
        if function.__qualname__ == name and function.__code__.co_firstlineno == line:
            carry(function, definition)
