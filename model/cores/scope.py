"""A scope with many cores, and its first state: every core executes in σ0, and the first spaces have the tags."""

from dataclasses import dataclass
from math import prod

import numpy as np

from model.cores.vocabulary import Cores, Generations
from model.running.evaluate import Structure
from model.scope import ArgumentError, Scope
from model.signature import symbols_of


@dataclass(frozen=True, slots=True)
class CoreScope(Scope):
    """Spaces, pages and frames, and so many cores, tags and generations.

    Frames are any that there are, and no space holds them at first: so there may be more than pages.

    >>> print(CoreScope(2, 1, 1))
    2 spaces × 1 page × 1 frame × 2 cores × 2 tags

    :raises ArgumentError: a number is too small.
    """

    cores: int = 2
    tags: int = 2
    generations: int = 1

    def __post_init__(self) -> None:
        """Refuse a scope in which something is missing."""
        for what in ("spaces", "pages", "frames", "cores", "tags", "generations"):
            if getattr(self, what) < 1:
                raise ArgumentError(f"a scope needs at least one of its {what}, not {getattr(self, what)}")

    @property
    def sizes(self) -> dict[str, int]:
        """How many elements each sort has."""
        return {
            "Core": self.cores,
            "Space": self.spaces,
            "Page": self.pages,
            "Frame": self.frames,
            "Tag": self.tags,
            "Gen": self.generations,
        }

    def __str__(self) -> str:
        """``2 spaces × 1 page × 1 frame × 2 cores × 2 tags``."""
        more = [(self.cores, "core"), (self.tags, "tag")]
        if self.generations > 1:
            more.append((self.generations, "generation"))
        return " × ".join([Scope.__str__(self), *(f"{n} {what if n == 1 else what + 's'}" for n, what in more)])


CORE_SCOPES = (
    CoreScope(2, 1, 1, cores=2, tags=2, generations=2),
    CoreScope(1, 1, 2, cores=2, tags=1, generations=2),
    CoreScope(1, 2, 1, cores=2, tags=1, generations=3),
)
"""Small machines in which every protocol, right or wrong, shows what it can do: with more spaces, frames or pages."""


def start(scope: Scope) -> Structure:
    """The first state: nothing is mapped or remembered, every core executes in σ0, the space k has the tag k if any.

    :raises TypeError: the scope has no cores.
    """
    if not isinstance(scope, CoreScope):
        raise TypeError(f"{scope} says of no cores: write a CoreScope")
    sizes = scope.sizes
    tables = {}
    for name, symbol in {**symbols_of(Cores), **symbols_of(Generations)}.items():
        shape = tuple(sizes[sort.name()] for sort in symbol.sorts)
        tables[name] = np.zeros((1, *shape), bool if symbol.is_relation else np.int64)
        assert prod(shape) > 0
    for space in range(min(scope.spaces, scope.tags)):
        tables["tagged"][0, space, space] = True
    tables["clean"][0, scope.spaces :, :] = True
    tables["runs"][0, :, 0] = True
    tables["under"][0, :, 0] = True
    tables["may"][0, 0, :] = True
    tables["later"][0] = np.tril(np.ones((scope.generations, scope.generations), bool), -1)
    return Structure(1, sizes, tables)
