"""A process that ends with the one that started it, or that it works for."""

import ctypes
import os
import select
import signal
import threading

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """End at once when the thread that forked this process has ended."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))


def end_with(process: int) -> None:
    """End when a process has ended, whoever started this one; where that cannot be watched, it is not.

    :param process: its number.
    """
    try:
        watched = os.pidfd_open(process)
    except ProcessLookupError:
        os._exit(1)
    except OSError:
        return
    try:
        threading.Thread(target=_end_after, args=(watched,), daemon=True).start()
    except RuntimeError:  # no room for one more
        os.close(watched)


def _end_after(watched: int) -> None:
    select.select([watched], [], [])
    os._exit(1)
