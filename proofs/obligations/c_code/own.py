"""A user's own invariant of a loop: a function in a Python file that a binding names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from proofs.execution.contract import Named
from proofs.execution.path import ExecutionError
from proofs.obligations.tree.tree import TreeState
from refinement.source_file import module_from

Own = Callable[[TreeState, TreeState, Callable[[str], Any]], Named]
"""Of the tree where the function began, the tree now, and the variables by their names in C: formulas by name."""


def own_invariant(binding: str, said: str) -> Own:
    """The function that ``file.py:name`` means, looked for beside the binding file.

    :raises ExecutionError: there is none, or the file cannot be executed.
    """
    name, _, function = said.rpartition(":")
    path = Path(binding).parent / name
    try:
        found: Own = getattr(module_from(path, f"own_invariants_{path.stem}"), function)
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) else str(error) or type(error).__name__
        raise ExecutionError(f"{binding}: the invariant {said}: {reason}") from None
    return found
