"""Names in narrow tables keep their words whole."""

import io
import re

import pytest
from rich.console import Console
from rich.table import Table

from proofs.registry import registry
from proofs.report.writers.folding import Name, folded


@pytest.mark.parametrize("width", [24, 30, 40])
def test_every_id_breaks_between_words(width: int) -> None:
    for name in registry():
        lines = folded(name, width)
        assert "".join(lines) == name
        assert all(line.endswith("_") for line in lines[:-1])
        assert all(len(line) <= width or not re.search(r"_[^_]", line) for line in lines)


def test_a_column_gives_a_name_the_lines_that_it_needs() -> None:
    name = max(registry(), key=len)
    table = Table(box=None)
    table.add_column("obligation")
    table.add_column("verdict", no_wrap=True)
    table.add_row(Name(name), "proved")
    console = Console(width=40, file=io.StringIO())
    with console.capture() as capture:
        console.print(table)
    words = [word for word in name.split("_") if word]
    assert all(word in capture.get() for word in words)
    assert "proved" in capture.get()
    assert max(map(len, capture.get().splitlines())) <= 40
