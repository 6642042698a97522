"""Helpers that the tests of mutation share."""

import gc
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from proofs.mutation.operators.mutants import ModuleSource, read_text

Text = Callable[..., ModuleSource]


@pytest.fixture(autouse=True)
def _frozen_again() -> Iterator[None]:
    """Freeze what is there, as after collection: mutation thaws it, to look through all objects of the process.

    To ask after each test whether anything is frozen takes longer than the test.
    """
    yield
    gc.freeze()


@pytest.fixture(scope="session")
def source_of() -> Text:
    """The mutants of a text, read as a module with these names in it."""

    def make(text: str, **namespace: Any) -> ModuleSource:
        return read_text("toy", textwrap.dedent(text), namespace, Path("toy.py"), "toy.py")

    return make
