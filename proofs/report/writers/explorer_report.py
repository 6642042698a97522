"""The result of an exploration as JSON values and for people, and the line of progress."""

from collections.abc import Collection
from dataclasses import fields
from typing import Any, TypeAlias

from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

from model.cores.trace import CoreTrace, step_words
from model.counting import counted
from model.messages.trace import MessageTrace
from model.ranges.trace import RangeTrace
from model.scope import Scope
from model.spaces.dialect import Dialect
from model.trace import Trace
from proofs.explorer.cores.result import CoreExploration
from proofs.explorer.explore import Exploration
from proofs.explorer.messages.calls import EXPLORED
from proofs.explorer.messages.result import MessageExploration
from proofs.explorer.result import Progress, SearchEnd
from proofs.report.writers.versions import versions
from proofs.searches.range_exploration import RangeExploration

VERSION = 1
TELLING = 50_000  # states; with fewer, speed and memory say more of starting up than of the search


class Display:
    """A line of progress."""

    def __init__(self, bar: Bar) -> None:
        """A line on a display of rich."""
        self.bar, self.task = bar, bar.add_task("", total=None)

    def __call__(self, progress: Progress) -> None:
        """Show how far the search is."""
        self.bar.update(self.task, description=in_words(progress))


def in_words(progress: Progress) -> str:
    """Say in a line how far a search is; with the time left where the number of states is known.

    >>> in_words(Progress(90, 3, 0.5, 1 << 20, 2.0, 50, 200))
    '90 states of 200, depth 3 (50% of the layer), 45 states/s, 1 MiB, about 6 s left'
    """
    of = f" of {progress.expected:,}" if progress.expected is not None else ""
    left = f", about {progress.seconds_left:,.0f} s left" if progress.seconds_left is not None else ""
    return (
        f"{counted(progress.states, 'state')}{of}, depth {progress.depth} ({progress.layer_done:.0%} of the layer), "
        f"{progress.rate:,.0f} states/s, {progress.bytes_used / 2**20:,.0f} MiB{left}"
    )


AnyExploration: TypeAlias = Exploration | MessageExploration | CoreExploration | RangeExploration


def as_values(result: AnyExploration) -> dict[str, Any]:
    """The result as JSON values, valid by ``explore.schema.json``; with what is searched beside address spaces."""
    return {
        "musigma_explore": VERSION,
        "scope": {each.name: getattr(result.scope, each.name) for each in fields(result.scope)} | _orders(result),
        "dialect": result.dialect,
        **({"messages": result.messages} if isinstance(result, MessageExploration) else {}),
        **({"ranges": result.ranges} if isinstance(result, RangeExploration) else {}),
        **({"protocol": result.protocol} if isinstance(result, CoreExploration) else {}),
        "rights": result.rights,
        "faults": list(result.faults),
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
        **(_stands_for(result) if isinstance(result, MessageExploration | RangeExploration) else {}),
        "bytes_per_state": result.bytes_per_state,
        "seconds": result.seconds,
        "versions": versions(),
    }


def _orders(result: AnyExploration) -> dict[str, Any]:
    """The orders of mappings, as traces have them."""
    return {"orders": list(result.scope.sizes)} if isinstance(result, RangeExploration) else {}


def _stands_for(result: MessageExploration | RangeExploration) -> dict[str, Any]:
    """For how many states and transitions the representatives stand."""
    return {"stands_for": result.stands_for, "stands_for_transitions": result.stands_for_transitions}


def show_messages(console: Console, result: MessageExploration) -> None:
    """Print the result of a search with threads for people."""
    show(console, result)
    show_stands_for(console, result)
    console.print(f"\nThe calls tried: {EXPLORED}.", markup=False, highlight=False)


def show_stands_for(console: Console, result: MessageExploration | RangeExploration) -> None:
    """Print for how many states the representatives stand, if there are any and all were visited."""
    if result.stands_for is not None and result.symmetry != "none":
        transitions = counted(result.stands_for_transitions or 0, "transition")
        told = f"{counted(result.stands_for, 'state')} and {transitions}"
        console.print(f"\nThe representatives stand for {told}.", markup=False, highlight=False)


