"""A console session: what it is known by, and its execution in a scratch copy of the examples."""

import hashlib
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musigma_docs.evidence.matcher import Call, calls, execute, stripped
from musigma_docs.evidence.runs import ROOT, VERSION, Evidence, digest_of, refuse_changed_sources
from proofs.verdict import EXIT_FAILED, EXIT_PASSED

EXAMPLES = Path(__file__).parents[3] / "examples"
WIDTH = "100"
_OF_SYSTEM = re.compile(r"musigma (prove \w+ -q|attack \w+ \w+)")


def examples_digest() -> str:
    """A digest of the examples, which sessions work on."""
    digest = hashlib.sha256()
    for path in sorted(EXAMPLES.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(EXAMPLES)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def scratch(folder: Path) -> None:
    """Lay out what a reader has: the examples under ``docs/examples``, and the header under its own path."""
    shutil.copytree(EXAMPLES, folder / "docs" / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "refinement").symlink_to(ROOT / "refinement", target_is_directory=True)


def environment(width: str = WIDTH) -> dict[str, str]:
    """What a session's commands find in their environment: this Python's commands first, plain output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {
        "PATH": path,
        "COLUMNS": width,
        "NO_COLOR": "1",
        "TERM": "dumb",
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
    }


@dataclass(frozen=True, slots=True)
class Session:
    """Commands with the output that each is said to have. None is hidden: a reader can type what a page ran."""

    said: tuple[Call, ...]
    width: str

    @classmethod
    def read(cls, text: str, *, width: str | int | None = None) -> "Session":
        """A session as a page has it.

        :raises SessionError: the text is no session.
        """
        return cls(tuple(calls(text)), WIDTH if width is None else str(width))

    @property
    def commands(self) -> tuple[str, ...]:
        """All of its commands, in order."""
        return tuple(call.command for call in self.said)

    @property
    def name(self) -> str:
        """The name of its run's file."""
        return "session-" + hashlib.sha256("\0".join((self.width, *self.commands)).encode()).hexdigest()[:16]

    def digest(self) -> str:
        """The digest of its run."""
        return digest_of(self.commands, examples_digest(), self.width)

    @property
    def run(self) -> tuple[str, ...] | None:
        """What ``musigma`` is given, if the session is one run that a table of systems needs as well.

        >>> [Session.read(f"$ musigma {line}").run for line in ("prove Tenant -q", "prove Tenant -q; ls")]
        [('prove', 'Tenant', '-q'), None]
        """
        found = _OF_SYSTEM.fullmatch("; ".join(self.commands))
        return tuple(found[1].split()) if found and self.width == WIDTH else None

    def made(self, evidence: Evidence) -> dict[str, Any]:
        """Its run: the status and the lines of each command.

        :param evidence: has, or is given, the run that a table needs as well.
        :raises SessionError: a command did not end.
        :raises EvidenceError: the sources changed meanwhile.
        """
        digest, results = self.digest(), list[tuple[int, list[str]]]()
        if self.run is not None:
            made = evidence.run(self.run, (EXIT_PASSED, EXIT_FAILED), ("json",))
            results.append((made["exit_status"], stripped(made["output"].splitlines())))
            return self._told(digest, results)
        with tempfile.TemporaryDirectory(prefix="musigma-session-") as place:
            folder = Path(place)
            scratch(folder)
            for call in self.said:
                status, output = execute(call.command, folder, environment(self.width))
                results.append((status, [line.replace(place, "") for line in output]))
        refuse_changed_sources(f"«{self.commands[0]}»")
        return self._told(digest, results)

    def _told(self, digest: str, results: list[tuple[int, list[str]]]) -> dict[str, Any]:
        return {
            "musigma_evidence": VERSION,
            "command": list(self.commands),
            "digest": digest,
            "exit_status": results[-1][0],
            "seconds": 0,
            "output": "",
            "files": {"results": results},
        }
