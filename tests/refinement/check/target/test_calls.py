"""The functions of a target are called by address, with each number where it belongs; uncompiled as compiled."""

import ctypes
from typing import Any

import pytest
from llvmlite import binding, ir
from numba import config, njit
from numba.core.registry import cpu_target

from refinement.check.target import calls
from refinement.check.target.calls import Call, uncompiled
from refinement.check.target.wrapping import SIGNATURES


def callback(call: Call, answer: Any, seen: Any) -> Any:
    def called(*arguments: Any) -> Any:
        seen.append(arguments)
        return answer

    return SIGNATURES[call](called)


@pytest.mark.parametrize(
    ("function", "call", "arguments"),
    [
        (calls.call_init, Call.INIT, (3, 2, 1)),
        (calls.call_pass, Call.MAP, (5, 4, 3, 2, 1)),
        (calls.call_pass, Call.GRANT, (1, 2, 3, 4, 0xFFFFFFFF)),
        (calls.call_flush, Call.FLUSH, (7, 8, 9)),
        (calls.call_check, Call.CHECK, ()),
    ],
)
def test_every_argument(function: Any, call: Call, arguments: Any) -> None:
    for answer in (0, 1, -7, 2**31 - 1, -(2**31)):
        seen: list[tuple[int, ...]] = []
        made = callback(call, answer, seen)
        address = ctypes.cast(made, ctypes.c_void_p).value
        if hasattr(function, "_defn"):  # an intrinsic can be called from compiled code only
            names = [f"a{n}" for n in range(len(arguments))]
            space = {"function": function}
            exec(f"def outer(address, {', '.join(names)}):\n    return function(address, {', '.join(names)})", space)
            assert njit(space["outer"])(address, *arguments) == answer
            assert uncompiled(function._defn)(address, *arguments) == answer
            assert seen == [arguments] * 2
        else:
            assert function(address, *arguments) == answer
            assert seen == [arguments]


def generated(builder: Any) -> tuple[Any, Any]:
    """What an intrinsic's code does, compiled alone, and what keeps it: a function of an address and the arguments."""
    context = cpu_target.target_context
    signature, codegen = builder()
    module = ir.Module()
    module.triple = binding.get_default_triple()
    kinds = [context.get_value_type(each) for each in (signature.return_type, *signature.args)]
    outer = ir.Function(module, ir.FunctionType(kinds[0], kinds[1:]), "outer")
    block = ir.IRBuilder(outer.append_basic_block())
    block.ret(codegen(context, block, signature, outer.args))
    machine = binding.Target.from_default_triple().create_target_machine()
    engine = binding.create_mcjit_compiler(binding.parse_assembly(str(module)), machine)
    engine.finalize_object()
    prototype = ctypes.CFUNCTYPE(*(calls._C[each] for each in (signature.return_type, *signature.args)))
    return prototype(engine.get_function_address("outer")), engine


@pytest.mark.parametrize(
    ("builder", "call", "arguments", "answer"),
    [
        (calls._init, Call.INIT, (3, 2, 0xFFFFFFFF), -(2**31)),
        (calls._pass, Call.MAP, (5, 4, 3, 2, 1), 2**31 - 1),
        (calls._flush, Call.FLUSH, (7, 8, 9), 1),
        (calls._check, Call.CHECK, (), -7),
    ],
)
def test_the_code_that_is_generated_calls_what_is_there(builder: Any, call: Call, arguments: Any, answer: int) -> None:
    seen: list[tuple[int, ...]] = []
    made = callback(call, answer, seen)
    address = ctypes.cast(made, ctypes.c_void_p).value
    outer, _kept = generated(builder)
    assert outer(address, *arguments) == answer
    assert seen == [arguments]


def test_the_code_of_a_lookup_returns_64_bits() -> None:
    def called(space: Any, page: Any, out: Any) -> Any:
        out[0] = space * 10 + page
        return -(2**40)

    made, out = SIGNATURES[Call.LOOKUP](called), ctypes.c_uint32(0)
    outer, _kept = generated(calls._lookup)
    assert outer(ctypes.cast(made, ctypes.c_void_p).value, 3, 4, ctypes.addressof(out)) == -(2**40)
    assert out.value == 34


def test_a_function_is_compiled_unless_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def builder(context: Any, address: Any) -> Any:
        return calls._check()

    made = callback(Call.CHECK, 5, [])
    monkeypatch.setattr(config, "DISABLE_JIT", 0)
    assert calls.function(builder)._defn is builder  # type: ignore[attr-defined]
    monkeypatch.setattr(config, "DISABLE_JIT", 1)
    assert calls.function(builder)(ctypes.cast(made, ctypes.c_void_p).value) == 5


def test_a_lookup_gets_an_address() -> None:
    def called(space: Any, page: Any, out: Any) -> Any:
        out[0] = 5
        return 2**40 + space * 10 + page

    made, out = SIGNATURES[Call.LOOKUP](called), ctypes.c_uint32(0)
    function = uncompiled(calls.call_lookup._defn) if hasattr(calls.call_lookup, "_defn") else calls.call_lookup
    address = ctypes.cast(made, ctypes.c_void_p).value
    assert function(address, 3, 4, ctypes.addressof(out)) == 2**40 + 34
    assert out.value == 5


def test_the_table() -> None:
    assert [call.name for call in Call] == [
        "INIT",
        "MAP",
        "GRANT",
        "FLUSH",
        "LOOKUP",
        "LOOKUP_HW",
        "CHECK",
        "NORMALISE",
    ]
    assert [int(call) for call in Call] == list(range(8))
    assert calls.OPTIONAL == (Call.LOOKUP_HW, Call.CHECK, Call.NORMALISE)
