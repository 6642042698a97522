"""The directive for console sessions: executed in a scratch copy of the examples, and compared."""

from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from musigma_docs.base.build import Musigma, RefusedError
from musigma_docs.base.domain import domain_of
from musigma_docs.evidence.ahead import Ahead, sessions_in, traces_in
from musigma_docs.evidence.matcher import SessionError, compare
from musigma_docs.evidence.runs import EvidenceError
from musigma_docs.evidence.session import Session

LOGGER = logging.getLogger(__name__)


RESTS_ON_NO_RUN = "reference/api/"


def begin(app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    """Make the sessions and traces of pages that are going to be read, beside the reading; a draft takes old ones.

    Pages that rest on no run are read first, while sessions are made: later runs need every processor.
    """
    names.sort(key=lambda name: (not name.startswith(RESTS_ON_NO_RUN), name))
    evidence = domain_of(env).evidence
    if not evidence.stale:
        texts = [Path(env.doc2path(name)).read_text("utf-8") for name in names]
        sessions = (session for text in texts for session in sessions_in(text))
        domain_of(env).ahead = Ahead(evidence, sessions, (trace for text in texts for trace in traces_in(text)))


def end(app: Sphinx, error: Exception | None) -> None:
    """The build is over."""
    ahead = domain_of(app.env).ahead if app.env else None
    if ahead is not None:
        ahead.stop()


class SessionDirective(Musigma):
    """``.. session::``: commands and their output; ``:status:`` is the exit status of the last command."""

    has_content = True
    option_spec = {
        "status": directives.nonnegative_int,
        "width": directives.nonnegative_int,
    }

    def make(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        try:
            self._check(Session.read(text, width=self.options.get("width")))
        except SessionError as error:
            raise RefusedError(str(error)) from None
        block = nodes.literal_block(text, text, language="console")
        block["classes"].append("mu-session")
        return [block]

    def _check(self, session: Session) -> None:
        """Run the session, or take what it printed before; compare."""
        if self.domain.ahead is not None:
            self.domain.ahead.wait_for(session)
        run = self.evidence.kept(session.name, session.digest())
        if run is None:
            LOGGER.info("session in %s: %s …", self.document, session.said[0].command.splitlines()[0])
            run = session.made(self.evidence)
            self.evidence.keep(session.name, run)
        results: list[Any] = run["files"]["results"]
        if len(results) != len(session.said):
            raise EvidenceError(f"{session.name}.json is cut short: delete it")
        for call, (status, output) in zip(session.said, results, strict=True):
            last = call is session.said[-1]
            compare(call, status, output, self.options.get("status", 0) if last else None)
