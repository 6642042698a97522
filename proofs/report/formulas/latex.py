r"""Formulas of the theory as LaTeX, typeset from the very z3 terms that are proved.

The paper's own signs where it has some: σ_x, P_x, φ. Beside them x ≺ y for ``derives(x, y)``,
x ⪯ y where x may be y as well, ρ_x for the rights of x,
and h(r) for the holder of a frame. A prime marks the state after a step,
a ring the second of two runs.

>>> from model.spaces.invariants import INVARIANTS
>>> from model.spaces.theory import before
>>> latex(INVARIANTS["irreflexive"].formula(before))
'\\forall x{:}\\text{Slot}.\\; x \\nprec x'
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import z3

from model.running.z3_terms import FORALL, VARIABLE, Term, read
from model.signature import Symbol
from model.theory import APPENDIX_A, Theory
from proofs.two_runs import SECOND

WIDTH = 56
"""About as many signs fit on one line of a formula."""

_QUANTIFIER, _IFF, _IMPLIES, _OR, _AND, _NOT, _COMPARED, _SUM, _ATOM = range(9)

_CONNECTIVES = {
    z3.Z3_OP_AND: (_AND, r"\land"),
    z3.Z3_OP_OR: (_OR, r"\lor"),
    z3.Z3_OP_IMPLIES: (_IMPLIES, r"\Rightarrow"),
    z3.Z3_OP_IFF: (_IFF, r"\Leftrightarrow"),
}
_COMPARISONS = {
    z3.Z3_OP_EQ: "=",
    z3.Z3_OP_DISTINCT: r"\neq",
    z3.Z3_OP_LE: r"\leq",
    z3.Z3_OP_LT: "<",
    z3.Z3_OP_GE: r"\geq",
    z3.Z3_OP_GT: ">",
    z3.Z3_OP_ULEQ: r"\leq",
    z3.Z3_OP_ULT: "<",
}
_NEGATED = {"=": r"\neq", r"\neq": "=", r"\leq": ">", "<": r"\geq", r"\geq": "<", ">": r"\leq"}
_SUMS = {z3.Z3_OP_ADD: "+", z3.Z3_OP_SUB: "-", z3.Z3_OP_BADD: "+", z3.Z3_OP_BSUB: "-", z3.Z3_OP_MUL: r"\cdot"}

_NEUTRAL = {z3.Z3_OP_AND: True, z3.Z3_OP_OR: False}


@dataclass(frozen=True, slots=True)
class _Names:
    """How a theory's symbols are written, and the names of the variables bound so far, the innermost last."""

    symbols: Mapping[str, Symbol]
    bound: tuple[str, ...] = ()


def latex(term: z3.ExprRef, width: int = WIDTH, theory: Theory[Any] = APPENDIX_A) -> str:
    """A term or formula as LaTeX for mathematics; what is wider than a line is set as lists, as in TLA+."""
    return _block(read(term), _Names(_symbols(theory)), width)


def inline(term: z3.ExprRef, theory: Theory[Any] = APPENDIX_A) -> str:
    """A term or formula in one line, however long."""
    return _line(read(term), _Names(_symbols(theory)), _QUANTIFIER)


@cache
def _symbols(theory: Theory[Any]) -> Mapping[str, Symbol]:
    return theory.symbols


def size(tex: str) -> int:
    r"""Estimate how many signs wide a line of LaTeX is.

    >>> size(r"\sigma_{x} \neq \varphi")
    4
    """
    shown = re.sub(r"\\(text|mathit|begin|end)\b|\\[;,!]", "", tex)
    return len(re.sub(r"\\[a-zA-Z]+|\\.", "x", shown).translate(str.maketrans("", "", "{}_^& ")))


def name_tex(name: str, symbols: Mapping[str, Symbol] | None = None) -> str:
    r"""A symbol's name: a letter as it is, a word in italics.

    >>> name_tex("x"), name_tex("dst"), name_tex("in_use")
    ('x', '\\mathit{dst}', '\\mathit{in\\_use}')
    """
    base, prime = _marked(name)
    symbol = (symbols or {}).get(base)
    if symbol is not None and symbol.tex and not symbol.arguments:
        return symbol.tex + prime
    escaped = re.sub(r"([_#$%&{}])", r"\\\1", base).replace("!", ".")
    return (escaped if len(base) == 1 else rf"\mathit{{{escaped}}}") + prime


