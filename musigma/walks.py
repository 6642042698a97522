"""State graphs to walk in: of a scope, or of a system of one's own."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.messages.readings import CANONICAL_MESSAGES, MessageDialect
from model.messages.scope import MessageScope
from model.ranges.readings import CANONICAL_RANGES, RangeDialect
from model.ranges.scope import RangeScope
from model.scope import Scope
from model.spaces.dialect import CANONICAL, Dialect
from musigma.named import Named, dialect_of
from musigma.printing import framed

if TYPE_CHECKING:
    from proofs.explorer.system import System
    from proofs.report.walk import Graph, Walkable
    from proofs.report.walk.ranges import RangesToWalk


@dataclass(frozen=True, repr=False)
class Walk:
    """A graph of states, which a notebook shows as a page to walk in.

    It is true if every state is in it and none of them, and no step, violates what was checked.
    """

    graph: "Graph"

    @property
    def passed(self) -> bool:
        """Tell whether all states are in it, and nothing is violated."""
        graph = self.graph
        wrong = any(graph.violated) or any(edge.violates for edges in graph.edges for edge in edges)
        return graph.complete and not wrong

    def __bool__(self) -> bool:
        """Tell whether all states are in it, and nothing is violated."""
        return self.passed

    def __repr__(self) -> str:
        """Say what the walk is of, and how large it is."""
        graph = self.graph
        rest = "" if graph.complete else f", {graph.expanded} of them with their steps"
        alike = " up to names" if graph.renames else ""
        return f"<Walk: {graph.title}: {len(graph.looks)} states{alike}{rest}>"

    def page(self) -> str:
        """The page, which stands alone."""
        from proofs.report.walk import walk_page

        return walk_page(self.graph)

    def save(self, path: "str | os.PathLike[str]") -> None:
        """Write the page to a file."""
        Path(path).write_text(self.page(), "utf-8")

    def _repr_html_(self) -> str:
        """The page in a frame."""
        return framed(self.page(), f"Walk: {self.graph.title}")


def walk(
    of: "Scope | System" = Scope(3, 1, 1),  # noqa: B008, a frozen value
    *,
    dialect: Named = CANONICAL,
    rights: str = "none",
    faults: Collection[str] = (),
    messages: MessageDialect = CANONICAL_MESSAGES,
    ranges: RangeDialect = CANONICAL_RANGES,
    theory: "str | os.PathLike[str] | None" = None,
    symmetry: bool = True,
    most: int = 4_000,
) -> Walk:
    """The graph of the states of a scope, with threads or ranges or without, or of a packed system.

    :param rights: that operations choose from: ``none``, ``rw`` or ``rwx``.
    :param faults: what the operations do wrong, by name.
    :param messages: of a scope with threads, the dialect of messages.
    :param ranges: of a scope with ranges, the dialect of ranges; that of pages is then its own, unless one is named.
    :param theory: a Python file with actions and invariants of one's own; rights and faults do not go with it.
    :param symmetry: keep one state of those that differ by the names of slots only, where all slots are alike.
    :param most: states, the nearest first.
    :raises ValueError: an argument makes no sense.

    >>> walk(Scope(3, 1, 1), dialect="literal-lazy")
    <Walk: 3 spaces × 1 page × 1 frame, dialect literal-lazy: 14 states up to names>
    """
    from proofs.explorer.states.wrong_operations import listed
    from proofs.report.walk import graph_of

    if most < 1:
        raise ValueError(f"at least one state is looked at, not {most}")
    chosen = dialect_of(dialect)
    if theory is not None:
        if not isinstance(of, Scope) or isinstance(of, RangeScope) or faults or rights != "none":
            raise ValueError("a theory of one's own is walked in a scope, without faults and with all rights")
        return Walk(graph_of(_of_theory(theory, of, chosen), most))
    if isinstance(of, RangeScope):
        system = _of_ranges(of, ranges, ranges.pages if chosen == CANONICAL else chosen, rights, faults)
        return Walk(graph_of(system, min(most, system.most)))
    return Walk(graph_of(_walkable(of, chosen, rights, listed(faults), messages, symmetry), most))


def _of_ranges(
    scope: RangeScope, ranges: RangeDialect, pages: Dialect, rights: str, faults: Collection[str]
) -> "RangesToWalk":
    from proofs.report.walk.ranges import RangesToWalk
    from proofs.report.walk.spaces import rights_named
    from proofs.searches.range_exploration import properties_of_ranges

    rights_named(rights)
    if faults:
        raise ValueError("a scope with ranges is walked without faults")
    return RangesToWalk(scope, ranges, pages, rights, properties_of_ranges("all"))


def _of_theory(theory: "str | os.PathLike[str]", scope: Scope, dialect: Dialect) -> "Walkable[Any]":
    from proofs.asked import theory_and_pattern
    from proofs.report.walk.theories import TheoryToWalk

    specification, _ = theory_and_pattern(None, os.fspath(theory))
    return TheoryToWalk(specification.theory, dialect, scope)


def _walkable(
    of: "Scope | System",
    dialect: Dialect,
    rights: str,
    faults: tuple[str, ...],
    messages: MessageDialect,
    symmetry: bool,
) -> "Walkable[Any]":
    from proofs.explorer.case import Case
    from proofs.explorer.messages.wrong import bits_of
    from proofs.explorer.states.wrong_operations import faults_named
    from proofs.report.walk.messages import MessagesToWalk
    from proofs.report.walk.packed import SystemToWalk
    from proofs.report.walk.spaces import SpacesToWalk, rights_named

    if isinstance(of, MessageScope):
        bits_of(faults)
        return MessagesToWalk(of, dialect, messages, faults)
    if isinstance(of, Scope):
        rights_named(rights)
        return SpacesToWalk(Case(of, dialect, rights, faults_named(faults)), symmetry=symmetry)
    return SystemToWalk(of)
