"""Terms of z3 read once: asking z3 through Python is slow, and conditions share most of their terms."""

from collections.abc import Iterable
from dataclasses import dataclass

import z3

FORALL, EXISTS, LAMBDA, VARIABLE, APPLICATION = "forall", "exists", "lambda", "variable", "application"


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A term; equal terms are the same record.

    ``kind`` is one of the names above. ``operator`` is z3's number of what an application applies, ``declaration``
    that symbol if it is uninterpreted; ``bound`` are the sorts that a quantifier binds; ``free`` are the indices of the
    free variables, counted from the innermost quantifier around the term.
    """

    ast: z3.ExprRef
    kind: str
    sort: z3.SortRef
    operator: int
    declaration: z3.FuncDeclRef | None
    bound: tuple[z3.SortRef, ...]
    children: "tuple[Term, ...]"
    free: frozenset[int]

    @property
    def is_bool(self) -> bool:
        """Whether it is a truth value."""
        return isinstance(self.ast, z3.BoolRef)


MOST_TERMS = 1 << 18  # remembered from one condition to the next

_terms: dict[int, Term] = {}  # by the number of the AST, which is its own as long as the record keeps it
_sorts: dict[int, z3.SortRef] = {}


def read(ast: z3.ExprRef) -> Term:
    """The term as a record.

    >>> p, q = z3.Bools("p q")
    >>> read(z3.And(p, q)).children[0] is read(p)
    True
    """
    number = ast.get_id()
    known = _terms.get(number)
    if known is None:
        known = _terms[number] = _read(ast)
    return known


def forget_terms() -> None:
    """Between two conditions: forget what was read, once it is much. Records that somebody keeps stay as they are."""
    if len(_terms) > MOST_TERMS:
        _terms.clear()


def subterms(formulas: Iterable[Term]) -> Iterable[Term]:
    """The terms and all that occurs in them, each once, in the order in which they are met."""
    seen: dict[Term, None] = {}
    pending = list(formulas)[::-1]
    while pending:
        term = pending.pop()
        if term not in seen:
            seen[term] = None
            pending += term.children[::-1]
    return seen


def _read(ast: z3.ExprRef) -> Term:
    sort = _sort(ast.sort())
    if isinstance(ast, z3.QuantifierRef):
        kind = FORALL if ast.is_forall() else EXISTS if ast.is_exists() else LAMBDA
        bound = tuple(_sort(ast.var_sort(i)) for i in range(ast.num_vars()))
        body = read(ast.body())
        free = frozenset(i - len(bound) for i in body.free if i >= len(bound))
        return Term(ast, kind, sort, 0, None, bound, (body,), free)
    if z3.is_var(ast):
        return Term(ast, VARIABLE, sort, 0, None, (), (), frozenset({z3.get_var_index(ast)}))
    declaration = ast.decl()
    operator = declaration.kind()
    children = tuple(read(child) for child in ast.children())
    free = frozenset[int]().union(*(child.free for child in children))
    own = declaration if operator == z3.Z3_OP_UNINTERPRETED else None
    return Term(ast, APPLICATION, sort, operator, own, (), children, free)


def _sort(sort: z3.SortRef) -> z3.SortRef:
    """The same object for the same sort."""
    return _sorts.setdefault(sort.get_id(), sort)
