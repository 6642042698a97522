"""Small sites built from a page and from evidence made up for it, in the form that the extension documents."""

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musigma_docs.evidence.runs import AUDIT, PATIENCE, VERSION, Evidence, digest_of, name_of
from sphinx.testing.util import SphinxTestApp

from model.scope import Scope
from model.spaces.dialect import DIALECTS
from model.spaces.invariants import INVARIANTS
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.audits.spaces import ALL_CONDITIONS
from proofs.faults.catalogue.catalogue import CATALOGUE
from proofs.paper.claims import CLAIMS
from proofs.registry import known
from proofs.report.storyboard import page, storyboard, svg
from proofs.report.writers.faults_report import layers
from proofs.report.writers.versions import versions

FAULTS = ("faults", "--all")
PROVE = ("prove", "--all", "--dialect", "canonical", *PATIENCE)
TRACE = Trace(
    "canonical without not-ancestor", Scope(3, 1, 1), (Operation("map", 0, 1), Operation("map", 1, 0)), "wrong"
)


def result(
    name: str, dialect: str = "canonical", verdict: str = "proved", trace: dict[str, Any] | None = None
) -> dict[str, Any]:
    obligation = known()[name]
    return {
        "obligation": name,
        "claim": obligation.claim,
        "sentence": obligation.sentence,
        "source": {"file": "model/spaces/invariants.py", "line": 1},
        "dialect": dialect,
        "verdict": verdict,
        "seconds": 0.01,
        "used": ["irreflexive"],
        "unused": [],
        "satisfiable": "",
        "outside_of_fragment": "",
        "reason": "",
        "searched": [],
        "trace": trace,
        "answers": [{"solver": "z3", "result": "unsat", "seconds": 0.01, "reason": "", "resources": 1}],
        "certificate": None,
        "stability": None,
        "witness": None,
        "counterexample": None,
    }


def prove_report(dialect: str = "canonical", **verdicts: str) -> dict[str, Any]:
    return {
        "musigma_prove": 3,
        "versions": versions(),
        "sources": "",
        "executed_whole": [],
        "dialect": dialect,
        "hazard": "",
        "invariants": sorted(INVARIANTS),
        "complete": True,
        "undecided": [],
        "unneeded_invariants": [],
        "unneeded_hypotheses": [],
        "evidence": [],
        "exit_status": 0,
        "seconds": 1.0,
        "results": [result(name, dialect, verdicts.get(name, "proved")) for name in known()],
    }


def audit_report(**verdicts: str) -> dict[str, Any]:
    refuted = result("map__preserves__no_dangling_link", "canonical without not-ancestor", "refuted", TRACE.to_json())
    return {
        "musigma_audit": 4,
        "versions": versions(),
        "undecided": [],
        "seconds": 1.0,
        "cells": [
            {
                "claim": claim,
                "dialect": dialect,
                "verdict": verdicts.get(claim, "proved"),
                "reason": "",
                "brief": "",
                "searched": [],
                "decisive": None,
                "trace": None,
                "results": [],
            }
            for claim in CLAIMS
            for dialect in DIALECTS
            if dialect != "canonical"
        ],
        "conditions": [
            {
                "condition": condition.name,
                "sentence": "needed for C4",
                "claims": ["C4"],
                "clauses": [],
                "refuted": [refuted],
            }
            for condition in ALL_CONDITIONS
        ],
    }


def faults_report() -> dict[str, Any]:
    finding = {
        "engine": "proof",
        "change": "early-ascent",
        "ending": "killed",
        "fell": ["map__preserves__forest"],
        "steps": 3,
        "shortest": True,
        "said": "σ2[0] shows frame 0",
        "seconds": 0.1,
        "trace": None,
    }
    return {
        "musigma_faults": 2,
        "versions": versions(),
        "exit_status": 0,
        "seconds": 1.0,
        "faults": [
            {
                "name": each.name,
                "topic": each.topic,
                "mechanism": each.mechanism,
                "seen_in": each.seen_in,
                "layers": {layer: list(changes) for layer, changes in layers(each)},
                "findings": [finding],
            }
            for each in CATALOGUE.values()
        ],
        "controls": [],
        "obligations": {
            "felled": {"map__preserves__forest": {"engine": "proof", "change": "grant-forgets-children"}},
            "unfelled": [],
            "undecided": {},
            "felled_by_reading": {},
            "unsound": {},
        },
        "absent": [],
    }


@dataclass
class Site:
    """A small site: its folder, and what its build said."""

    folder: Path
    warnings: str = ""
    status: int = 0
    PROVE = PROVE
    FAULTS = FAULTS
    AUDIT = AUDIT
    prove_report = staticmethod(prove_report)
    audit_report = staticmethod(audit_report)
    faults_report = staticmethod(faults_report)

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.folder / "evidence")

    def keep(self, command: Sequence[str], files: Mapping[str, str], *, exit_status: int = 0, **changed: Any) -> None:
        run = {
            "musigma_evidence": VERSION,
            "command": list(command),
            "digest": digest_of(command),
            "exit_status": exit_status,
            "seconds": 0.1,
            "output": "",
            "files": files,
        }
        self.evidence.keep(name_of(command), run | changed)

    def keep_all(self) -> None:
        self.keep(PROVE, {"json": json.dumps(prove_report())})
        self.keep(AUDIT, {"json": json.dumps(audit_report())})
        self.keep(FAULTS, {"json": json.dumps(faults_report())})
        board = storyboard(TRACE)
        files = {"json": json.dumps(TRACE.to_json()), "svg": svg(board), "html": page(board)}
        said = "2. map σ1[0] → σ0[0]  φ\n2: ! σ0[0] is\ngone\n"
        self.keep(("counterexample", "not-ancestor", "--dialect", "canonical"), files, output=said)

    def build(
        self, text: str, builder: str = "html", suppress: str = "musigma.coverage", *, whole: bool = True, **pages: str
    ) -> str:
        """Build, all pages or those that changed; gives the page as HTML, and leaves what was said in ``warnings``."""
        source = self.folder / "source"
        source.mkdir(exist_ok=True)
        (source / "conf.py").write_text('extensions = ["musigma_docs"]\nhtml_math_renderer = "mathml"\n')
        texts = {name: f":orphan:\n\nPage {name}\n===========\n\n{more}" for name, more in pages.items()}
        for name, said_there in {"index": f"Title\n=====\n\n{text}", **texts}.items():
            page = source / f"{name}.rst"
            if whole or page.read_text("utf-8") != said_there:
                page.write_text(said_there, encoding="utf-8")
        said = io.StringIO()
        options = {
            "musigma_evidence": str(self.folder / "evidence"),
            "suppress_warnings": suppress,
            "html_theme": "basic",
        }
        out = self.folder / "out"
        app = SphinxTestApp(builder, srcdir=source, builddir=out, confoverrides=options, warning=said)
        try:
            app.build(force_all=whole)
            self.status = app.statuscode
        finally:
            app.cleanup()
        self.warnings = re.sub(r"\x1b\[[\d;]*m", "", said.getvalue())
        return (Path(app.outdir) / "index.html").read_text("utf-8") if builder == "html" else ""
