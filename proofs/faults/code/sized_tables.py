"""Page tables with large leaves that are wrong in one way each, in their code, when it is executed on terms."""

import ast
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from types import FunctionType
from typing import Any, NamedTuple

from proofs.execution.syntax import source_of
from proofs.faults.code.machine import with_method
from proofs.faults.code.page_tables import with_idle_branch
from proofs.obligations.machine.bits import ALL_FORMATS, prefix
from refinement.kernel.page_table import PageTables
from refinement.ranges.sized_tables import SizedTables
from refinement.rewriting import replaced, rewritten


class WrongTables(NamedTuple):
    """A class that is wrong, how, and how the ids of the obligations begin that notice."""

    cls: type
    sentence: str
    subjects: tuple[str, ...]


def _units(*names: str) -> tuple[str, ...]:
    return tuple(f"sized_tables_{name}__" for name in names)


def with_last_step(names: Sequence[str], step: str) -> type:
    """The class with one more statement before each of these methods ends."""
    statement = ast.parse(step).body[0]

    def changed(function: FunctionType) -> Callable[..., Any]:
        tree = deepcopy(source_of(function).tree)
        ends = isinstance(tree.body[-1], ast.Return)
        tree.body.insert(len(tree.body) - ends, statement)
        return rewritten(function, tree)

    methods = {name: changed(vars(SizedTables)[name]) for name in names}
    return type(SizedTables.__name__, (SizedTables,), methods)


METHODS = (
    "reserve", "release", "write", "clear", "lift", "divide", "detach", "noted_in", "promise", "path", "place", "entry",
    "missing", "above",
)  # fmt: skip
OF_SLOTS = tuple(name for name in METHODS if name not in ("noted_in", "promise"))
WRITING = ("reserve", "release", "write", "clear", "lift", "divide", "detach")
OF_MAPPINGS = tuple(f"{prefix(format)}__" for format in ALL_FORMATS)


def _text(name: str, old: str, new: str, sentence: str, *units: str) -> WrongTables:
    return WrongTables(with_method(SizedTables, name, old, new), sentence, _units(*(units or (name,))))


def _inherited(name: str, old: str, new: str, sentence: str, *units: str) -> WrongTables:
    method = replaced(getattr(PageTables, name), old, new)
    return WrongTables(type(SizedTables.__name__, (SizedTables,), {name: method}), sentence, _units(*units))


ROOT = "self.entries[self._item(self.roots[self.scope.space(slot)], self.address(slot), self.format.root_level)] = 0"
UNUSED = "unused = self.entries[self._item(self.pool.take(), self.address(slot), 0)]"

