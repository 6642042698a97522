"""Runs of threads and messages: shortest ones that break an obligation or show what may happen, line by line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import z3

from model.running.evaluate import Structure
from model.signature import Formula
from model.spaces.dialect import Dialect
from proofs.engines.search.unrolled import NotFound, UnrolledRun, shortest_run
from proofs.obligation import Obligation, Step
from proofs.obligations.messages.consent import inside
from proofs.obligations.messages.effects import SCRIPTS
from proofs.two_runs import TwoRuns, alike

# What an action is called with, in the order of telling; who acts comes first of its own.
_TOLD: Mapping[str, tuple[str, ...]] = {
    "create": ("other", "into"),
    "end": ("other",),
    "wait": ("willing", "opens"),
    "send": ("other", "word", "willing", "opens"),
    "send_map": ("other", "src", "dst", "word", "willing", "opens"),
    "send_grant": ("other", "src", "dst", "word", "willing", "opens"),
    "flush": ("src",),
    "timeout": ("other",),
    "interrupt": ("other",),
    "page_fault": ("other", "dst"),
    "associate": ("other",),
    "read": ("src", "frame"),
    "write": ("src", "frame", "word"),
    "think": ("word",),
    "send_string": ("other", "dst", "frame", "word", "willing", "opens"),
}
_WORDS = {"other": "with", "into": "into", "src": "from", "dst": "to", "word": "word", "frame": "frame"}
_LETTERS = {"Thread": "t", "Id": "id", "Word": "word", "Frame": "frame", "Right": "right", "Number": "number"}


@dataclass
class _Names:
    """What the elements of a structure are called."""

    structure: Structure
    numbers: dict[tuple[str, int], str] = field(default_factory=dict)
    moves: Mapping[str, str] = field(default_factory=dict)

    def table(self, name: str) -> Any:
        table = self.structure.symbols.get(name)
        return None if table is None else table[0]

    def of(self, sort: str, element: int) -> str:
        if (sort, element) in self.numbers:
            return self.numbers[sort, element]
        if sort == "Space":
            zero = self.table("sigma0")
            return self._number(sort, element, "σ", 0 if zero is not None and int(zero) == element else None)
        if sort == "Slot":
            owner = self.table("owner")
            space = int(owner[element]) if owner is not None else 0
            mine = [slot for slot in range(len(owner)) if int(owner[slot]) == space] if owner is not None else [element]
            return f"{self.of('Space', space)}[{mine.index(element)}]"
        if sort == "Word":
            empty = self.table("empty")
            if empty is not None and int(empty) == element:
                return "the empty word"
        return self._number(sort, element, _LETTERS.get(sort, sort))

    def _number(self, sort: str, element: int, letter: str, fixed: int | None = None) -> str:
        if fixed is not None:
            return f"{letter}{fixed}"
        if (sort, element) not in self.numbers:
            used = sum(1 for key in self.numbers if key[0] == sort)
            self.numbers[sort, element] = f"{letter}{used + 1}"
        return self.numbers[sort, element]


def named_step(
    structure: Structure,
    move: str,
    moves: Mapping[str, str],
    constants: Mapping[str, str],
    known: Mapping[tuple[str, int], str] = MappingProxyType({}),
) -> tuple[str, Callable[[str, int], str]]:
    """A single step in words, and what elements are called in it, by sort and number.

    :param structure: symbols of the state before and of the call, by their own names.
    :param known: what elements are called already.
    """
    tables = {**structure.symbols, **{f"{name}@0": table for name, table in structure.symbols.items()}}
    names = _Names(Structure(1, structure.sizes, tables), {**_by_constant(structure, constants), **known}, moves)
    return _line(names, move, 0), names.of


def all_named(structure: Structure, constants: Mapping[str, str]) -> dict[tuple[str, int], str]:
    """What every element is called, by sort and number, so that it is called so in all states of a run."""
    names = _Names(structure, _by_constant(structure, constants))
    return {(sort, n): names.of(sort, n) for sort, size in structure.sizes.items() for n in range(size)}


def _by_constant(structure: Structure, constants: Mapping[str, str]) -> dict[tuple[str, int], str]:
    """The elements that constants name."""
    tables = structure.symbols
    return {(sort, int(tables[name][0])): name for name, sort in constants.items() if name in tables}


def run_lines(
    found: UnrolledRun, moves: Mapping[str, str] | None = None, constants: Mapping[str, str] | None = None
) -> list[str]:
    """The steps of a run, one a line.

    :param moves: for moves with names of their own the kernel's action that each is.
    :param constants: by name the sorts of constants that name elements.
    """
    names = _Names(found.structure, _by_constant(found.structure, constants or {}), moves or {})
    return [f"{k + 1}. {_line(names, action, k)}" for k, action in enumerate(found.actions)]


def _line(names: _Names, move: str, k: int) -> str:
    action = names.moves.get(move, move)

    def constant(name: str, sort: str) -> str:
        value = names.table(f"{name}@{k}")
        return names.of(sort, int(value) if value is not None else 0)

    sorts = {"other": "Thread", "into": "Space", "src": "Slot", "dst": "Slot", "word": "Word", "frame": "Frame"}
    who = "the kernel"
    if action != "timeout":
        actor = names.table(f"actor@{k}")
        space = names.table(f"space@{k}")
        who = names.of("Thread", int(actor) if actor is not None else 0)
        if action != "interrupt" and space is not None and actor is not None:
            who += f" in {names.of('Space', int(space[int(actor)]))}"
    said = [
        _set(names, key, k) if key in ("willing", "opens") else f"{_WORDS[key]} {constant(key, sorts[key])}"
        for key in _TOLD[action]
    ]
    if "word" in _TOLD[action] and "other" in _TOLD[action]:
        said.append(_seen_as(names, k))
    if action == "create":
        ident, other = names.table("ident"), names.table(f"other@{k}")
        if ident is not None and other is not None:
            said.append(f"called {names.of('Id', int(ident[int(other)]))}")
    done = move if move == action else f"{move} ({action})"
    return f"{who}: {done} " + ", ".join(part for part in said if part)


def _set(names: _Names, key: str, k: int) -> str:
    members = names.table(f"{key}@{k}")
    if members is None or not members.any():
        return ""
    elements = [int(each) for each in np.nonzero(members)[0]]
    if key == "opens":
        return "opens " + ", ".join(names.of("Slot", each) for each in elements)
    return "waits for " + ", ".join(_id(names, each) for each in elements)


def _id(names: _Names, element: int) -> str:
    """An id, with the threads that ever have it."""
    ident = names.table("ident")
    bearers = [] if ident is None else [names.of("Thread", int(each)) for each in np.nonzero(ident == element)[0]]
    return names.of("Id", element) + (f" ({', '.join(bearers)})" if bearers else "")


def _seen_as(names: _Names, k: int) -> str:
    """The name that the receiver sees, where it is not the sender's."""
    got, ident, actor, other = (names.table(name) for name in (f"got@{k + 1}", "ident", f"actor@{k}", f"other@{k}"))
    if got is None or ident is None or actor is None or other is None:
        return ""
    seen = [int(each) for each in np.nonzero(got[int(other)].any(axis=1))[0]]
    return "" if not seen or int(ident[int(actor)]) in seen else f"seen as {_id(names, seen[0])}"


