"""Jobs run side by side in a pool of worker processes, few at a time, each with a limit; how each of them ended."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from pebble import ProcessExpired, ProcessPool

from proofs.verdict import EXIT_INCOMPLETE, Verdict

OUT_OF_MEMORY = 77  # the exit status of a worker that had to give up; what a solver leaves behind then is not usable

K = TypeVar("K")
T = TypeVar("T")


class WorkersFailedError(RuntimeError):
    """The worker processes cannot be had; nothing is known of what they were to do. A command ends with the status."""

    exit_status = EXIT_INCOMPLETE


@dataclass(frozen=True, slots=True)
class Job(Generic[K, T]):
    """Work to be done by a function in another process, and what it is for."""

    key: K
    work: Callable[..., T]
    args: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class JobFailed:
    """The end of a job without a value: ``UNKNOWN`` if it was stopped, ``ERROR`` if it broke. It is never a pass."""

    verdict: Verdict
    reason: str


def run_jobs(
    pool: ProcessPool, jobs: Iterable[Job[K, T]], seconds: float, at_a_time: int
) -> Iterator[tuple[K, T | JobFailed]]:
    """Yield the values of jobs as they end. Those under way when nobody wants more are cancelled.

    :param seconds: the limit for one job.
    :param at_a_time: how many are scheduled; beyond what the pipe to the workers holds they would block it for good.
    """
    left, pending = iter(jobs), dict[Future[T], K]()
    try:
        while True:
            for job in islice(left, at_a_time - len(pending)):
                pending[_scheduled(pool, job, seconds)] = job.key
            if not pending:
                return
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                value = ended(future, seconds)
                yield pending.pop(future), value
    finally:
        for future in pending:
            future.cancel()


def _scheduled(pool: ProcessPool, job: Job[K, T], seconds: float) -> "Future[T]":
    """The job in the pool.

    :raises WorkersFailedError: the pool broke.
    """
    try:
        future: Future[T] = pool.schedule(job.work, args=job.args, timeout=seconds)
    except RuntimeError as error:
        raise WorkersFailedError(
            f"the worker processes are gone ({error}); give them --memory, or less to do"
        ) from None
    return future


def ended(future: "Future[T]", seconds: float) -> T | JobFailed:
    """The job's value, or why there is none."""
    try:
        return future.result()
    except FutureTimeoutError:
        return JobFailed(Verdict.UNKNOWN, f"stopped after {seconds:.0f} seconds")
    except ProcessExpired as error:
        if error.exitcode == OUT_OF_MEMORY:
            return JobFailed(Verdict.UNKNOWN, "out of memory")
        return JobFailed(Verdict.ERROR, f"the worker process ended with status {error.exitcode}")
    except CancelledError:
        return JobFailed(Verdict.UNKNOWN, "not run")
    except Exception as error:
        return JobFailed(Verdict.ERROR, f"{type(error).__name__}: {error}")
