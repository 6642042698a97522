"""``musigma counterexample``."""

from typing import TYPE_CHECKING, Annotated

import typer

from model.counting import counted
from model.near_names import near_names
from model.ranges.readings import NO_CROSSING
from model.spaces.dialect import CANONICAL, CONDITIONS
from proofs.commands.shared.common import UsageError, parse_dialect, refuse_all_given_but, refuse_given
from proofs.commands.shared.trace_output import HtmlFile, JsonFile, OpenPage, SvgFile, TraceOutput
from proofs.input.defects import why_no_defect
from proofs.verdict import EXIT_FAILED, EXIT_INCOMPLETE

if TYPE_CHECKING:
    from rich.console import Console

    from model.ranges.trace import RangeTrace
    from proofs.counterexamples.by_name import ViolatingTrace
    from proofs.counterexamples.messages import MessageFound
    from proofs.explorer.interleaved.search import Found
    from proofs.faults.record import HuntResult
    from proofs.searches.core_search import CoreFound


def counterexample(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(help="A side condition to drop, a claim (C1), an obligation's id, a fault, or a reading."),
    ] = None,
    dialect: Annotated[str, typer.Option(help="The dialect to look in.")] = "canonical",
    json: JsonFile = None,
    svg: SvgFile = None,
    html: HtmlFile = None,
    open_: OpenPage = False,
    list_: Annotated[bool, typer.Option("--list", help="List what can be asked for.")] = False,
    run: Annotated[
        int, typer.Option(min=1, max=2, help="Of two runs, the one that --json, --svg, --html and --open show.")
    ] = 1,
) -> None:
    """Show the shortest trace by which a dropped side condition, or a reading, violates a claim.

    An obligation about two runs is violated by two traces, which look alike to some spaces until the last operation.
    One that the dialect is known not to have is shown as well, if it is asked for by its id.

    Exit status 0 means that a counterexample is shown; 1 that there is none where it was looked for; 3 that the
    search was cut short.
    """
    chosen = parse_dialect(dialect)
    output = TraceOutput(json, svg, html, open_)
    if name is not None and (why := why_no_defect(name)):  # what is imported below takes seconds
        raise UsageError(why)

    from rich.console import Console

    from proofs.counterexamples.by_name import counterexample as find
    from proofs.counterexamples.by_name import has_own_dialect, names
    from proofs.counterexamples.messages import WRONG_READINGS
    from proofs.faults.hunts.cores import core_fault_names
    from proofs.faults.hunts.ownership import wrong_ownership
    from proofs.faults.hunts.ranges import BY_ARITHMETIC
    from proofs.faults.hunts.selection import traceable
    from proofs.faults.interleaved import INTERLEAVED_FAULTS
    from proofs.paper.claims import CLAIMS
    from proofs.report.storyboard import storyboard, storyboard_of
    from proofs.report.storyboard.replays.fault_trace import run_of
    from proofs.report.writers.trace_table import print_pair, print_storyboard
    from proofs.searches.range_search import WRONG_READINGS as WRONG_RANGES

    console = Console()
    if list_:
        refuse_all_given_but(context, "--list shows what can be asked for", "--list")
        for condition in CONDITIONS:
            console.print(f"{condition.name:18} without it: {condition.sentence}", markup=False, highlight=False)
        for claim in CLAIMS.values():
            console.print(f"{claim.id:18} {claim.title}", markup=False, highlight=False)
        console.print(
            "or an obligation's id, as musigma prove lists them, with --dialect; or one of the faults", highlight=False
        )
        console.print("that musigma faults --list shows; or a reading of messages:", highlight=False)
        console.print(", ".join(WRONG_READINGS), markup=False, highlight=False)
        console.print(f"or {NO_CROSSING.name}, or a reading of ranges:", highlight=False)
        console.print("; ".join(WRONG_RANGES), markup=False, highlight=False)
        console.print("or a wrong kind of ownership:", highlight=False)
        console.print(", ".join(wrong_ownership()), markup=False, highlight=False)
        console.print("or a wrong protocol of many cores:", highlight=False)
        console.print(", ".join(core_fault_names()), markup=False, highlight=False)
        console.print("or a wrong kernel whose calls interleave:", highlight=False)
        console.print(", ".join(INTERLEAVED_FAULTS), markup=False, highlight=False)
        return
    if name is None:
        raise UsageError("say what to show: musigma counterexample not-itself, or --list for all names")
    if has_own_dialect(name) and chosen != CANONICAL:
        refuse_given(context, f"{name} is a fault, which comes with its dialect", "--dialect")
    try:
        with Console(stderr=True).status(f"looking for {name}"):
            found = find(name, chosen)
    except KeyError:
        raise UsageError(f"nothing is called {name!r}" + near_names(name, names())) from None
    if found.speech is not None and found.speech.runs:
        _show_messages(console, name, found, found.speech, output, run)
        return
    if run == 2 and found.pair is None and found.shown:
        raise UsageError(f"the counterexample to {name} is one run: leave --run out")
    if found.lines:
        refuse_given(context, f"the run that shows {name} is text alone", "--json", "--svg", "--html", "--open")
        _print_run(console, name, found)
        return
    if found.ranges is not None:
        _print_ranges(console, name, found, output)
        return
    if found.schedule is not None:
        _show_schedule(console, name, found.schedule, output)
        return
    if found.cores is not None and found.cores.trace is not None:
        _show_cores(console, name, found.cores, output)
        return
    if found.trace is None:
        where = "; ".join(found.searched) or "nothing that the dialect claims stands for it"
        if name in traceable():
            where = f"the fault only refuses, or needs a C compiler: musigma faults {name} says how it is found"
            where = BY_ARITHMETIC.get(name, where)
        typer.echo(f"{found.dialect.name}: no counterexample to {name} ({where})")
        raise typer.Exit(EXIT_FAILED if found.complete else EXIT_INCOMPLETE)
    if found.pair is not None:
        print_pair(console, found.pair)
        say_if_not_claimed(console, found)
        output.write(found.pair.runs[run - 1])
        return
    board = storyboard_of(run_of(found.fault, name)) if found.fault else storyboard(found.trace)
    print_storyboard(console, board)
    console.print()
    if found.fault is None or found.fault.shortest:
        console.print(f"No trace within {found.trace.scope} is shorter.", markup=False, highlight=False)
        say_if_not_claimed(console, found)
    else:
        console.print(f"Found by the {found.fault.engine.value}; there may be a shorter trace.", highlight=False)
    output.write(found.trace, (lambda: board) if found.fault else None)


