"""The directive for state graphs: a frame in which the reader walks, filled by a run of ``musigma explore``."""

import re
import shlex
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.osutil import relative_uri

from musigma_docs.base.build import Musigma, RefusedError
from musigma_docs.pictures.traces import step_through
from proofs.explorer.searches.shootdown import shootdown
from proofs.report.walk import Walkable, graph_of, walk_page
from proofs.report.walk.packed import SystemToWalk

MOST_BYTES = 300_000
"""A reader on a telephone loads it."""

_SHOOTDOWN = {"no-stale-translation": "Once the frame is given away, no core translates to it."}
_STEPS = ("at first", "entry cleared", "core 1 interrupted", "frame given away")
SYSTEMS: dict[str, Walkable[Any]] = {
    "shootdown": SystemToWalk(shootdown(), {"step": _STEPS}, _SHOOTDOWN),
    "shootdown that does not wait": SystemToWalk(shootdown(waits=False), {"step": _STEPS}, _SHOOTDOWN),
}


class walk_frame(nodes.General, nodes.Element):  # noqa: N801 - docutils spells nodes like this
    """A frame with a page in it; on paper nothing."""


class WalkDirective(Musigma):
    """``.. walk:: ARGUMENTS``: the page of ``musigma explore ARGUMENTS --html``; with ``:system:`` that of a system."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"caption": directives.unchanged_required, "system": directives.flag}

    def make(self) -> list[nodes.Node]:
        asked = self.arguments[0]
        if "system" in self.options:
            if asked not in SYSTEMS:
                raise RefusedError(f"there is no system {asked!r}: write one of {', '.join(SYSTEMS)}")
            page = walk_page(graph_of(SYSTEMS[asked]))
        else:
            page = self.evidence.run(("explore", *shlex.split(asked)), (0, 1), ("html",))["files"]["html"]
        size = len(page.encode())
        if size > MOST_BYTES:
            raise RefusedError(
                f"the page of {asked!r} has {size:,} bytes, more than {MOST_BYTES:,}: choose a smaller scope"
            )
        stem = re.sub(r"[^\w-]+", "_", asked).strip("_-")
        folder = self.evidence.folder / "walks"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{stem}.html"
        file.write_text(page, encoding="utf-8")
        self.domain.data["pages"].setdefault(self.document, []).append(str(file))
        figure = nodes.figure("", walk_frame(file=f"_walks/{file.name}", title=asked), classes=["mu-walk"])
        caption = nodes.caption("", "")
        caption += self.parse_inline(self.options.get("caption", asked))[0]
        caption += nodes.Text(" ")
        caption += step_through("", f"alone, {max(1, size // 1000)} kB", file=f"_walks/{file.name}")
        figure += caption
        return [figure]


def visit_frame_html(self: Any, node: walk_frame) -> None:
    """The frame, relative to the page."""
    here = self.builder.get_target_uri(self.builder.current_docname)
    uri = relative_uri(here, node["file"])
    title = self.attval(f"Walk: {node['title']}")
    self.body.append(f'<iframe src="{uri}" title="{title}" loading="lazy"></iframe>')
    raise nodes.SkipNode


def say_nowhere(self: Any, node: nodes.Element) -> None:
    """On paper nobody walks."""
    raise nodes.SkipNode
