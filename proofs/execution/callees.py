"""The callees of executed code: functions executed on terms too, and those a proof puts in the place of others.

All else is refused where it is called, wherever the code had it from: of it nothing would be proved. What a proof puts
there looks at every argument that it takes: of another one it would say the same, where the function in its place does
something else.
"""

import builtins
import dis
from collections.abc import Iterable
from functools import cache, partial
from inspect import CO_VARARGS, CO_VARKEYWORDS
from types import BuiltinMethodType, CodeType, FunctionType, MethodType

from machine.formats.base import Format
from proofs.execution.instrument import MONITOR
from proofs.execution.on_words import check_format, check_on_words, is_of_proofs
from proofs.execution.outside import BUILTINS, is_of_library, is_record
from proofs.execution.path import ExecutionError

OF_PYTHON = tuple(value for name, value in vars(builtins).items() if name in BUILTINS and callable(value))
"""What code may have from Python, to call it."""

OF_LISTS = frozenset({"append", "pop"})
"""Methods of Python's lists that code may call: they look at no element."""

CALL = "__call__"
"""What an object has that may be called as a function is."""


class Callees:
    """The functions that another may call on a path."""

    def __init__(self, stands: Iterable[object] = ()) -> None:
        """These stand for something in a proof."""
        self._stands = {id(each): each for each in stands}

    def check(self, function: object) -> None:
        """The function is executed, stands for something, or makes a record.

        :raises ExecutionError: Python would run it.
        """
        if not self._is_known(function):
            name = getattr(function, "__qualname__", f"a {type(function).__name__}")
            raise ExecutionError(f"{name} is called, which is not executed on terms")
        check_looks(function)

    def _is_known(self, function: object) -> bool:
        if id(function) in self._stands or any(function is each for each in OF_PYTHON):
            return True
        if isinstance(function, partial):
            return self._is_known(function.func)
        if isinstance(function, MethodType):
            if isinstance(function.__self__, Format):
                check_format(function.__self__)
                return True
            return self._is_known(function.__func__)
        if isinstance(function, FunctionType):
            return is_executed(function) or is_of_proofs(function) or _is_on_words(function)
        if isinstance(function, BuiltinMethodType):
            return type(function.__self__) is list and function.__name__ in OF_LISTS
        if isinstance(function, type):
            return is_record(function) or _makes_what_stands(function)
        return is_of_proofs(next((vars(each)[CALL] for each in type(function).__mro__ if CALL in vars(each)), None))


def check_looks(function: object) -> None:
    """Check that what a proof puts in the place of a function looks at all its arguments, but for ``self``.

    :raises ExecutionError: it would say the same of any other argument.
    """
    while isinstance(function, partial | MethodType):
        function = function.func if isinstance(function, partial) else function.__func__
    if not isinstance(function, FunctionType):
        function = next((vars(each)[CALL] for each in type(function).__mro__ if CALL in vars(each)), None)
    if isinstance(function, FunctionType) and is_of_proofs(function):
        for name in _overlooked(function.__code__):
            where = f"{function.__module__}.{function.__qualname__}"
            raise ExecutionError(f"{where} stands for a function and does not look at its argument {name}")


@cache
def _overlooked(code: CodeType) -> tuple[str, ...]:
    """The arguments that code takes and does not read, those of any number among them; not that named ``self``."""
    number = code.co_argcount + code.co_kwonlyargcount
    number += bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    read = set(code.co_cellvars)  # which a function inside reads
    for each in dis.get_instructions(code):
        if each.opname.startswith("LOAD_FAST"):
            read.update(each.argval if isinstance(each.argval, tuple) else (each.argval,))
    return tuple(name for name in code.co_varnames[:number] if name not in read and name != "self")


def is_executed(function: FunctionType) -> bool:
    """Return whether it asks a monitor."""
    return isinstance(function.__globals__.get(MONITOR), Asked)


class Asked:
    """A monitor, as its functions are known by it."""


def _is_on_words(function: FunctionType) -> bool:
    """Whether it is one of a paging format's, which are called with words as they are.

    :raises ExecutionError: it could tell a term from a number.
    """
    if not function.__globals__.get("__name__", "").startswith("machine.formats."):
        return False
    check_on_words(function)
    return True


def _makes_what_stands(kind: type) -> bool:
    """Whether a class is a proof's own, and so are its methods."""
    parts = [part for each in kind.__mro__ if not is_of_library(each) for part in vars(each).values()]
    methods = [part for part in parts if isinstance(part, FunctionType)]
    return bool(methods) and all(is_of_proofs(each) or is_executed(each) for each in methods)
