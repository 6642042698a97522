"""The fork server: the process that imports the solvers once, and that the worker processes are forks of.

It has no threads that a fork could leave half way. Started before the heavy imports of its parent, it imports beside
them.
"""

import multiprocessing
import os
import signal
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext


def fork_server() -> ForkServerContext:
    """The context whose processes are forks of the server, which runs from now on.

    It and its forks leave it to their parent what an interrupt means, from their first moment on. They import nothing
    from the folder that the command is called in, whatever lies there.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["proofs.engines.pool", "cvc5"])
    resource_tracker.ensure_running()  # before the mask is set, since it sets one of its own
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    safe = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        forkserver.ensure_running()
    finally:
        if safe is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = safe
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context
