"""Changes of code under proof, or of what a proof says."""

from dataclasses import dataclass

from proofs.obligations.source import Code


@dataclass(frozen=True, slots=True)
class WrongCode:
    """Code that is wrong in one way, or something that is proved of it.

    :param mechanism: the row of the catalogue.
    :param subjects: how the ids of the obligations begin that can notice it.
    """

    name: str
    sentence: str
    mechanism: str
    subjects: tuple[str, ...]
    code: Code
