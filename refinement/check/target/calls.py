"""Calls of a target's functions from compiled code: a table of addresses, and one intrinsic for each signature.

Where nothing is compiled (``NUMBA_DISABLE_JIT=1``) the same functions are called by :mod:`ctypes`.

Whatever kind a target is of, it becomes such a table (see :mod:`refinement.check.target.loaders`), so that one compiled
driver serves them all. The signatures are those of ``musigma.h``.
"""

import ctypes
import inspect
from collections.abc import Callable
from enum import IntEnum
from typing import Any, cast

from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic


class Call(IntEnum):
    """The functions of a target, by their place in its table; an address of 0 stands for one it does not have."""

    INIT = 0
    MAP = 1
    GRANT = 2
    FLUSH = 3
    LOOKUP = 4
    LOOKUP_HW = 5
    CHECK = 6
    NORMALISE = 7


OPTIONAL = (Call.LOOKUP_HW, Call.CHECK, Call.NORMALISE)

UNKNOWN = 2
"""The status of an operation that does not tell whether it was done; only a target with ranges may return it."""


def caller(result: types.Integer, arguments: tuple[types.Integer, ...]) -> Callable[..., Any]:
    """An intrinsic that takes an address and the arguments, and calls the C function there."""

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        c_function = ir.FunctionType(
            context.get_value_type(result), [context.get_value_type(argument) for argument in arguments]
        )
        return builder.call(builder.inttoptr(values[0], c_function.as_pointer()), values[1:])

    return lambda: (result(types.int64, *arguments), codegen)


_C = {
    types.int32: ctypes.c_int32,
    types.uint32: ctypes.c_uint32,
    types.int64: ctypes.c_int64,
    types.uint64: ctypes.c_uint64,
}


def uncompiled(builder: Callable[..., Any]) -> Callable[..., int]:
    """A function that takes an address and the arguments, and calls what is there by ctypes."""
    signature, _ = builder(*[None] * len(inspect.signature(builder).parameters))
    prototype = ctypes.CFUNCTYPE(_C[signature.return_type], *(_C[each] for each in signature.args[1:]))
    return lambda address, *arguments: int(prototype(int(address))(*map(int, arguments)))


def function(builder: Callable[..., Any]) -> Callable[..., int]:
    """The intrinsic, as a function that takes an address and the arguments."""
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return uncompiled(builder)
    return cast(Callable[..., int], intrinsic(builder))


_u32, _address = types.uint32, types.int64
_init = caller(types.int32, (_u32,) * 3)
_pass = caller(types.int32, (_u32,) * 5)
_flush = caller(types.int32, (_u32,) * 3)
_lookup = caller(types.int64, (_u32, _u32, _address))
_check = caller(types.int32, ())


@function
def call_init(context: Any, address: Any, spaces: Any, pages: Any, frames: Any) -> Any:
    """``int init(spaces, pages, frames)``."""
    return _init()


@function
def call_pass(
    context: Any, address: Any, src_space: Any, src_page: Any, dst_space: Any, dst_page: Any, rights: Any
) -> Any:
    """``int map(src_space, src_page, dst_space, dst_page, rights)``, and grant."""
    return _pass()


@function
def call_flush(context: Any, address: Any, space: Any, page: Any, rights: Any) -> Any:
    """``int flush(space, page, rights)``."""
    return _flush()


@function
def call_lookup(context: Any, address: Any, space: Any, page: Any, rights: Any) -> Any:
    """``int64_t lookup(space, page, rights)``; the last argument is an address."""
    return _lookup()


@function
def call_check(context: Any, address: Any) -> Any:
    """``int check(void)``."""
    return _check()
