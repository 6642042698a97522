"""All experiments, by their ids and by their other names."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from proofs.experiments import (
    calls,
    control_transfer,
    crossing,
    data,
    kernel_operations,
    memory_stalls,
    segments,
    small_spaces,
    switching,
    two_processors,
)
from proofs.experiments.result import Experiment

EXPERIMENTS: Final[Mapping[str, Experiment]] = MappingProxyType(
    {
        each.id: each
        for each in (
            crossing.EXPERIMENT,
            switching.EXPERIMENT,
            segments.EXPERIMENT,
            calls.EXPERIMENT,
            small_spaces.EXPERIMENT,
            memory_stalls.EXPERIMENT,
            two_processors.EXPERIMENT,
            control_transfer.EXPERIMENT,
            kernel_operations.EXPERIMENT,
            data.EXPERIMENT,
        )
    }
)
"""By id, in the order of the paper's clauses."""

NAMES: Final[Mapping[str, Experiment]] = MappingProxyType(
    {name.lower(): each for each in EXPERIMENTS.values() for name in (each.id, *each.aliases)}
)
"""By id or another name, in small letters."""
