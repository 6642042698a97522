"""Conditions discharged side by side, each in a worker process with hard limits.

A solver that hangs, crashes or eats memory costs one obligation its verdict, never the run.
"""

import os
import resource
import signal
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import z3
from pebble import ProcessPool

from model.running.evaluate import Structure
from model.running.solving import PATIENCE
from model.spaces.dialect import dialect_named
from proofs.engines.export import export
from proofs.engines.jobs import OUT_OF_MEMORY, Job, JobFailed, WorkersFailedError, run_jobs
from proofs.engines.search.induction import least_counterexample
from proofs.engines.server import worker_context
from proofs.engines.smt.outcome import Outcome, Settings
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.input.extension import theory_of
from proofs.obligation import Condition
from proofs.verdict import Verdict
from refinement.parent import end_with

MEMORY = 4 << 30  # bytes of address space for one worker
STARTING = 10.0  # seconds to start a worker and to build formulas
UNDER_WAY = 32  # obligations scheduled at a time

# From the id of an obligation, the name of a dialect and the invariants known to hold, the obligation's conditions.
# It travels to the workers, so it has to be a function of some module, or a partial application of one.
Conditions = Callable[[str, str, frozenset[str]], Iterable[Condition]]

T = TypeVar("T")

_satisfiable = Satisfiable()


def conditions_of(obligation: str, dialect: str, invariants: frozenset[str], *, theory: str = "") -> list[Condition]:
    """The conditions of an obligation, given by name so that a worker process can build the formulas itself.

    :param theory: the file that extends the theory; empty for the theory as it is.
    """
    return list(theory_of(theory).registry[obligation].conditions(dialect_named(dialect), invariants))


def _prepare(limit: int, command: int) -> None:
    """A worker has so much memory, or what its parent has, and leaves it to that what an interrupt means.

    :param command: the process that it works for; its parent may be a server of forks, which outlives that for seconds.
    """
    end_with(command)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = limit if most == resource.RLIM_INFINITY else min(limit, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _discharge(source: Conditions, obligation: str, dialect: str, known: frozenset[str], settings: Settings) -> Outcome:
    def work() -> Outcome:
        conditions = list(source(obligation, dialect, known))
        outcome = discharge_all(conditions, _satisfiable, settings)
        if settings.export:
            export(settings, obligation, dialect, conditions, outcome)
        return outcome

    return _within_memory(work)


def _counterexample(
    source: Conditions, obligation: str, dialect: str, known: frozenset[str], settings: Settings
) -> tuple[Structure, bool] | None:
    return _within_memory(lambda: least_counterexample(list(source(obligation, dialect, known)), settings.seconds))


def _within_memory(work: Callable[[], T]) -> T:
    """The work's value; out of memory, the process ends, since a solver that ran out answers nothing any more."""
    try:
        value = work()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except z3.Z3Exception as error:
        if "memory" in str(error):
            os._exit(OUT_OF_MEMORY)
        raise
    if isinstance(value, Outcome) and value.verdict == Verdict.UNKNOWN and "memory" in value.reason:
        os._exit(OUT_OF_MEMORY)
    return value


@dataclass(frozen=True, slots=True)
class Workers:
    """A pool of worker processes that discharge obligations under some settings.

    ``conditions`` makes the conditions of an obligation: by default those of the theory's registry.
    """

    pool: ProcessPool
    settings: Settings
    conditions: Conditions = conditions_of

    def discharge(
        self,
        obligations: Iterable[str],
        dialect: str,
        invariants: frozenset[str],
        thorough: Container[str] | None = None,
    ) -> Iterator[tuple[str, Outcome]]:
        """Discharge the obligations, each with those invariants as hypotheses; outcomes come as they are found.

        :param thorough: the obligations for which certificates, witnesses and the like are wanted, if not all.
        """
        jobs = [
            (name, self.settings if thorough is None or name in thorough else self.settings.plain())
            for name in obligations
        ]
        for name, found in self._run(_discharge, jobs, dialect, invariants, self._limit()):
            yield name, Outcome(found.verdict, reason=found.reason) if isinstance(found, JobFailed) else found

    def counterexamples(
        self, obligations: Iterable[str], dialect: str, invariants: frozenset[str]
    ) -> Iterator[tuple[str, tuple[Structure, bool] | None]]:
        """For each obligation a counterexample to induction of least size, and whether it is a literal state."""
        limit = 2 * self.settings.seconds * PATIENCE + STARTING
        jobs = [(name, self.settings) for name in obligations]
        for name, found in self._run(_counterexample, jobs, dialect, invariants, limit):
            yield name, None if isinstance(found, JobFailed) else found

    def _limit(self) -> float:
        """Seconds for one obligation: every question may take its time, and the parts that ask no solver some more.

        They are by the clock, and there are many questions in some obligations: it ends what would not end.
        """
        settings = self.settings
        witness = settings.witness or settings.model
        questions = 1 + settings.solvers.most + settings.stability + witness + settings.proofs
        return settings.seconds * PATIENCE * (questions + 5 * settings.certify) + STARTING

    def _run(
        self,
        work: Callable[..., T],
        jobs: Iterable[tuple[str, Settings]],
        dialect: str,
        invariants: frozenset[str],
        limit: float,
    ) -> Iterator[tuple[str, T | JobFailed]]:
        source = self.conditions
        if source is conditions_of:
            source = partial(conditions_of, theory=self.settings.theory)
        each = (Job(name, work, (source, name, dialect, invariants, settings)) for name, settings in jobs)
        return run_jobs(self.pool, each, limit, UNDER_WAY)


@contextmanager
def workers(
    jobs: int | None = None,
    settings: Settings | None = None,
    memory: int = MEMORY,
    conditions: Conditions = conditions_of,
) -> Iterator[Workers]:
    """Worker processes for the time of the block; an exception, an interrupt too, stops them at once.

    :param jobs: how many; as many as there are processors if not given.
    :param settings: how conditions are discharged.
    :param memory: bytes that one worker may use.
    :param conditions: makes the conditions of an obligation, if they are to be others than the theory's.
    """
    arguments: dict[str, Any] = {"initializer": _prepare, "initargs": (memory, os.getpid())}
    pool = ProcessPool(max_workers=jobs or len(os.sched_getaffinity(0)), context=worker_context(), **arguments)
    try:
        if not pool.active:  # asked, it starts its processes: now, before the block starts a thread
            raise WorkersFailedError("the worker processes did not start; give them --memory, or use fewer --jobs")
        yield Workers(pool, settings or Settings(), conditions)
        pool.close()  # type: ignore[no-untyped-call]
    except BaseException:
        pool.stop()  # type: ignore[no-untyped-call]
        raise
    finally:
        pool.join()
