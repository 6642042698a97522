"""Formulas taken apart once, so that walking them thousands of times does not ask z3 each time."""

from dataclasses import dataclass, replace
from itertools import combinations

import z3

from model.running.z3_terms import FORALL, LAMBDA, VARIABLE, Term, read


@dataclass(frozen=True, slots=True)
class Node:
    """A term or formula.

    ``kind`` is ``var``, ``apply`` (of the symbol ``name``), ``forall``, ``exists``, ``same`` and ``different`` (of
    terms), ``eq``, ``distinct`` and ``xor`` (of truth values), ``not``, ``and``, ``or``, ``implies``, ``ite``, ``true``
    or ``false``; of numbers of some bits ``number`` (that of ``name``), ``sum``, ``wider``, and their orders ``ult``,
    ``ule``, ``ugt``, ``uge``, ``slt``, ``sle``, ``sgt``, ``sge``.
    ``free`` are the indices of its free variables, counted from the innermost quantifier around it;
    ``number`` tells it from all others of its reader; ``bound`` are the sorts that a quantifier binds.
    """

    kind: str
    name: str
    sort: str
    children: "tuple[Node, ...]"
    free: tuple[int, ...]
    number: int
    bound: tuple[str, ...] = ()


_KINDS = {
    z3.Z3_OP_AND: "and",
    z3.Z3_OP_OR: "or",
    z3.Z3_OP_NOT: "not",
    z3.Z3_OP_IMPLIES: "implies",
    z3.Z3_OP_ITE: "ite",
    z3.Z3_OP_XOR: "xor",
    z3.Z3_OP_EQ: "eq",
    z3.Z3_OP_DISTINCT: "distinct",
    z3.Z3_OP_TRUE: "true",
    z3.Z3_OP_FALSE: "false",
    z3.Z3_OP_UNINTERPRETED: "apply",
}
_OF_BITS = {
    z3.Z3_OP_BNUM: "number",
    z3.Z3_OP_BADD: "sum",
    z3.Z3_OP_ZERO_EXT: "wider",
    z3.Z3_OP_ULT: "ult",
    z3.Z3_OP_ULEQ: "ule",
    z3.Z3_OP_UGT: "ugt",
    z3.Z3_OP_UGEQ: "uge",
    z3.Z3_OP_SLT: "slt",
    z3.Z3_OP_SLEQ: "sle",
    z3.Z3_OP_SGT: "sgt",
    z3.Z3_OP_SGEQ: "sge",
}
_BITS = " bits"


def sort_name(sort: z3.SortRef) -> str:
    """Return a sort's name here; that of numbers by how many bits they have.

    >>> sort_name(z3.BitVecSort(8)), width_of("8 bits"), width_of("Node")
    ('8 bits', 8, 0)
    """
    return f"{sort.size()}{_BITS}" if isinstance(sort, z3.BitVecSortRef) else str(sort.name())


def width_of(name: str) -> int:
    """Return how many bits the numbers of a sort have; 0 if its elements are none."""
    return int(name.removesuffix(_BITS)) if name.endswith(_BITS) else 0


