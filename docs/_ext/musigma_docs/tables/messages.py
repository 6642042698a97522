"""Directives about the readings of messages: a table of the dialects, and one of what is open."""

from collections.abc import Iterable, Sequence

from docutils import nodes

from model.messages.readings import CANONICAL_MESSAGES, CHOICES, MESSAGE_DIALECTS
from musigma_docs.base.build import Cell, Musigma, table
from proofs.counterexamples.messages import WRONG_READINGS


class MessageDialectTable(Musigma):
    """``.. message-dialect-table::``: all dialects of messages, a line each."""

    def make(self) -> list[nodes.Node]:
        rows = [([nodes.literal("", d.name)], d.sentence, d.hazard) for d in MESSAGE_DIALECTS.values()]
        return [table(("dialect", "what it is", "known hazard"), rows, (2, 6, 3))]


class MessageChoiceTable(Musigma):
    """``.. message-choice-table::``: what is open, the readings, who reads it so, and what falls with one alone."""

    def make(self) -> list[nodes.Node]:
        head = ("what is open", "reading", "what it says", "chosen by", "what falls")
        return [table(head, self._rows(), (3, 2, 4, 3, 4))]

    def _rows(self) -> Iterable[Sequence[Cell]]:
        for name, choice in CHOICES.items():
            for number, reading in enumerate(choice):
                read = reading.name.lower()
                chosen = [d.name for d in MESSAGE_DIALECTS.values() if getattr(d.readings, name) is reading]
                fallen = WRONG_READINGS.get(f"{name}={read}")
                falls: Cell = [nodes.literal("", fallen)] if fallen else ""
                if not fallen and reading is not getattr(CANONICAL_MESSAGES.readings, name):
                    falls = "nothing that is claimed"
                what = (choice.__doc__ or "") if number == 0 else ""
                yield what, [nodes.literal("", f"{name}={read}")], reading.prose, ", ".join(chosen), falls
