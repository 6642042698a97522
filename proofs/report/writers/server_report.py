"""The findings of exploring a description, for people."""

from rich.console import Console
from rich.table import Table

from proofs.servers.search import EXPLORED, ServerExploration


def show_server(console: Console, result: ServerExploration) -> None:
    """Print the counts, what was looked at, and the shortest run to what does not hold."""
    sizes = ", ".join(f"{n} {sort.lower()}{'s' * (n != 1)}" for sort, n in result.machine.items() if sort != "Bool")
    table = Table(show_header=False, box=None)
    ending = "" if result.complete else f", not all: {result.reason}"
    for row in (
        ("subsystem", f"{result.subsystem}, dialect {result.dialect}"),
        ("machine", sizes),
        ("verdict", f"{result.verdict}{ending}"),
        ("states", f"{result.states:,}"),
        ("transitions", f"{result.transitions:,}"),
        ("depth", f"{result.depth}"),
        ("checked", " ".join(result.properties)),
        ("followed", ", ".join(f"{rule} {times or 'never'}" for rule, times in result.followed.items())),
        ("a state is", " ".join(result.kept)),
        ("time", f"{result.seconds:.2f} s"),
    ):
        table.add_row(*row)
    console.print(table, highlight=False)
    for violation in result.violations:
        said = f"\n{violation.property} ({violation.clause}) does not hold: {violation.sentence}"
        console.print(said, markup=False, highlight=False)
        for number, line in enumerate(violation.lines, 1):
            console.print(f"  {number}. {line}", markup=False, highlight=False)
    console.print(f"\nFrom one first state. The calls tried: {EXPLORED}.", markup=False, highlight=False)
