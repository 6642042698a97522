"""The entry point: small, so that an interrupt during the imports ends the command without a traceback.

Worker processes import it again, which is another reason why it is small. Whatever goes wrong in the tool ends here,
with one line and a status that no verdict has.
"""

import gc
import os
import resource
import select
import signal
import sys
import warnings
from contextlib import suppress
from typing import NoReturn

EXIT_UNSEEN = 3  # as of what was not looked at; the project's own name for it may not be importable
_INTERRUPTED = 130  # the same
AGAIN = 0.01  # seconds until an interrupt that was lost comes again
LEAST_MIB = 256  # of address space: with less, z3 and numpy end the process while they are loaded


def main() -> None:
    """Run the command line; what ends it from outside is an interrupt, wherever it comes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, _interrupt)
    _arrived.clear()
    _pass_over_what_is_cleaned_up_in_vain()
    os._exit = _ended_from_within  # what a file that is read calls is this one
    gc.set_threshold(50_000, 20)  # what is imported stays: to look through it for garbage took a quarter of the start
    try:
        status = _run()
        sys.stdout.flush()  # what was printed last may find that nobody reads it
    except KeyboardInterrupt:
        _interrupted()
    except BaseException as error:  # a SystemExit too: the command line raises none itself
        status = EXIT_UNSEEN if _arrived else _failed(error)
    if _arrived and status != _INTERRUPTED:  # what it met took it for an error, or for nothing
        _interrupted()
    if status == _INTERRUPTED:
        _say_interrupted()  # the command has told what was known before
    gc.freeze()  # what ends need not look for garbage
    sys.exit(status)


def _run() -> int:
    """The command line's exit status; what is wrong with how it is called is said."""
    from musigma.shadowing import ShadowedError, forget_working_folder, refuse_foreign

    forget_working_folder()
    try:
        refuse_foreign()
    except ShadowedError as error:
        print(f"musigma: {error}", file=sys.stderr)
        return EXIT_UNSEEN
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit >> 20 < LEAST_MIB:
        said = f"the address space is limited to {limit >> 20} MiB (ulimit -v); give {LEAST_MIB} MiB at least"
        print(f"musigma: {said}", file=sys.stderr)
        return EXIT_UNSEEN
    from typer import Abort

    from model.running.notice import say_compiling, tell_when_compiling
    from musigma.cli import app
    from proofs.commands.shared.letters import make_printable

    make_printable()
    tell_when_compiling(say_compiling)
    try:
        status = app(standalone_mode=False)
    except Abort:
        _interrupted()
    except Exception as error:
        if not (hasattr(error, "show") and hasattr(error, "exit_code")):
            raise
        error.show()  # an unknown option, and the like
        return int(error.exit_code)
    return status if isinstance(status, int) else 0


_arrived: list[int] = []  # the signals that meant an interrupt


def _interrupt(number: int, frame: object) -> NoReturn:
    """Raise an interrupt, and remember it: what it meets may take it for an error of its own."""
    _arrived.append(number)
    raise KeyboardInterrupt


def _pass_over_what_is_cleaned_up_in_vain() -> None:
    """Let Python say nothing of errors that it ignores, nor that the process that cleans up after others has died.

    An interrupt that it ignores, since it came while an object was given up or in a call from C, comes again.
    """
    shown = sys.unraisablehook if os.environ.get("MUSIGMA_TRACEBACK") else None

    def ignored(raised: "sys.UnraisableHookArgs") -> None:
        if raised.exc_type is KeyboardInterrupt:
            signal.setitimer(signal.ITIMER_REAL, AGAIN)
        elif shown is not None:
            shown(raised)

    sys.unraisablehook = ignored
    if shown is None:
        warnings.filterwarnings("ignore", module=r"multiprocessing\.resource_tracker")


_HERE = os.getpid()
_end = os._exit


def _ended_from_within(status: int) -> NoReturn:
    """End the process as ``os._exit`` does; if it is this one, by a file of the user's, with no verdict's status."""
    if os.getpid() == _HERE:
        print("musigma: a file that was read ended the process: nothing was looked at", file=sys.stderr, flush=True)
        status = EXIT_UNSEEN
    _end(status)


def _say_interrupted() -> None:
    """Say so in the same words for every command, and on whatever way the interrupt came here."""
    with suppress(OSError):  # standard error may be gone
        print("musigma: interrupted", file=sys.stderr, flush=True)


def _interrupted() -> NoReturn:
    _say_interrupted()
    _end(_INTERRUPTED)  # what is half imported is not to be finalised


def _failed(error: BaseException) -> int:
    """Say in one line what went wrong in the tool; with ``MUSIGMA_TRACEBACK`` set, where.

    That nobody reads the output any more, as in ``musigma prove | head -1``, is no failure: it ends quietly.
    """
    from proofs.verdict import EXIT_INTERNAL, EXIT_UNREAD

    unread = isinstance(error, BrokenPipeError) and _is_unread()
    if isinstance(error, SystemExit) and isinstance(error.__context__, OSError):
        error = error.__context__  # the libraries for command lines and for tables end so where a write failed,
        unread = isinstance(error, BrokenPipeError)  # and have put something else in the place of the output
    if unread:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still buffered goes nowhere, without a complaint
        return EXIT_UNREAD
    status = getattr(error, "exit_status", None)
    with suppress(OSError):  # standard error may be gone as well
        if isinstance(status, int):  # it says itself what it means
            print(f"musigma: {error}", file=sys.stderr, flush=True)
            return status
        _say(error)
    return EXIT_INTERNAL


def _is_unread() -> bool:
    """Tell whether it is standard output that nobody reads, and not a pipe to a worker."""
    output = select.poll()
    output.register(1, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in output.poll(0))


def _say(error: BaseException) -> None:
    if os.environ.get("MUSIGMA_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    lines = str(error).strip().splitlines() or [""]
    what = f"{type(error).__name__}: {lines[0]}".removesuffix(": ")
    print(f"musigma: internal error: {what} (MUSIGMA_TRACEBACK=1 shows where)", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
