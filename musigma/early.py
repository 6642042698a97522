"""Imported first of all: until the command's entry has a handler, an interrupt just ends the process, and says nothing.

Who imports musigma into a program of their own keeps what an interrupt means there.
"""

import sys


def is_command(argv: list[str], original: list[str]) -> bool:
    """Tell whether this process is the command, as the script or by ``-m``; so early only the interpreter knows.

    >>> is_command(["/usr/bin/musigma"], ["python3", "/usr/bin/musigma", "prove"])
    True
    >>> is_command(["-m"], ["python3", "-m", "musigma", "prove"])
    True
    >>> is_command(["-m"], ["python3", "-m", "mine"]) or is_command(["mine.py"], ["python3", "mine.py", "musigma"])
    False
    """
    first = argv[0] if argv else ""
    return first.rpartition("/")[2] == "musigma" or (first == "-m" and "musigma" in original)


if is_command(getattr(sys, "argv", []), sys.orig_argv):
    import _signal  # type: ignore[import-not-found]

    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
