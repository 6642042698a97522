"""A library compiled with ``-fsanitize=thread``, with the runtime of races in place of the sanitizer's library."""

import ctypes
import os

from refinement.check.races.outcome import bind
from refinement.check.target.loaders import load_library
from refinement.check.target.target import Target, TargetError
from refinement.check.target.wrapping import Loaded


def load_raced(target: Target) -> Loaded:
    """The library's functions; its accesses, locks and atomics are the runtime's.

    :raises TargetError: it lacks the interface, was compiled otherwise, or could wait without the runtime knowing.
    """
    path = target.where
    runtime = ctypes.CDLL(target.name, mode=os.RTLD_NOW | os.RTLD_GLOBAL)  # so that the library finds it
    bind(runtime)
    loaded = load_library(path)
    told = (ctypes.c_int64 * 4)()
    unknown = runtime.race_adopt(loaded.keep[0]._handle, told)
    if unknown is not None:
        raise TargetError(
            f"{path}: it calls {unknown.decode()}, by which threads wait or begin unseen; the scheduler knows mutexes, "
            "rwlocks, spinlocks, conditions and C11's atomics"
        )
    if not told[0]:
        raise TargetError(f"{path}: no access of it can be seen; compile all of it with -fsanitize=thread")
    loaded.runtime, loaded.base = runtime, int(told[3])
    return loaded
