"""The directive for console sessions: executed in a scratch copy of the examples, and compared."""

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging

from musigma_docs.build import Musigma, RefusedError
from musigma_docs.evidence import ROOT, VERSION, EvidenceError, digest_of
from musigma_docs.matcher import Call, SessionError, calls, compare, execute

LOGGER = logging.getLogger(__name__)
EXAMPLES = Path(__file__).parents[2] / "examples"
WIDTH = "100"


def examples_digest() -> str:
    """A digest of the examples, which sessions work on."""
    digest = hashlib.sha256()
    for path in sorted(EXAMPLES.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(EXAMPLES)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def scratch(folder: Path) -> None:
    """Lay out a scratch copy: the examples here and under ``docs/examples``, the header under its own path."""
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "docs").mkdir()
    (folder / "docs" / "examples").symlink_to(folder, target_is_directory=True)
    (folder / "refinement").symlink_to(ROOT / "refinement", target_is_directory=True)


def environment(width: str = WIDTH) -> dict[str, str]:
    """What a session's commands find in their environment: this Python's commands first, plain output."""
    import os

    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {
        "PATH": path,
        "COLUMNS": width,
        "NO_COLOR": "1",
        "TERM": "dumb",
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
    }


class SessionDirective(Musigma):
    """``.. session::``: commands and their output.

    ``:status:`` is the exit status of the last command, ``:setup:`` commands that are run before and not shown.
    """

    has_content = True
    option_spec = {
        "status": directives.nonnegative_int,
        "setup": directives.unchanged,
        "width": directives.nonnegative_int,
    }

    def make(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        try:
            said = calls(text)
            self._check(said)
        except SessionError as error:
            raise RefusedError(str(error)) from None
        block = nodes.literal_block(text, text, language="console")
        block["classes"].append("mu-session")
        return [block]

    def _check(self, said: list[Call]) -> None:
        """Run the session, or take what it printed before; compare."""
        setup = [line for line in self.options.get("setup", "").splitlines() if line.strip()]
        width = str(self.options.get("width", WIDTH))
        commands = [*setup, *(call.command for call in said)]
        name = "session-" + hashlib.sha256("\0".join((width, *commands)).encode()).hexdigest()[:16]
        digest = digest_of(commands, examples_digest(), width)
        run = self.evidence.kept(name, digest)
        if run is None:
            run = self._made(setup, said, width)
            self.evidence.keep(name, {**run, "digest": digest})
        results: list[Any] = run["files"]["results"]
        if len(results) != len(said):
            raise EvidenceError(f"{name}.json is cut short: delete it")
        for call, (status, output) in zip(said, results, strict=True):
            last = call is said[-1]
            compare(call, status, output, self.options.get("status", 0) if last else None)

    def _made(self, setup: list[str], said: list[Call], width: str) -> dict[str, Any]:
        LOGGER.info("session in %s: %s …", self.document, said[0].command.splitlines()[0])
        results = []
        with tempfile.TemporaryDirectory(prefix="musigma-session-") as place:
            folder = Path(place)
            scratch(folder)
            for command in setup:
                status, output = execute(command, folder, environment(width))
                if status:
                    raise SessionError(f"setup: $ {command}\nended with status {status}:\n" + "\n".join(output[-20:]))
            for call in said:
                status, output = execute(call.command, folder, environment(width))
                results.append((status, [line.replace(place, "") for line in output]))
        return {
            "musigma_evidence": VERSION,
            "command": [call.command for call in said],
            "exit_status": results[-1][0],
            "seconds": 0,
            "output": "",
            "files": {"results": results},
        }
