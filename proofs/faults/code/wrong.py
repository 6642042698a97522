"""Changes of code under proof, or of what a proof says."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from proofs.obligations.source import Code


@dataclass(frozen=True)
class WrongCode:
    """Code that is wrong in one way, or something that is proved of it.

    :param mechanism: the row of the catalogue.
    :param subjects: how the ids of the obligations begin that can notice it.
    :param make: makes the code with it; most who ask for a fault's name do not want that.
    """

    name: str
    sentence: str
    mechanism: str
    subjects: tuple[str, ...]
    make: Callable[[], Code]

    @cached_property
    def code(self) -> Code:
        """The code with it."""
        return self.make()
