"""The resources of the machine: memory, processors, and threads pinned to them."""

import os
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from model.scope import ArgumentError

MEMORY_SHARE = 0.75  # of the memory available, unless the caller says otherwise


def available_memory() -> int:
    """Bytes that can be used without swapping, by the kernel's own estimate."""
    try:
        match = re.search(r"^MemAvailable:\s+(\d+) kB$", Path("/proc/meminfo").read_text("ascii"), re.MULTILINE)
    except OSError:
        match = None
    if match:
        return int(match[1]) << 10
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def memory_to_use(asked: int | None) -> int:
    """The bytes a search may take.

    :raises ValueError: more is asked for than the machine can give without swapping.
    """
    available = available_memory()
    if asked is None:
        return int(available * MEMORY_SHARE)
    if asked <= 0:
        raise ArgumentError(f"a search needs memory, not {asked} bytes")
    if asked > available:
        raise ArgumentError(f"{asked:,} bytes of memory are asked for, {available:,} are available; ask for less")
    return asked


def threads_to_use(asked: int | None) -> int:
    """Return how many threads: one for each processor that this process may run on, unless the caller says otherwise.

    :raises ValueError: no thread at all is asked for.
    """
    if asked is not None and asked < 1:
        raise ArgumentError(f"a search needs at least one thread, not {asked}")
    return asked or len(os.sched_getaffinity(0))


class Team:
    """Runs a function on several threads, each on a processor of its own, and notices an interrupt meanwhile.

    Left alone, the scheduler was seen to keep two busy threads on one processor for a whole run. The function must
    release the interpreter lock.
    """

    def __init__(self, threads: int) -> None:
        """A team of that many threads."""
        self.threads = threads
        self.interrupted = False

    def run(self, work: Callable[[int], None], stop: Callable[[], None], watch: Callable[[], None]) -> None:
        """Run ``work(0)``, ``work(1)``, …, and call ``watch`` every now and then until all have returned.

        On a keyboard interrupt ``stop`` is called, which must make the workers return soon, and ``interrupted`` set.

        :raises Exception: whatever a worker raised.
        """
        processors = sorted(os.sched_getaffinity(0))
        errors: list[BaseException] = []
        ended = [threading.Event() for _ in range(self.threads)]

        def pinned(number: int) -> None:
            try:
                if self.threads > 1:
                    os.sched_setaffinity(0, {processors[number % len(processors)]})
                work(number)
            except BaseException as error:
                errors.append(error)
                stop()
            finally:
                ended[number].set()

        workers = [threading.Thread(target=pinned, args=(number,)) for number in range(self.threads)]
        for worker in workers:
            worker.start()
        self._wait(ended, stop, watch)
        if errors:
            raise errors[0]

    def _wait(self, ended: Sequence[threading.Event], stop: Callable[[], None], watch: Callable[[], None]) -> None:
        """Wait for what the workers say, and not for the threads: an interrupted ``join`` takes a thread for ended."""
        while not all(each.is_set() for each in ended):
            try:
                for each in ended:
                    if not each.wait(0.1):
                        watch()
            except KeyboardInterrupt:
                self.interrupted = True
                stop()
