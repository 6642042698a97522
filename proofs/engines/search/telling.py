"""What of a counterexample to induction matters: so few facts of its state and call that the goal fails by these alone.

A finite state has dozens of facts, and a reader looks for the few that should not be. They are those without which a
solver no longer shows that the step violates the goal. Whether a state that has them can be reached is asked of runs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import z3

from model.running.evaluate import Structure, compile_term
from model.running.solving import answer_of
from model.signature import Formula, Symbol, Term, applied, symbols_of
from proofs.engines.terms.smtlib import symbols as declared
from proofs.obligation import Step

MOST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Fact:
    """A value of a symbol for some elements.

    :param symbol: its name.
    :param arguments: the elements, by sort and number.
    :param value: a truth value, or an element.
    """

    symbol: str
    arguments: tuple[tuple[str, int], ...]
    value: bool | tuple[str, int]


def telling_facts(structure: Structure, step: Step[Any, Any], rigid: Any, wrong: Formula) -> tuple[Fact, ...]:
    """The facts of a structure by which a formula fails; none if no solver says so in time.

    :param wrong: what does not hold of the step: the goal; or that the step cannot be taken.
    """
    meanings = (step.before, rigid, step.called)
    names = {each.name() for each in declared([wrong])[1]}
    facts = [fact for part in meanings for fact in _facts(structure, part, names)]
    for closed in (False, True):
        found = _core(structure, meanings, facts, wrong, closed=closed)
        if found is not None:
            return tuple(found)
    return ()


def holding(facts: Sequence[Fact], step: Step[Any, Any], rigid: Any) -> Formula:
    """Return the formula that a step's state and call have the facts, of some elements."""
    meanings = (step.before, rigid, step.called)
    used = {element for fact in facts for element in fact.arguments}
    used |= {fact.value for fact in facts if isinstance(fact.value, tuple)}
    sorts = _sorts(meanings)
    return z3.And(*(_said(fact, meanings) for fact in facts), *_distinct(used, sorts))


def changed(structure: Structure, step: Step[Any, Any], only: Mapping[str, Any]) -> tuple[tuple[Fact, ...], ...]:
    """The facts of some symbols that the step ends, and those that it begins."""
    gone, new = list[Fact](), list[Fact]()
    for name, symbol in symbols_of(type(step.before)).items():
        if name not in only or getattr(step.after, name) is getattr(step.before, name):
            continue
        old = structure.symbols.get(name)
        if old is None:
            continue
        later = np.asarray(compile_term(applied(step.after, name), symbol.arguments)(structure)[0])
        for place in map(tuple, np.argwhere(old[0] != later).tolist()):
            arguments = _elements(symbol, place)
            if symbol.is_relation:
                (gone if old[0][place] else new).append(Fact(name, arguments, True))
            else:
                new.append(Fact(name, arguments, (symbol.result.name(), int(later[place]))))
    return tuple(gone), tuple(new)


def _elements(symbol: Symbol, place: Sequence[Any]) -> tuple[tuple[str, int], ...]:
    return tuple((sort.name(), int(each)) for sort, each in zip(symbol.sorts, place, strict=True))


def _facts(structure: Structure, meaning: Any, names: set[str]) -> Iterator[Fact]:
    for name, symbol in symbols_of(type(meaning)).items():
        if name not in structure.symbols or name not in names:
            continue
        table = np.asarray(structure.symbols[name][0])
        for place in np.ndindex(table.shape):
            value = bool(table[place]) if symbol.is_relation else (symbol.result.name(), int(table[place]))
            yield Fact(name, _elements(symbol, place), value)


def _core(
    structure: Structure, meanings: Sequence[Any], facts: Sequence[Fact], goal: Formula, *, closed: bool
) -> list[Fact] | None:
    """Facts by which the goal fails, none of which can be left out; None if it does not fail by facts."""
    sorts = _sorts(meanings)
    solver = z3.Solver()
    solver.set("timeout", int(MOST_SECONDS * 1000))
    elements = {(name, n) for name, size in structure.sizes.items() for n in range(size) if name in sorts}
    solver.add(goal, *_distinct(elements, sorts))
    if closed:
        for name in {name for name, _ in elements}:
            some = z3.Const("some", sorts[name])
            every = [_element(each, sorts) for each in sorted(elements) if each[0] == name]
            solver.add(z3.ForAll([some], z3.Or(*(some == each for each in every))))
    labels = {z3.Bool(f"fact {n}"): fact for n, fact in enumerate(facts)}
    for label, fact in labels.items():
        solver.add(z3.Implies(label, _said(fact, meanings)))
    if answer_of(solver, *labels) != z3.unsat:
        return None
    core = list(solver.unsat_core())
    for label in list(core):
        rest = [each for each in core if not each.eq(label)]
        if answer_of(solver, *rest) == z3.unsat:
            core = rest
    chosen = {label.decl().name() for label in core}
    return [fact for label, fact in labels.items() if label.decl().name() in chosen]


def _sorts(meanings: Sequence[Any]) -> dict[str, z3.SortRef]:
    every = (symbol for part in meanings for symbol in symbols_of(type(part)).values())
    return {sort.name(): sort for symbol in every for sort in (*symbol.sorts, symbol.result)}


def _element(element: tuple[str, int], sorts: Mapping[str, z3.SortRef]) -> Term:
    return z3.Const(f"{element[0]} number {element[1]}", sorts[element[0]])


def _distinct(elements: set[tuple[str, int]], sorts: Mapping[str, z3.SortRef]) -> list[Formula]:
    pairs = combinations(sorted(elements), 2)
    return [_element(one, sorts) != _element(other, sorts) for one, other in pairs if one[0] == other[0]]


def _said(fact: Fact, meanings: Sequence[Any]) -> Formula:
    sorts = _sorts(meanings)
    meaning = next(part for part in meanings if fact.symbol in symbols_of(type(part)))
    term = applied(meaning, fact.symbol, [_element(each, sorts) for each in fact.arguments])
    if isinstance(fact.value, tuple):
        same: Formula = term == _element(fact.value, sorts)
        return same
    return term if fact.value else z3.Not(term)
