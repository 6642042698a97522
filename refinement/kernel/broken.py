"""The violations that a self check of a kernel's data finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that does not hold, by its name, and where and how it does not.

    >>> print(Broken("slot-node", "node_of[3] is 2, whose slot is -1"))
    slot-node: node_of[3] is 2, whose slot is -1
    """

    invariant: str
    text: str

    def __str__(self) -> str:
        """The name and the text in a line."""
        return f"{self.invariant}: {self.text}"
