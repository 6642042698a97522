"""Faults of the C reference against ``musigma check``: each is compiled with its defect and compared with the model."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import refinement.check as check
from proofs.faults.record import Engine, HuntEnding, HuntResult
from proofs.input.defects import defects_in
from proofs.input.examples import EXAMPLES

SOURCE = EXAMPLES / "mapdb.c"
HEADERS = Path(check.__file__).parent
SHRINKING, SEED = 2.0, 1
BUDGETS = (3.0, 25.0)  # seconds; what conforms to the first is checked again


def names() -> tuple[str, ...]:
    """The defects that the source can be compiled with; none where it is not at hand."""
    return defects_in(SOURCE)


def unavailable() -> str:
    """Return why the check cannot run here; empty if it can."""
    if not SOURCE.exists():
        return "the C reference is not installed: run from a checkout of the sources, or from a package"
    if shutil.which("cc") is None:
        return "there is no C compiler: install one that is called cc"
    return ""


class BuildError(RuntimeError):
    """The reference does not compile."""


@contextmanager
def built(change: str) -> Iterator[check.Target]:
    """The reference as a shared library with the defect in it, none for the empty name, as long as it is needed.

    :raises BuildError: the compiler failed.
    :raises TargetError: the library cannot be used.
    """
    with TemporaryDirectory(prefix="musigma-") as folder:
        library = Path(folder) / "mapdb.so"
        command = ["cc", "-O1", "-shared", "-fPIC", f"-DMUSIGMA_FAULT={change or 'NO_FAULT'}", "-I", str(HEADERS)]
        done = subprocess.run([*command, "-o", str(library), str(SOURCE)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise BuildError(f"it does not compile: {' '.join(done.stderr.split())[:200]}")
        yield check.parse_target(str(library))


def find(change: str) -> HuntResult:
    """Compile the reference with the defect (none for the empty name), and check it for some seconds."""
    begun = perf_counter()
    why = unavailable()
    if why:
        return HuntResult(Engine.CHECK, change, HuntEnding.UNAVAILABLE, said=why)
    try:
        with built(change) as target:
            for seconds in BUDGETS if change else BUDGETS[:1]:
                report = check.check(target, seconds=seconds, seed=SEED, shrinking=SHRINKING)
                if report.interrupted:  # what is known by then is no hunt's result
                    raise KeyboardInterrupt
                if report.finding is not None:
                    break
    except (check.TargetError, check.ToolError, BuildError) as error:
        return HuntResult(Engine.CHECK, change, HuntEnding.ERROR, said=str(error), seconds=perf_counter() - begun)
    seconds, found = perf_counter() - begun, report.finding
    if report.verdict == check.Conformance.CONFORMS:
        return HuntResult(Engine.CHECK, change, HuntEnding.SURVIVED, said="it conforms", seconds=seconds)
    if found is None or report.verdict == check.Conformance.UNDECIDED:
        return HuntResult(Engine.CHECK, change, HuntEnding.ERROR, said="undecided: too little time", seconds=seconds)
    try:
        trace = found.trace() if isinstance(found, check.Finding) else None
    except ValueError:
        trace = None
    return HuntResult(
        Engine.CHECK,
        change,
        HuntEnding.KILLED,
        (report.verdict.value,),
        found.length,
        found.is_shortest,
        trace,
        found.failure.sentence,
        seconds,
    )
