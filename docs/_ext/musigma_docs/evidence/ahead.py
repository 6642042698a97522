"""Runs made ahead: while pages are read, which waits for long runs, a thread makes sessions and traces that come later.

Nothing depends on it. What it finds by looking through a page's text is made as the directive would make it; the
directive takes it where it is the same session or trace, and makes its own where there is none.
"""

import re
import textwrap
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeAlias

from musigma_docs.evidence.matcher import SessionError
from musigma_docs.evidence.runs import Evidence, EvidenceError
from musigma_docs.evidence.session import Session

_BLOCK = re.compile(r"^( *)\.\. session::[ ]*\n((?:\1 +\S.*\n|[ ]*\n)+)", re.MULTILINE)
_OPTION = re.compile(r":(\w+):[ ]*(.*(?:\n[ ]+.*)*)")

Trace: TypeAlias = tuple[str, str, int]
"""A counterexample: its name, the dialect, and which of two runs."""


def sessions_in(text: str) -> Iterator[Session]:
    """The sessions of a page, in order; one that is not written as a session is left to its directive.

    >>> page = ".. session::\\n   :status: 1\\n\\n   $ ls\\n   ...\\n   $ false\\n"
    >>> [session.commands for session in sessions_in(page)]
    [('ls', 'false')]
    """
    for found in _BLOCK.finditer(text if text.endswith("\n") else f"{text}\n"):
        head, _, content = textwrap.dedent(found[2]).strip("\n").partition("\n\n")
        if not head.startswith(":"):
            head, content = "", textwrap.dedent(found[2])
        options = dict(_OPTION.findall(head))
        try:
            yield Session.read(content, width=options.get("width"))
        except SessionError:
            continue


_TRACE = re.compile(r"^( *)\.\. trace::[ ]*(\S+)[ ]*\n((?:\1 +\S.*\n)*)", re.MULTILINE)


def traces_in(text: str) -> Iterator[Trace]:
    """The traces of a page, in order.

    >>> list(traces_in(".. trace:: C9\\n   :dialect: tree\\n   :steps: 3\\n\\n.. trace:: not-itself\\n   :run: 2\\n"))
    [('C9', 'tree', 1), ('not-itself', 'canonical', 2)]
    """
    for found in _TRACE.finditer(text if text.endswith("\n") else f"{text}\n"):
        options = dict(_OPTION.findall(textwrap.dedent(found[3])))
        which = options.get("run", "1")
        if which.isdecimal():
            yield found[2], options.get("dialect", "canonical"), int(which)


def _is_kept(evidence: Evidence, session: Session) -> bool:
    try:
        return evidence.kept(session.name, session.digest()) is not None
    except EvidenceError:  # the directive says so, where it is told what to delete
        return True


class Ahead:
    """A thread that makes sessions, and then traces, one after the other."""

    def __init__(self, evidence: Evidence, sessions: Iterable[Session], traces: Iterable[Trace] = ()) -> None:
        """List the commands of which no run is kept, each once."""
        self._evidence = evidence
        self._traces = list(dict.fromkeys(traces))
        self._coming: dict[str, Future[None]] = {}
        self._pending: list[Session] = []
        self._stopped = threading.Event()
        for session in sessions:
            if session.name not in self._coming and not _is_kept(evidence, session):
                self._coming[session.name] = Future()
                self._pending.append(session)
        threading.Thread(target=self._make, name="sessions ahead").start()

    def _make(self) -> None:
        for session in self._pending:
            coming = self._coming[session.name]
            if self._stopped.is_set() or not threading.main_thread().is_alive():
                return
            if not coming.set_running_or_notify_cancel():
                continue
            with suppress(Exception):  # the directive meets it again, where it can be told
                self._evidence.keep(session.name, session.made(self._evidence))
            coming.set_result(None)
        for trace in self._traces:
            if self._stopped.is_set() or not threading.main_thread().is_alive():
                return
            with suppress(Exception):  # the directive meets it again
                self._evidence.counterexample(*trace)

    def wait_for(self, session: Session) -> None:
        """Return when the session is made, or is not going to be."""
        coming = self._coming.get(session.name)
        if coming is not None and not coming.cancel():
            coming.result()

    def stop(self) -> None:
        """Begin no more."""
        self._stopped.set()
