"""The named dialects of ranges: whatever they read otherwise than the canonical one is shown by a source."""

import re

import pytest

from model.ranges.readings import CANONICAL_RANGES, RANGE_CHOICES, RANGE_DIALECTS
from model.ranges.sources import SOURCES


def test_every_kernel_has_sources() -> None:
    assert set(RANGE_DIALECTS) - set(SOURCES) == {"canonical", "appendix-a"}


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_read_otherwise_is_cited(name: str) -> None:
    readings, canonical = RANGE_DIALECTS[name].readings, CANONICAL_RANGES.readings
    otherwise = {choice for choice in RANGE_CHOICES if getattr(readings, choice) != getattr(canonical, choice)}
    assert otherwise <= set(SOURCES[name]) <= set(RANGE_CHOICES)


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_a_file_at_one_commit(name: str) -> None:
    for cited in SOURCES[name].values():
        assert re.fullmatch(r"https://github\.com/[\w-]+/\w+/blob/[0-9a-f]{40}/[\w/.]+\.(cc|cpp|h)", cited.where)
