"""The audit as files to look at: a picture or a page for each refutation, and an index with the matrix."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.spaces.dialect import Dialect
from model.trace import Trace
from proofs.audits.spaces import Audit
from proofs.paper.claims import CLAIMS
from proofs.report.storyboard import page, storyboard_with_kernel, svg
from proofs.report.storyboard.drawing.page import environment
from proofs.report.storyboard.drawing.style import DARK, LIGHT
from proofs.verdict import Verdict

INDEX = "index.html"


@dataclass(frozen=True, slots=True)
class Refutation:
    """A shortest trace of the audit: of a claim in a dialect, or without a side condition (then ``claim`` is empty)."""

    name: str
    claim: str
    dialect: str
    trace: Trace


def refutations(audit: Audit) -> Iterator[Refutation]:
    """The shortest trace of each refuted cell, and of each side condition that is needed."""
    for cell in audit.cells:
        if cell.verdict == Verdict.REFUTED and cell.decisive and cell.decisive.trace:
            yield Refutation(file_name(f"{cell.claim} {cell.dialect}"), cell.claim, cell.dialect, cell.decisive.trace)
    for necessity in audit.necessities:
        if necessity.refuted and (trace := necessity.refuted[0].trace):
            yield Refutation(file_name(f"without {necessity.condition.name}"), "", necessity.condition.name, trace)


def file_name(text: str) -> str:
    """Make a name for files, of letters, digits and hyphens.

    >>> file_name("C4 canonical with passing=given")
    'C4-canonical-with-passing-given'
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")


def write_svg(folder: Path, audit: Audit, write: Callable[[Path, str], None]) -> None:
    """Write a picture of each refutation."""
    for each in refutations(audit):
        write(folder / f"{each.name}.svg", svg(storyboard_with_kernel(each.trace)))


def write_html(folder: Path, audit: Audit, dialects: Sequence[Dialect], write: Callable[[Path, str], None]) -> Path:
    """Write a page for each refutation, and the index, which is returned."""
    for each in refutations(audit):
        write(folder / f"{each.name}.html", page(storyboard_with_kernel(each.trace)))
    index = folder / INDEX
    write(index, index_page(audit, dialects))
    return index


def index_page(audit: Audit, dialects: Sequence[Dialect]) -> str:
    """The matrix of claims and dialects, each refuted cell with a link to its page, and the side conditions."""
    pages = {(each.claim, each.dialect): each for each in refutations(audit)}
    return (
        environment()
        .get_template("audit.html.j2")
        .render(audit=audit, claims=list(CLAIMS.values()), dialects=dialects, pages=pages, light=LIGHT, dark=DARK)
    )
