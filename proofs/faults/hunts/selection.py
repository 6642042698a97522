"""The choice of faults to hunt: by pattern, and a few that are quick."""

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from proofs.faults.catalogue.catalogue import CATALOGUE
from proofs.faults.catalogue.mechanism import Mechanism
from proofs.faults.hunts import exploration
from proofs.faults.record import HuntResult
from proofs.faults.theory import RANGE_FAULTS, THEORY_FAULTS

QUICK = (
    *("ancestor-slot", "grant-forgets-children", "rights-not-intersected", "remote-core-forgotten", "tag-reused"),
    "map-races-flush",
)
"""Faults that between them take every engine and every layer."""

LAYERS = ("theory", "kernel", "reference", "code", "sized", "interleaved")
"""The fields of a mechanism that name changes."""


def matching(pattern: str, mechanisms: Sequence[Mechanism]) -> list[Mechanism]:
    """The mechanisms that a pattern chooses; one that names a change chooses its mechanism with that change alone.
    An empty pattern chooses none.

    >>> [each.name for each in matching("depth", tuple(CATALOGUE.values()))]
    ['depth-wrap']
    >>> matching("DEPTH_WRAP_8", tuple(CATALOGUE.values()))[0].reference
    ('DEPTH_WRAP_8',)
    """
    if not pattern:
        return []
    named = [each for each in mechanisms if pattern == each.name]
    if named:
        return named
    for each in mechanisms:
        for layer in LAYERS:
            if pattern in getattr(each, layer):
                alone: dict[str, Any] = {**dict.fromkeys(LAYERS, ()), layer: (pattern,)}
                return [replace(each, **alone)]
    return [each for each in mechanisms if fnmatchcase(each.name, pattern) or pattern in each.name]


def quick_ones() -> list[Mechanism]:
    """A few mechanisms, each with one change a layer."""
    chosen = (CATALOGUE[name] for name in QUICK)
    return [
        replace(each, theory=each.theory[:1], kernel=each.kernel[:1], reference=each.reference[:1], code=each.code[:1])
        for each in chosen
    ]


def traceable() -> list[str]:
    """The names that :func:`shown_by` knows: mechanisms with an action or a kernel that is wrong, and those changes;
    and of those that only the C reference has, or the C example with page sizes.
    """
    found = []
    for each in CATALOGUE.values():
        executed = [name for name in each.theory if name in THEORY_FAULTS or name in RANGE_FAULTS]
        changes = [*executed, *each.kernel, *each.reference, *each.sized]
        found += [each.name, *(name for name in changes if name != each.name)] if changes else []
    return list(dict.fromkeys(found))


def shown_by(name: str) -> HuntResult | None:
    """What an engine found a fault with, and a trace by which it shows: a shortest one of a scope from the theory, else
    one from the kernel, else one from the check of the C reference or example.

    :param name: a mechanism, or a change of the theory, the kernel, the reference or the example with page sizes.
    :returns: none if the fault leaves no trace: it only refuses, or is one of what is assumed of a state; or if there
        is no C compiler.
    :raises KeyError: there is no fault of that name.
    """
    from proofs.faults.hunts import ranges, reference, sized
    from proofs.faults.hunts.matrix import find_in_kernel

    chosen = [each for each in matching(name, tuple(CATALOGUE.values())) if name == each.name or _has(each, name)]
    if not chosen:
        raise KeyError(name)
    for changes, find in (
        ([change for change in chosen[0].theory if change in THEORY_FAULTS], exploration.find),
        ([change for change in chosen[0].theory if change in RANGE_FAULTS], ranges.find),
        (chosen[0].kernel, find_in_kernel),
        (chosen[0].reference, reference.find),
        (chosen[0].sized, sized.find),
    ):
        for change in changes:
            found = find(change)
            if found.trace is not None:
                return found
    return None


def _has(mechanism: Mechanism, change: str) -> bool:
    return change in mechanism.changed
