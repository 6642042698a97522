"""``musigma explore --tau N``: every reachable state of a scope with threads."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from model.near_names import near_names
from proofs.commands.exploring.searching import searched, written
from proofs.commands.shared.common import UsageError
from proofs.commands.shared.numbers import SCOPE
from proofs.commands.shared.trace_output import TraceOutput
from proofs.commands.shared.walk_output import WalkOutput
from proofs.verdict import EXIT_USAGE

if TYPE_CHECKING:
    from rich.console import Console

    from model.messages.readings import MessageDialect
    from model.spaces.dialect import Dialect
    from proofs.explorer.messages.result import MessageExploration
    from proofs.explorer.result import OnProgress

Tau = Annotated[
    int | None,
    typer.Option("--tau", parser=SCOPE, help="So many threads τ0, τ1, … too, which send messages; without: none."),
]
Ids = Annotated[int | None, typer.Option(parser=SCOPE, help="Of threads: how many ids; one a thread unless given.")]
Words = Annotated[int, typer.Option(parser=SCOPE, help="Of threads: how many words there are to say.")]
Booted = Annotated[int, typer.Option(parser=SCOPE, help="Of threads: how many run at first; others can be begun.")]
Hardware = Annotated[int, typer.Option(parser=SCOPE, help="Of threads: how many more are hardware.")]
Ports = Annotated[int, typer.Option(parser=SCOPE, help="With threads: so many of the last frames are I/O ports.")]
Versions = Annotated[int, typer.Option(parser=SCOPE, help="Of threads: how many versions an id has.")]
Common = Annotated[int, typer.Option(parser=SCOPE, help="With threads: so many words are known to all at first.")]
Messages = Annotated[str, typer.Option(help="With threads: the dialect of messages, as in: canonical with ids=reused.")]


@dataclass(frozen=True, slots=True)
class MessageOptions:
    """What such a search was asked for."""

    messages: str
    faults: list[str]
    properties: str
    symmetry: bool
    max_states: int | None
    memory: int | None


def explore_with_threads(
    scope: "dict[str, int]",
    dialect: "Dialect",
    options: MessageOptions,
    json: Path | None,
    output: TraceOutput,
    walk: WalkOutput,
) -> int:
    """Search, print and write; the exit status."""
    from rich.console import Console

    from model.messages.scope import MessageScope
    from proofs.explorer.messages.explore import explore_messages
    from proofs.report.writers import explorer_report as report

    console = Console()
    _check_faults(options.faults, console)

    def search(on_progress: "OnProgress") -> "MessageExploration":
        return explore_messages(
            MessageScope(**scope),
            dialect,
            _messages_named(options.messages),
            properties=_properties_named(options.properties),
            faults=options.faults,
            symmetry=options.symmetry,
            max_states=options.max_states,
            memory=options.memory,
            on_progress=on_progress,
        )

    result = searched(search)
    report.show_messages(console, result)
    found = result.violations[0].trace if result.violations else None
    written(report.as_values(result), json, output, found, None if found is None else _draw(found, options.faults))
    if walk.wanted and result.verdict.exit_status != EXIT_USAGE:
        from proofs.explorer.messages.properties import message_properties_named
        from proofs.report.walk.messages import MessagesToWalk

        checked = message_properties_named(_properties_named(options.properties))
        system = MessagesToWalk(
            result.scope, dialect, _messages_named(options.messages), tuple(options.faults), checked
        )
        way = result.violations[0].trace.operations if result.violations else ()
        walk.write(system, [(operation.text(result.scope),) for operation in way])
    return result.verdict.exit_status


def _draw(trace: Any, faults: list[str]) -> Any:
    """The picture of a trace whose steps have the faults; none of its own where there is no fault."""
    if not faults:
        return None
    from proofs.report.storyboard.replays.messages import message_board

    return lambda: message_board(trace, kernel_faults=faults)


def _messages_named(name: str) -> "MessageDialect":
    from model.messages.readings import MESSAGE_DIALECTS, message_dialect_named

    try:
        return message_dialect_named(name)
    except KeyError:
        known = f"{', '.join(MESSAGE_DIALECTS)}, or as in: canonical with ids=reused"
        raise UsageError(f"no dialect of messages is called {name!r}: write one of {known}") from None


def _properties_named(text: str) -> tuple[str, ...]:
    from proofs.explorer.messages.properties import MESSAGE_IDS, MESSAGE_PROPERTIES

    if text == "all":
        return MESSAGE_IDS
    if text == "states":
        return tuple(p.id for p in MESSAGE_PROPERTIES if not p.of_step)
    return tuple(id.strip() for id in text.split(","))


def _check_faults(names: list[str], console: "Console") -> None:
    """Look the faults up, or list them.

    :raises UsageError: there is no such fault.
    """
    from proofs.explorer.messages.wrong import WRONG_KERNELS

    if "list" in names:
        for fault in WRONG_KERNELS.values():
            console.print(f"{fault.name:31} {fault.sentence}", markup=False, highlight=False)
        raise typer.Exit
    for name in names:
        if name not in WRONG_KERNELS:
            raise UsageError(f"no fault of threads is called {name!r}" + near_names(name, WRONG_KERNELS))
