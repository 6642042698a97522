"""What C code does wrong, told: the path with its lines, the structure, and what the compiled code does there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from time import monotonic

from model.spaces.dialect import Dialect
from proofs.c_code.picture import Picture
from proofs.c_code.refutation import Refutation, refutation
from proofs.c_code.replay import replayed
from proofs.engines.smt.outcome import Settings
from proofs.execution.coverage import NO_WAY
from proofs.obligations.c_code.execution import OPERATIONS, Loaded
from proofs.obligations.c_code.obligations import WHOLE, CObligation
from proofs.obligations.kernel.simulation import ENDS, REFUSES, SIMULATES
from proofs.result import Result
from proofs.verdict import Verdict

OUTWARD = frozenset({SIMULATES, REFUSES, ENDS, "page_table"})
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
        found = refutation(loaded, obligation, dialect, result.outcome.counterexample, max(SECONDS, settings.seconds))
        if found is None:
            yield Explained(replace(result, told=("no counterexample of least size is found in time",)))
            continue
        if result.verdict == Verdict.UNKNOWN:
            result = result.ended(Verdict.UNPROVED, "a small counterexample is found, which is evaluated")
        yield _shown(loaded, replace(result, told=()), Picture(found, loaded.code.binding), flags, dialect)


def _shown(loaded: Loaded, result: Result, picture: Picture, flags: tuple[str, ...], dialect: Dialect) -> Explained:
    code = loaded.code
    told = list(lines_of(code.program.file, picture))
    if picture.call is not None:
        of = replayed(picture, Path(code.program.file), (*code.binding.flags(), *flags), dialect)
        told += of.lines
        if of.differs and picture.refutation.obligation.what in OUTWARD:
            result = replace(result.ended(Verdict.REFUTED, "a call of the compiled code shows it"), trace=of.trace)
    return Explained(replace(result, told=tuple(told)), picture)


def _told(result: Result, dialect: Dialect) -> Result:
    """Where no way leads, if that is what is not shown."""
    if not result.obligation.id.endswith(WHOLE) or result.verdict != Verdict.UNPROVED:
        return result
    conditions = result.obligation.conditions(dialect, frozenset())
    return replace(
        result, told=tuple(name for each in conditions for name in each.hypotheses if name.startswith(NO_WAY))
    )


def lines_of(file: str, picture: Picture) -> Iterator[str]:
    """The path and the structure in words."""
    found: Refutation = picture.refutation
    yield f"the path{f' from {_when(found.began)} on' if found.began else ''}, by its lines:"
    for function, steps in groupby(found.trail, key=lambda each: each.function):
        some = list(steps)
        numbers = dict.fromkeys(each.line for each in some)
        yield f"  {function}: " + " ".join(
            f"{file}:{line}" if at == 0 else str(line) for at, line in enumerate(numbers)
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
