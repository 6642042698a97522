"""Runs of threads and messages in words: what elements are called, and what each step does, with what, and notes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from model.running.evaluate import Structure
from model.scope import RIGHTS, rights_name
from proofs.engines.search.unrolled import UnrolledRun

# What an action is called with, in the order of telling; who acts comes first of its own.
_TOLD: Mapping[str, tuple[str, ...]] = {
    "create": ("other", "into"),
    "end": ("other",),
    "wait": ("willing", "opens"),
    "send": ("other", "word", "willing", "opens"),
    "send_map": ("other", "src", "dst", "mask", "word", "willing", "opens"),
    "send_grant": ("other", "src", "dst", "mask", "word", "willing", "opens"),
    "flush": ("src", "mask"),
    "timeout": ("other",),
    "interrupt": ("other",),
    "page_fault": ("other", "dst"),
    "associate": ("other",),
    "read": ("src", "frame"),
    "write": ("src", "frame", "word", "keeps"),
    "think": ("word",),
    "send_string": ("other", "dst", "frame", "word", "willing", "opens"),
}
_WORDS = {"other": "with ", "into": "into ", "src": "from ", "dst": "to ", "word": "word ", "frame": ""}
_SORTS = {"other": "Thread", "into": "Space", "src": "Slot", "dst": "Slot", "word": "Word", "frame": "Frame"}
_LETTERS = {"Thread": "t", "Id": "id", "Word": "word", "Number": "number"}
MOST = 3
"""So many tuples that a step notes or strikes are told one by one."""


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step of a run in words.

    :param who: acts, and in which space.
    :param does: which move it makes, and which action of the kernel that is.
    :param details: with whom, with what, and for whom it waits then.
    :param notes: what changes in relations that no kernel keeps.
    """

    who: str
    does: str
    details: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return who does what, in words."""
        return f"{self.who}: {self.does}"

    @property
    def line(self) -> str:
        """All of it in a line."""
        return "; ".join([f"{self.title} {', '.join(self.details)}".rstrip(), *self.notes])


@dataclass
class RunNames:
    """The names of a run's elements, the symbols of whose state k end in ``@k``.

    :param moves: for moves with names of their own the kernel's action that each is.
    :param ghosts: relations that no kernel keeps, by name, with the sorts of their arguments.
    """

    structure: Structure
    numbers: dict[tuple[str, int], str] = field(default_factory=dict)
    moves: Mapping[str, str] = field(default_factory=dict)
    ghosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def table(self, name: str) -> Any:
        """Return the table of a symbol; None if the run does not speak of it."""
        table = self.structure.symbols.get(name)
        return None if table is None else table[0]

    def of(self, sort: str, element: int) -> str:
        """Return the name of an element."""
        if (sort, element) in self.numbers:
            return self.numbers[sort, element]
        if sort == "Space":
            zero = self.table("sigma0")
            return "σ0" if zero is not None and int(zero) == element else self._number(sort, element, "σ")
        if sort == "Slot":
            owner = self.table("owner")
            space = int(owner[element]) if owner is not None else 0
            mine = [slot for slot in range(len(owner)) if int(owner[slot]) == space] if owner is not None else [element]
            return f"{self.of('Space', space)}[{mine.index(element)}]"
        if sort == "Word":
            empty = self.table("empty")
            if empty is not None and int(empty) == element:
                return "the empty word"
        if sort == "Frame":
            return f"frame {element}"
        if sort == "Right":
            return self._right(element)
        return self._number(sort, element, _LETTERS.get(sort, sort))

    def _number(self, sort: str, element: int, letter: str) -> str:
        if (sort, element) not in self.numbers:
            used = sum(1 for key in self.numbers if key[0] == sort)
            self.numbers[sort, element] = f"{letter}{used + 1}"
        return self.numbers[sort, element]

    def letters(self, right: int) -> str:
        """The letters that stand for a right: r where it is that to read, w that to write, x where it is neither."""
        told = (("r", "to_read"), ("w", "to_write"))
        found = [letter for letter, name in told if (which := self.table(name)) is not None and int(which) == right]
        return "".join(found) or "x"

    def _right(self, element: int) -> str:
        letters = self.letters(element)
        others = [n for n in range(self.structure.sizes["Right"]) if self.letters(n) == "x"]
        return letters if letters != "x" or len(others) == 1 else f"x{others.index(element) + 1}"

    def rights(self, members: Any) -> str:
        """A set of rights in words."""
        chosen = np.flatnonzero(members).tolist()
        if any(self._right(n) not in ("r", "w", "rw", "x") for n in range(len(members))):
            return ", ".join(self._right(n) for n in chosen) or rights_name(0)
        return rights_name(sum(RIGHTS[letter] for letter in {*"".join(self.letters(n) for n in chosen)}))

    def id_of(self, element: int) -> str:
        """An id, with the threads that ever have it."""
        ident = self.table("ident")
        bearers = [] if ident is None else [self.of("Thread", int(each)) for each in np.nonzero(ident == element)[0]]
        return self.of("Id", element) + (f" ({', '.join(bearers)})" if bearers else "")

    def told(self, move: str, k: int) -> ToldStep:
        """The step of that number, by that move."""
        action = self.moves.get(move, move)
        who = "the kernel"
        if action != "timeout":
            actor = self.table(f"actor@{k}")
            space = self.table(f"space@{k}")
            who = self.of("Thread", int(actor) if actor is not None else 0)
            if action != "interrupt" and space is not None and actor is not None:
                who += f" in {self.of('Space', int(space[int(actor)]))}"
        details = [self._detail(key, k) for key in _TOLD[action]]
        if "word" in _TOLD[action] and "other" in _TOLD[action]:
            details.append(self._seen_as(k))
        if action == "create":
            ident, other = self.table("ident"), self.table(f"other@{k}")
            if ident is not None and other is not None:
                details.append(f"called {self.of('Id', int(ident[int(other)]))}")
        does = move if move == action else f"{move} ({action})"
        return ToldStep(who, does, tuple(part for part in details if part), tuple(self._notes(k)))

    def tuples(self, ghost: str, k: int) -> dict[tuple[int, ...], str]:
        """What a relation that no kernel keeps holds of in state k, each tuple with its words."""
        table = self.table(f"{ghost}@{k}")
        rows = [] if table is None else [tuple(row) for row in np.argwhere(table).tolist()]
        sorts = self.ghosts[ghost]
        told = [", ".join(self.of(sort, n) for sort, n in zip(sorts, row, strict=True)) for row in rows]
        return {row: f"{ghost}({words})" if words else ghost for row, words in zip(rows, told, strict=True)}

    def _notes(self, k: int) -> Iterator[str]:
        for ghost in self.ghosts:
            if self.table(f"{ghost}@{k}") is None or self.table(f"{ghost}@{k + 1}") is None:
                continue
            was, now = self.tuples(ghost, k), self.tuples(ghost, k + 1)
            for verb, one, other in (("notes", now, was), ("strikes", was, now)):
                told = [one[row] for row in one if row not in other]
                more = f" and {len(told) - MOST} more" if len(told) > MOST else ""
                if told:
                    yield f"{verb} {', '.join(told[:MOST])}{more}"

    def _detail(self, key: str, k: int) -> str:
        value = self.table(f"{key}@{k}")
        if key in _SORTS:
            return _WORDS[key] + self.of(_SORTS[key], int(value) if value is not None else 0)
        if value is None:
            return ""
        if key == "mask":
            return f"rights {self.rights(value)}"
        if key == "keeps":
            frame, contains = self.table(f"frame@{k}"), self.table(f"contains@{k}")
            value = value & contains[int(frame)] if frame is not None and contains is not None else value
        members = np.flatnonzero(value).tolist()
        if not members:
            return ""
        if key == "keeps":
            return f"beside {', '.join(self.of('Word', each) for each in members)}"
        if key == "opens":
            return f"opens {', '.join(self.of('Slot', each) for each in members)}"
        if len(members) == len(value) > 1:
            return "waits for anybody"
        return f"waits for {', '.join(self.id_of(each) for each in members)}"

    def _seen_as(self, k: int) -> str:
        """The name that the receiver sees, where it is not the sender's."""
        got, ident, actor, other = (self.table(n) for n in (f"got@{k + 1}", "ident", f"actor@{k}", f"other@{k}"))
        if got is None or ident is None or actor is None or other is None:
            return ""
        seen = [int(each) for each in np.nonzero(got[int(other)].any(axis=1))[0]]
        return "" if not seen or int(ident[int(actor)]) in seen else f"seen as {self.id_of(seen[0])}"


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
    called = {**_by_constant(structure, constants), **known}
    names = RunNames(Structure(1, structure.sizes, tables), called, moves)
    return names.told(move, 0).line, names.of


