"""Whether what noticed a mutant is believed, or the right code is asked as well."""

import pytest

from proofs.mutation.record import Fate, MutantEnding
from proofs.mutation.runner.judging import is_doubtful


@pytest.mark.parametrize(
    ("ending", "took", "passing", "believed", "doubtful"),
    [
        (MutantEnding.TEST, 0.1, 0.1, True, False),
        (MutantEnding.TEST, 0.1, 0.1, False, True),  # it may need others that were not asked before it
        (MutantEnding.TEST, 1.9, 0.1, True, False),
        (MutantEnding.TEST, 2.1, 0.1, True, True),  # it may have waited for others
        (MutantEnding.TEST, 2.1, 2.2, True, False),  # it fails earlier than it passes, so it waited for nobody
        (MutantEnding.TEST, 2.3, 2.2, True, True),
        (MutantEnding.TIMEOUT, 0.1, 5.0, True, True),
        (MutantEnding.PROOF, 9.0, 0.1, False, False),
        (MutantEnding.SURVIVED, 9.0, 0.1, False, False),
    ],
)
def test_who_fails_late_or_for_the_first_time_is_doubted(
    ending: MutantEnding, took: float, passing: float, believed: bool, doubtful: bool
) -> None:
    assert is_doubtful(Fate("0" * 12, ending, "test"), took, passing, believed) == doubtful
