"""A counterexample of C code tried on the compiled code: calls bring it into the state, and one more is the test."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import Dialect
from model.spaces.operation import WORDS, Kind, Operation
from model.trace import Trace
from proofs.c_code.picture import Picture
from proofs.c_code.refutation import BEFORE
from proofs.c_code.way import ways
from refinement.check import Limits, Target, TargetError, ToolError, program_of
from refinement.check import replay as replay_program
from refinement.check.driver.steps import step_text

SECONDS = 5.0
"""For one call of the compiled code, after which it hangs."""


MOST_CHAINED = 16
"""Bits of a depth that a chain of mappings fills within seconds."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a replay.

    :param differs: the call does other than the theory says.
    :param lines: in words.
    :param trace: the calls, if a trace can hold them.
    """

    differs: bool
    lines: tuple[str, ...]
    trace: Trace | None = None


class NoLibraryError(Exception):
    """The C code is not made into a library; says why."""


def replayed(picture: Picture, file: Path, flags: Sequence[str], dialect: Dialect) -> Replayed:
    """The call of a counterexample on the compiled code, in its state, if calls lead there."""
    call = picture.call
    assert call is not None
    scope = picture.scope
    found = list(ways(scope, picture.literal(BEFORE), dialect))
    if not found:
        return Replayed(False, (f"not reached: no calls lead to this state within {scope}",))
    role = picture.binding.functions[picture.refutation.obligation.function].role
    row = np.array([[WORDS[role], *call]], np.uint32)
    said: tuple[str, ...] = ()
    with TemporaryDirectory(prefix="musigma-c-") as folder:
        try:
            library = _library(file, flags, Path(folder))
            target = Target("library", str(library), source=str(file))
            for large, way in found:
                reached = program_of(Trace(dialect.name, large, way))
                program = np.concatenate([reached, row])
                report = replay_program(target, program, dialect, limits=Limits(hang=SECONDS))
                texts = "; ".join(step_text(each) for each in program)
                if report.failure is None:
                    said = (f"reached by {texts}", _SPURIOUS)
                    continue
                here = report.step == len(program) - 1
                at = "there" if here else f"already in step {report.step}"
                lines = (f"reached by {texts}", f"the compiled code differs {at}: {report.failure.sentence}")
                same = here or int(program[report.step, 0]) == WORDS[role]
                done = (*way, *_operation(role, large, call))[: report.step]
                trace = Trace(dialect.name, large, done) if len(done) == report.step else None
                return Replayed(same, lines, trace)
        except (NoLibraryError, TargetError, ToolError) as error:
            return Replayed(False, (f"not replayed: {error}",))
    return Replayed(False, said)


def chained(bits: int, file: Path, flags: Sequence[str], dialect: Dialect) -> Replayed:
    """A chain of mappings, each made from the one before, until its depth has no room in so many bits; then a flush."""
    deep = 1 << bits
    if bits > MOST_CHAINED:
        return Replayed(False, (f"not replayed: a chain of {deep + 1} mappings is too long",))
    scope = Scope(1, deep + 1, 1)
    maps = [Operation(Kind.MAP, page, page + 1) for page in range(deep)]
    trace = Trace(dialect.name, scope, (*maps, Operation(Kind.FLUSH, 0)))
    with TemporaryDirectory(prefix="musigma-c-") as folder:
        try:
            target = Target("library", str(_library(file, flags, Path(folder))), source=str(file))
            report = replay_program(target, program_of(trace), dialect, limits=Limits(hang=SECONDS))
        except (NoLibraryError, TargetError, ToolError) as error:
            return Replayed(False, (f"not replayed: {error}",))
    said = f"{deep + 1} mappings, each made from the one before, and a flush of the first:"
    if report.failure is None:
        return Replayed(False, (f"{said} the compiled code does as the theory says",))
    if report.step <= deep:  # it refuses to map, which it may
        return Replayed(False, (f"{said} the compiled code does not make them all: {report.failure.sentence}",))
    done = Trace(dialect.name, scope, trace.operations[: report.step])
    return Replayed(True, (f"{said} the compiled code differs in step {report.step}: {report.failure.sentence}",), done)


_SPURIOUS = (
    "the compiled code does there as the theory says: the counterexample is spurious, or depends on what address "
    "spaces do not show, such as the order of siblings"
)


def _operation(role: str, scope: Scope, call: tuple[int, ...]) -> tuple[Operation, ...]:
    """The call as an operation of a trace, if its arguments are in range."""
    *numbers, rights = call
    slots = [(numbers[0], numbers[1]), *([(numbers[2], numbers[3])] if role != "flush" else [])]
    if rights > ALL_RIGHTS or any(space >= scope.spaces or page >= scope.pages for space, page in slots):
        return ()
    src, *dst = (scope.slot(space, page) for space, page in slots)
    return (Operation(role, src, dst[0] if dst else -1, rights),)


def _library(file: Path, flags: Sequence[str], folder: Path) -> Path:
    """The file as a shared library.

    :raises NoLibraryError: it is no C, or the compiler refuses it.
    """
    if file.suffix != ".c":
        raise NoLibraryError(f"{file} is no C that a compiler could make a library of")
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoLibraryError("no C compiler (cc) on the PATH")
    library = folder / "code.so"
    command = [compiler, "-g", "-O1", "-shared", "-fPIC", *flags, "-o", str(library), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or ["no reason given"]
        raise NoLibraryError(f"{compiler} refuses it: {lines[0]}")
    return library
