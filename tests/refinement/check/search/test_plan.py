"""What is said of the parts of a search that found nothing."""

from model.spaces.dialect import CANONICAL
from refinement.check.driver.sequences import Sequences
from refinement.check.search.plan import guarantee, scopes
from tests.refinement.check.search.test_search import done


def test_no_two_parts_are_said_in_the_same_words() -> None:
    works = [make(1.0) for _, make, _ in scopes(CANONICAL.readings)]
    said = [guarantee(work, [done(work)], True) for work in works]
    assert len(set(said)) == len(said)
    some = [each for each in said if "operations over 2 spaces × 1 page × 1 frame, rights" in each]
    assert [each.rpartition(", ")[2] for each in some] == [
        "rights rwx or -w-",
        "rights rwx or --x",
        "rights rwx or r--",
    ]


def test_of_one_there_is_no_plural() -> None:
    one = next(work for work in (make(1.0) for _, make, _ in scopes(CANONICAL.readings)) if isinstance(work, Sequences))
    assert "sequences of 1 operation over" in guarantee(one, [done(one)], True)
