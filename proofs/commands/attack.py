"""``musigma attack``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from model.counting import counted
from model.near_names import near_names
from proofs.commands.shared.common import (
    UsageError,
    parse_dialect,
    refuse_all_given_but,
    refuse_given,
    write_json,
)
from proofs.commands.shared.described import described_as, sizes_of
from proofs.commands.shared.numbers import SEARCH_TIME, SEED, whole
from proofs.commands.shared.trace_output import HtmlFile, OpenPage, SvgFile, TraceOutput
from proofs.verdict import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_PASSED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model.servers.theory import SubsystemTheory
    from model.spaces.dialect import Dialect
    from proofs.servers.attack import Attack

STEPS = whole(1, 40)
RUNS = whole(1, 1_000_000)


def attack(
    context: typer.Context,
    subsystem: Annotated[
        str | None,
        typer.Argument(help="One of the project's (TwiceSold), or a file's (server.py:Shop)."),
    ] = None,
    guarantee: Annotated[
        str | None, typer.Argument(help="What is to be violated, by name. Default: each guarantee in turn.")
    ] = None,
    dialect: Annotated[str, typer.Option(help="The dialect of address spaces.")] = "canonical",
    steps: Annotated[int, typer.Option(parser=STEPS, help="The most steps of a run.")] = 10,
    seconds: Annotated[float, typer.Option(parser=SEARCH_TIME, help="Seconds for one guarantee.")] = 60.0,
    machine: Annotated[
        str, typer.Option(help="How many elements of some sorts the machine has, as in Thread=5,Space=5.")
    ] = "",
    moves: Annotated[str, typer.Option(help="Only these rules and actions, with commas between. Default: all.")] = "",
    every_size: Annotated[bool, typer.Option("--every-size", help="Decide it for machines of every size.")] = False,
    runs: Annotated[
        int | None, typer.Option(parser=RUNS, help="Take so many random runs instead, of 100 steps each.")
    ] = None,
    on_machine: Annotated[
        bool, typer.Option("--on-machine", help="With --runs: on the kernel and the simulated machine, in step.")
    ] = False,
    seed: Annotated[int, typer.Option(parser=SEED, help="Seed of the random runs.")] = 0,
    json: Annotated[Path | None, typer.Option(help="Write what was found to this file as JSON.")] = None,
    svg: SvgFile = None,
    html: HtmlFile = None,
    open_: OpenPage = False,
    list_: Annotated[bool, typer.Option("--list", help="List the project's subsystems and guarantees.")] = False,
) -> None:
    """Look for the shortest run of everybody that violates what a subsystem guarantees.

    Outsiders do anything that the kernel lets them do; members follow the subsystem's rules. A run that is found is
    the shortest on machines of the size that is said. Where several guarantees are violated, the shortest run is drawn.

    Exit status 0 means that no run of so many steps violates anything; 1 that one does; 3 that a search was cut short,
    or that random runs never followed some rule.
    """
    chosen = parse_dialect(dialect)
    output = TraceOutput(svg=svg, html=html, open=open_, beside={"--json": json})
    if list_:
        refuse_all_given_but(context, "--list shows what can be attacked", "--list")
        _list()
        return
    if subsystem is None:
        raise UsageError("say what to attack: musigma attack TwiceSold, or --list for the project's subsystems")

    from rich.console import Console

    from proofs.report.writers.attack_report import attacks_json, print_attack
    from proofs.servers.attack import EVERY_SIZE, attacked
    from proofs.servers.attack import attack as look

    console = Console()

    described = described_as(subsystem)
    said = attacked(described)
    if guarantee is not None and guarantee not in said:
        raise UsageError(f"{described.name} guarantees no {guarantee!r}" + near_names(guarantee, said))
    allowed = tuple(move for move in moves.split(",") if move)
    for move in allowed:
        if move not in described.actions:
            raise UsageError(f"{described.name} has no move {move!r}" + near_names(move, described.actions))
    sizes = EVERY_SIZE if every_size else {**described.kind.machine, **sizes_of(machine, described)}
    if every_size and machine:
        raise UsageError("--every-size is for machines of every size: leave --machine out")
    if on_machine and runs is None:
        raise UsageError("--on-machine says where random runs are taken: add --runs 5")
    if runs is not None:
        why = "random runs of 100 steps look at all that is guaranteed, on one machine in one dialect"
        others = "GUARANTEE", "--moves", "--every-size", "--steps", "--seconds", "--dialect", "--json"
        pictures = "--svg", "--html", "--open"
        refuse_given(context, why, *others, *pictures, *(["--machine"] if on_machine else []))
        if on_machine:
            _run_on_machine(described, runs, seed)
            return
        _walk(described, {**described.kind.machine, **sizes_of(machine, described)} if machine else None, runs, seed)
        return
    refuse_given(context, "nothing is random without --runs", "--seed")
    found = []
    for name in [guarantee] if guarantee else said:
        result = look(described, name, dialect=chosen, machine=sizes, moves=allowed, most=steps, seconds=seconds)
        found.append(result)
        print_attack(console, result)
    if json is not None:
        write_json(json, attacks_json(found))
    _draw(described, found, chosen, output)
    if any(each.found for each in found):
        raise typer.Exit(EXIT_FAILED)
    raise typer.Exit(EXIT_INCOMPLETE if any(each.reason for each in found) else EXIT_PASSED)


def _draw(described: "SubsystemTheory", found: "Sequence[Attack]", dialect: "Dialect", output: TraceOutput) -> None:
    """The pictures of the shortest run, if any was found."""
    from proofs.report.storyboard.replays.servers import attack_board

    runs = sorted((each for each in found if each.found), key=lambda each: each.steps)
    if not output.pictures:
        return
    if not runs:
        typer.echo("musigma: there is no run to be drawn", err=True)
        return
    if len(runs) > 1:
        typer.echo(f"drawn: the run that violates {runs[0].guarantee}", err=True)
    output.draw(lambda: attack_board(described, runs[0], dialect))


def _walk(described: "SubsystemTheory", sizes: "Mapping[str, int] | None", runs: int, seed: int) -> None:
    """Random runs: which invariants broke, and how often each rule was followed.

    :raises typer.Exit: an invariant broke, or a rule was never followed, so that the runs are no evidence of it.
    """
    from proofs.engines.search.random_runs import NoBeginningError, taken
    from proofs.servers.runs import walker_of

    try:
        walker = walker_of(described, sizes)
    except NoBeginningError as error:
        raise UsageError(str(error)) from None
    walks = [walker.walk(seed + number, 100) for number in range(runs)]
    followed = taken(walks, described.rules)
    steps = sum(len(walk.actions) for walk in walks)
    typer.echo(f"{described.name}: {counted(steps, 'step')} in {counted(runs, 'random run')}; rules followed:")
    for name, times in followed.items():
        typer.echo(f"  {name}: {times or 'never'}")
    shortest = min((walk for walk in walks if walk.broken), key=lambda walk: len(walk.actions), default=None)
    if shortest is not None:
        typer.echo(f"  {', '.join(shortest.broken)} broke after {counted(len(shortest.actions), 'step')}")
        raise typer.Exit(EXIT_FAILED)
    if not all(followed.values()):
        raise typer.Exit(EXIT_INCOMPLETE)


def _run_on_machine(described: "SubsystemTheory", runs: int, seed: int) -> None:
    """Random runs on the kernel and the simulated machine: what loads and stores show is asked after each step.

    :raises typer.Exit: a guarantee is violated there or something differs, or a rule was never followed.
    """
    from collections import Counter

    from proofs.engines.search.random_runs import NoBeginningError
    from proofs.servers.machine import OnMachine

    followed: Counter[str] = Counter()
    for number in range(runs):
        try:
            found = OnMachine(described, seed=seed + number).run(100)
        except NoBeginningError as error:
            raise UsageError(str(error)) from None
        followed.update(found.moves)
        for said in (*(f"{name} is violated" for name in found.violated), *found.differing):
            typer.echo(f"{described.name}: {said} after {counted(len(found.moves), 'step')} of run {seed + number}")
        if found.violated or found.differing:
            raise typer.Exit(EXIT_FAILED)
    done = f"{counted(followed.total(), 'step')} in {counted(runs, 'random run')} on the machine"
    typer.echo(f"{described.name}: {done}; rules followed:")
    for name in described.rules:
        typer.echo(f"  {name}: {followed[name] or 'never'}")
    if not all(followed[name] for name in described.rules):
        raise typer.Exit(EXIT_INCOMPLETE)


def _list() -> None:
    from model.servers.systems.catalogue import VARIANTS
    from model.servers.theory import theory_of_subsystem
    from proofs.servers.attack import attacked

    for kind, wrong in VARIANTS.items():
        typer.echo(f"{kind.clause}  {kind.__name__}: {(kind.__doc__ or '').splitlines()[0]}")
        for name, sentence in attacked(theory_of_subsystem(kind)).items():
            typer.echo(f"      {name}: {sentence}")
        for each in wrong:
            typer.echo(f"    {each.__name__}: {(each.__doc__ or '').splitlines()[0]}")
