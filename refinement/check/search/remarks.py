"""Remarks beside the parts of a search: each said once, and for each reason what was not searched."""

import re
from dataclasses import dataclass, field

NO_TIME = "left out, for there was no time"
TOO_LONG = "left out, for it would take longer than there is"
REFUSED = "left out, for init refused"
OVERDUE = "given up, for it was not done in time"


@dataclass(slots=True)
class Remarks:
    """Sentences, and the names of what was left out, by reason.

    >>> remarks = Remarks(["interrupted"])
    >>> for name in ("a chain of 255", "a chain of 65,535", "leaks", "leaks"):
    ...     remarks.leave_out(name, NO_TIME)
    >>> remarks.lines()
    ('interrupted', 'left out, for there was no time: a chain of 255 and 1 like it; leaks')
    """

    sentences: list[str] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def append(self, sentence: str) -> None:
        """Say this as well."""
        self.sentences.append(sentence)

    def leave_out(self, name: str, why: str) -> None:
        """Say once, with all that shares its reason, that something was not searched, or not to its end."""
        names = self.left_out.setdefault(why, [])
        if name not in names:
            names.append(name)

    def lines(self) -> tuple[str, ...]:
        """A line a sentence, and a line a reason."""
        return (*self.sentences, *(f"{why}: {'; '.join(_kinds(names))}" for why, names in self.left_out.items()))


def _kinds(names: list[str]) -> list[str]:
    """The first of those that differ in numbers alone, and how many more there are."""
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(re.sub(r"\d[\d,]*", "#", name), []).append(name)
    return [first + f" and {len(more)} like it" * bool(more) for first, *more in kinds.values()]