def _marked(name: str) -> tuple[str, str]:
    """A symbol's name without its marks, and the marks: a prime for the state after a step, a ring for a second run."""
    base, prime = (name[:-1], "'") if name.endswith("'") else (name, "")
    return (base.removesuffix(SECOND), prime + r"^{\circ}") if base.endswith(SECOND) else (base, prime)


def _kind(term: Term) -> int:
    is_iff = term.operator == z3.Z3_OP_EQ and term.children[0].is_bool
    return z3.Z3_OP_IFF if is_iff else term.operator


def _parts(term: Term, kind: int) -> Iterator[Term]:
    """The operands; of a conjunction or disjunction within another of its kind, all in a row."""
    for child in term.children:
        if kind not in _NEUTRAL:
            yield child
        elif _constant(child) != _NEUTRAL[kind]:
            child = _essence(child)
            yield from _parts(child, kind) if _kind(child) == kind else (child,)


def _constant(term: Term) -> bool | None:
    """The truth value of a formula that has one whatever its symbols mean, such as ¬ false; else None."""
    if term.bound:
        return _constant(term.children[0])
    kind = _kind(term)
    values = [_constant(child) for child in term.children] if term.is_bool else []
    if kind in (z3.Z3_OP_TRUE, z3.Z3_OP_FALSE):
        return bool(kind == z3.Z3_OP_TRUE)
    if kind == z3.Z3_OP_NOT and values[0] is not None:
        return not values[0]
    if kind == z3.Z3_OP_IMPLIES and (values[0] is False or values[1] is True):
        return True
    if kind in _NEUTRAL and values:
        neutral = _NEUTRAL[kind]
        if (not neutral) in values:
            return not neutral
        return neutral if all(value is neutral for value in values) else None
    return None


def _essence(term: Term) -> Term:
    """A conjunction or disjunction of which only one part says something, as that part."""
    kind = _kind(term)
    if kind in _NEUTRAL:
        telling = [child for child in term.children if _constant(child) != _NEUTRAL[kind]]
        if len(telling) == 1:
            return _essence(telling[0])
    return term


def _at_or_below(term: Term) -> tuple[Term, Term, str] | None:
    """For ``Or(x == y, derives(x, y))``: x, y and the prime."""
    if _kind(term) != z3.Z3_OP_OR or len(term.children) != 2 or _kind(term.children[0]) != z3.Z3_OP_EQ:
        return None
    same, derives = term.children
    if derives.declaration is None:
        return None
    base, mark = _marked(derives.declaration.name())
    if base != "derives" or same.children != derives.children:
        return None
    one, other = same.children
    return one, other, mark


def _opened(term: Term, names: _Names) -> tuple[str, _Names]:
    """A quantifier's head, and the names within; a name that is taken is numbered."""
    inner, heads = names.bound, list[tuple[str, str]]()
    for variable, sort in zip(term.names, term.bound, strict=True):
        name = name_tex(variable)
        taken = sum(other == name or other.startswith(f"{name}_{{") for other in inner)
        shown = f"{name}_{{{taken}}}" if taken else name
        inner = (*inner, shown)
        heads.append((shown, sort.name()))
    sign = r"\forall" if term.kind == FORALL else r"\exists"
    sorts = dict.fromkeys(sort for _, sort in heads)
    bound = ",\\, ".join(
        ", ".join(name for name, of in heads if of == sort) + rf"{{:}}\text{{{sort}}}" for sort in sorts
    )
    return rf"{sign} {bound}.\;", replace(names, bound=inner)


def _line(term: Term, names: _Names, around: int) -> str:
    """A term in one line, in brackets if what stands around it binds tighter."""
    tex, binds = _set(term, names)
    return rf"({tex})" if binds < around else tex


def _set(term: Term, names: _Names) -> tuple[str, int]:
    value = _constant(term)
    if value is not None:
        return rf"\text{{{'true' if value else 'false'}}}", _ATOM
    term = _essence(term)
    if term.kind == VARIABLE:
        return names.bound[-1 - term.index], _ATOM
    if term.bound:
        head, inner = _opened(term, names)
        return f"{head} {_line(term.children[0], inner, _QUANTIFIER)}", _QUANTIFIER
    kind = _kind(term)
    if below := _at_or_below(term):
        return rf"{_line(below[0], names, _ATOM)} \preceq{below[2]} {_line(below[1], names, _ATOM)}", _COMPARED
    if kind in _CONNECTIVES:
        binds, sign = _CONNECTIVES[kind]
        tighter = _NOT if kind == z3.Z3_OP_OR else binds + 1  # a conjunction in a disjunction gets brackets
        return f" {sign} ".join(_line(part, names, tighter) for part in _parts(term, kind)), binds
    if kind == z3.Z3_OP_NOT:
        return _negated(term.children[0], names)
    if kind in _COMPARISONS:
        compared = (_line(part, names, _COMPARED + 1) for part in term.children)
        return f" {_COMPARISONS[kind]} ".join(compared), _COMPARED
    if kind in _SUMS:
        return f" {_SUMS[kind]} ".join(_line(part, names, _SUM + 1) for part in term.children), _SUM
    if kind == z3.Z3_OP_ITE:
        condition, then, otherwise = (_line(part, names, _QUANTIFIER) for part in term.children)
        return rf"(\text{{if }} {condition} \text{{ then }} {then} \text{{ else }} {otherwise})", _ATOM
    return _applied(term, names, kind)


