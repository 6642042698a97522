"""A cluster of Dask on this machine, for tests; it waits on a busy one, and leaves nothing of itself behind."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

PATIENCE = {f"distributed.comm.timeouts.{what}": "120s" for what in ("connect", "tcp")}


@contextmanager
def two_workers() -> Iterator[str]:
    """The address of its scheduler, as in ``127.0.0.1:8786``; the test is passed over where Dask is not installed."""
    distributed = pytest.importorskip("distributed", exc_type=ImportError)
    import dask

    environment, folders = dict(os.environ), list(sys.path)
    with (
        dask.config.set(PATIENCE),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, worker_dashboard_address=None
        ) as cluster,
    ):
        os.environ.clear()  # the library leaves its workers' variables and folders behind
        os.environ.update(environment)
        sys.path[:] = folders
        yield cluster.scheduler_address.removeprefix("tcp://")