def _broken(obligation: Obligation[Any, Any]) -> Callable[[Any, Step[Any, Any]], Formula]:
    def ending(first: Any, step: Step[Any, Any]) -> Formula:
        goal = obligation.goal(step)
        return z3.And(*obligation.assumptions(step).values(), goal if obligation.sometimes else z3.Not(goal))

    return ending


def _told_apart(obligation: TwoRuns, dialect: Dialect) -> Callable[[Any, Step[Any, Any]], Formula]:
    """What somebody outside did is not seen inside, and yet a call inside is answered otherwise than at first."""

    def ending(first: Any, step: Step[Any, Any]) -> Formula:
        one, guard = obligation.step(dialect, first)
        two, other = obligation.step(dialect, step.after)
        same_view = alike(obligation.seen(first), obligation.seen(step.after))
        assumed = [*obligation.assumes(one).values(), *obligation.assumes(two).values()]
        assumed.append(z3.Not(inside(step.before.space(step.called.actor))))
        return z3.And(same_view, *assumed, z3.Not(alike(obligation.gets(one, guard), obligation.gets(two, other))))

    return ending


def shortest(
    obligation: Obligation[Any, Any] | TwoRuns, dialect: Dialect, *, most: int = 5, seconds: float = 30.0
) -> UnrolledRun | NotFound:
    """The shortest run that breaks an obligation about messages, or that shows what it says may happen.

    One about two runs is compared with the run of no step: what comes after is said once, and answered otherwise.
    """
    theory = obligation.theory
    if isinstance(obligation, TwoRuns):
        return shortest_run(theory, dialect, _told_apart(obligation, dialect), most=most, seconds=seconds)
    script = SCRIPTS[obligation.action] if obligation.sometimes else ()
    ending = _broken(obligation)
    last = (obligation.action,) if obligation.action else ()
    return shortest_run(theory, dialect, ending, last=last, script=script, most=most, seconds=seconds)


def lines_of(obligation: Obligation[Any, Any] | TwoRuns, found: UnrolledRun) -> list[str]:
    """The run line by line; of an obligation about two runs, the call as well that tells them apart."""
    lines = run_lines(found)
    return [*lines, call_line(obligation, found)] if isinstance(obligation, TwoRuns) else lines


def call_line(obligation: TwoRuns, found: UnrolledRun) -> str:
    """The call that is answered in one way before the run, and in another after it."""
    tables = dict(found.structure.symbols)
    last = len(found.actions)
    for name in ("actor", "other", "into", "src", "dst", "word", "frame", "willing", "opens"):
        if name in tables:
            tables[f"{name}@{last}"] = tables[name]
    names = _Names(Structure(1, found.structure.sizes, tables))
    for k, action in enumerate(found.actions):
        _line(names, action, k)  # so that elements have the names that the run's lines give them
    return f"and then {_line(names, obligation.action, last)}: done before the run and refused after it, or the reverse"
