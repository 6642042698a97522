"""Terms of z3 read once: asking z3 through Python is slow, and conditions share most of their terms."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakValueDictionary

import z3

# Whichever thread Python's garbage collector runs in gives terms up, and z3 is at work in another: a pool of processes
# has threads. z3 breaks, or answers wrongly, unless it is told so.
z3.Z3_enable_concurrent_dec_ref(z3.main_ctx().ref())

P = ParamSpec("P")
V = TypeVar("V")

FORALL, EXISTS, LAMBDA, VARIABLE, APPLICATION = "forall", "exists", "lambda", "variable", "application"


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Term:
    """A term; equal terms are the same record.

    ``kind`` is one of the names above. ``operator`` is z3's number of what an application applies, ``declaration``
    that symbol if it is uninterpreted, the same object for the same symbol, so that whoever collects symbols need not
    ask z3 whether two are equal; ``bound`` are the sorts that a quantifier binds; ``free`` are the indices of the
    free variables, counted from the innermost quantifier around the term; ``notes`` are what :func:`noted` keeps.
    """

    ast: z3.ExprRef
    kind: str
    sort: z3.SortRef
    operator: int
    declaration: z3.FuncDeclRef | None
    bound: tuple[z3.SortRef, ...]
    children: "tuple[Term, ...]"
    free: frozenset[int]
    notes: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def index(self) -> int:
        """Return a bound variable's de Bruijn index: how many are bound between it and its quantifier, from within."""
        (index,) = self.free
        return index

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the variables that a quantifier binds."""
        return tuple(self.ast.var_name(i) for i in range(len(self.bound))) if self.bound else ()

    @property
    def is_bool(self) -> bool:
        """Whether it is a truth value."""
        return isinstance(self.ast, z3.BoolRef)


MOST_TERMS = 1 << 18

# By the number of the AST, which is its own as long as the record lives. Nothing lives because it is in here.
_terms: WeakValueDictionary[int, Term] = WeakValueDictionary()
_sorts: WeakValueDictionary[int, z3.SortRef] = WeakValueDictionary()
_symbols: WeakValueDictionary[int, z3.FuncDeclRef] = WeakValueDictionary()


def read(ast: z3.ExprRef) -> Term:
    """The term as a record: the same one for equal terms, as long as somebody keeps it.

    >>> p, q = z3.Bools("p q")
    >>> read(z3.And(p, q)).children[0] is read(p)
    True
    """
    number = ast.get_id()
    known = _terms.get(number)
    if known is None:
        known = _terms[number] = _read(ast)
    return known


class KeptTerms:
    """Terms to be asked about again: what was read of them, and found out about them, is kept with this.

    :param most: as many terms as may be alive before those kept so far are given up.
    """

    def __init__(self, most: int = MOST_TERMS) -> None:
        """Keep nothing at first."""
        self._most = most
        self._kept: dict[Term, None] = {}

    def keep(self, formulas: Iterable[z3.ExprRef]) -> None:
        """Keep these formulas with all their parts."""
        if len(_terms) > self._most:
            self._kept.clear()
        self._kept.update((read(formula), None) for formula in formulas)


def noted(question: "Callable[Concatenate[Term, P], V]") -> "Callable[Concatenate[Term, P], V]":
    """Answer a question about a term once, and keep the answer with the term."""

    @wraps(question)
    def ask(term: Term, /, *arguments: P.args, **named: P.kwargs) -> V:
        key = (question, arguments, *named.items())
        if key not in term.notes:
            term.notes[key] = question(term, *arguments, **named)
        answer: V = term.notes[key]
        return answer

    return ask


def remembered(relation: Callable[P, V]) -> Callable[P, V]:
    """Build what a relation of terms stands for once for the same arguments: relations of relations ask many times.

    What it stands for may depend on nothing but the arguments, which are terms, or compared as they are.

    >>> asked = []
    >>> negation = remembered(lambda p: (asked.append(p), z3.Not(p))[1])
    >>> negation(z3.Bool("p")).eq(negation(z3.Bool("p"))), len(asked)
    (True, 1)
    """
    if hasattr(relation, "remembered"):
        return relation
    answers: dict[tuple[Any, ...], tuple[Any, V]] = {}

    @wraps(relation)
    def ask(*arguments: P.args, **named: P.kwargs) -> V:
        key = tuple(_number(each) for each in (*arguments, *named.items()))
        if key not in answers:
            answers[key] = arguments, relation(*arguments, **named)  # terms keep their numbers as long as they are kept
        return answers[key][1]

    vars(ask)["remembered"] = relation
    return ask


def _number(argument: object) -> object:
    return argument.get_id() if isinstance(argument, z3.AstRef) else (argument,)


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


def operands(formula: z3.ExprRef) -> list[z3.ExprRef]:
    """Return the conjuncts of a formula, nested conjunctions flattened; of any other formula that formula."""
    return list(formula.children()) if z3.is_and(formula) else [formula]


def total(summands: Iterable[z3.ArithRef], nothing: z3.ArithRef) -> z3.ArithRef:
    """The sum; of one summand that summand, for not every reader takes a sum of one.

    >>> a, b = z3.Ints("a b")
    >>> total([a, b], z3.IntVal(0)), total([a], z3.IntVal(0)), total([], z3.IntVal(0))
    (a + b, a, 0)
    """
    each = list(summands)
    return z3.Sum(each) if len(each) > 1 else each[0] if each else nothing


def conjuncts(formula: z3.ExprRef) -> list[z3.ExprRef]:
    """The parts of a conjunction, of conjunctions in it as well."""
    return [part for each in formula.children() for part in conjuncts(each)] if z3.is_and(formula) else [formula]


def negand(formula: z3.ExprRef) -> z3.ExprRef | None:
    """Return the operand of a negation; None if the formula is none.

    >>> negand(z3.Not(z3.Bool("p")))
    p
    """
    return formula.arg(0) if z3.is_not(formula) else None


def implication(formula: z3.ExprRef) -> tuple[z3.ExprRef, z3.ExprRef] | None:
    """The premise and the conclusion of an implication; nothing if it is none."""
    return (formula.arg(0), formula.arg(1)) if z3.is_implies(formula) else None


def instantiated(term: z3.ExprRef) -> tuple[z3.ExprRef, list[z3.ExprRef]] | None:
    """Instantiate a universal formula with fresh constants, and return both; None if it is not universal."""
    if not isinstance(term, z3.QuantifierRef) or not term.is_forall():
        return None
    fresh = [z3.FreshConst(term.var_sort(i), term.var_name(i)) for i in range(term.num_vars())]
    return z3.substitute_vars(term.body(), *reversed(fresh)), fresh


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
    own = _symbols.setdefault(declaration.get_id(), declaration) if operator == z3.Z3_OP_UNINTERPRETED else None
    return Term(ast, APPLICATION, sort, operator, own, (), children, free)


def _sort(sort: z3.SortRef) -> z3.SortRef:
    """The same object for the same sort."""
    return _sorts.setdefault(sort.get_id(), sort)
