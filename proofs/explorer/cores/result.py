"""What exploring a protocol of many cores found: counts, verdict, and violations with their traces."""

from dataclasses import dataclass
from typing import ClassVar

from model.cores.scope import CoreScope
from model.cores.trace import CoreTrace
from proofs.explorer.result import Explored


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreExploration(Explored[CoreTrace]):
    """What exploring a protocol on a machine found."""

    scope: CoreScope
    protocol: str
    engine: str
    dialect: ClassVar[str] = "canonical"
    rights: ClassVar[str] = "none"
    symmetry: ClassVar[str] = "none"
    faults: ClassVar[tuple[str, ...]] = ()