def _show_messages(
    console: "Console", name: str, asked: "ViolatingTrace", found: "MessageFound", output: TraceOutput, run: int
) -> None:
    """A trace of threads and messages, or two."""
    from proofs.report.storyboard.replays.messages import message_board
    from proofs.report.writers.trace_table import print_storyboard
    from proofs.searches.message_search import TELLING

    if run > len(found.runs):
        raise UsageError(f"the counterexample to {name} is one run: leave --run out")
    for trace in found.runs:
        print_storyboard(console, message_board(trace))
        console.print()
    scope = found.runs[0].scope
    if asked.fault is not None:
        said = [f"Found by the {asked.fault.engine.value}; there may be a shorter trace."]
    elif len(found.runs) == 1:
        said = [f"No trace within {scope} is shorter."]
    else:
        watchers = ", ".join(f"σ{space}" for space in found.inside)
        one, two = found.told
        ends = f"{one} in the first and {two} in the second" if one != two else f"{one} in both, and not alike"
        call = found.runs[0].operations[-1].text(scope)
        said = [
            f"To {watchers} the two look alike until the last call, «{call}»: {ends}.",
            f"No two such runs within {scope} are shorter together.",
        ]
    if asked.fault is None:
        said.append(f"The calls tried: {TELLING}.")
    for line in said:
        console.print(line, markup=False, highlight=False)
    output.write(found.runs[run - 1])


