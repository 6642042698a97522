"""Show results: as text, wherever they are printed, and as HTML in a notebook."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from html import escape
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from model.trace import Trace
    from proofs.report.storyboard import Storyboard

WIDTH = 100
_COLOURS = {
    "#15803d": ("proved", "witnessed", "exhausted", "conforms", "agrees"),
    "#b91c1c": ("refuted", "violated", "diverges", "crashed", "hung", "disagreement", "error", "vacuous"),
    "#6b7280": ("not claimed",),
}


class Printed(ABC):
    """A result that prints as the command of its name does; true only if all that was asked for is shown."""

    @property
    @abstractmethod
    def passed(self) -> bool:
        """Tell whether all that was asked for is shown; unknown is not."""

    @abstractmethod
    def _summary(self) -> str:
        """The result in one line."""

    @abstractmethod
    def _print(self, console: "Console") -> None:
        """Print it in full."""

    @abstractmethod
    def _repr_html_(self) -> str:
        """The result for a notebook."""

    def __bool__(self) -> bool:
        """Tell whether all that was asked for is shown, so that ``assert`` says what it seems to say."""
        return self.passed

    def __repr__(self) -> str:
        """The result in one line."""
        return f"<{type(self).__name__}: {self._summary()}>"

    def __str__(self) -> str:
        """The result in full."""
        from rich.console import Console

        text = StringIO()
        self._print(Console(file=text, width=WIDTH, color_system=None, force_terminal=False, legacy_windows=False))
        return "\n".join(line.rstrip() for line in text.getvalue().strip("\n").splitlines())


def html_table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; words that are verdicts are coloured."""
    cells = "".join(f"<th style='text-align:left'>{escape(each)}</th>" for each in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><caption>{escape(title)}</caption><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    colour = next((c for c, words in _COLOURS.items() if text.startswith(words)), "")
    style = f";color:{colour}" if colour else ""
    return f"<td style='text-align:left{style}'>{escape(text)}</td>"


def html_text(text: str) -> str:
    """Lines as they are."""
    return f"<pre>{escape(text)}</pre>"


def html_steps(board: "Storyboard") -> str:
    """A trace to step through, in a frame of its own, so that its style and keys stay inside."""
    from proofs.report.storyboard import page

    return framed(page(board), "a trace to step through")


def framed(page: str, title: str) -> str:
    """A page in a frame of its own."""
    return (
        f'<iframe title="{escape(title)}" srcdoc="{escape(page)}" sandbox="allow-scripts"'
        ' style="width:100%;height:38em;border:1px solid #d1d5db"></iframe>'
    )


def html_trace(trace: "Trace") -> str:
    """A trace to step through, or why it is not drawn."""
    from proofs.report.storyboard import TooLargeError, storyboard

    try:
        return html_steps(storyboard(trace))
    except TooLargeError as error:
        return html_text(str(error))
