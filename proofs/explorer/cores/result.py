"""What exploring a protocol of many cores found: counts, verdict, and violations with their traces."""

from dataclasses import dataclass
from typing import ClassVar

from model.cores.scope import CoreScope
from model.cores.trace import CoreTrace
from proofs.explorer.result import SearchEnd


@dataclass(frozen=True, slots=True)
class CoreViolation:
    """An invariant that does not hold, with a shortest trace; the state after its last step shows it."""

    property: str
    clause: str
    sentence: str
    trace: CoreTrace


@dataclass(frozen=True, slots=True)
class CoreExploration:
    """What exploring a protocol on a machine found; as :class:`proofs.explorer.explore.Exploration`."""

    scope: CoreScope
    protocol: str
    engine: str
    verdict: SearchEnd
    complete: bool
    reason: str
    states: int
    transitions: int
    layers: tuple[int, ...]
    violations: tuple[CoreViolation, ...]
    properties: tuple[str, ...]
    bytes_per_state: float
    seconds: float
    dialect: ClassVar[str] = "canonical"
    rights: ClassVar[str] = "none"
    symmetry: ClassVar[str] = "none"
    faults: ClassVar[tuple[str, ...]] = ()

    @property
    def depth(self) -> int:
        """The distance of the farthest state from the first."""
        return max(0, len(self.layers) - 1)

    @property
    def rate(self) -> float:
        """States a second."""
        return self.states / self.seconds if self.seconds else 0.0