SIZED_TABLES: Mapping[str, WrongTables] = {
    "sized-tables-branch-idle": WrongTables(
        with_idle_branch(SizedTables, METHODS), "There is a branch that is never taken.", _units(*METHODS)
    ),
    "sized-tables-root-cleared": WrongTables(
        with_last_step(WRITING, ROOT), "The slot's entry of the root is cleared in the end.", _units(*WRITING)
    ),
    "sized-tables-unused-read": WrongTables(
        with_last_step(OF_SLOTS, UNUSED), "An entry is read of a table that was just taken.", _units(*OF_SLOTS)
    ),
    "sized-tables-not-cleared": _inherited(
        "_take",
        "self.memory.write_bytes(frame << 12, bytes(self.format.table_bytes))",
        "pass",
        "A table that is taken is not cleared.",
        "reserve",
        "start",
    ),
    "sized-tables-freed-twice": _inherited(
        "give_back",
        "self.pool.give(table)",
        "self.pool.give(table)\n        self.pool.give(table)",
        "A frame is given to the pool twice.",
        "give_back",
    ),
    "sized-tables-still-used": _inherited(
        "give_back",
        "del self.uses[table]",
        "self.uses[table] = 1",
        "A table that is given back stays in use, with something in it.",
        "give_back",
    ),
    "sized-tables-promise-overlooked": _text(
        "reserve",
        "lacking + self.below(order) > self.spare",
        "lacking > self.spare",
        "What a large leaf promises is not asked for.",
    ),
    "sized-tables-one-too-many": _text(
        "reserve", "> self.spare", ">= self.spare", "One frame more than is missing is asked for."
    ),
    "sized-tables-leaves-uncounted": _text(
        "reserve",
        "self.uses[tables[-1]] += self.leaves(order)",
        "self.uses[tables[-1]] += 1",
        "A mapping is counted as one leaf.",
    ),
    "sized-tables-promise-kept": _text(
        "release", "self.promised -= self.below(order)", "pass", "What a mapping promised stays promised."
    ),
    "sized-tables-unreturned": _text(
        "release", "return detached", "return []", "Tables that are detached are not returned, and lost."
    ),
    "sized-tables-leaf-below": _text(
        "release", "level += 1", "pass", "The pointer to a table is cleared one level too low."
    ),
    "sized-tables-first-frame-only": _text(
        "write",
        "frame + (leaf << self.leaf_order(order))",
        "frame + (leaf << 0)",
        "Each leaf of a mapping is for the frame behind that of the leaf before, whatever its size.",
    ),
    "sized-tables-smallest-leaf": _text(
        "write", "level=level", "level=0", "A large leaf is encoded as one of a single page."
    ),
    "sized-tables-marks-lost": _text(
        "write", "flags | self._noted(place + leaf)", "flags", "What the processor noted in a leaf is lost."
    ),
    "sized-tables-marks-of-absent": _text(
        "_noted",
        " if old != 0 else 0",
        "",
        "What is noted in a leaf is read although it is absent.",
        "write",
        "lift",
        "noted_in",
    ),
    "sized-tables-leaf-stays": _text(
        "clear", "self.entries[place + leaf] = 0", "pass", "Leaves that are to be cleared stay.", "clear", "lift"
    ),
    "sized-tables-nothing-noted": _text("lift", "return noted", "return 0", "What was noted in a leaf is lost."),
    "sized-tables-divided-too-small": _text(
        "divide",
        "leaf << level * format.index_bits",
        "leaf << 0",
        "The leaves of a table that takes a large leaf's place are for the first frames of it.",
    ),
    "sized-tables-divided-uncounted": _text(
        "divide",
        "self.uses[table] = format.entries",
        "self.uses[table] = 0",
        "The leaves of a new table are not counted.",
    ),
    "sized-tables-divided-by-all-rights": _text(
        "divide", "encode_leaf(shown, rights,", "encode_leaf(shown, 7,", "Smaller leaves grant all rights."
    ),
    "sized-tables-detached-unreturned": _text(
        "detach", "return [table]", "return []", "A table that is detached is not returned, and lost."
    ),
    "sized-tables-noted-in-last": _text(
        "noted_in", "noted |= self", "noted = self", "Of a table's leaves only one is asked what was noted."
    ),
    "sized-tables-noted-before": _text(
        "noted_in", "0, (table << 12)", "1, (table << 12)", "Accessed is noted before any leaf of a table is read."
    ),
    "sized-tables-promised-twice": _text(
        "promise", "self.promised += 1", "self.promised += 2", "Two tables are promised for one."
    ),
    "sized-tables-promised-elsewhere": _text(
        "promise",
        "self.promised += 1",
        "self.promised += 1\n    self.uses[self.roots[0]] = 0",
        "A promise makes a root count nothing.",
    ),
    "sized-tables-path-too-short": _text(
        "path",
        "range(self.format.root_level, 0, -1)",
        "range(self.format.root_level, 1, -1)",
        "The path leaves out the last table.",
    ),
    "sized-tables-leaf-followed": _text(
        "path",
        "entry == 0 or self.format.kind(entry, level, self.format.default_control) == LEAF",
        "entry == 0",
        "The path follows a large leaf as if it were a pointer.",
    ),
    "sized-tables-leaf-of-last": _text(
        "path",
        "self.format.kind(entry, level,",
        "self.format.kind(entry, 0,",
        "An entry above the last level is asked whether it is a leaf as if it stood on the last.",
    ),
    "sized-tables-followed-from-last": _text(
        "path",
        "self._below(entry, level)",
        "self._below(entry, 0)",
        "A pointer is followed as if it stood on the last level.",
    ),
    "sized-tables-detached-from-above": _text(
        "detach",
        "self._below(self.entries[place], level)",
        "self._below(self.entries[place], level + 1)",
        "The pointer to a table that is detached is read as if it stood one level higher.",
    ),
    "sized-tables-place-below": _text(
        "place",
        "self.address(slot), level)",
        "self.address(slot), 0)",
        "A leaf is looked for at the last level's index.",
    ),
    "sized-tables-entry-of-last": _text(
        "entry",
        "self.format.levels - len(tables))",
        "0)",
        "An entry is read at the last level's index, on whatever level.",
    ),
    "sized-tables-one-missing": _text(
        "missing", "return 0 if", "return 1 if", "A slot that a large leaf translates is said to lack a table."
    ),
    "sized-tables-one-above-uncounted": _text(
        "above",
        "range(self.level(order), self.missing(slot))",
        "range(self.level(order) + 1, self.missing(slot))",
        "Of the tables that a block lacks the lowest is not counted.",
    ),
    "sized-tables-above-counted-again": _text(
        "above", "if self.apart(slot, last, level):", "if True:", "Tables that the page before needs are counted again."
    ),
    "sized-tables-inside-as-one": WrongTables(
        with_method(SizedTables, "inside", "1 << order - bits", "1"),
        "However many tables a mapping has to itself, one is counted.",
        OF_MAPPINGS,
    ),
    "sized-tables-apart-below": WrongTables(
        with_method(SizedTables, "apart", "span_bits(level + 1)", "span_bits(level)"),
        "Pages are said to lie below different tables that one table translates.",
        OF_MAPPINGS,
    ),
    "sized-tables-apart-in-one-space": WrongTables(
        with_method(SizedTables, "apart", " or self.scope.space(slot) != self.scope.space(last)", ""),
        "Pages of two spaces are said to lie below one table.",
        OF_MAPPINGS,
    ),
    "sized-tables-inside-twice-of-none": WrongTables(
        with_method(
            SizedTables,
            "inside",
            "elif self.apart(slot, last, level):\n            found += 1",
            "elif self.apart(slot, last, level):\n            found += 1 + (last == NONE)",
        ),
        "Where there is no page before, each table is counted twice.",
        OF_MAPPINGS,
    ),
    "sized-mapping-twice-the-leaves": WrongTables(
        with_method(SizedTables, "leaves", "1 << order", "2 << order"),
        "A mapping has twice as many leaves.",
        OF_MAPPINGS,
    ),
}
"""By name the class, what is wrong with it, and what notices."""
