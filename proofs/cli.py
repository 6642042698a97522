"""The command ``musigma``."""

from importlib.metadata import version
from typing import Annotated

import typer

from proofs.commands import audit, counterexample, prove

app = typer.Typer(
    name="musigma",
    help="Liedtke's model of address spaces (grant, map, flush): proved, executed, and compared with yours.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"musigma {version('musigma')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


app.command()(prove.prove)
app.command()(audit.audit)
app.command()(counterexample.counterexample)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
