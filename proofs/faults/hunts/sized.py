"""Defects of the database with page sizes against ``musigma check``: each is compiled, and its ranges compared."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import refinement.check as check
from proofs.faults.hunts.reference import HEADERS, SOURCE, BuildError, unavailable
from proofs.faults.record import Engine, HuntEnding, HuntResult
from proofs.input.defects import SIZED_PREFIX, sized_defects

PREFIX = SIZED_PREFIX
EXAMPLE = SOURCE.with_name("sized.c")
BUDGETS = (10.0, 100.0)  # seconds; what conforms to the first is checked again


def names() -> tuple[str, ...]:
    """The defects that the example can be compiled with; none where it is not at hand."""
    return sized_defects()


@contextmanager
def built(change: str) -> Iterator[check.Target]:
    """The example as a shared library with the defect in it, as long as it is needed.

    :raises BuildError: the compiler failed.
    :raises TargetError: the library cannot be used.
    """
    with TemporaryDirectory(prefix="musigma-") as folder:
        library = Path(folder) / "sized.so"
        named = [f"-DMUSIGMA_FAULT={change.removeprefix(PREFIX)}", "-I", str(HEADERS), "-o", str(library)]
        command = ["cc", "-O1", "-shared", "-fPIC", *named, str(EXAMPLE)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BuildError(f"it does not compile: {' '.join(done.stderr.split())[:200]}")
        yield check.parse_target(str(library))


def find(change: str) -> HuntResult:
    """Compile the example with the defect, and check its ranges for some seconds."""
    begun = perf_counter()
    why = unavailable()
    if why:
        return HuntResult(Engine.CHECK, change, HuntEnding.UNAVAILABLE, said=why)
    try:
        with built(change) as target:
            for seconds in BUDGETS:
                report = check.check_ranges(target, seconds=seconds)
                if report.findings:
                    break
    except (check.TargetError, check.ToolError, BuildError) as error:
        return HuntResult(Engine.CHECK, change, HuntEnding.ERROR, said=str(error), seconds=perf_counter() - begun)
    seconds = perf_counter() - begun
    if report.findings:
        first = report.findings[0]
        said = f"{first.failure.sentence} (after: {'; '.join(first.texts())})"
        fell = (first.failure.verdict.value,)
        killed, steps = HuntEnding.KILLED, len(first.trace.operations)
        trace = replace(first.trace, fault=change)
        return HuntResult(Engine.CHECK, change, killed, fell, steps, first.shortest, trace, said, seconds)
    ending = HuntEnding.SURVIVED if report.verdict == check.Conformance.CONFORMS else HuntEnding.ERROR
    return HuntResult(Engine.CHECK, change, ending, said=report.sentence, seconds=seconds)
