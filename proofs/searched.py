"""What every breadth-first search says of itself, whatever it goes through: packed states, the model, or formulas."""

from dataclasses import dataclass
from typing import Protocol


class Searched(Protocol):
    """A search that has ended. It went through states in the order of their distance from the initial one.

    The engines return :class:`proofs.explorer.result.SearchResult` of packed states, and in
    :mod:`proofs.engines.search` ``shortest.Found`` of steps of the literal model, ``theory_search.Reached`` of the
    theory's formulas, and ``pairs.Pairs`` of pairs of runs.
    """

    @property
    def states(self) -> int:
        """How many states it met."""

    @property
    def complete(self) -> bool:
        """What was looked for was found, or no state is left that steps lead to."""


@dataclass(slots=True)
class SearchLog:
    """Searches of one scope after the other: each in words, and whether all went to their end."""

    words: tuple[str, ...] = ()
    complete: bool = True

    def add(self, where: object, searched: Searched) -> str:
        """Note a search; in words.

        >>> from proofs.explorer.result import SearchResult
        >>> log = SearchLog()
        >>> log.add("2 spaces", SearchResult(False, "interrupted", 90, 0, (90,), (), (), 0, 0.0))
        '2 spaces (90 states, cut short)'
        >>> log.complete
        False
        """
        said = f"{where} ({searched.states} states{'' if searched.complete else ', cut short'})"
        self.words += (said,)
        self.complete = self.complete and searched.complete
        return said
