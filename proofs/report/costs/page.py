"""Experiments as one HTML page, which needs no network and no other file."""

import re
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from machine.costs.quantity import Quantity
from proofs.experiments.result import Findings, Plot
from proofs.report.costs.plots import svg
from proofs.report.costs.terminal import said, text_of


def page(found: Sequence[Findings]) -> str:
    """The experiments as one document.

    :raises NoPlotsError: one has plots, and matplotlib is not installed.
    """
    pictures = {
        (n, m): _picture(plot, f"p{n}-{m}-") for n, each in enumerate(found) for m, plot in enumerate(each.plots)
    }
    environment = Environment(
        loader=PackageLoader("proofs.report.costs", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    template = environment.get_template("page.html.j2")
    return template.render(found=found, pictures=pictures, said=said, text_of=text_of, is_number=_is_number)


def _is_number(cell: object) -> bool:
    return isinstance(cell, Quantity)


def _picture(plot: Plot, prefix: str) -> Markup:
    """A plot to stand inside a page: without a prologue, with ids that no other picture has."""
    text = svg([plot])
    text = text[text.index("<svg") :]
    text = re.sub(r'(\bid=")', rf"\g<1>{prefix}", text)
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}", text)
    return Markup(text)
