"""``musigma prove``."""

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from model.ownership.readings import OWNERSHIP
from proofs.commands.proving.reports import Files, compare
from proofs.commands.shared.common import (
    UsageError,
    few,
    parse_dialect,
    progress_bar,
    refuse_all_given_but,
    refuse_given,
)
from proofs.commands.shared.numbers import JOBS, QUESTION_TIME, SEEDS, SOLVER_SEED, WORKER_MEMORY
from proofs.commands.shared.trace_output import TraceOutput
from proofs.input.naming import NoSuchNameError, obligations_matching
from proofs.verdict import EXIT_INTERRUPTED, EXIT_PASSED, EXIT_WORSE, Verdict, exit_status

if TYPE_CHECKING:
    from rich.console import Console

    from model.spaces.dialect import Dialect
    from proofs.engines.smt.outcome import Settings
    from proofs.input.extension import Specification
    from proofs.obligation import Provable
    from proofs.report.writers.compare import VerdictChange
    from proofs.result import Run

_SOLVERS = ("z3", "cvc5", "both")


def prove(
    context: typer.Context,
    pattern: Annotated[
        str | None,
        typer.Argument(
            help="A claim (C2), a part of an obligation's id, an id with * and ?, or a subsystem. Default: the model's."
        ),
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Prove the kernel's code and the paging formats as well, which takes longer.")
    ] = False,
    dialect: Annotated[str, typer.Option(help="The dialect to prove it of.")] = "canonical",
    messages: Annotated[str, typer.Option(help="The dialect of threads and messages.")] = "canonical",
    ranges: Annotated[str, typer.Option(help="The dialect of ranges.")] = "canonical",
    solver: Annotated[
        str,
        typer.Option(help="Who must agree: z3, cvc5, or both."),
    ] = "both",
    certify: Annotated[bool, typer.Option(help="Have a SAT solver refute it as well, and check its proof.")] = False,
    stability: Annotated[
        int, typer.Option(parser=SEEDS, help="Run each condition again with so many other seeds.")
    ] = 0,
    witness: Annotated[bool, typer.Option(help="Show a least state in which the hypotheses hold.")] = False,
    theory: Annotated[
        Path | None,
        typer.Option(
            help="A Python file with actions and invariants of your own; or ownership:NAME, readings changed."
        ),
    ] = None,
    c: Annotated[Path | None, typer.Option("--c", help="Prove a kernel's own C code: a file .c, .ll or .bc.")] = None,
    binding: Annotated[
        Path | None, typer.Option(help="With --c: what the code is, in TOML. Without it a draft is printed.")
    ] = None,
    cflag: Annotated[
        list[str] | None, typer.Option(help="With --c: an option for clang, as -DNAME or -Ifolder.")
    ] = None,
    export: Annotated[Path | None, typer.Option(help="Folder for one SMT-LIB 2 file a condition.")] = None,
    proofs: Annotated[
        bool, typer.Option(help="With --export: keep cvc5's proof of what is outside the decidable fragment.")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write the results to this file as JSON.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write them as JUnit XML.")] = None,
    sarif: Annotated[Path | None, typer.Option(help="Write what is no pass as SARIF 2.1.0.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write a summary as Markdown.")] = None,
    svg: Annotated[Path | None, typer.Option(help="With --c: draw the first counterexample to this file.")] = None,
    html: Annotated[Path | None, typer.Option(help="With --c: write it as a page, which stands alone.")] = None,
    check_against: Annotated[Path | None, typer.Option(help="An earlier JSON report: name what got worse.")] = None,
    jobs: Annotated[int | None, typer.Option(parser=JOBS, help="Worker processes. Default: one a processor.")] = None,
    timeout: Annotated[float, typer.Option(parser=QUESTION_TIME, help="Seconds for one question to a solver.")] = 10.0,
    memory: Annotated[
        int, typer.Option(parser=WORKER_MEMORY, help="Memory of a worker process, as in 4G.", show_default="4G")
    ] = 4 << 30,
    seed: Annotated[int, typer.Option(parser=SOLVER_SEED, help="Seed of the solvers.")] = 0,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Of a subsystem: invariants that would help, as code to paste.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the totals, and what did not pass.")] = False,
) -> None:
    """Discharge proof obligations, and search for a shortest trace where one fails.

    Without a pattern, those that speak of the model; a pattern chooses among all of them. Of a subsystem, one of the
    project's (KeyServer) or one that a file describes (server.py:Shop), all that it guarantees is proved.

    Exit status 0 means that everything asked for is proved; 1 that something is not; 3 that something stayed unknown;
    4 that solvers contradict each other; 5 that a verdict is worse than in the report it is compared with.
    """
    started = perf_counter()
    chosen_dialect = parse_dialect(dialect)
    if solver not in _SOLVERS:
        raise UsageError(f"no solver is called {solver!r}; write one of {', '.join(_SOLVERS)}")
    if proofs and export is None:
        raise UsageError("--proofs needs a folder to write into: add --export FOLDER")
    files = Files(json, junit, sarif, markdown, check_against)
    old = files.check(chosen_dialect.name, messages, ranges)
    _check_folder(export)

    from rich.console import Console

    from proofs.engines.server import one_thread_for_algebra

    with one_thread_for_algebra():  # so that the workers are forks of this process, which has imported the solvers
        from proofs.engines.smt.outcome import Settings, Solvers
        from proofs.prove_all import theory_source
        from proofs.registry import known as every_known
        from proofs.report.writers.terminal import print_run, print_witnesses

    if c is None and (binding is not None or cflag):
        raise UsageError("--binding and --cflag say what C code is: add --c FILE.c")
    output = TraceOutput(svg=svg, html=html, beside={"--json": json, "--junit": junit, "--sarif": sarif})
    if c is None and output.pictures:
        raise UsageError("--svg and --html draw a counterexample of C code: add --c FILE.c")
    if c is not None:
        if binding is None:
            refuse_all_given_but(context, "without --binding a draft of one is printed", "--c", "--cflag")
        refuse_given(context, "C code is of address spaces", "--messages", "--ranges", "--suggest")
        of_the_model = {"--all": all_, "--theory": theory, "--export": export, "--proofs": proofs, "--witness": witness}
        given = [name for name, value in {**of_the_model, "--check-against": check_against}.items() if value]
        if given:
            raise UsageError(f"{given[0]} is not for C code: leave it out, or --c")
        from proofs.commands.proving.c_code import run_c

        limits = Settings(solvers=Solvers(solver), seconds=timeout, seed=seed, certify=certify, stability=stability)
        run_c(c, binding, cflag or [], pattern, chosen_dialect, limits, files, jobs, memory, output, quiet=quiet)
        return
    known, pattern = _theory(theory, pattern)
    if suggest and known.beneath is None:
        raise UsageError("--suggest is for subsystems: name one, as in musigma prove KeyServer --suggest")
    if pattern is not None:
        refuse_given(context, f"{pattern} chooses among all obligations", "--all")
    chosen = _chosen(pattern, known, everything=all_, messages=messages, ranges=ranges)
    if all(theory_source(each).startswith(OWNERSHIP) for each in chosen):
        refuse_given(context, "ownership has dialects of its own", "--dialect", "--messages", "--ranges")
    settings = Settings(
        solvers=Solvers(solver),
        seconds=timeout,
        seed=seed,
        certify=certify,
        witness=witness,
        model=json is not None,
        stability=stability,
        export=str(export) if export else "",
        proofs=proofs,
        theory=known.source,
    )
    run = _run(chosen_dialect, chosen, settings, jobs, memory, messages, ranges)
    seconds = perf_counter() - started
    console = Console()
    print_run(console, run, seconds, quiet=quiet)
    if witness:
        print_witnesses(console, run)
    files.write(run, seconds)
    if suggest and not run.undecided:
        _suggest(console, known.source, chosen_dialect, run)
    if run.undecided:
        _say(console, f"interrupted: {len(run.results)} decided, {len(run.undecided)} not: {few(run.undecided)}")
        raise typer.Exit(EXIT_INTERRUPTED)
    worse: list[VerdictChange] = []
    if old is not None:
        every = known.registry.keys() | (every_known().keys() if not known.source else set())
        worse, better = compare(old, run, pattern, every - {each.id for each in chosen})
        for word, changes in (("better", better), ("worse", worse)):
            for change in changes:
                _say(console, f"{word} than in {check_against}: {change}")
        if not worse:
            _say(console, f"nothing is worse than in {check_against}")
    claimed = [result.verdict for result in run.results if result.verdict != Verdict.NOT_CLAIMED]
    if not claimed:
        raise UsageError(f"{chosen_dialect.name} claims none of the obligations that match {pattern or '*'!r}")
    status = exit_status(claimed)
    raise typer.Exit(EXIT_WORSE if worse and status == EXIT_PASSED else status)


def _check_folder(folder: Path | None) -> None:
    """Make the folder for exported files before the work.

    :raises UsageError: it cannot be made.
    """
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {folder}: {error.strerror}") from None


def _theory(path: Path | None, pattern: str | None) -> "tuple[Specification, str | None]":
    """The theory: the one that a file extends, or the subsystem that is asked for; and what is chosen of it.

    :raises UsageError: there is a mistake in the file.
    """
    from proofs.asked import theory_and_pattern
    from proofs.input.theory_file import ExtensionError

    try:
        return theory_and_pattern(pattern, str(path) if path else None)
    except ExtensionError as error:
        raise UsageError(str(error)) from None


def _chosen(
    pattern: str | None, theory: "Specification", *, everything: bool, messages: str, ranges: str
) -> "list[Provable]":
    """The obligations that a pattern chooses; without one those of the model, or everything.

    :raises UsageError: there are none.
    """
    try:
        return obligations_matching(pattern, theory, everything=everything, messages=messages, ranges=ranges)
    except NoSuchNameError as error:
        raise UsageError(str(error)) from None


def _run(
    dialect: "Dialect",
    chosen: "list[Provable]",
    settings: "Settings",
    jobs: int | None,
    memory: int,
    messages: str = "canonical",
    ranges: str = "canonical",
) -> "Run":
    """Discharge the obligations with progress on the terminal; an interrupted run keeps what it decided."""
    from proofs.engines.pool import workers
    from proofs.prove_all import prove_all
    from proofs.result import Result, Run

    decided: list[Result] = []
    try:
        with workers(jobs, settings, memory) as pool, progress_bar() as progress:
            task = progress.add_task("proving", total=len(chosen))

            def on_result(result: Result) -> None:
                decided.append(result)
                progress.update(task, advance=1, description=result.obligation.id)

            return prove_all(dialect, chosen, pool, on_result, induction=True, messages=messages, ranges=ranges)
    except KeyboardInterrupt:
        done = {result.obligation.id for result in decided}
        left = tuple(obligation.id for obligation in chosen if obligation.id not in done)
        return Run(dialect, tuple(decided), frozenset(), left)


def _suggest(console: "Console", source: str, dialect: "Dialect", run: "Run") -> None:
    """Invariants that would help a subsystem's proof, and the counterexamples that they rule out."""
    from proofs.input.described import subsystem
    from proofs.report.writers.suggestion_report import ruled_out_lines, suggestion_lines
    from proofs.servers.suggestion import suggest

    of = subsystem(source)
    found = suggest(of, dialect)
    for line in ("", *suggestion_lines(found), *ruled_out_lines(of, run.results, found.needed)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)  # code is to be pasted as it stands


def _say(console: "Console", text: str) -> None:
    console.print(text, markup=False, highlight=False)
