"""Page tables that are wrong in one way each, in their code: what falls by them when the code is executed on terms."""

import ast
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from types import FunctionType
from typing import Any, NamedTuple

from proofs.execution.syntax import source_of
from proofs.faults.code import wrong_entries as entries
from proofs.faults.code import wrong_tables as tables
from refinement.kernel.page_table import PageTables
from refinement.rewriting import rewritten


class Wrong(NamedTuple):
    """A class that is wrong, how, and the methods whose obligations notice."""

    cls: type
    sentence: str
    units: tuple[str, ...] = ()


def with_idle_branch(cls: type, names: Sequence[str]) -> type:
    """The class with a branch in each of these methods that is never taken."""
    idle = ast.parse("if 0 == 1:\n    return None").body[0]

    def changed(function: FunctionType) -> Callable[..., Any]:
        tree = deepcopy(source_of(function).tree)
        tree.body.insert(1, idle)
        return rewritten(function, tree)

    methods = {name: changed(vars(cls)[name]) for name in names}
    return type(cls.__name__, (cls,), methods)


METHODS = ("reserve", "release", "give_back", "write", "clear", "path", "missing", "place", "entry", "root", "_take")
ON_PATH = ("release", "write", "clear", "path", "missing", "place", "entry")
AT_PLACE = ("write", "clear", "place")

PAGE_TABLES: Mapping[str, Wrong] = {
    "table-slot-uncounted": Wrong(tables.NotCounted, "A slot that is reserved is not counted.", ("reserve",)),
    "table-pointer-uncounted": Wrong(
        tables.TableNotCounted, "A table that is attached is not counted in the table above.", ("reserve",)
    ),
    "table-taken-first": Wrong(
        tables.TakenFirst, "A frame is taken before it is known whether there are enough.", ("reserve",)
    ),
    "table-one-too-few": Wrong(tables.OneTooFew, "One frame fewer than is missing is held to be enough.", ("reserve",)),
    "table-one-too-many": Wrong(tables.OneTooMany, "One frame more than is missing is asked for.", ("reserve",)),
    "table-pointer-first": Wrong(tables.PointerFirst, "A table is pointed to before it is cleared.", ("reserve",)),
    "table-wrong-level": Wrong(
        tables.WrongLevel, "A pointer is written at the index of the level below.", ("reserve",)
    ),
    "table-not-cleared": Wrong(
        tables.NotCleared, "A table that is taken is not cleared.", ("reserve", "take", "start")
    ),
    "table-counts-one": Wrong(
        tables.CountsOne, "A new table is counted as if something stood in it.", ("take", "start")
    ),
    "table-pointer-below": Wrong(
        tables.PointerBelow, "The pointer to a table is cleared in the table itself, one level too low.", ("release",)
    ),
    "table-above-counted": Wrong(
        tables.AboveCounted, "A table that is detached stays counted in the table above.", ("release",)
    ),
    "table-kept": Wrong(tables.Kept, "No table is ever detached.", ("release",)),
    "table-root-detached": Wrong(
        tables.RootDetached, "A root in which nothing stands is detached as well.", ("release",)
    ),
    "table-unreturned": Wrong(tables.Unreturned, "Tables that are detached are not returned, and lost.", ("release",)),
    "table-detached-twice": Wrong(
        tables.DetachedTwice, "Only one table is detached, and returned twice.", ("release",)
    ),
    "table-freed-at-once": Wrong(
        tables.FreedAtOnce, "A table is given back by the release, and written afterwards.", ("release",)
    ),
    "table-given-twice": Wrong(tables.GivenTwice, "A frame is given to the pool twice.", ("give_back",)),
    "table-still-counted": Wrong(
        tables.StillCounted, "A table that is given back stays in use, with something in it.", ("give_back",)
    ),
    "table-first-given-back": Wrong(
        tables.OnlyOne, "Of the tables that are given back only the first one is.", ("give_back",)
    ),
    "table-marks-lost": Wrong(
        entries.MarksLost, "What the processor noted in an entry is lost when it is written.", ("write",)
    ),
    "table-marks-of-absent": Wrong(
        entries.MarksOfAbsent, "The marks of an entry are read although it is absent.", ("write",)
    ),
    "table-written-in-root": Wrong(entries.WrittenInRoot, "An entry is written and cleared in the root.", AT_PLACE),
    "table-wrong-index": Wrong(
        entries.WrongIndex, "A page's entry is looked for at the index of the level above.", AT_PLACE
    ),
    "table-counted-again": Wrong(
        entries.CountedAgain, "A slot is counted once more when its entry is written or cleared.", ("write", "clear")
    ),
    "table-entry-stays": Wrong(entries.Restored, "An entry that is to be cleared stays.", ("clear",)),
    "table-path-too-far": Wrong(
        entries.TooFar, "The path follows the entry of the page as if it were a pointer.", ON_PATH
    ),
    "table-path-from-last": Wrong(
        entries.FollowedFromLast, "A pointer is followed as if it stood on the last level.", ON_PATH
    ),
    "table-path-too-short": Wrong(entries.TooShort, "The path leaves out the last table.", ON_PATH),
    "table-path-read-twice": Wrong(entries.ReadTwice, "Every entry of a path is read twice.", ("reserve", *ON_PATH)),
    "table-miscounts-missing": Wrong(entries.MiscountsMissing, "One table fewer is said to be missing.", ("missing",)),
    "table-entry-of-any": Wrong(
        entries.EntryOfAny, "An entry is read from the last table that there is, whatever its level.", ("entry",)
    ),
    "table-new-root": Wrong(entries.NewRoot, "A root is a new table each time.", ("root",)),
    "table-branch-idle": Wrong(
        with_idle_branch(PageTables, METHODS), "There is a branch that is never taken.", ("take", *METHODS[:-1])
    ),
}
"""By name the class, what is wrong with it, and the methods that notice."""

POOLS: Mapping[str, Wrong] = {
    "table-shared": Wrong(tables.Shared, "A frame that is taken stays free.", ("reserve", "take", "start")),
    "table-frame-lost": Wrong(
        tables.Lost, "Two frames are taken for one, and the second is lost.", ("reserve", "take")
    ),
}

PLACES: Mapping[str, Wrong] = {
    "entry-half-index": Wrong(entries.HalfIndex, "Two entries share one place."),
    "entry-beside-table": Wrong(entries.BesideTable, "Entries are looked for beside their table."),
}
"""What the obligations about places notice, of every format."""
