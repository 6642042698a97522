"""Effectively propositional formulas as clauses: every variable replaced by every term that can be named.

The negated condition is put into negation normal form as it is walked. What is said of all elements is said of each
ground term (the Herbrand universe); what is said to exist gets a name of its own, the same wherever the same formula
speaks of the same terms. Functions stratified, only finitely many terms come of it. Equality is a relation like any
other, with the clauses that make it one. A set of clauses without a model then shows that the formulas have none; and
if the clauses have a model, so have the formulas.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import z3

from proofs.engines.terms.formula import Node, Reader, parts, used

TRUE = 1  # the literal of a variable that the first clause makes true

Clause: TypeAlias = tuple[int, ...]
Environment: TypeAlias = tuple[int, ...]  # the ground terms that the bound variables stand for, innermost first


@dataclass(frozen=True, slots=True)
class Grounded:
    """Clauses over variables from 1, and how many terms of each sort they speak of."""

    clauses: tuple[Clause, ...]
    variables: int
    terms: dict[str, int]


class GroundTooLargeError(ValueError):
    """Grounding would give more clauses or terms than allowed; the message says how many at least."""


def ground(formulas: Iterable[z3.BoolRef], most: int = 2_000_000) -> Grounded:
    """The formulas' conjunction as clauses.

    :param most: how many clauses, or steps to find terms, are too many.
    :raises TooLargeError: there would be more.
    :raises ValueError: a formula has something else than equality, connectives, quantifiers, uninterpreted symbols.

    >>> p = z3.Function("p", z3.DeclareSort("S"), z3.BoolSort())
    >>> x, c = z3.Consts("x c", z3.DeclareSort("S"))
    >>> ground([z3.ForAll([x], p(x)), z3.Not(p(c))]).clauses
    ((1,), (2,), (-2,))
    """
    return _Grounder(most).run(list(formulas))


class _Grounder:
    def __init__(self, most: int) -> None:
        self._most = most
        self._reader = Reader()
        self._terms: dict[str, dict[tuple[object, ...], int]] = {}
        self._with_equality: set[str] = set()
        self._atoms: dict[tuple[object, ...], int] = {(None,): TRUE}
        self._clauses: dict[Clause, None] = {(TRUE,): None}
        self._literals: dict[tuple[int, bool, Environment], int] = {}
        self._gates: dict[tuple[str, Clause], int] = {}
        self._steps = 0
        self._naming: dict[tuple[int, bool], bool] = {}

    def run(self, formulas: list[z3.BoolRef]) -> Grounded:
        nodes = [self._reader.read(formula) for formula in formulas]
        self._with_equality |= self._reader.compared
        while self._name_terms(nodes) or self._name_something():
            pass
        for node in nodes:
            self._state(node, True, ())
        self._equality()
        terms = {sort: len(terms) for sort, terms in self._terms.items()}
        return Grounded(tuple(self._clauses), len(self._atoms) + len(self._gates), terms)

    # naming terms

    def _term(self, sort: str, key: tuple[object, ...]) -> int:
        terms = self._terms.setdefault(sort, {})
        if key not in terms:
            terms[key] = len(terms)
        return terms[key]

    def _name_terms(self, nodes: list[Node]) -> bool:
        """Name what the functions and the existential quantifiers name, given the terms so far; whether any is new."""
        before = sum(len(terms) for terms in self._terms.values())
        for name, (domain, sort) in self._reader.functions.items():
            for arguments in self._tuples(domain):
                self._term(sort, (name, *arguments))
        for node in nodes:
            self._find(node, True, (), set())
        return sum(len(terms) for terms in self._terms.values()) > before

    def _name_something(self) -> bool:
        """No sort is empty: name an element of the first that has none; whether there was one."""
        empty = next((sort for sort in self._reader.sorts if not self._terms.get(sort)), None)
        if empty is not None:
            self._term(empty, ("some", empty))
        return empty is not None

    def _names(self, node: Node, sign: bool) -> bool:
        """Whether the formula, asserted or denied, says that something exists."""
        key = (node.number, sign)
        if key not in self._naming:
            if node.kind in ("forall", "exists"):
                names = (node.kind == "exists") == sign or self._names(node.children[0], sign)
            else:
                names = any(self._names(child, each) for child, each in parts(node, sign))
            self._naming[key] = names
        return self._naming[key]

    def _find(self, node: Node, sign: bool, env: Environment, seen: set[object]) -> None:
        """Walk the formula's instances as far as they name anything."""
        key = (node.number, sign, tuple(env[i] for i in node.free))
        if key in seen or not self._names(node, sign):
            return
        seen.add(key)
        self._count()
        if node.kind not in ("forall", "exists"):
            for child, each in parts(node, sign):
                self._find(child, each, env, seen)
        elif (node.kind == "forall") == sign:
            for values in self._tuples(used(node)):
                self._find(node.children[0], sign, (*values, *env), seen)
        else:
            self._find(node.children[0], sign, (*self._witness(node, sign, env), *env), seen)

    def _witness(self, node: Node, sign: bool, env: Environment) -> Environment:
        """The names of what is said to exist; the same formula about the same terms has the same."""
        about = tuple(env[i] for i in node.free)
        names = [self._term(sort, ("∃", node.number, sign, i, *about)) for i, sort in enumerate(node.bound)]
        return tuple(reversed(names))

    def _tuples(self, sorts: tuple[str, ...]) -> Iterator[Environment]:
        return product(*(range(len(self._terms.get(sort, ()))) if sort else (0,) for sort in sorts))

    def _count(self) -> None:
        self._steps += 1  # each clause is one
        if self._steps > self._most:
            sizes = ", ".join(f"{len(terms)} of {sort}" for sort, terms in self._terms.items())
            raise GroundTooLargeError(f"more than {self._most} clauses or steps; terms: {sizes}")

    # stating formulas

    def _state(self, node: Node, sign: bool, env: Environment) -> None:
        """Clauses that make the formula true (or false, by sign) without further ado."""
        if node.kind == "not":
            self._state(node.children[0], not sign, env)
        elif (node.kind, sign) in (("and", True), ("or", False), ("implies", False)):
            for child, each in parts(node, sign):
                self._state(child, each, env)
        elif node.kind in ("forall", "exists") and (node.kind == "forall") == sign:
            for values in self._tuples(used(node)):
                self._state(node.children[0], sign, (*values, *env))
        elif node.kind in ("forall", "exists"):
            self._state(node.children[0], sign, (*self._witness(node, sign, env), *env))
        elif node.kind in ("and", "or", "implies"):
            self._add(self._literal(child, each, env) for child, each in parts(node, sign))
        else:
            self._add([self._literal(node, sign, env)])

    def _add(self, literals: Iterable[int]) -> None:
        self._count()
        clause = tuple(sorted({literal for literal in literals if literal != -TRUE}, key=abs))
        if TRUE not in clause and not any(-literal in clause for literal in clause):
            self._clauses[clause] = None

    def _literal(self, node: Node, sign: bool, env: Environment) -> int:
        """A literal that implies the formula (or its negation, by sign)."""
        key = (node.number, sign, tuple(env[i] for i in node.free))
        found = self._literals.get(key)
        if found is None:
            self._count()
            found = self._literals[key] = self._make(node, sign, env)
        return found

    def _make(self, node: Node, sign: bool, env: Environment) -> int:
        kind = node.kind
        if kind in ("true", "false"):
            return TRUE if (kind == "true") == sign else -TRUE
        if kind == "not":
            return self._literal(node.children[0], not sign, env)
        if kind == "apply":
            atom = self._atom((node.name, *(self._value(child, env) for child in node.children)))
            return atom if sign else -atom
        if kind in ("same", "different"):
            one, other = (self._value(child, env) for child in node.children)
            atom = self._same(node.children[0].sort, one, other)
            return atom if (kind == "same") == sign else -atom
        if kind in ("forall", "exists"):
            if (kind == "forall") == sign:
                body = node.children[0]
                each = (self._literal(body, sign, (*values, *env)) for values in self._tuples(used(node)))
                return self._gate("and", each)
            return self._literal(node.children[0], sign, (*self._witness(node, sign, env), *env))
        if kind in ("and", "or", "implies"):
            conjunction = (kind == "and") == sign
            literals = (self._literal(child, each, env) for child, each in parts(node, sign))
            return self._gate("and" if conjunction else "or", literals)
        return self._chosen(node, sign, env)

    def _chosen(self, node: Node, sign: bool, env: Environment) -> int:
        """If-then-else; and equality of truth values, which is one."""
        if node.kind == "ite":
            condition, then, otherwise = node.children
            yes, no = self._literal(then, sign, env), self._literal(otherwise, sign, env)
        else:
            condition, other = node.children
            equal = (node.kind == "eq") == sign
            yes, no = self._literal(other, equal, env), self._literal(other, not equal, env)
        holds, fails = self._literal(condition, True, env), self._literal(condition, False, env)
        return self._gate("and", (self._gate("or", (fails, yes)), self._gate("or", (holds, no))))

    def _gate(self, kind: str, some: Iterable[int]) -> int:
        """A literal that implies all of the parts, or some of them."""
        absorbing, neutral = (-TRUE, TRUE) if kind == "and" else (TRUE, -TRUE)
        literals = tuple(sorted({literal for literal in some if literal != neutral}))
        if absorbing in literals:
            return absorbing
        if len(literals) < 2:
            return literals[0] if literals else neutral
        if (kind, literals) not in self._gates:
            gate = len(self._atoms) + len(self._gates) + 1
            self._gates[kind, literals] = gate
            for clause in ((literal,) for literal in literals) if kind == "and" else (literals,):
                self._add((-gate, *clause))
        return self._gates[kind, literals]

    def _atom(self, key: tuple[object, ...]) -> int:
        if key not in self._atoms:
            self._atoms[key] = len(self._atoms) + len(self._gates) + 1
        return self._atoms[key]

    def _value(self, node: Node, env: Environment) -> int:
        if node.kind == "var":
            return env[node.free[0]]
        return self._terms[node.sort][node.name, *(self._value(child, env) for child in node.children)]

    # equality

    def _same(self, sort: str, one: int, other: int) -> int:
        return TRUE if one == other else self._atom(("=", sort, min(one, other), max(one, other)))

    def _equality(self) -> None:
        """Where equality is spoken of, it is an equivalence, and equals can stand for each other everywhere."""
        growing = True
        while growing:  # equal arguments give equal values, so the values' sort needs it too
            more = {end for domain, end in self._reader.functions.values() if self._with_equality.intersection(domain)}
            growing = not more <= self._with_equality
            self._with_equality |= more
        for sort in sorted(self._with_equality):
            for one, two, three in self._tuples((sort, sort, sort)):
                if one < three and two not in (one, three):
                    self._add(
                        (-self._same(sort, one, two), -self._same(sort, two, three), self._same(sort, one, three))
                    )
        for name, (domain, end) in self._reader.functions.items():
            self._congruent(name, domain, end)
        for name, domain in self._reader.relations.items():
            self._congruent(name, domain, "")

    def _congruent(self, name: str, domain: tuple[str, ...], end: str) -> None:
        """Equal arguments give equal values (of sort ``end``), or the same truth value."""
        for place, sort in enumerate(domain):
            if sort not in self._with_equality:
                continue
            for arguments in self._tuples(domain):
                one = arguments[place]
                for other in range(len(self._terms[sort])):
                    if one == other:
                        continue
                    replaced = (*arguments[:place], other, *arguments[place + 1 :])
                    if not end:
                        same = (-self._atom((name, *arguments)), self._atom((name, *replaced)))
                        self._add((-self._same(sort, one, other), *same))
                    elif one < other:
                        values = (self._terms[end][name, *each] for each in (arguments, replaced))
                        self._add((-self._same(sort, one, other), self._same(end, *values)))
