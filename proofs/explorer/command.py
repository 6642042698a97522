"""``musigma explore``: every reachable state of a scope; counts, and shortest traces."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from model.dialect import CONDITIONS, DIALECTS, Dialect
from model.scope import Scope
from model.trace import Trace
from proofs.explorer.explore import Exploration, trace_to
from proofs.explorer.explore import explore as search_scope
from proofs.explorer.properties import IDS, STATE_IDS
from proofs.explorer.resources import parse_size
from proofs.explorer.result import Progress, Verdict


def dialect_with(name: str, without: list[str]) -> Dialect:
    """The dialect of that name with side conditions dropped.

    :raises ValueError: there is no such dialect or condition.
    """
    if name not in DIALECTS:
        raise ValueError(f"there is no dialect {name!r}; there are {', '.join(DIALECTS)}")
    dialect, conditions = DIALECTS[name], [c.name for c in CONDITIONS]
    for condition in without:
        if condition not in conditions:
            raise ValueError(f"there is no side condition {condition!r}; there are {', '.join(conditions)}")
        dialect = dialect.without(condition)
    return dialect


def properties_named(text: str) -> tuple[str, ...]:
    """The ids that ``all``, ``states`` or a list of ids separated by commas stands for.

    >>> properties_named("no-cycle,grant-moves")
    ('no-cycle', 'grant-moves')

    :raises ValueError: an id is unknown.
    """
    if text in ("all", "states"):
        return IDS if text == "all" else STATE_IDS
    named = tuple(id.strip() for id in text.split(","))
    for id in named:
        if id not in IDS:
            raise ValueError(f"there is no property {id!r}; write all, states, or some of {', '.join(IDS)}")
    return named


class _Display:
    """A line of progress on standard error."""

    def __init__(self, bar: Bar) -> None:
        self.bar, self.task = bar, bar.add_task("", total=None)

    def __call__(self, progress: Progress) -> None:
        """Show how far the search is."""
        text = (
            f"{progress.states:,} states, depth {progress.depth} ({progress.layer_done:.0%} of the layer), "
            f"{progress.rate:,.0f} states/s, {progress.bytes_used / 2**20:,.0f} MiB"
        )
        self.bar.update(self.task, description=text)


def explore(
    spaces: Annotated[int, typer.Option(help="How many address spaces, σ0 included.")] = 3,
    pages: Annotated[int, typer.Option(help="How many pages each space has.")] = 2,
    frames: Annotated[int, typer.Option(help="How many frames σ0 holds at first.")] = 1,
    dialect: Annotated[str, typer.Option(help=f"One of {', '.join(DIALECTS)}.")] = "canonical",
    rights: Annotated[str, typer.Option(help="The rights that operations choose from: none, rw or rwx.")] = "none",
    without: Annotated[list[str] | None, typer.Option(help="Drop this side condition. May be repeated.")] = None,
    properties: Annotated[
        str, typer.Option(help="What to check: all, states (no steps, which is faster), or ids separated by commas.")
    ] = "all",
    symmetry: Annotated[bool, typer.Option(help="Visit one state of those that differ by names only.")] = True,
    max_states: Annotated[int | None, typer.Option(help="Give up once more states are found.")] = None,
    memory: Annotated[str | None, typer.Option(help="Memory for the visited states, as in 4G.")] = None,
    threads: Annotated[int | None, typer.Option(help="How many threads; one for each processor.")] = None,
    to: Annotated[
        str | None,
        typer.Option("--trace-to", help="Find a shortest trace to a state, as in: accessible(σ1[0]) and nil(σ0[0])"),
    ] = None,
    trace: Annotated[Path | None, typer.Option(help="Write the first trace found to this file, as JSON.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Visit every reachable state of a scope; exit with 0 only if all were visited and nothing is violated.

    Exit status 1: a property is violated, or the state asked for by --trace-to is not reachable. 3: the search was cut
    short. 2: nothing was searched.
    """
    console, errors = Console(), Console(stderr=True)
    try:
        scope, chosen = Scope(spaces, pages, frames), dialect_with(dialect, without or [])
        limits: dict[str, Any] = {
            "max_states": max_states,
            "memory": parse_size(memory) if memory else None,
            "threads": threads,
        }
        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        with Bar(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
            limits["on_progress"] = _Display(bar)
            if to is not None:
                found, verdict = trace_to(scope, chosen, to, rights, **limits)
            else:
                result = search_scope(
                    scope, chosen, rights, properties=properties_named(properties), symmetry=symmetry, **limits
                )
    except ValueError as error:
        errors.print(f"[red]error:[/red] {error}", highlight=False)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:  # between two layers; within one, the search itself notices and returns what it has
        errors.print("interrupted before there was a result")
        raise typer.Exit(3) from None
    if to is not None:
        status = _show_goal(console, to, scope, chosen, found, verdict)
    else:
        status, found = result.verdict.exit_status, result.violations[0].trace if result.violations else None
        if as_json:
            sys.stdout.write(json.dumps(as_values(result), ensure_ascii=False, indent=2) + "\n")
        else:
            _show(console, result)
    if trace is not None and found is not None:
        trace.write_text(json.dumps(found.to_json(), ensure_ascii=False, indent=2) + "\n", "utf-8")
    raise typer.Exit(status)


def as_values(result: Exploration) -> dict[str, Any]:
    """The result as JSON values."""
    return {
        "scope": {"spaces": result.scope.spaces, "pages": result.scope.pages, "frames": result.scope.frames},
        "dialect": result.dialect,
        "rights": result.rights,
        "symmetry": result.symmetry,
        "engine": result.engine,
        "verdict": str(result.verdict),
        "complete": result.complete,
        "reason": result.reason,
        "states": result.states,
        "transitions": result.transitions,
        "depth": result.depth,
        "layers": list(result.layers),
        "properties": list(result.properties),
        "violations": [
            {"property": v.property, "clause": v.clause, "sentence": v.sentence, "trace": v.trace.to_json()}
            for v in result.violations
        ],
        "bytes_per_state": result.bytes_per_state,
        "seconds": result.seconds,
    }


def _show_goal(
    console: Console, goal: str, scope: Scope, dialect: Dialect, trace: Trace | None, verdict: Verdict
) -> int:
    """Print the trace to a goal, or that there is none, or that this is not known; the exit status."""
    where = f"{scope}, dialect {dialect.name}"
    if trace is not None:
        console.print(f"{where}: {goal} is reached by {len(trace.operations)} operations, and by no fewer:")
        _show_operations(console, trace)
        return 0
    if verdict is Verdict.EXHAUSTED:
        console.print(f"{where}: {goal} is not reachable; every state was visited.")
        return 1
    console.print(f"{where}: not known whether {goal} is reachable; the search was {verdict}.")
    return 2 if verdict is Verdict.REFUSED else 3


def _show_operations(console: Console, trace: Trace) -> None:
    """Print a trace, an operation a line."""
    for number, operation in enumerate(trace.operations, 1):
        console.print(f"  {number}. {operation.text(trace.scope)}", highlight=False)


def _show(console: Console, result: Exploration) -> None:
    """Print a result for people."""
    table = Table(show_header=False, box=None)
    kind = "states" if result.symmetry == "none" else f"representatives under the symmetry {result.symmetry}"
    ending = "" if result.complete else f", not all: {result.reason}"
    for row in (
        ("scope", f"{result.scope}, dialect {result.dialect}, rights {result.rights}"),
        ("verdict", f"{result.verdict}{ending}"),
        (kind, f"{result.states:,}"),
        ("transitions", f"{result.transitions:,}"),
        ("depth", f"{result.depth}"),
        ("layers", " ".join(f"{layer:,}" for layer in result.layers)),
        ("checked", " ".join(result.properties)),
        ("engine", f"{result.engine}, {result.bytes_per_state:.1f} bytes a state"),
        ("time", f"{result.seconds:.2f} s, {result.rate:,.0f} states/s"),
    ):
        table.add_row(*row)
    console.print(table, highlight=False)
    for violation in result.violations:
        console.print(f"\n{violation.property} ({violation.clause}) does not hold: {violation.sentence}")
        _show_operations(console, violation.trace)
