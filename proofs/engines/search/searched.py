"""Searches of one scope after the other, of whatever kind, in the words of reports."""

from dataclasses import dataclass

from model.running.search import Searched


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
