"""Verification conditions as SMT-LIB 2 text that any solver reads."""

import re
from collections.abc import Iterable, Iterator

import z3

from model.running.z3_terms import Term, noted, read, subterms
from proofs.obligation import Condition

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def symbols(formulas: Iterable[z3.ExprRef]) -> tuple[tuple[z3.SortRef, ...], tuple[z3.FuncDeclRef, ...]]:
    """The uninterpreted sorts and the uninterpreted symbols of formulas, in the order in which they occur."""
    sorts: dict[z3.SortRef, None] = {}
    declarations: dict[z3.FuncDeclRef, None] = {}
    for formula in formulas:
        some_sorts, some_declarations = _symbols(read(formula))
        sorts.update(some_sorts)
        declarations.update(some_declarations)
    return tuple(sorts), tuple(declarations)


@noted  # most conditions share most of their hypotheses
def _symbols(formula: Term) -> tuple[dict[z3.SortRef, None], dict[z3.FuncDeclRef, None]]:
    sorts: dict[z3.SortRef, None] = {}
    declarations: dict[z3.FuncDeclRef, None] = {}
    for term in subterms([formula]):
        for sort in term.bound:
            sorts.update(dict.fromkeys(_uninterpreted(sort)))
        declaration = term.declaration
        if declaration is not None and declaration not in declarations:
            declarations[declaration] = None
            for sort in (*(declaration.domain(i) for i in range(declaration.arity())), declaration.range()):
                sorts.update(dict.fromkeys(_uninterpreted(sort)))
    return sorts, declarations


def _uninterpreted(sort: z3.SortRef) -> Iterator[z3.SortRef]:
    if sort.kind() == z3.Z3_UNINTERPRETED_SORT:
        yield sort
    elif sort.kind() == z3.Z3_ARRAY_SORT:
        yield from _uninterpreted(sort.domain())
        yield from _uninterpreted(sort.range())


def symbol(name: str) -> str:
    """A name as SMT-LIB writes it: bare where that is allowed, else between bars.

    >>> symbol("src"), symbol("σ0 holds"), symbol("a|b")
    ('src', '|s0 holds|', '|a/b|')
    """
    if _PLAIN.fullmatch(name):
        return name
    # Not every reader takes letters beyond ASCII.
    ascii_only = name.replace("σ", "s").replace("φ", "phi").encode("ascii", "replace").decode()
    return f"|{ascii_only.replace('|', '/').replace(chr(92), '/')}|"


def _string(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def smtlib(condition: Condition, *, name: str = "", clause: str = "", status: str = "unknown", about: str = "") -> str:
    """The negated condition: unsatisfiable exactly if the hypotheses imply the goal.

    :param name: the obligation's id; with ``clause`` and ``about`` it goes into the file's ``set-info``.
    :param status: the answer expected: ``unsat``, ``sat`` or ``unknown``.

    >>> condition = Condition({"p": z3.Bool("p")}, {"p": "assumption"}, z3.Bool("p"))
    >>> print(smtlib(condition, name="p__is__p", status="unsat"))
    (set-info :smt-lib-version 2.6)
    (set-logic UF)
    (set-info :musigma-obligation "p__is__p")
    (set-info :status unsat)
    (declare-fun p () Bool)
    ; assumption
    (assert (! p :named |hypothesis p|))
    (assert (! (not p) :named |negated goal|))
    (check-sat)
    """
    formulas = [*condition.hypotheses.values(), condition.goal]
    sorts, declarations = symbols(formulas)
    lines = ["(set-info :smt-lib-version 2.6)", f"(set-logic {_logic(formulas)})"]
    for key, value in (("obligation", name), ("clause", clause), ("source", about)):
        if value:
            lines.append(f"(set-info :{'source' if key == 'source' else 'musigma-' + key} {_string(value)})")
    lines.append(f"(set-info :status {status})")
    lines += [f"(declare-sort {symbol(sort.name())} 0)" for sort in sorts]
    lines += [_declared(declaration) for declaration in declarations]
    for hypothesis, formula in condition.hypotheses.items():
        lines.append(f"; {condition.about.get(hypothesis, 'assumption')}")
        lines.append(f"(assert (! {_text(read(formula))} :named {symbol('hypothesis ' + hypothesis)}))")
    lines.append(f"(assert (! (not {_text(read(condition.goal))}) :named |negated goal|))")
    lines.append("(check-sat)")
    return "\n".join(lines)


def _declared(declaration: z3.FuncDeclRef) -> str:
    return " ".join(str(declaration.sexpr()).split())  # as names are written in formulas


@noted
def _text(formula: Term) -> str:
    """The formula as SMT-LIB writes it, which has no connectives of nothing: their values stand in their place."""
    nothing = ((z3.Or(), z3.BoolVal(False)), (z3.And(), z3.BoolVal(True)))
    return " ".join(str(z3.substitute(formula.ast, *nothing).sexpr()).split())


def _logic(formulas: Iterable[z3.BoolRef]) -> str:
    """``UF`` if nothing but uninterpreted symbols and connectives occurs, else ``ALL``."""
    return "UF" if is_uninterpreted(formulas) else "ALL"


def is_uninterpreted(formulas: Iterable[z3.BoolRef]) -> bool:
    """Return whether nothing but uninterpreted symbols, quantifiers and connectives occurs."""
    return all(_is_uninterpreted(read(formula)) for formula in formulas)


def has_finite_models(formulas: Iterable[z3.BoolRef]) -> bool:
    """Whether finite models can be looked for: only uninterpreted symbols occur, or beside them numbers of some bits.

    >>> node, number = z3.Const("node", z3.DeclareSort("Node")), z3.BitVec("number", 8)
    >>> has_finite_models([node == node, number == 0]), has_finite_models([number == 0])
    (True, False)
    """
    kinds = frozenset[int]().union(*(_kinds(read(formula)) for formula in formulas))
    return kinds <= {*_UNINTERPRETED, z3.Z3_BV_SORT} and (z3.Z3_BV_SORT not in kinds or kinds >= _UNINTERPRETED)


_UNINTERPRETED = frozenset({z3.Z3_UNINTERPRETED_SORT, z3.Z3_BOOL_SORT})


@noted
def _is_uninterpreted(formula: Term) -> bool:
    return _kinds(formula) <= _UNINTERPRETED


@noted
def _kinds(formula: Term) -> frozenset[int]:
    return frozenset(sort.kind() for term in subterms([formula]) for sort in (term.sort, *term.bound))
