"""Dialects far from the named ones are found as well, which takes seconds."""

from functools import partial

import pytest

from model.spaces.dialect import DIALECTS, Source, dialect_named
from refinement.check.search.dialects import ALL_CHANGES, find_dialect
from refinement.check.target.target import Target
from tests.refinement.check.plain import Database, Here

TARGET = Target("library", "nowhere.so")


@pytest.mark.long
@pytest.mark.parametrize("other", ["passing=as_given", "own_page=included", "granted_entry=kept"])
def test_readings_far_from_canonical_are_tried(other: str) -> None:
    dialect = dialect_named(f"literal-lazy with {other}")
    report = find_dialect(TARGET, perform=Here(lambda: Database(dialect.readings)).perform, changes=ALL_CHANGES)
    assert report.fits
    assert report.dialect.readings == dialect.readings


@pytest.mark.long
def test_whether_what_nobody_can_access_is_passed_on() -> None:
    for source in Source:
        made = partial(Database, DIALECTS["literal-lazy"].readings._replace(source=source))
        found = find_dialect(TARGET, perform=Here(made).perform, changes=ALL_CHANGES)
        assert found.dialect.readings.source == source
