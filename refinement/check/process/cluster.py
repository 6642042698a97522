"""A Dask cluster as a place for jobs: each worker forks targets as the processes here do.

Needs the package ``distributed``. The target's path must mean the same on every worker.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager


@contextmanager
def connect(address: str) -> Iterator[Executor]:
    """The executor of the cluster at an address such as ``host:8786``.

    :raises ImportError: the package is not installed.
    :raises OSError: nobody answers there.
    """
    from distributed import Client  # type: ignore[import-not-found,import-untyped,unused-ignore]

    with Client(address, timeout="10s") as client:  # type: ignore[no-untyped-call,unused-ignore]
        yield client.get_executor(pure=False)
