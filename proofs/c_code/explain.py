"""Explain a fault of C code: the path with its lines, the structure, and what the compiled code does there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from time import monotonic

from model.spaces.dialect import Dialect
from proofs.c_code.picture import Picture
from proofs.c_code.refutation import Refutation, refutation
from proofs.c_code.replay import Replayed, chained, replayed
from proofs.engines.smt.outcome import Settings
from proofs.execution.coverage import NO_WAY
from proofs.execution.llvm.program import Program
from proofs.obligations.c_code.execution import OPERATIONS, WRAPS
from proofs.obligations.c_code.obligations import WHOLE, CObligation
from proofs.obligations.c_code.shape import Loaded
from proofs.obligations.c_preorder.execution import depth_width
from proofs.obligations.kernel.simulation import ENDS, REFUSES, SIMULATES
from proofs.result import Result
from proofs.verdict import Verdict

OUTWARD = frozenset({SIMULATES, REFUSES, ENDS, WRAPS, "page_table"})
"""What is demanded of a call that whoever makes it can see: a call that differs refutes it."""

SECONDS = 40.0
"""For a least structure, at least."""

ALL = 300.0
"""Seconds after which no further counterexample is looked for."""

MOST = 4
"""Counterexamples that are looked for besides those that calls can show."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A result with what is told of it, and the picture if there is one."""

    result: Result
    picture: Picture | None = None


def explained(
    loaded: Loaded, results: list[Result], flags: tuple[str, ...], dialect: Dialect, settings: Settings
) -> Iterator[Explained]:
    """Each result; of what is not proved with its path and structure, and refuted where a call shows that.

    What no solver decided is unproved, and no longer unknown, once a small counterexample was found and evaluated.
    """
    left, until = MOST, monotonic() + ALL
    for result in results:
        obligation = result.obligation
        open_ = result.verdict in (Verdict.UNPROVED, Verdict.UNKNOWN)
        if not isinstance(obligation, CObligation) or not open_ or not obligation.what:
            yield Explained(_told(result, dialect))
            continue
        whole = loaded.code.binding.functions[obligation.function].role in OPERATIONS
        left -= not (whole and obligation.what in OUTWARD)
        if left < 0 or monotonic() > until:
            told = (
                f"its counterexample is not looked for: of the unproved, that is done of {MOST}; choose by a pattern",
            )
            yield Explained(replace(result, told=told))
            continue
        seconds = max(SECONDS, settings.seconds)
        found = refutation(loaded, obligation, dialect, result.outcome.counterexample, seconds)
        if found is None:
            alone = replace(result, told=("no counterexample of least size is found in time",))
            yield Explained(_called(loaded, alone, None, flags, dialect))
            continue
        if result.verdict == Verdict.UNKNOWN:
            result = result.ended(Verdict.UNPROVED, "a small counterexample is found, which is evaluated")
        picture = Picture(found, loaded.code.binding)
        if found.trail:  # the statement at which it fails, in place of the function
            file, _ = loaded.code.program.begin(found.trail[-1].function)
            result = replace(result, obligation=replace(obligation, place=(file, found.trail[-1].line)))
        result = replace(result, told=tuple(lines_of(loaded.code.program, picture)))
        yield Explained(_called(loaded, result, picture, flags, dialect), picture)


def _called(
    loaded: Loaded, result: Result, picture: Picture | None, flags: tuple[str, ...], dialect: Dialect
) -> Result:
    """What the compiled code does where a counterexample is one of a whole operation."""
    obligation = result.obligation
    assert isinstance(obligation, CObligation)
    code, file = loaded.code, Path(loaded.code.program.file)
    every = (*code.binding.flags(), *flags)
    of: Replayed | None = None
    if obligation.what == WRAPS:
        if code.binding.functions[obligation.function].role == "map":
            of = chained(depth_width(code), file, every, dialect)
    elif picture is not None and picture.call is not None:
        of = replayed(picture, file, every, dialect)
    if of is None:
        return result
    if of.differs and obligation.what in OUTWARD:
        result = replace(result.ended(Verdict.REFUTED, "a call of the compiled code shows it"), trace=of.trace)
    return replace(result, told=(*result.told, *of.lines))


def _told(result: Result, dialect: Dialect) -> Result:
    """Where no way leads, if that is what is not shown."""
    if not result.obligation.id.endswith(WHOLE) or result.verdict != Verdict.UNPROVED:
        return result
    conditions = result.obligation.conditions(dialect, frozenset())
    return replace(
        result, told=tuple(name for each in conditions for name in each.hypotheses if name.startswith(NO_WAY))
    )


def lines_of(program: Program, picture: Picture) -> Iterator[str]:
    """The path and the structure in words."""
    found: Refutation = picture.refutation
    yield f"the path{f' from {_when(found.began)} on' if found.began else ''}, by its lines:"
    for function, steps in groupby(found.trail, key=lambda each: each.function):
        some = list(steps)
        numbers = dict.fromkeys(each.line for each in some)
        yield f"  {function}: " + " ".join(
            program.place(function, line) if at == 0 else str(line) for at, line in enumerate(numbers)
        )
        yield from (f"    {each.line}: {each.decided}" for each in some if each.decided)
    begins = f"where {_when(found.began)} begins" if found.began else "before"
    yield f"a structure of least size on it, {begins}:"
    yield from (f"  {line}" for line in picture.before())
    if not found.whole:
        yield "  (not all of what is assumed holds in it, but what this depends on)"
    changes = list(picture.changes())
    if changes:
        yield "and what is another value then:"
        yield from (f"  {line}" for line in changes)


def _when(began: str) -> str:
    """Where a later structure is from, in words."""
    return began.removeprefix("in ") if began.startswith("in loop") else f"what follows {began.removeprefix('after ')}"