def all_named(structure: Structure, constants: Mapping[str, str]) -> dict[tuple[str, int], str]:
    """Return the name of every element, by sort and number, so that it is the same in all states of a run."""
    names = RunNames(structure, _by_constant(structure, constants))
    return {(sort, n): names.of(sort, n) for sort, size in structure.sizes.items() for n in range(size)}


def _by_constant(structure: Structure, constants: Mapping[str, str]) -> dict[tuple[str, int], str]:
    """The elements that constants name."""
    tables = structure.symbols
    return {(sort, int(tables[name][0])): name for name, sort in constants.items() if name in tables}


def told_steps(
    found: UnrolledRun,
    moves: Mapping[str, str] = MappingProxyType({}),
    constants: Mapping[str, str] = MappingProxyType({}),
    ghosts: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> tuple[tuple[ToldStep, ...], RunNames]:
    """The steps of a run in words, and what elements are called in them.

    :param moves: for moves with names of their own the kernel's action that each is.
    :param constants: by name the sorts of constants that name elements.
    :param ghosts: relations that no kernel keeps, by name, with the sorts of their arguments.
    """
    names = RunNames(found.structure, _by_constant(found.structure, constants), moves, ghosts)
    return tuple(names.told(action, k) for k, action in enumerate(found.actions)), names


def run_lines(
    found: UnrolledRun,
    moves: Mapping[str, str] = MappingProxyType({}),
    constants: Mapping[str, str] = MappingProxyType({}),
    ghosts: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> list[str]:
    """The steps of a run, one a line, as :func:`told_steps` has them."""
    told, _ = told_steps(found, moves, constants, ghosts)
    return [f"{number}. {step.line}" for number, step in enumerate(told, 1)]
