"""``musigma explore --theory FILE`` and ``--system FILE:NAME``: every state of what a user wrote, as a graph."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from model.scope import ArgumentError, Scope
from proofs.commands.shared.common import UsageError
from proofs.commands.shared.walk_output import WalkOutput

if TYPE_CHECKING:
    from model.spaces.dialect import Dialect
    from proofs.explorer.system import System
    from proofs.report.walk import Walkable

TheoryFile = Annotated[
    Path | None,
    typer.Option(
        "--theory",
        help="A Python file with actions and invariants of your own: its states are visited by its formulas, each "
        "operation takes or passes all rights, and every invariant is checked; or ownership:NAME, of ffa, pkvm and "
        "xen, with readings changed as in 'ownership:ffa with reclaim=forced': its pages are those of --pages, in all.",
    ),
]
SystemName = Annotated[
    str | None,
    typer.Option(
        "--system",
        help="A packed system of your own, as in file.py:NAME, where NAME is a System or a function that makes one.",
    ),
]
_OF_BOTH = ("--max-states", "--html", "--open")
OF_A_THEORY = ("--theory", "--dialect", "--without", "--spaces", "--pages", "--frames", *_OF_BOTH)
OF_OWNERSHIP = ("--theory", "--spaces", "--pages", *_OF_BOTH)
OF_A_SYSTEM = ("--system", *_OF_BOTH)
"""The options that such a search has a use for."""


def explore_theory(file: Path, scope: Scope, dialect: "Dialect", max_states: int | None, walk: WalkOutput) -> int:
    """Search a theory by its formulas, print and write; the exit status.

    :param max_states: no state is expanded once there are so many; as many as a page can hold, unless given.
    :raises UsageError: there is a mistake in the file, or its theory cannot be executed in a scope.
    """

    def made() -> "Walkable[Any]":
        from proofs.asked import theory_and_pattern
        from proofs.report.walk.theories import TheoryToWalk

        return TheoryToWalk(theory_and_pattern(None, str(file))[0].theory, dialect, scope)

    return _explored(made, "the theory's formulas", max_states, walk)


def explore_system(name: str, max_states: int | None, walk: WalkOutput) -> int:
    """Search a packed system by its functions, print and write; the exit status.

    :param max_states: as of a theory.
    :raises UsageError: the file has no such system.
    """

    def made() -> "Walkable[Any]":
        from proofs.report.walk.packed import SystemToWalk

        return SystemToWalk(_system_named(name))

    return _explored(made, "the system's functions, as plain Python", max_states, walk)


def _system_named(name: str) -> "System":
    from proofs.explorer.system import System
    from proofs.input.theory_file import at_line, module_of

    file, colon, wanted = name.rpartition(":")
    if not colon:
        raise UsageError(f"{name!r} names no system; write FILE.py:NAME")
    path = Path(file).absolute()
    module = module_of(path)
    if not hasattr(module, wanted):
        raise UsageError(f"{file} has no {wanted!r}")
    found = getattr(module, wanted)
    if not isinstance(found, System) and callable(found):
        try:
            found = found()
        except Exception as error:
            raise at_line(path, error, wanted) from None
    if not isinstance(found, System):
        raise UsageError(f"{name} is a {type(found).__name__}; write a System, or a function that returns one")
    return found


def _explored(made: "Callable[[], Walkable[Any]]", engine: str, max_states: int | None, walk: WalkOutput) -> int:
    from rich.console import Console

    from proofs.input.theory_file import ExtensionError
    from proofs.report.walk import graph_of
    from proofs.report.walk.graph import MOST_STATES
    from proofs.report.walk.told import not_holding
    from proofs.report.writers.graph_report import end_of, show_graph

    try:
        system = made()
        started = perf_counter()
        graph = graph_of(system, max_states or MOST_STATES)
    except (ExtensionError, ArgumentError) as error:
        raise UsageError(str(error)) from None
    wrong = not_holding(graph)
    show_graph(Console(), graph, wrong, engine, perf_counter() - started)
    if walk.wanted:
        walk.write_graph(graph, min((each.way for each in wrong), key=len, default=()))
    return end_of(graph, wrong).exit_status
