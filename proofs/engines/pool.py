"""Conditions discharged side by side, each in a worker process with hard limits.

A solver that hangs, crashes or eats memory costs one obligation its verdict, never the run.
"""

import multiprocessing
import os
import resource
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager

from pebble import ProcessExpired, ProcessPool

from model.dialect import dialect_named
from proofs.engines.solver import Outcome, Satisfiable, discharge_all
from proofs.obligations import registry
from proofs.verdict import Verdict

SECONDS = 10  # limit for one question to the solver
MEMORY = 4 << 30  # bytes of address space for one worker

_satisfiable = Satisfiable()


def _limit_memory(limit: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def discharge_named(obligation: str, dialect: str, invariants: frozenset[str], seconds: float, seed: int) -> Outcome:
    """Discharge an obligation, given by name so that a worker process can build its formulas itself."""
    conditions = registry()[obligation].conditions(dialect_named(dialect), invariants)
    return discharge_all(conditions, _satisfiable, int(seconds * 1000), seed)


class Workers:
    """A pool of worker processes that discharge obligations."""

    def __init__(self, pool: ProcessPool, seconds: float) -> None:
        """Use that pool, with a limit of so many seconds for each question."""
        self._pool = pool
        self._seconds = seconds

    def discharge(
        self, obligations: list[str], dialect: str, invariants: frozenset[str], seed: int = 0
    ) -> Iterator[tuple[str, Outcome]]:
        """Discharge the obligations, each with those invariants as hypotheses; outcomes come as they are found."""
        pending: dict[Future[Outcome], str] = {}
        for name in obligations:
            args = (name, dialect, invariants, self._seconds, seed)
            # Twice for the two questions, and some time to build the formulas and to start the worker.
            pending[self._pool.schedule(discharge_named, args=args, timeout=2 * self._seconds + 10)] = name
        while pending:
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield pending.pop(future), _result(future)


def _result(future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except FutureTimeoutError as error:
        return Outcome(
            Verdict.UNKNOWN, reason=f"stopped after {error.args[1] if len(error.args) > 1 else 'its'} seconds"
        )
    except ProcessExpired as error:
        return Outcome(Verdict.ERROR, reason=f"the worker process ended with status {error.exitcode}")
    except MemoryError:
        return Outcome(Verdict.UNKNOWN, reason="out of memory")
    except CancelledError:
        return Outcome(Verdict.UNKNOWN, reason="not run")
    except Exception as error:
        return Outcome(Verdict.ERROR, reason=f"{type(error).__name__}: {error}")


@contextmanager
def workers(jobs: int | None = None, seconds: float = SECONDS, memory: int = MEMORY) -> Iterator[Workers]:
    """Worker processes for the time of the block.

    :param jobs: how many; as many as there are processors if not given.
    :param seconds: limit for one question to the solver.
    :param memory: bytes that one worker may use.
    """
    # The fork server imports the solver once, and has no threads that a fork could leave half way.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    pool = ProcessPool(
        max_workers=jobs or len(os.sched_getaffinity(0)),
        context=context,
        initializer=_limit_memory,
        initargs=(memory,),
    )
    try:
        yield Workers(pool, seconds)
        pool.close()  # type: ignore[no-untyped-call]
    except BaseException:
        pool.stop()  # type: ignore[no-untyped-call]
        raise
    finally:
        pool.join()
