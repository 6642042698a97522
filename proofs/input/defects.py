"""The defects that the examples in C can be compiled with, by their names; found without what hunts them."""

import re
from functools import cache
from pathlib import Path

from model.near_names import near_names
from proofs.input.examples import EXAMPLES

SIZED_PREFIX = "sized:"
"""How the names of those of the example with page sizes begin."""


@cache
def defects_in(source: Path) -> tuple[str, ...]:
    """The defects that a source can be compiled with, by ``MUSIGMA_FAULT``; none where it is not at hand."""
    if not source.exists():
        return ()
    listed = re.search(r"enum fault \{\n(.*?)\n\};", source.read_text("utf-8"), re.DOTALL)
    found = re.findall(r"^ +([A-Z0-9_]+),", listed[1], re.MULTILINE) if listed else []
    return tuple(name for name in found if name != "NO_FAULT")


def sized_defects() -> tuple[str, ...]:
    """Those of the example with page sizes."""
    return tuple(SIZED_PREFIX + name for name in defects_in(EXAMPLES / "sized.c"))


def why_no_defect(name: str) -> str:
    """What is wrong with a name that says it is one of the example with page sizes; empty of any other."""
    known = sized_defects()
    if not name.startswith(SIZED_PREFIX) or not known or name in known:
        return ""
    return f"nothing is called {name!r}{near_names(name, known)}"
