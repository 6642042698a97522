"""A state graph as a page: one HTML file that needs no network and no other file."""

import json
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from proofs.report.storyboard.drawing.style import DARK, LIGHT
from proofs.report.walk.graph import Graph, Label


def walk_page(graph: Graph, way: Sequence[Label] = ()) -> str:
    """The page, opened at the end of a way from the first state.

    :param way: the steps as they read in the states that are shown.
    :raises KeyError: there is no such way in the graph.
    """
    for _ in graph.walk(way):
        pass
    values = graph.values() | {"way": way}
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return _template().render(graph=graph, light=LIGHT, dark=DARK, data=Markup(text), predicates=graph.predicates)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("proofs.report.walk", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("walk.html.j2")
