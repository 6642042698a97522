"""Directives for faults: an entry for one, and the matrix of faults and engines."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from textwrap import shorten
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives

from musigma_docs.base.build import Cell, Musigma, RefusedError, badge, box, fields, folded, joined, table, title
from musigma_docs.base.domain import ROW
from proofs.faults.catalogue.catalogue import ABSENT, CATALOGUE
from proofs.registry import known
from proofs.report.writers.faults_report import layers

LONGEST = 240
"""Characters of what a finding says; some name every page of a long chain."""

FEW = 12
"""Changes and findings that an entry shows; more are folded away, and of findings paper has the number alone."""


XSA = re.compile(r"XSA-(\d+)")
THOUGHT_OF = ("our own", "Appendix A itself", "the paper's", "experiment", "folklore")


def seen_in(source: str) -> list[nodes.Node]:
    """Where a mechanism was seen: an advisory as a link; of what has no public reference that is said.

    >>> [node.astext() for node in seen_in("Xen XSA-275")]
    ['Xen ', 'XSA-275', '']
    >>> [node.astext() for node in seen_in("seL4")]
    ['seL4', ' (from its history; no reference is kept)']
    """
    found: list[nodes.Node] = []
    at = 0
    for match in XSA.finditer(source):
        found.append(nodes.Text(source[at : match.start()]))
        at = match.end()
        found.append(nodes.reference("", match[0], refuri=f"https://xenbits.xen.org/xsa/advisory-{match[1]}.html"))
    found.append(nodes.Text(source[at:]))
    if not at and not any(each in source for each in THOUGHT_OF):
        found.append(nodes.Text(" (from its history; no reference is kept)"))
    return found


class FaultDirective(Musigma):
    """``.. fault:: NAME``: how it goes wrong, where it was seen, who finds it and how soon, what falls by it."""

    required_arguments = 1

    def make(self) -> list[nodes.Node]:
        name = self.known("fault", self.arguments[0])
        report = self.evidence.faults()
        found = {each["name"]: each for each in report["faults"]}.get(name)
        if found is None and self.evidence.draft:  # the run is older than the fault
            made = CATALOGUE[name]
            found = {"mechanism": made.mechanism, "seen_in": made.seen_in, "layers": dict(layers(made)), "findings": []}
        if found is None:
            raise RefusedError(f"the run says nothing of the fault {name}")
        whole = box(
            "fault",
            title(nodes.literal("", name)),
            nodes.paragraph("", found["mechanism"][0].upper() + found["mechanism"][1:] + "."),
            fields(self._said(found, report)),
        )
        self.anchored("fault", name, whole)
        return [whole]

    def _said(self, found: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
        yield "seen in", seen_in(found["seen_in"])
        for layer, changes in found["layers"].items():
            names = joined(nodes.literal("", change) for change in changes)
            if len(changes) > FEW:
                names = [folded(f"{len(changes)} changes", nodes.paragraph("", "", *names))]
            yield f"in the {layer}", names
        items = nodes.bullet_list()
        for finding in found["findings"]:
            steps = f" in {_steps(finding)}" if finding["steps"] else ""
            said = f": {shorten(finding['said'], LONGEST, placeholder=' …')}" if finding["said"] else ""
            text = nodes.Text(f"{finding['engine']}{steps}{said} (")
            items += nodes.list_item(
                "",
                nodes.paragraph(
                    "",
                    "",
                    badge(finding["ending"]),
                    nodes.Text(" by "),
                    text,
                    nodes.literal("", finding["change"]),
                    nodes.Text(")"),
                ),
            )
        if len(items) > FEW:
            yield "found", folded(_counted(found["findings"]), items, on_paper=False)
        elif items.children:
            yield "found", items
        fell = self._fell(found, report)
        if fell:
            links = nodes.paragraph("", "", *joined(self.ref("obligation", each) for each in fell))
            yield "fells", folded(f"{len(fell)} obligation{'s' if len(fell) > 1 else ''}", links)

    def _fell(self, found: Mapping[str, Any], report: Mapping[str, Any]) -> list[str]:
        changes = {change for layer in found["layers"].values() for change in layer}
        by_run = [name for finding in found["findings"] for name in finding["fell"] if name in known()]
        judged = [name for name, by in report["obligations"]["felled"].items() if by["change"] in changes]
        return list(dict.fromkeys(by_run + judged))


def _counted(findings: Sequence[Mapping[str, Any]]) -> str:
    """How many hunts ended how.

    >>> _counted([{"ending": "killed"}, {"ending": "survived"}, {"ending": "killed"}])
    '3 hunts: killed 2, survived 1'
    """
    endings = Counter(finding["ending"] for finding in findings)
    return f"{len(findings)} hunts: " + ", ".join(f"{ending} {number}" for ending, number in endings.items())


def _steps(finding: Mapping[str, Any]) -> str:
    number = finding["steps"]
    return f"{number} step{'s' if number > 1 else ''}" + (", the fewest" if finding["shortest"] else "")


class FaultMatrix(Musigma):
    """``.. fault-matrix::``: faults × engines, by topic; ``:topic:`` for one topic."""

    option_spec = {"topic": directives.unchanged}

    def make(self) -> list[nodes.Node]:
        report = self.evidence.faults()
        topics = list(dict.fromkeys(each["topic"] for each in report["faults"]))
        wanted = self.options.get("topic")
        if wanted is not None and wanted not in topics:
            raise RefusedError(f"no fault is of the topic {wanted!r}; there are {', '.join(topics)}")
        engines = list(dict.fromkeys(f["engine"] for each in report["faults"] for f in each["findings"]))
        made: list[nodes.Node] = []
        for topic in [wanted] if wanted is not None else topics:
            rows: list[list[Cell]] = []
            for each in report["faults"]:
                if each["topic"] == topic:
                    place = nodes.target()
                    self.anchored("fault", each["name"], place, ROW)
                    here: Cell = [place, self.ref("fault", each["name"])]
                    rows.append([here, *(_cell(each["findings"], engine) for engine in engines)])
            if wanted is None:
                made.append(nodes.rubric("", topic))
            made.append(table(("fault", *engines), rows, (4, *([2] * len(engines))), ("mu-matrix",)))
        return made


def _cell(findings: list[dict[str, Any]], engine: str) -> Cell:
    here = [finding for finding in findings if finding["engine"] == engine]
    if not here:
        return "·"
    wrong = [finding for finding in here if finding["ending"] != "killed"]
    if wrong:
        return [badge(wrong[0]["ending"])]
    steps = sorted({finding["steps"] for finding in here if finding["steps"]})
    said = f" in {steps[0]}" + (f" to {steps[-1]}" if len(steps) > 1 else "") if steps else ""
    return [badge("killed"), nodes.Text(said)]


class AbsentFaults(Musigma):
    """``.. absent-faults::``: the mechanisms that are not in the catalogue, and why."""

    def make(self) -> list[nodes.Node]:
        rows = [([nodes.literal("", a.name)], a.mechanism, seen_in(a.seen_in), a.why) for a in ABSENT]
        return [table(("mechanism", "what it is", "seen in", "why it is not here"), rows, (2, 4, 2, 4))]


class FaultTable(Musigma):
    """``.. fault-table::``: the catalogue in a line each, without any run."""

    def make(self) -> list[nodes.Node]:
        rows = [([self.ref("fault", each.name)], each.mechanism, seen_in(each.seen_in)) for each in CATALOGUE.values()]
        return [table(("fault", "mechanism", "seen in"), rows, (3, 6, 3))]