def goal_values(
    goal: str, scope: Scope, dialect: Dialect, faults: Collection[str], trace: Trace | None, verdict: SearchEnd
) -> dict[str, Any]:
    """The result of a search for a goal as JSON values, valid by the same schema."""
    return {
        "musigma_explore": VERSION,
        "goal": goal,
        "scope": {"spaces": scope.spaces, "pages": scope.pages, "frames": scope.frames},
        "dialect": dialect.name,
        "faults": list(faults),
        "verdict": "reached" if trace else str(verdict),
        "trace": trace.to_json() if trace else None,
        "versions": versions(),
    }


def show_goal(
    console: Console, goal: str, scope: Scope, dialect: Dialect, trace: Trace | None, verdict: SearchEnd
) -> int:
    """Print the trace to a goal, or that there is none, or that this is not known; the exit status."""
    where = f"{scope}, dialect {dialect.name}"
    if trace is not None:
        length = len(trace.operations)
        console.print(f"{where}: {goal} is reached in {counted(length, 'step')}, and in no fewer:")
        _show_operations(console, trace)
        return 0
    if verdict is SearchEnd.EXHAUSTED:
        console.print(f"{where}: {goal} is not reachable; every state was visited.")
        return 1
    console.print(f"{where}: not known whether {goal} is reachable; the search was {verdict}.")
    return 2 if verdict is SearchEnd.REFUSED else 3


def _show_operations(console: Console, trace: Trace | MessageTrace | CoreTrace | RangeTrace) -> None:
    """Print a trace, an operation a line."""
    match trace:
        case CoreTrace():
            texts = [step_words(operation) for operation in trace.operations]
        case RangeTrace():
            texts = [operation.text(trace.scope) for operation in trace.operations]
        case MessageTrace():
            texts = [operation.text(trace.scope) for operation in trace.operations]
        case _:
            texts = [operation.text(trace.scope) for operation in trace.operations]
    for number, text in enumerate(texts, 1):
        console.print(f"  {number}. {text}", highlight=False)


def _besides(result: AnyExploration) -> str:
    """What was searched beside the dialect of address spaces."""
    if isinstance(result, CoreExploration):
        return f"protocol {result.protocol}"
    if isinstance(result, RangeExploration):
        return f"ranges {result.ranges}, rights {result.rights}"
    return f"messages {result.messages}" if isinstance(result, MessageExploration) else f"rights {result.rights}"


def _checked(result: AnyExploration) -> str:
    """What was checked; of many obligations their number."""
    if isinstance(result, RangeExploration) and len(result.properties) > 6:
        return f"{counted(len(result.properties), 'obligation')}; --json lists them"
    return " ".join(result.properties)


def show(console: Console, result: AnyExploration) -> None:
    """Print a result for people."""
    table = Table(show_header=False, box=None)
    kind = "states" if result.symmetry == "none" else f"representatives under the symmetry {result.symmetry}"
    large = result.states >= TELLING
    ending = "" if result.complete else f", not all: {result.reason}"
    for row in (
        ("scope", f"{result.scope}, dialect {result.dialect}, {_besides(result)}"),
        ("faults", ", ".join(result.faults) or "none"),
        ("verdict", f"{result.verdict}{ending}"),
        (kind, f"{result.states:,}"),
        ("transitions", f"{result.transitions:,}"),
        ("depth", f"{result.depth}"),
        ("layers", " ".join(f"{layer:,}" for layer in result.layers)),
        ("checked", _checked(result)),
        (
            "engine",
            result.engine
            + (f", {result.bytes_per_state:.1f} bytes a state" if large and result.bytes_per_state else ""),
        ),
        ("time", f"{result.seconds:.2f} s" + (f", {result.rate:,.0f} states/s" if large else "")),
    ):
        table.add_row(*row)
    console.print(table, highlight=False)
    for violation in result.violations:
        console.print(f"\n{violation.property} ({violation.clause}) does not hold: {violation.sentence}")
        _show_operations(console, violation.trace)
