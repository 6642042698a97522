"""``musigma explore SUBSYSTEM``: every state of a description on a small machine."""

from typing import TYPE_CHECKING

from model.scope import ArgumentError
from proofs.commands.shared.common import UsageError, progress_bar
from proofs.commands.shared.described import described_as, sizes_of
from proofs.commands.shared.walk_output import WalkOutput

MOST_STATES = 5_000
"""After so many states it gives up unless told otherwise: a search of a description may not end in hours."""

if TYPE_CHECKING:
    from model.spaces.dialect import Dialect


def explore_described(
    name: str, dialect: "Dialect", machine: str, properties: str, max_states: int | None, walk: WalkOutput
) -> int:
    """Search, print and write; the exit status.

    :raises UsageError: there is no such subsystem or property, or it does not begin on such a machine.
    """
    from rich.console import Console
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    from proofs.engines.search.random_runs import NoBeginningError
    from proofs.explorer.result import SearchEnd
    from proofs.report.walk.servers import SubsystemToWalk
    from proofs.report.writers.explorer_report import Display
    from proofs.report.writers.server_report import show_server
    from proofs.servers.search import SubsystemStates, explore_server

    described, most = described_as(name), max_states or MOST_STATES
    chosen = None if properties in ("all", "states") else tuple(id.strip() for id in properties.split(","))
    if properties == "states":
        chosen = described.guarantees
    try:
        states = SubsystemStates(described, sizes_of(machine, described), chosen, dialect)
        with progress_bar(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as bar:
            result = explore_server(states, max_states=most, on_progress=Display(bar))
    except NoBeginningError as error:
        raise UsageError(f"{error}; give it more, as in --machine Thread=5,Space=5") from None
    except ArgumentError as error:
        raise UsageError(str(error)) from None
    console = Console()
    show_server(console, result)
    if result.verdict is SearchEnd.TRUNCATED:
        console.print(
            f"\nNot every state was visited, so this is no pass. To go on, write --max-states {10 * most}, or make the "
            "machine smaller, as in --machine Thread=2,Space=2.",
            highlight=False,
        )
    if walk.wanted:
        system = SubsystemToWalk(states)
        walk.write(system, system.way(result.way), max_states)
    return result.exit_status
