"""The results of mutants: plain records."""

from dataclasses import dataclass
from enum import Enum


class MutantEnding(Enum):
    """The ways a mutant ends."""

    PROOF = "proof"  # an obligation has a counterexample
    REFUSED = "refused"  # the code cannot be executed on terms
    TEST = "test"
    TIMEOUT = "timeout"  # a test took many times as long as it does
    EQUIVALENT = "equivalent"  # it does the same, for a reason that was given
    SURVIVED = "survived"
    ERROR = "error"  # the runner failed, and nothing is known
    UNDECIDED = "undecided"  # the run was interrupted before

    @property
    def killed(self) -> bool:
        """Whether something noticed it."""
        return self in (MutantEnding.PROOF, MutantEnding.REFUSED, MutantEnding.TEST, MutantEnding.TIMEOUT)


@dataclass(frozen=True, slots=True)
class Noticed:
    """The test or proof that noticed a mutant, in one line."""

    ending: MutantEnding
    said: str


@dataclass(frozen=True, slots=True)
class Fate:
    """The end of a mutant.

    :param by: the obligation or test that noticed it.
    :param said: what it said; of an equivalent mutant, why it is one.
    """

    mutant: str
    ending: MutantEnding
    by: str = ""
    said: str = ""
    seconds: float = 0.0