def _show_cores(console: "Console", name: str, found: "CoreFound", output: TraceOutput) -> None:
    """A trace of many cores, and of what the solver refutes whether its own counterexample is reached."""
    from proofs.faults.hunts.cores import refuted_by
    from proofs.faults.theory.cores import CORE_FAULTS
    from proofs.report.storyboard.lanes.cores import core_board
    from proofs.report.storyboard.lanes.lanes import print_lanes

    assert found.trace is not None
    print_lanes(console, core_board(found.trace))
    console.print(f"\nNo trace within {found.trace.scope} is shorter.", markup=False, highlight=False)
    words = {True: "is reached", False: "is not reached", None: "is not known to be reached"}
    for each in refuted_by(CORE_FAULTS[name]):
        said = f"{each.obligation} is refuted; the least counterexample to induction {words[each.reached]}"
        console.print(f"{said} ({each.scope}).", markup=False, highlight=False)
    output.write(found.trace)


def _show_schedule(console: "Console", name: str, found: "Found", output: TraceOutput) -> None:
    """A schedule of interleaved calls, a lane a core."""
    from proofs.report.storyboard.lanes.interleaved import interleaved_board
    from proofs.report.storyboard.lanes.lanes import print_lanes

    if output.json is not None:
        raise UsageError(f"a schedule such as that of {name} stands in no trace: leave --json out")
    board = interleaved_board(name, found)
    print_lanes(console, board)
    switches = counted(found.switches, "switch", "switches")
    accesses = counted(len(found.schedule), "access", "accesses")
    said = f"\n{accesses} and {switches} away from a core that could have gone on"
    console.print(f"{said}.", markup=False, highlight=False)
    output.draw(lambda: board)


def _print_run(console: "Console", name: str, found: "ViolatingTrace") -> None:
    """A run of threads and messages, or of pages with an owner, and what it breaks."""
    assert found.obligation is not None
    dialects = f"{found.dialect.name}, messages {found.messages}"
    what = f"pages with an owner ({found.owned})" if found.owned else f"a run of threads and messages ({dialects})"
    said = f"{name}: {what} against"
    console.print(f"{said}\n{found.obligation.id}: {found.obligation.sentence}\n", markup=False, highlight=False)
    for line in found.lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    where = f"within {found.searched[-1]}" if found.owned else "on any machine"
    console.print(f"\nNo run {where} is shorter.", markup=False, highlight=False)


def _print_ranges(console: "Console", name: str, found: "ViolatingTrace", output: TraceOutput) -> None:
    """A trace of ranges, and what it breaks; a fault's with the fault in it."""
    assert found.ranges is not None
    if found.fault is not None:
        _show_range_fault(console, name, found.fault, found.ranges, output)
        return
    assert found.obligation is not None
    said = f"{name}: ranges ({found.dialect.name}, ranges {found.ranges.ranges}) against"
    console.print(f"{said}\n{found.obligation.id}: {found.obligation.sentence}\n", markup=False, highlight=False)
    for line in found.ranges.lines():
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(f"\nNo trace within {found.ranges.scope} is shorter.", markup=False, highlight=False)
    output.write(found.ranges)


def _show_range_fault(
    console: "Console", name: str, found: "HuntResult", trace: "RangeTrace", output: TraceOutput
) -> None:
    """A trace of ranges with a fault in it, and what is wrong at its end."""
    from proofs.report.storyboard.replays.range_faults import range_fault_board
    from proofs.report.writers.trace_table import print_storyboard

    board = range_fault_board(trace)
    print_storyboard(console, board)
    said = f"Found by the {found.engine.value}; there may be a shorter trace."
    said = f"No trace within {trace.scope} is shorter." if found.shortest else said
    console.print(f"\n{said}", markup=False, highlight=False)
    output.write(trace, lambda: board)


def say_if_not_claimed(console: "Console", found: "ViolatingTrace") -> None:
    """Say that the dialect does not claim what was just seen to fail."""
    if found.obligation is not None and not found.claimed:
        said = f"{found.dialect.name} does not claim {found.obligation.id}: this is why."
        console.print(said, markup=False, highlight=False)
