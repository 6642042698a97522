"""A small site whose evidence is made up."""

from pathlib import Path

import pytest

from tests.docs.site import Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site with evidence of everything, in which all is well."""
    monkeypatch.delenv("MUSIGMA_EVIDENCE_STALE", raising=False)
    made = Site(tmp_path)
    made.keep_all()
    return made
