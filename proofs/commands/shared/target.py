"""What ``check`` and ``replay`` share: a target by its name, and the errors of a target told on one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from proofs.commands.shared.common import UsageError
from proofs.commands.shared.numbers import CALL_TIME, TARGET_MEMORY
from proofs.verdict import EXIT_INCOMPLETE
from refinement.check import Target, TargetError, ToolError, command_target, parse_target

TargetArgument = Annotated[
    str | None, typer.Argument(help="A shared library, or file.py:Class.", metavar="[TARGET]", show_default=False)
]
CommandOption = Annotated[
    str | None, typer.Option("--command", help="A program that speaks JSON lines, instead of TARGET.")
]
SkipUntil = Annotated[
    str | None, typer.Option(help="Skip what the command prints up to the first line that has this regular expression.")
]
Prefix = Annotated[str | None, typer.Option(help="How the command's answers begin; other lines are skipped.")]
Hang = Annotated[float, typer.Option(parser=CALL_TIME, help="Seconds after which a call hangs.")]
Memory = Annotated[
    int, typer.Option(parser=TARGET_MEMORY, help="Memory that the target may use, as in 512M.", show_default="1G")
]
MEMORY = 1 << 30


def shrinking_time(seconds: float) -> float:
    """Seconds for a shortest trace, besides those of the search: as many as that has, 5 at least and 20 at most."""
    return min(20.0, max(seconds, 5.0))


def target_named(
    target: str | None, command: str | None, skip_until: str | None = None, prefix: str | None = None
) -> Target:
    """The target that the arguments name.

    :raises UsageError: they name none, or two.
    """
    if (target is None) == (command is None):
        raise UsageError("name one target: a shared library, file.py:Class, or --command 'program arguments'")
    if command is None and (skip_until is not None or prefix is not None):
        raise UsageError("--skip-until and --prefix are about what a --command prints; name one")
    with end_with_status():
        if command is None:
            return parse_target(str(target))
        return command_target(command, skip_until=skip_until or "", prefix=prefix or "")


@contextmanager
def end_with_status() -> Iterator[None]:
    """A target without the interface ends the command with status 2, a failure of the tool with 3; both are said."""
    try:
        yield
    except TargetError as error:
        raise UsageError(str(error)) from None
    except ToolError as error:
        typer.echo(f"musigma: the tool failed: {error}", err=True)
        raise typer.Exit(EXIT_INCOMPLETE) from None
