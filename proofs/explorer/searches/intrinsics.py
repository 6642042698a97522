# numba's builders are not typed.
# mypy: allow-untyped-calls
"""Processor instructions that numba has no name for: atomic updates, a prefetch, and a search in one cache line.

Where nothing is compiled (``NUMBA_DISABLE_JIT=1``) their names stand for what :mod:`proofs.explorer.searches.plain`
does instead.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from proofs.explorer.searches import plain
from proofs.explorer.searches.plain import LINE

COMPILED: dict[str, Any] = {}
"""All instructions for compiled code, by name."""


def _instruction(builder: Callable[..., Any]) -> Any:
    """The instruction that a builder makes, or what it means in plain Python where nothing is compiled."""
    name = builder.__name__
    COMPILED[name] = intrinsic(builder)
    return getattr(plain, name) if config.DISABLE_JIT else COMPILED[name]  # type: ignore[attr-defined]


def _pointer(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """The address of ``args[0][args[1]]``."""
    array_type = signature.args[0]
    array = context.make_array(array_type)(context, builder, args[0])
    return cgutils.get_item_pointer(context, builder, array_type, array, [args[1]], wraparound=False)


def _update(instruction: str) -> Any:
    """The code generator of an atomic read-modify-write."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.atomic_rmw(instruction, _pointer(context, builder, signature, args), args[2], "monotonic")

    return generate


@_instruction
def atomic_add(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """``array[index] += value`` in one piece; the old value."""
    return array.dtype(array, types.intp, array.dtype), _update("add")


@_instruction
def atomic_or(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """``array[index] |= value`` in one piece; the old value."""
    return array.dtype(array, types.intp, array.dtype), _update("or")


@_instruction
def atomic_xor(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """``array[index] ^= value`` in one piece; the old value."""
    return array.dtype(array, types.intp, array.dtype), _update("xor")


@_instruction
def compare_and_swap(typing: Any, array: Any, index: Any, expected: Any, value: Any) -> Any:
    """``array[index] = value`` if it is ``expected``, in one piece; the old value."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _pointer(context, builder, signature, args)
        return builder.extract_value(builder.cmpxchg(address, args[2], args[3], "monotonic", "monotonic"), 0)

    return array.dtype(array, types.intp, array.dtype, array.dtype), generate


@_instruction
def prefetch(typing: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of ``array[index]`` ahead of its use."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte_pointer, i32 = ir.IntType(8).as_pointer(), ir.IntType(32)
        function_type = ir.FunctionType(ir.VoidType(), [byte_pointer, i32, i32, i32])
        function = cgutils.get_or_insert_function(builder.module, function_type, "llvm.prefetch.p0")
        address = builder.bitcast(_pointer(context, builder, signature, args), byte_pointer)
        builder.call(function, [address, i32(0), i32(3), i32(1)])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@_instruction
def search_line(typing: Any, array: Any, start: Any, wanted: Any) -> Any:
    """Which entries of the cache line at ``array[start]`` equal ``wanted``, and which are zero.

    A bit an entry: the equal ones from bit 0, the zeros from bit 32. Both come from one load of the line, which the
    concurrent set needs: an entry seen absent must have been so when its free place was seen.
    """
    lanes = LINE * 8 // array.dtype.bitwidth

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        element, i32, i64 = ir.IntType(array.dtype.bitwidth), ir.IntType(32), ir.IntType(64)
        vector = ir.VectorType(element, lanes)
        address = builder.bitcast(_pointer(context, builder, signature, args), vector.as_pointer())
        line = builder.load(address, align=array.dtype.bitwidth // 8)
        undefined = ir.Constant(vector, ir.Undefined)
        first = builder.insert_element(undefined, args[2], i32(0))
        broadcast = builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(i32, lanes), [0] * lanes))

        def lanes_equal(value: Any) -> Any:
            return builder.zext(builder.bitcast(builder.icmp_unsigned("==", line, value), ir.IntType(lanes)), i64)

        zeros = builder.shl(lanes_equal(ir.Constant(vector, [0] * lanes)), i64(32))
        return builder.or_(lanes_equal(broadcast), zeros)

    return types.int64(array, types.intp, array.dtype), generate


@_instruction
def lowest_bit(typing: Any, value: Any) -> Any:
    """The number of the lowest bit set in a value that is not zero."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.IntType(1)(1))

    return types.int64(types.int64), generate


@_instruction
def count_bits(typing: Any, value: Any) -> Any:
    """How many bits of a value are set."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.int64), generate


@overload(plain.lowest_bit, jit_options={"forceinline": True}, strict=False)
def _lowest_bit(value: Any) -> Any:
    """The plain function is the instruction where it is compiled, so what calls it can be run either way."""
    instruction = COMPILED["lowest_bit"]
    return lambda value: instruction(value)
