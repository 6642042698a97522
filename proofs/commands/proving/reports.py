"""The reports of ``musigma prove``: checked before the work, written on success as on failure."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from model.plain_json import values_in
from proofs.commands.shared.common import UsageError, check_writable, write_json, write_text
from proofs.input.naming import matching

if TYPE_CHECKING:
    from proofs.report.writers.compare import VerdictChange
    from proofs.result import Run

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Files:
    """The files that reports go to, and the earlier report to compare with; None where none is wanted."""

    json: Path | None = None
    junit: Path | None = None
    sarif: Path | None = None
    markdown: Path | None = None
    check_against: Path | None = None

    def check(self, dialect: str, messages: str = "canonical", ranges: str = "canonical") -> Any:
        """Find out before the work whether the reports can be written, and read the earlier one.

        :param messages: the dialect of messages, and
        :param ranges: that of ranges, of which the run is.
        :returns: the earlier report, or None.
        :raises UsageError: a file cannot be written or read, or is no whole report of these dialects.
        """
        for path in (self.json, self.junit, self.sarif, self.markdown):
            check_writable(path)
        if self.check_against is None:
            return None
        from proofs.report.writers.compare import check_report

        def checked(old: Any) -> Any:
            check_report(old, dialect, {"messages": messages, "ranges": ranges})
            return old

        return report_in(self.check_against, checked)

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


def report_in(path: Path, read: Callable[[Any], Found]) -> Found:
    """What is read from the JSON report of an earlier run.

    :param read: raises ReportError if the report is of no use.
    :raises UsageError: it is of no use, or cannot be read, or is no JSON.
    """
    from proofs.report.writers.compare import ReportError

    try:
        return read(values_in(path.read_text("utf-8")))
    except ReportError as error:
        raise UsageError(f"{path}: {error}") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}; name a file that --json wrote") from None


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
