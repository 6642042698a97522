"""The results of checking a mapping database and of a replay."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from model.counting import counted
from model.messages.trace import MessageTrace
from model.trace import Trace
from musigma.printing import Printed, html_steps, html_table, html_text

if TYPE_CHECKING:
    from rich.console import Console

    from proofs.report.storyboard import Storyboard
    from refinement.check import CheckReport, DialectReport, Finding, Limits, MessageFinding, ReplayReport, Target
    from refinement.check.finding.race_finding import RaceFinding
    from refinement.check.finding.race_report import RaceReport
    from refinement.check.search.races.engine import RaceReplay
    from refinement.monitor.monitor import MonitorReport


@dataclass(frozen=True, repr=False)
class Check(Printed):
    """The verdict on a mapping database and what it rests on; true if it conforms as far as it was searched."""

    report: "CheckReport"
    target: "Target"
    limits: "Limits"
    dialects: "DialectReport | None" = None

    @property
    def passed(self) -> bool:
        """Tell whether the database conforms, as far as it was searched."""
        return self.report.exit_status == 0

    @property
    def verdict(self) -> str:
        """``conforms``, ``diverges``, ``crashed``, ``hung`` or ``undecided``."""
        return self.report.verdict.value

    @property
    def finding(self) -> "Finding | MessageFinding | None":
        """List what was found."""
        return self.report.finding

    def to_json(self) -> dict[str, Any]:
        """The report that ``musigma check --json`` writes, without versions."""
        return {**self.report.to_json(), "dialects": None if self.dialects is None else self.dialects.to_json()}

    def _summary(self) -> str:
        said = f"{self.report.target}, dialect {self.report.dialect.name}: {self.verdict}"
        return said if self.finding is None else f"{said}: {self.finding.failure.sentence}"

    def _print(self, console: "Console") -> None:
        from proofs.report.writers.check_report import print_check

        print_check(console, self.report, self.dialects, asked=self.dialects is not None)

    def _repr_html_(self) -> str:
        """Show what was searched, and the finding to step through; the target runs once more for its picture."""
        rows = [(phase.kind, phase.sentence, f"{phase.operations:,}") for phase in self.report.phases]
        table = html_table(self._summary(), ("phase", "what is known", "operations"), rows)
        return table if self.finding is None else table + self._steps(self.finding)

    def _steps(self, finding: "Finding | MessageFinding") -> str:
        from proofs.report.storyboard import storyboard_of
        from proofs.report.storyboard.replays.target import target_run
        from refinement.check import MessageFinding, TargetError, ToolError, as_text

        if isinstance(finding, MessageFinding):
            return html_text(as_text(finding))
        try:
            run = target_run(
                self.target,
                finding.program,
                self.report.dialect,
                finding.failure,
                limits=self.limits,
                history=finding.history,
            )
            return html_steps(storyboard_of(run))
        except (ValueError, TargetError, ToolError) as error:  # it may not do the same once more
            return html_text(f"{as_text(finding)}\nno picture: {error}")


@dataclass(frozen=True, repr=False)
class Race(Printed):
    """The verdict on a mapping database that several threads call; true if it conforms as far as it was searched."""

    report: "RaceReport"
    target: "Target"
    limits: "Limits"

    @property
    def passed(self) -> bool:
        """Tell whether the database conforms, as far as it was searched."""
        return self.report.exit_status == 0

    @property
    def verdict(self) -> str:
        """``conforms``, ``diverges``, ``crashed``, ``hung``, ``sampled`` or ``undecided``."""
        return self.report.verdict.value

    @property
    def finding(self) -> "RaceFinding | None":
        """List what was found."""
        return self.report.finding

    @cached_property
    def replay(self) -> "RaceReplay | None":
        """The run that was found, once more, with its events."""
        from refinement.check.finding.race_finding import race_from_json
        from refinement.check.search.races.engine import replay_race

        if self.finding is None:
            return None
        recorded = race_from_json(self.finding.kept())
        return replay_race(self.target, recorded, self.report.dialect, limits=self.limits)

    def to_json(self) -> dict[str, Any]:
        """The report that ``musigma check --threads N --json`` writes, without versions."""
        return self.report.to_json()

    def _summary(self) -> str:
        report = self.report
        said = f"{report.target}, dialect {report.dialect.name}, {report.threads} threads: {self.verdict}"
        return said if self.finding is None else f"{said}: {self.finding.failure.sentence}"

    def _print(self, console: "Console") -> None:
        from proofs.report.writers.race_report import print_race

        print_race(console, self.report, self.replay)

    def _repr_html_(self) -> str:
        """Show what was searched, and the lanes of the run that was found."""
        from proofs.report.storyboard.lanes.lanes import lane_svg
        from proofs.report.storyboard.lanes.threads import thread_board

        rows = [(phase.kind, phase.sentence, f"{phase.operations:,}") for phase in self.report.phases]
        table = html_table(self._summary(), ("phase", "what is known", "schedules"), rows)
        if self.replay is None or not self.replay.events:
            return table
        return table + lane_svg(thread_board(self.replay))


@dataclass(frozen=True, repr=False)
class Monitored(Printed):
    """The result of monitoring a log; true if no line contradicts, and some followed from what came before."""

    report: "MonitorReport"

    @property
    def passed(self) -> bool:
        """Tell whether no line contradicts, and the answers of some followed from what came before."""
        return self.report.exit_status == 0

    @property
    def verdict(self) -> str:
        """``no contradiction``, ``contradiction`` or ``undecided``."""
        return self.report.verdict

    def to_json(self) -> dict[str, Any]:
        """The report that ``musigma monitor --json`` writes, without versions."""
        return self.report.to_json()

    def _summary(self) -> str:
        said = f"{self.report.log}, dialect {self.report.dialect.name}, {self.report.lines:,} lines: {self.verdict}"
        return f"{said} in line {self.report.line}: {self.report.text}" if self.report.line else said

    def _print(self, console: "Console") -> None:
        from proofs.report.writers.monitor_report import print_monitor

        print_monitor(console, self.report)

    def _repr_html_(self) -> str:
        """The lines that show a contradiction."""
        rows = [(str(number), text) for number, text in self.report.slice]
        return html_table(f"{self._summary()}. {self.report.reason}", ("line", "what it tells"), rows)


@dataclass(frozen=True, repr=False)
class Replay(Printed):
    """A trace or a list of steps run again on the model, and on a database if one is named; true if that agrees.

    ``trace`` is none where steps can stand in no trace; then there is no picture either.
    """

    trace: Trace | MessageTrace | None
    report: "ReplayReport | None" = None

    @property
    def passed(self) -> bool:
        """Tell whether the database agreed with the model all the way, if there is one."""
        return self.report is None or self.report.exit_status == 0

    @cached_property
    def storyboard(self) -> "Storyboard":
        """The trace on the model, as scenes.

        :raises ValueError: there is no trace.
        """
        from proofs.report.storyboard import storyboard
        from proofs.report.storyboard.replays.messages import message_board

        if self.trace is None:
            raise ValueError("there is no picture: some steps can stand in no trace")
        if isinstance(self.trace, MessageTrace):
            return message_board(self.trace)
        return storyboard(self.trace)

    def _summary(self) -> str:
        if self.trace is not None:
            length = len(self.trace.operations)
            said = f"{counted(length, 'operation')}, dialect {self.trace.dialect}"
        else:
            assert self.report is not None
            said = f"{len(self.report.program)} steps, dialect {self.report.dialect.name}"
        if self.report is None:
            return said
        failure = self.report.failure
        if failure is None:
            return f"{said}: {self.report.target} agrees"
        return f"{said}: {failure.verdict.value} in step {self.report.step}: {failure.sentence}"

    def _steps(self) -> list[str]:
        """The steps that can stand in no trace, a line each."""
        assert self.report is not None
        return [f"{number:5}  {step}" for number, step in enumerate(self.report.to_json()["steps"])]

    def _print(self, console: "Console") -> None:
        from proofs.report.writers.trace_table import print_storyboard

        if self.trace is not None:
            print_storyboard(console, self.storyboard)
        for line in self._steps() if self.trace is None else ():
            console.print(line, markup=False, highlight=False)
        if self.report is not None:
            console.print(self._summary(), markup=False, highlight=False)

    def _repr_html_(self) -> str:
        """The trace to step through."""
        said = html_text(self._summary()) if self.report is not None else ""
        return said + (html_text("\n".join(self._steps())) if self.trace is None else html_steps(self.storyboard))
