"""The systems of section 3 and the wrong variants of each, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from model.servers.description import Subsystem
from model.servers.systems.key_server import IdsReused, KeyServer, ToAnybody, TwiceSold

VARIANTS: Mapping[type[Subsystem], tuple[type[Subsystem], ...]] = MappingProxyType(
    {
        KeyServer: (TwiceSold, ToAnybody, IdsReused),
    }
)
"""Of each system its wrong variants."""

SYSTEMS: Mapping[str, type[Subsystem]] = MappingProxyType(
    {kind.__name__: kind for system, wrong in VARIANTS.items() for kind in (system, *wrong)}
)
"""All of them by name."""
