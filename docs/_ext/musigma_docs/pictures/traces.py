"""The directive for traces: the picture of a counterexample, in words as well, with its page to step through."""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from model.messages.trace import MessageTrace, is_message_trace
from model.ranges.trace import RangeTrace, is_range_trace
from model.trace import Trace
from musigma_docs.base.build import Musigma, RefusedError
from musigma_docs.base.domain import domain_of
from musigma_docs.base.names import ids
from musigma_docs.pictures.upright import upright
from proofs.counterexamples.by_name import names

AnyTrace: TypeAlias = Trace | MessageTrace | RangeTrace


class step_through(nodes.Inline, nodes.TextElement):  # noqa: N801 - docutils spells nodes like this
    """A link to a page that stands alone; on paper nothing."""


class TraceDirective(Musigma):
    """``.. trace:: NAME``: the picture of ``musigma counterexample NAME``; of two runs the one that ``:run:`` says.

    What the text says of the trace is checked against it: ``:steps:`` how many there are, ``:operations:`` which ones,
    with semicolons between, and ``:says:`` what is said of a step, a line each, as ``3: σ2[0] may execute``.
    """

    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {
        "caption": directives.unchanged,
        "dialect": directives.unchanged,
        "steps": directives.nonnegative_int,
        "operations": directives.unchanged_required,
        "says": directives.unchanged_required,
        "run": directives.positive_int,
    }

    def make(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in names():
            raise RefusedError(f"there is no counterexample {name!r}: see musigma counterexample --list")
        dialect = self.options.get("dialect", "canonical")
        which = self.options.get("run", 1)
        found = self.evidence.counterexample(name, dialect, which)
        value = json.loads(found["json"])
        trace = trace_of(value)
        steps = len(trace.operations)
        if self.options.get("steps", steps) != steps:
            raise RefusedError(f"the page expects a trace of {self.options['steps']} steps, but {name} has {steps}")
        self._check(name, trace, found["output"])
        stem = re.sub(r"[^\w-]+", "_", name if dialect == "canonical" else f"{name}-{dialect}")
        stem += f"-{which}" if which != 1 else ""
        self._mention(name)
        caption = (
            self.parse_inline(self.options["caption"])[0] if "caption" in self.options else [nodes.Text(trace.shows)]
        )
        return [figure(self, stem, found["svg"], found["html"], caption)]

    def _check(self, name: str, trace: AnyTrace, output: str) -> None:
        """Compare the operations, and what is said of a step, with what the page expects."""
        operations = "; ".join(texts_of(trace))
        expected = " ".join(self.options.get("operations", operations).split())
        if expected != operations:
            raise RefusedError(f"the page expects the trace of {name} to be «{expected}», but it is «{operations}»")
        told = said_of_steps(output)
        for line in self.options.get("says", "").splitlines():
            step, _, words = (part.strip() for part in line.partition(":"))
            if words not in told.get(step, ""):
                known = told.get(step, "nothing")
                raise RefusedError(f"the page expects of step {step} of {name}: «{words}»; said is: «{known}»")

    def _mention(self, name: str) -> None:
        for kind in ("claim", "obligation", "fault", "condition"):
            if name in ids(kind):
                self.domain.mention(kind, name, self.document)


def figure(of: Musigma, stem: str, drawing: str, page: str, said: Sequence[nodes.Node]) -> nodes.figure:
    """A picture in a file of that name, in words as well, and beneath it a link to the page to step through."""
    folder = of.evidence.folder / "traces"
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, text in (("svg", drawing), ("html", page)):
        (folder / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
    of.domain.data["pages"].setdefault(of.document, []).append(str(folder / f"{stem}.html"))
    uri = from_here(folder / f"{stem}.svg", Path(of.env.doc2path(of.document)))
    picture = nodes.image(uri=uri, alt=words(drawing), classes=["mu-picture"])
    narrow = upright(drawing)
    if narrow:
        (folder / f"{stem}-upright.svg").write_text(narrow, encoding="utf-8")
        of.domain.data["pages"][of.document].append(str(folder / f"{stem}-upright.svg"))
        picture["upright"] = f"_traces/{stem}-upright.svg"
    made = nodes.figure("", picture, classes=["mu-trace"])
    caption = nodes.caption("", "")
    caption += said
    caption += nodes.Text(" ")
    caption += step_through("", "step through it", file=f"_traces/{stem}.html")
    made += caption
    return made


def trace_of(value: Any) -> AnyTrace:
    """The trace that JSON values describe."""
    if is_range_trace(value):
        return RangeTrace.from_json(value)
    return MessageTrace.from_json(value) if is_message_trace(value) else Trace.from_json(value)


def texts_of(trace: AnyTrace) -> list[str]:
    """A trace's operations in words."""
    if isinstance(trace, MessageTrace):
        return [operation.text(trace.scope) for operation in trace.operations]
    if isinstance(trace, RangeTrace):
        return [operation.text(trace.scope) for operation in trace.operations]
    return [operation.text(trace.scope) for operation in trace.operations]


def said_of_steps(output: str) -> dict[str, str]:
    """What a counterexample's output says of each step, by the step's number.

    >>> said_of_steps("3. flush σ0[0]  φ\\n3: ! σ2[0] may\\nexecute\\n3: ! and more\\n4: ! violated\\n\\nNo trace")
    {'3': 'σ2[0] may execute and more', '4': 'violated'}
    """
    told: dict[str, str] = {}
    step = ""
    for line in output.splitlines():
        found = re.match(r"(\d+): (?:! )?(.*)", line)
        if found:
            step = found[1]
        elif not line.strip() or re.match(r"\d+\. ", line):
            step = ""
        if step:
            told[step] = f"{told.get(step, '')} {found[2] if found else line.strip()}".strip()
    return told


def words(svg: str) -> str:
    """What a picture shows, in its own words."""
    root = ElementTree.fromstring(svg.encode())
    spoken = [root.findtext(f"{{http://www.w3.org/2000/svg}}{tag}") or "" for tag in ("title", "desc")]
    return " ".join(" ".join(text.split()) for text in spoken if text)


def from_here(path: Path, page: Path) -> str:
    """A file's address, relative to a page's."""
    return Path(os.path.relpath(path, page.parent)).as_posix()


def copy_pages(app: Sphinx, error: Exception | None) -> None:
    """Put the pages to step through and to walk in beside the site."""
    if error is not None or app.builder.format != "html":
        return
    for files in domain_of(app.env).data["pages"].values():
        for file in map(Path, files):
            target = app.outdir / f"_{file.parent.name}"
            target.mkdir(exist_ok=True)
            (target / file.name).write_text(file.read_text("utf-8"), encoding="utf-8")


def visit_step_html(self: Any, node: step_through) -> None:
    """The link, relative to the page."""
    here = self.builder.get_target_uri(self.builder.current_docname)
    uri = relative_uri(here, node["file"])
    self.body.append(f'<a class="mu-step" href="{uri}">')


def depart_step_html(self: Any, node: step_through) -> None:
    """Its end."""
    self.body.append("</a>")


def skip(self: Any, node: nodes.Element) -> None:
    """Where there are no links there is nothing to say."""
    raise nodes.SkipNode
