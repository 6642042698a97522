"""The command ``musigma``. A subcommand, and the solver or compiler it needs, is imported when it is called."""

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from model.near_names import near_names
from proofs.commands.shared.common import UsageError

# The subcommands, each a function in a module of its name, in the order in which help lists them; with the first
# sentence of its documentation, so that help need not import them.
COMMANDS = {
    "prove": "Discharge proof obligations, and search for a shortest trace where one fails.",
    "audit": "Audit each claim of the paper in each dialect, and each side condition of canonical.",
    "counterexample": "Show the shortest trace by which a dropped side condition, or a reading, violates a claim.",
    "attack": "Look for the shortest run of everybody that violates what a subsystem guarantees.",
    "explore": "Visit every reachable state of a scope; exit with 0 only if all were visited and nothing is violated.",
    "check": "Check a mapping database against the model.",
    "replay": "Run a trace again: on the model, which shows each step, or on a mapping database.",
    "monitor": "Follow a kernel's log: the first line that no state explains, and the end of the log that shows it.",
    "faults": "Hunt the catalogue's faults with every engine meant for them: the kill matrix.",
    "costs": "Compute and simulate what the paper says of costs, for the processors of its time or one of your own.",
    "examples": "Copy the examples and headers that the guides work with, so that their commands run as written.",
}


class _Subcommands(TyperGroup):
    """The subcommands by name, each made from the function of that name in its module."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in order."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The subcommand of that name.

        :raises UsageError: there is none.
        """
        if cmd_name not in COMMANDS:
            raise UsageError(f"there is no command {cmd_name!r}" + near_names(cmd_name, COMMANDS))
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
        alone.command(cmd_name)(getattr(import_module(f"proofs.commands.{cmd_name}"), cmd_name))
        return get_command(alone)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The subcommands for help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


app = typer.Typer(
    name="musigma",
    cls=_Subcommands,
    help="Liedtke's model of address spaces (grant, map, flush): proved, executed, and compared with yours.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"musigma {version('musigma')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
