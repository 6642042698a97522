"""``musigma audit --protocol``: what is refused, what an interrupt leaves, and the exit status."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from model.cores.readings import PROTOCOLS, Protocol
from musigma.cli import app
from proofs import core_audit
from proofs.core_audit import CoreAudit, Dropped
from proofs.engines.smt.outcome import Outcome
from proofs.verdict import Verdict

RUN = CliRunner()


def found(verdict: Verdict) -> Dropped:
    return Dropped(PROTOCOLS["batch"], "enter", "the space has a tag", {"o": Outcome(verdict)}, None, ())


def audited(monkeypatch: pytest.MonkeyPatch, *verdicts: Verdict, interrupted: bool = False) -> None:
    def instead(protocols: Iterable[Protocol], pool: object, begin: Callable[[str, CoreAudit], None]) -> CoreAudit:
        known = tuple(map(found, verdicts))
        begin("batch without more", CoreAudit(known, ("batch without more",)))
        if interrupted:
            raise KeyboardInterrupt
        return CoreAudit(known)

    monkeypatch.setattr(core_audit, "audit_cores", instead)


@pytest.mark.parametrize(
    ("verdict", "status", "said"),
    [
        (Verdict.PROVED, 0, "not needed"),
        (Verdict.UNPROVED, 0, "needed for the proof"),
        (Verdict.UNKNOWN, 3, "not decided: o is unknown"),
        (Verdict.ERROR, 3, "not decided: o is error"),
        (Verdict.DISAGREEMENT, 4, "not decided: o is"),
    ],
)
def test_the_exit_status(verdict: Verdict, status: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    audited(monkeypatch, Verdict.PROVED, verdict)
    ended = RUN.invoke(app, ["audit", "--protocol", "batch"])
    assert (ended.exit_code, said in ended.output) == (status, True)


def test_an_interrupt_keeps_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audited(monkeypatch, Verdict.PROVED, interrupted=True)
    ended = RUN.invoke(app, ["audit", "--protocol", "all", "--json", str(tmp_path / "audit.json")])
    assert ended.exit_code == 130
    assert "interrupted; not audited: batch without more" in ended.output
    value: dict[str, Any] = json.loads((tmp_path / "audit.json").read_text())
    assert [each["condition"] for each in value["protocols"]] == ["the space has a tag"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--protocol", "x"], "no right protocol of many cores is called 'x': write one of interrupt, "),
        (["--protocol", "batch with wait=none"], "no right protocol of many cores is called"),
        (["--protocol", "batch", "--svg", "x"], "a protocol of many cores has no use for it: leave --svg out"),
        (["--protocol", "batch", "--dialect", "tree"], "leave --dialect out"),
    ],
)
def test_what_makes_no_sense_is_refused(options: list[str], said: str) -> None:
    ended = RUN.invoke(app, ["audit", *options])
    assert (ended.exit_code, said in " ".join(ended.output.split())) == (2, True)
