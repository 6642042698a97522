import ast
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from refinement.rewriting import rewritten

Written = Callable[..., Any]


def _anywhere() -> None:
    """A function of this module, in whose place others are written."""


@pytest.fixture
def written() -> Callable[[str], Written]:
    """Makes a function from its text; its file is this one, and its first line is line 1."""

    def make(text: str) -> Written:
        tree = ast.parse(textwrap.dedent(text)).body[0]
        assert isinstance(tree, ast.FunctionDef)
        return rewritten(_anywhere, tree)

    return make
