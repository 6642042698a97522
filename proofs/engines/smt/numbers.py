"""Formulas of numbers and bits evaluated in Python's integers and fractions: no solver takes part.

A bit-vector is the number that it stands for without a sign. Division by zero is as in SMT-LIB. Of a function from
numbers to numbers the values are known at some places; without a quantifier no formula speaks of others than it names.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import z3

from model.running.evaluate import UnsupportedTermError
from model.running.z3_terms import APPLICATION, Term, noted, read, subterms

Value = int | bool | Fraction

Meaning = Value | Mapping[tuple[Value, ...], Value]
"""What a constant stands for; of a function, its values by its arguments."""

_KINDS = (z3.Z3_BOOL_SORT, z3.Z3_INT_SORT, z3.Z3_REAL_SORT, z3.Z3_BV_SORT)


def signed(value: int, width: int) -> int:
    """The number that a bit-vector stands for in two's complement.

    >>> signed(0b111, 3), signed(0b011, 3)
    (-1, 3)
    """
    return value - (1 << width) if value >> (width - 1) else value


def _divided(one: int, other: int) -> tuple[int, int]:
    """Quotient and remainder, which is never negative; by zero nothing is said, so no value is right."""
    if other == 0:
        raise UnsupportedTermError("an integer divided by zero")
    remainder = one % abs(other)
    return (one - remainder) // other, remainder


# Of bit-vectors: from the arguments and the width of the first. What is too large is cut by the caller.
_BITS: dict[int, Callable[[int, int, int], int]] = {
    z3.Z3_OP_BADD: lambda a, b, width: a + b,
    z3.Z3_OP_BSUB: lambda a, b, width: a - b,
    z3.Z3_OP_BMUL: lambda a, b, width: a * b,
    z3.Z3_OP_BAND: lambda a, b, width: a & b,
    z3.Z3_OP_BOR: lambda a, b, width: a | b,
    z3.Z3_OP_BXOR: lambda a, b, width: a ^ b,
    z3.Z3_OP_BUDIV: lambda a, b, width: a // b if b else -1,
    z3.Z3_OP_BUREM: lambda a, b, width: a % b if b else a,
    z3.Z3_OP_BSHL: lambda a, b, width: a << b if b < width else 0,
    z3.Z3_OP_BLSHR: lambda a, b, width: a >> b,
    z3.Z3_OP_BASHR: lambda a, b, width: signed(a, width) >> b,
}
_BITS_ORDER: dict[int, Callable[[int, int, int], bool]] = {
    z3.Z3_OP_ULEQ: lambda a, b, width: a <= b,
    z3.Z3_OP_ULT: lambda a, b, width: a < b,
    z3.Z3_OP_UGEQ: lambda a, b, width: a >= b,
    z3.Z3_OP_UGT: lambda a, b, width: a > b,
    z3.Z3_OP_SLEQ: lambda a, b, width: signed(a, width) <= signed(b, width),
    z3.Z3_OP_SLT: lambda a, b, width: signed(a, width) < signed(b, width),
    z3.Z3_OP_SGEQ: lambda a, b, width: signed(a, width) >= signed(b, width),
    z3.Z3_OP_SGT: lambda a, b, width: signed(a, width) > signed(b, width),
}
_PLAIN: dict[int, Callable[[Sequence[Any]], Value]] = {
    z3.Z3_OP_AND: all,
    z3.Z3_OP_OR: any,
    z3.Z3_OP_NOT: lambda values: not values[0],
    z3.Z3_OP_IMPLIES: lambda values: not values[0] or bool(values[1]),
    z3.Z3_OP_XOR: lambda values: reduce(lambda a, b: bool(a) != bool(b), values),
    z3.Z3_OP_ITE: lambda values: values[1] if values[0] else values[2],
    z3.Z3_OP_EQ: lambda values: values[0] == values[1],
    z3.Z3_OP_DISTINCT: lambda values: len(set(values)) == len(values),
    z3.Z3_OP_ADD: sum,
    z3.Z3_OP_SUB: lambda values: reduce(lambda a, b: a - b, values),
    z3.Z3_OP_MUL: lambda values: reduce(lambda a, b: a * b, values),
    z3.Z3_OP_UMINUS: lambda values: -values[0],
    z3.Z3_OP_IDIV: lambda values: _divided(values[0], values[1])[0],
    z3.Z3_OP_MOD: lambda values: _divided(values[0], values[1])[1],
    z3.Z3_OP_LE: lambda values: values[0] <= values[1],
    z3.Z3_OP_LT: lambda values: values[0] < values[1],
    z3.Z3_OP_GE: lambda values: values[0] >= values[1],
    z3.Z3_OP_GT: lambda values: values[0] > values[1],
}


@noted  # most conditions share most of their hypotheses
def speaks_of_numbers(formula: Term) -> bool:
    """Return whether the formula has no quantifier, and each part of it is a number, bits or a truth value."""
    return all(term.kind == APPLICATION and term.sort.kind() in _KINDS for term in subterms([formula]))


def told_apart(symbol: z3.FuncDeclRef) -> str:
    """The name of a symbol that shares its own with another, of other sorts."""
    arguments = "".join(f"{symbol.domain(i)} → " for i in range(symbol.arity()))
    return f"{symbol.name()} of {arguments}{symbol.range()}"


def numeral(term: z3.ExprRef) -> Value | None:
    """Return the value of a term that is a number, bits or a truth value; None if it is of another kind."""
    kind = term.decl().kind() if z3.is_app(term) else None
    if kind in (z3.Z3_OP_ANUM, z3.Z3_OP_BNUM):
        text = z3.Z3_get_numeral_string(term.ctx_ref(), term.as_ast())
        return Fraction(text) if "/" in text else int(text)
    return {z3.Z3_OP_TRUE: True, z3.Z3_OP_FALSE: False}.get(kind)


def value_of(formula: z3.ExprRef, values: Mapping[str, Meaning]) -> Value:
    """The value of a term, given those of its symbols.

    :raises UnsupportedTermError: the term has an operator that is not known here, or a symbol that has no value there.

    >>> x = z3.BitVec("x", 8)
    >>> value_of((x >> 1) & 0x0F, {"x": 0b10010110})
    11
    >>> next_to = z3.Function("next_to", z3.IntSort(), z3.IntSort())
    >>> value_of(next_to(z3.Int("n")) == 7, {"n": 3, "next_to": {(3,): 7}})
    True
    """
    known: dict[Term, Value] = {}
    pending = [read(formula)]
    while pending:
        term = pending[-1]
        left = [child for child in term.children if child not in known]
        if left:
            pending += left
            continue
        pending.pop()
        if term not in known:
            known[term] = _value(term, [known[child] for child in term.children], values)
    return known[read(formula)]


def _value(term: Term, arguments: list[Value], values: Mapping[str, Meaning]) -> Value:
    if term.kind != APPLICATION or term.sort.kind() not in _KINDS:
        raise UnsupportedTermError(f"no number, bits or truth value: {term.ast}")
    if term.declaration is not None:
        return _meant(term.declaration, tuple(arguments), values)
    ast, kind = term.ast, term.operator
    written = numeral(ast)
    if written is not None:
        return written
    if kind in _PLAIN:
        plain: Value = _PLAIN[kind](arguments)
        return plain
    whole = [int(each) for each in arguments]
    if not isinstance(ast, z3.BitVecRef):
        order = _BITS_ORDER.get(kind)
        if order is None:
            raise UnsupportedTermError(f"cannot evaluate {ast.decl().name()} in {ast}")
        return order(whole[0], whole[1], ast.arg(0).size())
    return _bits(ast, kind, whole) & ((1 << int(ast.size())) - 1)


def _meant(symbol: z3.FuncDeclRef, arguments: tuple[Value, ...], values: Mapping[str, Meaning]) -> Value:
    """What a symbol stands for, a function at those arguments."""
    apart = told_apart(symbol)
    name = apart if apart in values else symbol.name()
    meaning = values.get(name)
    found = meaning.get(arguments) if isinstance(meaning, Mapping) else None if arguments else meaning
    if found is None:
        raise UnsupportedTermError(f"{name} has no value" + (f" at {arguments}" if arguments else ""))
    return found


def _bits(ast: z3.BitVecRef, kind: int, arguments: list[int]) -> int:
    """The bits of an application, before what is too large is cut."""
    width = ast.size()
    if kind in _BITS:
        # Those with more than two arguments are sums, products and the like, which may be cut at the end.
        return reduce(lambda a, b: _BITS[kind](a, b, width), arguments)
    if kind == z3.Z3_OP_BNOT:
        return ~arguments[0]
    if kind == z3.Z3_OP_BNEG:
        return -arguments[0]
    if kind == z3.Z3_OP_ZERO_EXT:
        return arguments[0]
    if kind == z3.Z3_OP_SIGN_EXT:
        return signed(arguments[0], ast.arg(0).size())
    if kind == z3.Z3_OP_EXTRACT:
        return arguments[0] >> int(ast.params()[1])
    if kind == z3.Z3_OP_CONCAT:
        joined = 0
        for argument, child in zip(arguments, ast.children(), strict=True):
            joined = joined << child.size() | argument
        return joined
    raise UnsupportedTermError(f"cannot evaluate {ast.decl().name()} in {ast}")
