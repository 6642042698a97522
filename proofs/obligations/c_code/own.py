"""A user's own invariant of a loop: a function in a Python file that a binding names."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from proofs.execution.contract import Named
from proofs.execution.path import ExecutionError
from proofs.obligations.tree.tree import TreeState

Own = Callable[[TreeState, TreeState, Callable[[str], Any]], Named]
"""Of the tree where the function began, the tree now, and the variables by their names in C: formulas by name."""


def own_invariant(binding: str, said: str) -> Own:
    """The function that ``file.py:name`` means, looked for beside the binding file.

    :raises ExecutionError: there is none, or the file cannot be executed.
    """
    name, _, function = said.rpartition(":")
    path = Path(binding).parent / name
    spec = importlib.util.spec_from_file_location(f"own_invariants_{path.stem}", path)
    try:
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found: Own = getattr(module, function)
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) else str(error) or type(error).__name__
        raise ExecutionError(f"{binding}: the invariant {said}: {reason}") from None
    return found
