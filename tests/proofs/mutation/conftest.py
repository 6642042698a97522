"""Helpers that the tests of mutation share."""

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proofs.mutation.operators.mutants import Source, read_text

Text = Callable[..., Source]


@pytest.fixture(scope="session")
def source_of() -> Text:
    """The mutants of a text, read as a module with these names in it."""

    def make(text: str, **namespace: Any) -> Source:
        return read_text("toy", textwrap.dedent(text), namespace, Path("toy.py"), "toy.py")

    return make
