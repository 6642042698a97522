"""Names in the columns of a table: they go on in the next line where a word ends, and not within one."""

import re

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_WORD = re.compile(r"[^_.\- ]*(?:[_.\- ]+|$)")


def folded(name: str, width: int) -> list[str]:
    """The lines of a name, which break after ``_``, ``-``, a dot or a blank; a longer word breaks anywhere.

    >>> folded("sv39__no_rights__make__no_entry", 18)
    ['sv39__no_rights__', 'make__no_entry']
    """
    lines = [""]
    for word in _WORD.findall(name):
        if lines[-1] and len(lines[-1]) + len(word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
    return [line.rstrip() for line in lines]


class Name:
    """A name as a cell."""

    def __init__(self, name: str) -> None:
        """Of the text as it is."""
        self.name = name

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines that fit."""
        yield Text("\n".join(folded(self.name, options.max_width)), overflow="fold")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """At least the longest word, at most the whole."""
        words = (len(word.rstrip()) for word in _WORD.findall(self.name))
        return Measurement(min(max(words, default=1), options.max_width), min(len(self.name), options.max_width))
