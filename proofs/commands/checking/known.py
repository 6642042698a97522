"""``musigma check --known``: all that a check does, going on past differences whose causes are known."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console

from model.counting import counted
from model.spaces.dialect import CANONICAL, Dialect
from proofs.commands.checking import ranges as of_ranges
from proofs.commands.shared.common import write_json
from proofs.commands.shared.target import end_with_status, shrinking_time
from refinement.check import CheckReport, Conformance, DialectReport, Finding, Limits, MessageFinding, Target, check
from refinement.check.finding.collected import collected_sentence
from refinement.check.search.dialects import ALL_CHANGES, find_dialect
from refinement.statuses import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_INTERRUPTED

COLLECTING = 0.4  # of the time, to collect differences in small scopes
MOST_ROUNDS = 8  # searches of single pages, each of which passes over what those before have found
LEAST = 1.0  # seconds for the first of them


@dataclass(frozen=True, slots=True)
class KnownReport:
    """What was collected in small scopes, and by all else that a check does with single pages.

    ``rounds``: searches of single pages, each ended by what it found, but for the last perhaps.
    """

    target: Target
    part: of_ranges.RangePart
    rounds: tuple[CheckReport, ...]
    found: DialectReport | None

    @property
    def findings(self) -> list[tuple[str, Finding | MessageFinding]]:
        """What was found in single pages beyond small scopes, with its cause."""
        return [(each.cause or "no cause that can be named", each.finding) for each in self.rounds if each.finding]

    @property
    def known(self) -> dict[str, int]:
        """By cause, how often what was said to be known was met."""
        of_file = {*self.part.report.not_met, *self.part.report.known}
        met = dict(self.part.report.known)
        for each in self.rounds:
            for cause, count in each.known.items():
                if cause in of_file:
                    met[cause] = met.get(cause, 0) + count
        return met

    @property
    def exit_status(self) -> int:
        """As that of the ranges, and 0 only if the search of single pages conforms as well."""
        if self.part.report.interrupted or any(each.interrupted for each in self.rounds):
            return EXIT_INTERRUPTED
        if self.part.report.findings or self.findings:
            return EXIT_FAILED
        conforms = bool(self.rounds) and self.rounds[-1].verdict == Conformance.CONFORMS
        return self.part.report.exit_status if conforms else EXIT_INCOMPLETE

    @property
    def verdict(self) -> Conformance:
        """Of the first difference, or the weaker of the two."""
        if self.part.report.findings:
            return self.part.report.verdict
        if self.findings:
            return self.findings[0][1].failure.verdict
        of_pages = self.rounds[-1].verdict if self.rounds else Conformance.UNDECIDED
        for verdict in (self.part.report.verdict, of_pages):
            if verdict in (Conformance.SAMPLED, Conformance.UNDECIDED):
                return verdict
        return Conformance.DIVERGES if self.known else Conformance.CONFORMS

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        sentences = [each.failure.sentence for each in self.part.report.findings]
        sentences += [found.failure.sentence for _, found in self.findings]
        first, never = sentences[0] if sentences else "", self.part.report.never_agreed
        return collected_sentence(self.verdict, first, len(sentences), len(self.known), never)

    def to_json(self) -> dict[str, Any]:
        """JSON values: what was collected, and under ``single_pages`` the searches of these, one after the other."""
        met = self.known
        return {
            "musigma_check_ranges": 1,
            "target": str(self.target),
            **self.part.to_json(),
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "known": met,
            "not_met": [cause for cause in self.part.report.not_met if cause not in met],
            "single_pages": [each.to_json() for each in self.rounds],
            "dialects_of_pages": None if self.found is None else self.found.to_json(),
        }


def run(
    target: Target,
    asked: of_ranges.RangeOptions,
    chosen: Dialect | None,
    seconds: float,
    limits: Limits,
    json: Path | None,
    progress: Callable[[], AbstractContextManager[Callable[[str], None]]],
    *,
    seed: int,
) -> NoReturn:
    """Collect all differences but those that are known, and end.

    :param chosen: the dialect of pages; it is looked for if there is none.
    """
    begun = time.monotonic()
    with end_with_status():
        found = None if chosen else find_dialect(target, limits=limits, changes=ALL_CHANGES, seconds=seconds / 2)
        pages = asked.pages(chosen or (CANONICAL if found is None else found.dialect))
        left = seconds - (time.monotonic() - begun)
        with progress() as tell:
            part = of_ranges.run(target, asked, pages, COLLECTING * left, limits, tell, auto=chosen is None, seed=seed)
            rounds: list[CheckReport] = []
            if not part.report.interrupted:
                rounds = _rounds(target, asked, pages, part, (1 - COLLECTING) * left, limits, tell, seed)
    report = KnownReport(target, part, tuple(rounds), found)
    _show(Console(highlight=False), report)
    write_json(json, report.to_json())
    raise typer.Exit(report.exit_status)


def _rounds(
    target: Target,
    asked: of_ranges.RangeOptions,
    pages: Dialect,
    part: of_ranges.RangePart,
    seconds: float,
    limits: Limits,
    tell: Callable[[str], None],
    seed: int,
) -> list[CheckReport]:
    """Searches of single pages, until one finds nothing, or what cannot be passed over, or the time is over."""
    known = [*(asked.known or ()), *(finding.cause for finding in part.report.findings)]
    rounds: list[CheckReport] = []
    end = time.monotonic() + seconds
    while len(rounds) < MOST_ROUNDS:
        left = max(end - time.monotonic(), LEAST)
        shrinking = shrinking_time(left)
        one = check(
            target, pages, seconds=left, seed=seed, limits=limits, shrinking=shrinking, known=tuple(known), tell=tell
        )
        rounds.append(one)
        over = time.monotonic() > end or one.interrupted
        if over or one.finding is None or not one.cause or one.cause in known:
            break
        known.append(one.cause)
    return rounds


def _show(console: Console, report: KnownReport) -> None:
    """Print what was collected, what else was done, and the verdict on both."""
    found = report.found
    if found is not None:
        known = "and none fits" if found.complete else "as many as there was time for; others may fit"
        fits = "fits" if found.fits else f"fits best of {found.tried:,}, {known}; against it:"
        console.print(f"dialect {found.dialect.name} {fits}", markup=False)
        for each in found.against:
            console.print(f"  {each}", markup=False)
    of_ranges.show(console, report.part, alone=False)
    for one in report.rounds[-1:]:
        for phase in one.phases:
            console.print(f"single pages: {phase.sentence}; {counted(phase.operations, 'operation')}", markup=False)
        for remark in one.remarks:
            console.print(f"note: {remark}", markup=False)
    for cause, count in report.known.items():
        if cause not in report.part.report.known:
            console.print(
                f"single pages: known, and met {counted(count, 'time')}: {cause}", markup=False, soft_wrap=True
            )
    for number, (cause, finding) in enumerate(report.findings, len(report.part.report.findings) + 1):
        console.print(f"{number}. {cause}", markup=False, soft_wrap=True)
        console.print(f"   {'; '.join(finding.texts())}", markup=False, soft_wrap=True)
        console.print(f"   {finding.failure.sentence}; {finding.shortest}", markup=False)
    if report.findings:
        console.print("single pages: what lies behind these findings is not known", markup=False)
    pages = report.rounds[-1].dialect.name if report.rounds else report.part.report.pages
    ranges = f", ranges {report.part.report.dialect.name}" if report.part.sized else ""
    console.print(f"{report.sentence}: {report.target}, dialect {pages}{ranges}", markup=False)
    if report.rounds and not report.findings:
        rests = "; ".join(report.rounds[-1].rests_on) or "nothing that was gone through whole"
        console.print(f"it rests on: {rests}", markup=False)