def _negated(term: Term, names: _Names) -> tuple[str, int]:
    term = _essence(term)
    kind = _kind(term)
    if below := _at_or_below(term):
        return rf"{_line(below[0], names, _ATOM)} \npreceq{below[2]} {_line(below[1], names, _ATOM)}", _COMPARED
    if kind in _COMPARISONS and len(term.children) == 2:
        left, right = (_line(part, names, _COMPARED + 1) for part in term.children)
        return f"{left} {_NEGATED[_COMPARISONS[kind]]} {right}", _COMPARED
    if kind == z3.Z3_OP_UNINTERPRETED and (said := _relation(term, names, 1)):
        return said, _COMPARED
    return rf"\lnot {_line(term, names, _NOT + 1)}", _NOT


def _relation(term: Term, names: _Names, negated: int) -> str:
    base, mark = _marked(term.ast.decl().name())
    symbol = names.symbols.get(base)
    if symbol is None or not symbol.is_relation or not symbol.arguments:
        return ""
    arguments = [_line(part, names, _QUANTIFIER) for part in term.children]
    return (symbol.negated if negated else symbol.tex).format(*arguments, p=mark)


def _applied(term: Term, names: _Names, kind: int) -> tuple[str, int]:
    if isinstance(term.ast, z3.IntNumRef | z3.BitVecNumRef):
        return str(term.ast.as_long()), _ATOM
    if kind == z3.Z3_OP_SELECT:
        array, *places = (_line(part, names, _ATOM) for part in term.children)
        return f"{array}[{', '.join(places)}]", _ATOM
    if kind == z3.Z3_OP_UNINTERPRETED and (said := _relation(term, names, 0)):
        return said, _COMPARED
    name = term.ast.decl().name()
    base, mark = _marked(name)
    symbol = names.symbols.get(base)
    has_sign = symbol is not None and symbol.tex and symbol.arguments and not symbol.is_relation
    shown = symbol.tex + mark if symbol is not None and has_sign else name_tex(name, names.symbols)
    arguments = ", ".join(_line(part, names, _QUANTIFIER) for part in term.children)
    return f"{shown}({arguments})" if arguments else shown, _ATOM


def _block(term: Term, names: _Names, width: int) -> str:
    term = _essence(term)
    line = _line(term, names, _QUANTIFIER)
    if size(line) <= width:
        return line
    kind = _kind(term)
    if term.bound:
        head, inner = _opened(term, names)
        return _rows("l", [head, rf"\quad {_block(term.children[0], inner, width - 2)}"])
    if kind in (z3.Z3_OP_AND, z3.Z3_OP_OR):
        sign = _CONNECTIVES[kind][1]
        return _rows("ll", [f"{sign} & {_block(part, names, width - 3)}" for part in _parts(term, kind)])
    if kind in (z3.Z3_OP_IMPLIES, z3.Z3_OP_IFF):
        left, right = (_block(part, names, width - 3) for part in term.children)
        return _rows("ll", [f"& {left}", f"{_CONNECTIVES[kind][1]} & {right}"])
    if kind == z3.Z3_OP_ITE:
        condition, then, otherwise = (_block(part, names, width - 6) for part in term.children)
        return _rows("ll", [rf"\text{{if}} & {condition}", rf"\text{{then}} & {then}", rf"\text{{else}} & {otherwise}"])
    if kind == z3.Z3_OP_NOT and _kind(term.children[0]) != z3.Z3_OP_UNINTERPRETED:
        return rf"\lnot \left( {_block(term.children[0], names, width - 3)} \right)"
    return line


def _rows(columns: str, rows: list[str]) -> str:
    return rf"\begin{{array}}[t]{{{columns}}} " + r" \\ ".join(rows) + r" \end{array}"
