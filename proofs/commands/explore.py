"""``musigma explore``: every reachable state of a scope; counts, and shortest traces."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from model.near_names import near_names
from model.ownership.readings import OWNERSHIP
from model.scope import ArgumentError, Scope
from model.spaces.dialect import DIALECTS
from proofs.commands.exploring.cores import (
    OF_IT,
    CoreCount,
    CoreOptions,
    Generations,
    ProtocolName,
    Tags,
    explore_protocol,
)
from proofs.commands.exploring.messages import (
    Booted,
    Common,
    Hardware,
    Ids,
    MessageOptions,
    Messages,
    Ports,
    Tau,
    Versions,
    Words,
    explore_with_threads,
)
from proofs.commands.exploring.own import (
    OF_A_SYSTEM,
    OF_A_THEORY,
    OF_OWNERSHIP,
    SystemName,
    TheoryFile,
    explore_system,
    explore_theory,
)
from proofs.commands.exploring.ranges import OF_IT as OF_RANGES
from proofs.commands.exploring.ranges import Orders, RangeOptions, Ranges, explore_orders
from proofs.commands.exploring.searching import searched, written
from proofs.commands.exploring.server import explore_described
from proofs.commands.shared.common import (
    UsageError,
    is_given,
    parse_dialect,
    refuse_all_given_but,
    refuse_given,
)
from proofs.commands.shared.numbers import JOBS, SCOPE, SEARCH_MEMORY, STATES
from proofs.commands.shared.trace_output import SvgFile, TraceOutput
from proofs.commands.shared.walk_output import OpenWalk, WalkFile, WalkOutput
from proofs.verdict import EXIT_USAGE

if TYPE_CHECKING:
    from rich.console import Console

    from proofs.explorer.result import OnProgress


def properties_named(text: str) -> tuple[str, ...]:
    """The ids that ``all``, ``states`` or a list of ids separated by commas stands for.

    >>> properties_named("no-cycle,grant-moves")
    ('no-cycle', 'grant-moves')

    :raises UsageError: an id is unknown.
    """
    from proofs.explorer.states.properties import IDS, STATE_IDS

    if text in ("all", "states"):
        return IDS if text == "all" else STATE_IDS
    named = tuple(id.strip() for id in text.split(","))
    for id in named:
        if id not in IDS:
            raise UsageError(f"there is no property {id!r}; write all, states, or some of {', '.join(IDS)}")
    return named


def explore(
    context: typer.Context,
    subsystem: Annotated[
        str | None,
        typer.Argument(help="A description instead: one of the project's (KeyServer), or a file's (server.py:Shop)."),
    ] = None,
    spaces: Annotated[int, typer.Option(parser=SCOPE, help="How many address spaces, σ0 included.")] = 3,
    pages: Annotated[int, typer.Option(parser=SCOPE, help="How many pages each space has.")] = 2,
    frames: Annotated[int, typer.Option(parser=SCOPE, help="How many frames σ0 holds at first.")] = 1,
    dialect: Annotated[str, typer.Option(help=f"One of {', '.join(DIALECTS)}.")] = "canonical",
    rights: Annotated[str, typer.Option(help="The rights that operations choose from: none, rw or rwx.")] = "none",
    without: Annotated[list[str] | None, typer.Option(help="Drop this side condition. May be repeated.")] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="Let the operations do this wrong: list shows what there is. May be repeated."),
    ] = None,
    properties: Annotated[
        str, typer.Option(help="What to check: all, states (no steps, which is faster), or ids separated by commas.")
    ] = "all",
    symmetry: Annotated[bool, typer.Option(help="Visit one state of those that differ by names only.")] = True,
    max_states: Annotated[
        int | None,
        typer.Option(parser=STATES, help="Give up once more states are found. Ranges: 50,000; a description: 5,000."),
    ] = None,
    memory: Annotated[
        int | None, typer.Option(parser=SEARCH_MEMORY, help="Memory for the visited states, as in 4G.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option("--threads", "--jobs", parser=JOBS, help="How many threads; one for each processor.")
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(help="Spread the search over workers: dask://HOST:PORT, or processes://N on this machine."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--trace-to", help="Find a shortest trace to a state, as in: accessible(σ1[0]) and nil(σ0[0])"),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the result to this file as JSON.")] = None,
    trace: Annotated[Path | None, typer.Option(help="Write the first trace found to this file as JSON.")] = None,
    svg: SvgFile = None,
    html: WalkFile = None,
    open_: OpenWalk = False,
    tau: Tau = None,
    ids: Ids = None,
    words: Words = 1,
    booted: Booted = 1,
    hardware: Hardware = 0,
    ports: Ports = 0,
    versions: Versions = 1,
    common: Common = 0,
    messages: Messages = "canonical",
    protocol: ProtocolName = None,
    cores: CoreCount = 2,
    tags: Tags = 2,
    generations: Generations = 1,
    orders: Orders = None,
    ranges: Ranges = "canonical",
    theory: TheoryFile = None,
    system: SystemName = None,
    machine: Annotated[
        str, typer.Option(help="Of a description: how many elements some sorts have, as in Thread=3,Space=3.")
    ] = "",
) -> None:
    """Visit every reachable state of a scope; exit with 0 only if all were visited and nothing is violated.

    Exit status 1: a property is violated, or the state asked for by --trace-to is not reachable. 3: the search was cut
    short by a limit. 130: it was interrupted. 2: nothing was searched.
    """
    chosen = parse_dialect(" without ".join([dialect, *(without or [])]))
    walk = WalkOutput(html, open_)
    if subsystem is not None:
        of_it = ("SUBSYSTEM", "--dialect", "--without", "--properties", "--max-states", "--html", "--open", "--machine")
        refuse_all_given_but(context, "a description has no use for it", *of_it)
        raise typer.Exit(explore_described(subsystem, chosen, machine, properties, max_states, walk))
    if theory is not None and str(theory).startswith(OWNERSHIP):
        refuse_all_given_but(context, "a dialect of ownership has no use for it", *OF_OWNERSHIP)
        raise typer.Exit(explore_theory(theory, _scope(spaces, pages, pages), chosen, max_states, walk))
    if theory is not None:
        refuse_all_given_but(context, "a theory of one's own has no use for it", *OF_A_THEORY)
        raise typer.Exit(explore_theory(theory, _scope(spaces, pages, frames), chosen, max_states, walk))
    if system is not None:
        refuse_all_given_but(context, "a system of one's own has no use for it", *OF_A_SYSTEM)
        raise typer.Exit(explore_system(system, max_states, walk))
    if protocol is not None:
        refuse_all_given_but(context, "a protocol of many cores has no use for it", *OF_IT)
        sizes = {"spaces": spaces, "pages": pages, "frames": frames}
        least = {"spaces": 2, "pages": 1, "frames": 1}
        sizes = {name: size if is_given(context, f"--{name}") else least[name] for name, size in sizes.items()}
        sizes |= {"cores": cores, "tags": tags, "generations": generations}
        drawn = TraceOutput(trace, svg, html, open_, beside={"--json": json}, json_option="--trace")
        raise typer.Exit(
            explore_protocol(protocol, sizes, CoreOptions(properties, max_states, memory, threads), json, drawn)
        )
    refuse_given(context, "only a protocol of many cores has it", "--cores", "--tags", "--generations")
    if orders is not None:
        refuse_all_given_but(context, "a scope with ranges has no use for it", *OF_RANGES)
        drawn = TraceOutput(trace, svg, beside={"--json": json, "--html": html}, json_option="--trace")
        of_pages = chosen if is_given(context, "--dialect") or without else None
        sizes = {"spaces": spaces, "pages": pages, "frames": frames}
        asked_of = RangeOptions(orders, ranges, rights, properties, symmetry, max_states, fault or [])
        raise typer.Exit(explore_orders(sizes, of_pages, asked_of, json, drawn, walk))
    if is_given(context, "--ranges"):
        raise UsageError("--ranges is of mappings with sizes: say with --orders which there are, or leave --ranges out")
    if machine:
        raise UsageError("--machine is of a description: write musigma explore KeyServer --machine Thread=3")
    output = TraceOutput(trace, svg, beside={"--json": json, "--html": html}, json_option="--trace")
    faults = fault or []
    if tau is not None:
        if rights != "none" or executor is not None or to is not None or threads is not None:
            raise UsageError("--rights, --executor, --threads and --trace-to do not go with --tau")
        sizes = {"spaces": spaces, "pages": pages, "frames": frames, "threads": tau, "ids": tau if ids is None else ids}
        sizes |= {"words": words, "booted": booted, "hardware": hardware, "ports": ports, "versions": versions}
        asked = MessageOptions(messages, faults, properties, symmetry, max_states, memory)
        raise typer.Exit(explore_with_threads({**sizes, "common": common}, chosen, asked, json, output, walk))
    told = {"ids": ids, "hardware": hardware, "ports": ports, "common": common}
    if any(told.values()) or (words, booted, versions, messages) != (1, 1, 1, "canonical"):
        said = "--ids, --words, --booted, --hardware, --ports, --versions, --common and --messages"
        raise UsageError(f"{said} are of threads: say with --tau how many there are")

    if to is not None:
        seen = [] if walk.wanted else ["--symmetry", "--no-symmetry"]
        refuse_given(context, "--trace-to looks for a state, and checks nothing on the way", "--properties", *seen)

    from rich.console import Console

    from proofs.explorer.explore import explore as search_scope
    from proofs.explorer.explore import trace_to
    from proofs.explorer.searches.partition import executors_at
    from proofs.report.writers import explorer_report as report

    console = Console()
    _check_faults(faults, console)

    def search(on_progress: "OnProgress") -> Any:
        with ExitStack() as stack:
            options: dict[str, Any] = {
                "faults": faults,
                "max_states": max_states,
                "memory": memory,
                "threads": threads,
                "executors": () if executor is None else stack.enter_context(executors_at(executor)),
                "on_progress": on_progress,
            }
            scope = Scope(spaces, pages, frames)
            if to is not None:
                return scope, *trace_to(scope, chosen, to, rights, **options)
            return search_scope(scope, chosen, rights, properties=checked, symmetry=symmetry, **options)

    checked = () if to is not None else properties_named(properties)
    if to is not None:
        scope, found, verdict = searched(search)
        status = report.show_goal(console, to, scope, chosen, found, verdict)
        values = report.goal_values(to, scope, chosen, faults, found, verdict)
    else:
        result = searched(search)
        scope = result.scope
        status, found = result.verdict.exit_status, result.violations[0].trace if result.violations else None
        report.show(console, result)
        values = report.as_values(result)
    draw = None
    if found is not None and faults:
        from proofs.report.storyboard.replays.explored import storyboard_with_faults

        draw = partial(storyboard_with_faults, found, faults)
    written(values, json, output, found, draw)
    if walk.wanted and status != EXIT_USAGE:
        from proofs.explorer.case import Case
        from proofs.explorer.states.properties import PROPERTIES
        from proofs.explorer.states.wrong_operations import faults_named
        from proofs.report.walk.spaces import SpacesToWalk, way_of

        case = Case(scope, chosen, rights, faults_named(faults))
        of = tuple(p for p in PROPERTIES if to is not None or p.id in checked)
        walk.write(SpacesToWalk(case, of, symmetry), () if found is None else way_of(found, rights))
    raise typer.Exit(status)


def _scope(spaces: int, pages: int, frames: int) -> Scope:
    """The scope.

    :raises UsageError: there is none of that size.
    """
    try:
        return Scope(spaces, pages, frames)
    except ArgumentError as error:
        raise UsageError(str(error)) from None


def _check_faults(names: list[str], console: "Console") -> None:
    """Look the faults up, or list them.

    :raises UsageError: there is no such fault.
    """
    from proofs.explorer.states.wrong_operations import FAULTS

    if "list" in names:
        for fault in FAULTS.values():
            console.print(f"{fault.name:27} {fault.sentence}", markup=False, highlight=False)
        raise typer.Exit
    for name in names:
        if name not in FAULTS:
            raise UsageError(f"no fault is called {name!r}" + near_names(name, FAULTS))
