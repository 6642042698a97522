"""The fork server: the process that imports the solvers once, and that the worker processes are forks of.

It has no threads that a fork could leave half way. Started before the heavy imports of its parent, it imports beside
them.
"""

import multiprocessing
import signal
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext


def fork_server() -> ForkServerContext:
    """The context whose processes are forks of the server, which runs from now on.

    It and its forks leave it to their parent what an interrupt means, from their first moment on.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["proofs.engines.pool", "cvc5"])
    resource_tracker.ensure_running()  # before the mask is set, since it sets one of its own
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context
