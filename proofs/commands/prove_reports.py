"""The reports of ``musigma prove``: checked before the work, written on success as on failure."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.plain_json import values_in
from proofs.commands.common import UsageError, check_writable, write_json, write_text
from proofs.naming import matching

if TYPE_CHECKING:
    from proofs.report.writers.compare import VerdictChange
    from proofs.result import Run


@dataclass(frozen=True, slots=True)
class Files:
    """The files that reports go to, and the earlier report to compare with; None where none is wanted."""

    json: Path | None = None
    junit: Path | None = None
    sarif: Path | None = None
    markdown: Path | None = None
    check_against: Path | None = None

    def check(self, dialect: str) -> Any:
        """Find out before the work whether the reports can be written, and read the earlier one.

        :returns: the earlier report, or None.
        :raises UsageError: a file cannot be written or read, or is no report of this dialect.
        """
        for path in (self.json, self.junit, self.sarif, self.markdown):
            check_writable(path)
        if self.check_against is None:
            return None
        from proofs.report.writers.compare import ReportError, check_report

        try:
            old = values_in(self.check_against.read_text("utf-8"))
            check_report(old, dialect)
        except ReportError as error:
            raise UsageError(f"{self.check_against}: {error}") from None
        except OSError as error:
            raise UsageError(f"cannot read {self.check_against}: {error.strerror}") from None
        except ValueError as error:
            raise UsageError(f"{self.check_against} is no JSON: {error}; name a file that --json wrote") from None
        return old

    def write(self, run: "Run", seconds: float) -> None:
        """Write what is wanted.

        :raises UsageError: a file cannot be written any more.
        """
        from proofs.report.writers.json_report import run_json
        from proofs.report.writers.junit import junit_xml
        from proofs.report.writers.markdown import markdown
        from proofs.report.writers.sarif import sarif

        write_json(self.json, run_json(run, seconds) if self.json else None)
        write_json(self.sarif, sarif(run) if self.sarif else None)
        for path, text in ((self.junit, junit_xml), (self.markdown, markdown)):
            if path is not None:
                write_text(path, text(run, seconds))


def compare(
    old: Any, run: "Run", pattern: str | None, left_out: Collection[str]
) -> "tuple[list[VerdictChange], list[VerdictChange]]":
    """Compare with an earlier report: the verdicts that are worse, and those that are better.

    :param left_out: obligations that there are, and that the run was not asked for.
    """
    from proofs.report.writers.compare import better, worse

    names, claims = ([entry[key] for entry in old["results"]] for key in ("obligation", "claim"))
    asked = names if pattern is None else [names[number] for number in matching(pattern, names, claims)]
    return worse(old, run, set(asked) - set(left_out)), better(old, run)
