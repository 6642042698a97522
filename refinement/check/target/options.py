"""Options by which a target says how its interface differs from what is usual."""

from collections.abc import Callable
from enum import IntFlag
from typing import Any

from refinement.check.target.range_calls import MOST_CORES
from refinement.check.target.target import TargetError


class Option(IntFlag):
    """What a target may say of itself; a class and a JSON-lines command by the name."""

    NONE = 0
    SIGMA0_IS_SOURCE = 1
    FRAMES_GO = 2

    def names(self) -> list[str]:
        """The names by which classes and commands state these options."""
        return [str(option.name).lower() for option in Option if option and option in self]


def options_of_library(library: Any, path: str) -> Option:
    """Return the options that a library states of itself.

    :raises TargetError: it has an option that is not known.
    """
    if not hasattr(library, "musigma_options"):
        return Option.NONE
    said = int(library.musigma_options()) & 0xFFFF_FFFF
    known = sum(Option)
    if said & ~known:
        raise TargetError(f"{path}: musigma_options() returns {said:#x}, of which {said & ~known:#x} is not known")
    return Option(said)


def cores_of_library(library: Any, path: str) -> int:
    """Return how many cores have a buffer of their own that can be looked into; 0 if the library does not tell.

    :raises TargetError: so many cannot be, or there is nothing to look into.
    """
    if not hasattr(library, "musigma_cores"):
        return 0
    if not hasattr(library, "musigma_lookup_tlb2"):
        raise TargetError(f"{path}: it exports musigma_cores, but not musigma_lookup_tlb2; see musigma2.h")
    said = int(library.musigma_cores()) & 0xFFFF_FFFF
    if not 1 <= said <= MOST_CORES:
        raise TargetError(f"{path}: musigma_cores() returns {said}; return 1 to {MOST_CORES}")
    return said


def options_named(has: Callable[[str], bool]) -> Option:
    """The options of which a class or a command says that it has them."""
    found = Option.NONE
    for option in Option:
        if option and has(str(option.name).lower()):
            found |= option
    return found
