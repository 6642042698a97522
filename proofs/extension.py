"""The theory that obligations speak of: its actions, its invariants, its registry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from model.dialect import Dialect
from model.invariants import INVARIANTS, Invariant
from model.theory import ACTIONS, Action
from proofs.obligation import Provable
from proofs.obligations import registry


class ExtensionError(ValueError):
    """A file that extends the theory has a mistake; the message says in one line where and what."""


@dataclass(frozen=True, slots=True)
class Theory:
    """Actions, invariants and obligations, by name. ``source`` is the file that extends the theory, empty for none."""

    source: str
    actions: Mapping[str, Callable[[Dialect], Action]]
    invariants: Mapping[str, Invariant]
    registry: Mapping[str, Provable]


@cache
def theory_of(source: str = "") -> Theory:
    """The theory, extended by a file if one is named."""
    return Theory("", ACTIONS, INVARIANTS, registry())
