"""The model's rules, made from its actions, and their numbers, which a file keeps so that they stay as they are.

A rule is a condition under which an action is refused, or what an action makes of a part of the state. Where two
actions share a formula they share the rule.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from inspect import getdoc
from pathlib import Path
from typing import Any

import z3

from model.messages.theories import theory_of_messages
from model.messages.theory import MAKERS as MESSAGE_MAKERS
from model.ranges.theories import theory_of_ranges
from model.ranges.theory import MAKERS as RANGE_MAKERS
from model.signature import Formula, Term, atoms
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect
from model.spaces.theory import ACTIONS
from model.spaces.vocabulary import Action
from model.theory import APPENDIX_A, Theory
from proofs.paper.clauses import CLAUSES
from proofs.report.formulas.state_after import updates

FILE = Path(__file__).parents[3] / "model" / "rules.toml"
GENERAL = {
    "refused whole": "An operation of which a condition does not hold is refused, and changes nothing.",
    "nothing else": "What no rule says of an operation stays as it is.",
    "at once": "All formulas of an operation are read in the state before it.",
}
_ID = re.compile(r"\b[AB]\.\w+(?:\.\w+)*")
_WORDS = {
    "B.owner": "the source is accessible; the page is the actor's",
    "B.rights": "some right is passed on; some right is passed on of each; all rights are taken; right",
    "B.consent": "the partner opened a window there; the window is in the own space",
    "B.ipc": "the partner awaits the actor; the actor is not blocked; it waits; wait; send; timeout; page_fault",
    "B.thread": "the actor runs; in the own space or a new one; it is of the own space; it is there; create; end",
    "B.irq": "the actor is no hardware; it is no hardware; it is hardware; hardware acts; the partner serves it;"
    " nobody serves it; associate",
    "B.uid": "the id was never given; it has not been there; existed; named; latest",
    "B.io": "a port keeps its place",
    "B.rpc": "calls",
    "A.P": "phys",
}
_CLAUSES = {word.strip(): clause for clause, words in _WORDS.items() for word in words.split(";")}
"""The clause of a condition, of a part of the state, or of an action whose documentation names none."""


class NumbersError(Exception):
    """The file of numbers and the rules do not fit; the message says all that is wrong."""


@dataclass(slots=True)
class Rule:
    """A rule.

    :param key: what it is called in the file of numbers.
    :param theory: the theory whose action has it first.
    :param actions: the actions that have it.
    :param formulas: a condition, or what an atom becomes; more than one where actions mean different things by a word.
    :param part: the part of the state that it is about; empty for a condition.
    :param dialects: of Appendix A: those that have it.
    """

    key: str
    theory: Theory[Any]
    clauses: tuple[str, ...] = ()
    actions: dict[str, None] = field(default_factory=dict)
    formulas: list[tuple[tuple[str, ...], Term | None, Formula]] = field(default_factory=list)
    part: str = ""
    dialects: dict[str, None] = field(default_factory=dict)

    def also(self, action: str, atom: Term | None, formula: Formula) -> None:
        """Another action has it."""
        self.actions.setdefault(action)
        for at, (names, _, known) in enumerate(self.formulas):
            if z3.eq(known, formula):
                self.formulas[at] = ((*dict.fromkeys((*names, action)),), atom, formula)
                return
        self.formulas.append(((action,), atom, formula))


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule, by its key: those of Appendix A, of ranges, and of threads and messages."""
    found: dict[str, Rule] = {}
    for dialect in DIALECTS.values():
        for make in ACTIONS.values():
            _conditions(found, make(dialect), APPENDIX_A, dialect)
    for name, make in ACTIONS.items():
        _effects(found, name, make(CANONICAL), APPENDIX_A, make)
    ranged, talking = theory_of_ranges(), theory_of_messages()
    for theory, makers in ((ranged, RANGE_MAKERS), (talking, MESSAGE_MAKERS)):
        for name, made in theory.actions.items():
            _conditions(found, made(CANONICAL), theory)
            _effects(found, name, made(CANONICAL), theory, makers[name])
    return found


def _conditions(
    found: dict[str, Rule], action: Action[Any, Any], theory: Theory[Any], dialect: Dialect = CANONICAL
) -> None:
    for sentence, formula in action.guard.items():
        key = f"refused unless {sentence}"
        rule = found.setdefault(key, Rule(key, theory, tuple(filter(None, [_CLAUSES.get(sentence)]))))
        if dialect is CANONICAL or action.name not in rule.actions:
            rule.also(action.name, None, formula)
        if theory is APPENDIX_A:
            rule.dialects.setdefault(dialect.name)


def _effects(found: dict[str, Rule], name: str, action: Action[Any, Any], theory: Theory[Any], maker: Any) -> None:
    unchanged = atoms(theory.before)
    for part, (atom, becomes) in updates(action).items():
        if z3.eq(becomes, unchanged[part]):
            continue
        same = (rule for rule in found.values() if rule.part == part and z3.eq(rule.formulas[0][2], becomes))
        key = f"{name}: {part}"
        rule = next(same, None) or Rule(key, theory, _clauses(name, part, maker), part=part)
        found.setdefault(rule.key, rule).also(name, atom, becomes)


def _clauses(name: str, part: str, maker: Callable[..., Any]) -> tuple[str, ...]:
    """The clauses that the documentation of an action names, else that of the action, and that of the part."""
    named = [word for word in _ID.findall(getdoc(maker) or "") if word in CLAUSES] or [_CLAUSES.get(name)]
    return tuple(dict.fromkeys(filter(None, [*named, _CLAUSES.get(part)])))


@cache
def numbers() -> Mapping[str, int]:
    """The number of each rule, by its key.

    :raises NumbersError: a rule has none, or the file has a number twice, out of order, or of no rule.
    """
    return checked(tomllib.loads(FILE.read_text("utf-8")), [*GENERAL, *rules()])


def checked(file: Mapping[str, Any], keys: Iterable[str]) -> Mapping[str, int]:
    """The numbers that a file gives to the keys.

    >>> checked({"rules": {"1": "a", "3": "b"}, "retired": {"2": "c, until 0.2"}}, ["a", "b"])
    {'a': 1, 'b': 3}

    :raises NumbersError: they do not fit.
    """
    keys = [*keys]
    given, retired = file["rules"], file["retired"]
    used = sorted(int(number) for number in (*given, *retired))
    wrong = [
        f"the rule «{key}» has no number: give it {used[-1] + 1} or more" for key in keys if key not in given.values()
    ]
    wrong += [f"number {n} is of no rule, «{key}»: move it to retired" for n, key in given.items() if key not in keys]
    wrong += [f"number {n} is used again, though it is retired" for n in given if n in retired]
    wrong += [f"«{key}» has two numbers" for key in keys if [*given.values()].count(key) > 1]
    wrong += [
        f"number {n} is gone: a rule that is no more goes to retired" for n in range(1, used[-1]) if n not in used
    ]
    if wrong:
        raise NumbersError("docs/model/rules.toml: " + "; ".join(wrong))
    return {key: int(number) for number, key in given.items()}
