"""Helpers that the tests of mutation share."""

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proofs.mutation.operators.mutants import ModuleSource, read_text

Text = Callable[..., ModuleSource]


@pytest.fixture(scope="session")
def source_of() -> Text:
    """The mutants of a text, read as a module with these names in it."""

    def make(text: str, **namespace: Any) -> ModuleSource:
        return read_text("toy", textwrap.dedent(text), namespace, Path("toy.py"), "toy.py")

    return make