class Reader:
    """Reads z3 terms, and notes the symbols and sorts that occur.

    ``functions`` gives for each function or constant the sorts of its arguments and of its value, ``relations`` the
    sorts of the arguments; ``compared`` are the sorts whose elements are compared; ``sorts`` are all.

    :param bits: numbers of some bits are read as well.
    """

    def __init__(self, *, bits: bool = False) -> None:
        """Nothing is read at first."""
        self._kinds = {**_KINDS, **_OF_BITS} if bits else _KINDS
        self.functions: dict[str, tuple[tuple[str, ...], str]] = {}
        self.relations: dict[str, tuple[str, ...]] = {}
        self.compared: set[str] = set()
        self.sorts: dict[str, None] = {}
        self._nodes: dict[Term, Node] = {}  # the terms keep their ASTs, so that the numbers of these stay their own
        self._made = 0

    def read(self, term: z3.ExprRef) -> Node:
        """The term as a node; equal terms give the same.

        :raises ValueError: the term goes beyond equality, connectives, quantifiers and uninterpreted symbols.
        """
        return self._node(read(term))

    def _node(self, term: Term) -> Node:
        known = self._nodes.get(term)
        if known is None:
            known = self._nodes[term] = self._made_of(term)
        return known

    def _made_of(self, term: Term) -> Node:
        number, sort = term.ast.get_id(), sort_name(term.sort)
        if term.bound:
            if term.kind == LAMBDA:
                raise ValueError("a lambda is not first-order")
            bound = tuple(each.name() for each in term.bound)
            body = self._node(term.children[0])
            self.sorts.update(dict.fromkeys(bound))
            free = tuple(i - len(bound) for i in body.free if i >= len(bound))
            return Node("forall" if term.kind == FORALL else "exists", "", sort, (body,), free, number, bound)
        if term.kind == VARIABLE:
            return Node("var", "", sort, (), tuple(term.free), number)
        kind = self._kinds.get(term.operator)
        if kind is None:
            raise ValueError(f"{term.ast.decl().name()} is neither uninterpreted nor a connective")
        if kind == "number":
            return Node(kind, str(term.ast.as_long()), sort, (), (), number)
        children = tuple(self._node(child) for child in term.children)
        free = tuple(sorted({i for child in children for i in child.free}))
        name = term.declaration.name() if term.declaration is not None else ""
        if kind in ("eq", "distinct"):
            of_truth_values = term.children[0].is_bool
            if len(children) != 2 and of_truth_values:
                raise ValueError("distinct of more than two truth values is not read")
            if len(children) != 2:
                asts = [child.ast for child in term.children]
                return self.read(z3.And(*(z3.Not(one == other) for one, other in combinations(asts, 2))))
            if not of_truth_values:
                kind = "same" if kind == "eq" else "different"
                self.compared.add(children[0].sort)
        elif kind == "apply":
            self._declare(term, name, tuple(child.sort for child in children))
        elif kind == "ite" and not term.is_bool:
            kind = "choice"
        return self._lifted(Node(kind, name, sort, children, free, number))

    def _declare(self, term: Term, name: str, domain: tuple[str, ...]) -> None:
        if term.is_bool:
            self.relations[name] = domain
        elif term.sort.kind() == z3.Z3_BV_SORT and self._kinds is not _KINDS:
            self.functions[name] = (domain, sort_name(term.sort))
        elif term.sort.kind() != z3.Z3_UNINTERPRETED_SORT:
            raise ValueError(f"{name} is a {term.sort}, no element of an uninterpreted sort")
        else:
            self.functions[name] = (domain, term.sort.name())
            self.sorts[term.sort.name()] = None

    def _lifted(self, node: Node) -> Node:
        """A choice between terms, made around the symbol or the equality that it is an argument of."""
        if node.kind not in ("apply", "same", "different"):
            return node
        for place, child in enumerate(node.children):
            if child.kind == "choice":
                condition, *either = child.children
                ways = []
                for term in either:
                    children = (*node.children[:place], term, *node.children[place + 1 :])
                    free = tuple(sorted({i for each in children for i in each.free}))
                    ways.append(self._lifted(replace(node, children=children, free=free, number=self._fresh())))
                kind = "ite" if node.sort == "Bool" else "choice"
                return Node(kind, "", node.sort, (condition, *ways), node.free, self._fresh())
        return node

    def _fresh(self) -> int:
        """A number that no z3 term has."""
        self._made += 1
        return -self._made


def parts(node: Node, sign: bool) -> tuple[tuple[Node, bool], ...]:
    """The parts of a formula, each with whether it is asserted or denied when the formula is; some are both."""
    if node.kind == "not":
        return ((node.children[0], not sign),)
    if node.kind == "implies":
        return ((node.children[0], not sign), (node.children[1], sign))
    if node.kind in ("and", "or"):
        return tuple((child, sign) for child in node.children)
    if node.kind == "ite":
        condition, then, otherwise = node.children
        return ((condition, True), (condition, False), (then, sign), (otherwise, sign))
    if node.kind in ("eq", "distinct", "xor"):
        return tuple((child, each) for child in node.children for each in (True, False))
    return ()


def used(node: Node) -> tuple[str, ...]:
    """The sorts of the bound variables, innermost first; empty for one that the body does not have."""
    free = node.children[0].free
    last = len(node.bound) - 1
    return tuple(node.bound[last - i] if i in free else "" for i in range(len(node.bound)))
