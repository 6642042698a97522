"""The result of exploring a protocol of many cores: counts, verdict, and violations with their traces."""

from dataclasses import dataclass
from typing import ClassVar

from model.cores.scope import CoreScope
from model.cores.trace import CoreTrace
from proofs.explorer.result import Explored


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreExploration(Explored[CoreTrace]):
    """The result of exploring a protocol on a machine."""

    scope: CoreScope
    protocol: str
    engine: str
    dialect: ClassVar[str] = "canonical"
    rights: ClassVar[str] = "none"
    symmetry: ClassVar[str] = "none"
    faults: ClassVar[tuple[str, ...]] = ()
