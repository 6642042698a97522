"""The reports of ``musigma prove``: checked before the work, written on success as on failure."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofs.commands.common import UsageError, check_writable, matching, write_json, write_text

if TYPE_CHECKING:
    from proofs.prove import Run
    from proofs.report.compare import Worse


@dataclass(frozen=True, slots=True)
class Files:
    """Where reports go, and the earlier report to compare with; none where none is wanted."""

    json: Path | None = None
    junit: Path | None = None
    sarif: Path | None = None
    markdown: Path | None = None
    check_against: Path | None = None

    def check(self) -> Any:
        """Find out before the work whether the reports can be written, and read the earlier one.

        :returns: the earlier report, or None.
        :raises UsageError: a file cannot be written or read.
        """
        for path in (self.json, self.junit, self.sarif, self.markdown):
            check_writable(path)
        if self.check_against is None:
            return None
        try:
            return json.loads(self.check_against.read_text("utf-8"))
        except OSError as error:
            raise UsageError(f"cannot read {self.check_against}: {error.strerror}") from None
        except ValueError as error:
            raise UsageError(f"{self.check_against} is no JSON: {error}; name a file that --json wrote") from None

    def write(self, run: "Run", seconds: float) -> None:
        """Write what is wanted.

        :raises UsageError: a file cannot be written any more.
        """
        from proofs.report.json_report import run_json
        from proofs.report.junit import junit_xml
        from proofs.report.markdown import markdown
        from proofs.report.sarif import sarif

        write_json(self.json, run_json(run, seconds) if self.json else None)
        write_json(self.sarif, sarif(run) if self.sarif else None)
        for path, text in ((self.junit, junit_xml), (self.markdown, markdown)):
            if path is not None:
                write_text(path, text(run, seconds))

    def compare(self, old: Any, run: "Run", pattern: str) -> "list[Worse]":
        """What got worse since the earlier report; nothing if there is none.

        :raises UsageError: it is no report to compare with.
        """
        if old is None:
            return []
        from proofs.report.compare import ReportError, worse

        try:
            return worse(old, run, None if pattern == "*" else _asked(old, pattern))
        except ReportError as error:
            raise UsageError(f"{self.check_against}: {error}") from None


def _asked(old: Any, pattern: str) -> Collection[str]:
    """The obligations of an earlier report that a pattern chooses."""
    entries = [entry for entry in old.get("results", []) if isinstance(entry, dict)] if isinstance(old, dict) else []
    names, claims = ([str(entry.get(key, "")) for entry in entries] for key in ("obligation", "claim"))
    return {names[number] for number in matching(pattern, names, claims)}
