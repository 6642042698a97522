"""What the pages together must have."""

from collections.abc import Sequence
from typing import Any

import pytest
from musigma_docs.base.domain import ENTRY, MusigmaDomain
from musigma_docs.pages import checks

from proofs.faults.catalogue.catalogue import CATALOGUE
from proofs.paper.claims import CLAIMS
from proofs.registry import registry
from tests.docs.site import Site


class Places(MusigmaDomain):
    """A domain in which everything is mentioned and described, but for what is left out."""

    def __init__(self, left_out: Sequence[str] = ()) -> None:  # no build has it, so that there is no environment
        self.left_out = left_out

    def mentions(self, kind: str, name: str) -> list[str]:
        return [] if name in self.left_out else ["index"]

    def place(self, kind: str, name: str) -> Any:
        return None if name in self.left_out else type("Place", (), {"rank": ENTRY})()


def test_nothing_lacks_where_everything_is_mentioned() -> None:
    assert list(checks.lacks(Places())) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("map__preserves__forest", "no page mentions the obligation map__preserves__forest"),
        ("C7", "no page has an entry for the claim C7"),
        ("early-ascent", "no page mentions the fault early-ascent"),
    ],
)
def test_what_no_page_says_is_named(name: str, said: str) -> None:
    assert list(checks.lacks(Places((name,)))) == [said]


def test_a_claim_without_obligation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    without = {name: o for name, o in registry().items() if o.claim != "C7"}
    monkeypatch.setattr(checks, "known", lambda: without)
    assert "the claim C7 has no obligation" in list(checks.lacks(Places()))


def test_a_clause_without_anything_must_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "has_anything", lambda name: False)
    assert "nothing stands for the clause A.map: say why in proofs/paper/clauses.py" in list(checks.lacks(Places()))
    monkeypatch.setattr(checks, "has_anything", lambda name: True)
    assert any("delete why_not" in lack for lack in checks.lacks(Places()))


@pytest.mark.long
def test_the_build_says_what_lacks(site: Site) -> None:
    site.build(".. claim:: C3\n", builder="dummy", suppress="")
    said = site.warnings
    assert said.count("no page has an entry for the claim") == len(CLAIMS) - 1
    assert "no page mentions the obligation map__preserves__forest" in said
    assert said.count("no page mentions the fault") == len(CATALOGUE)


@pytest.mark.long
def test_an_index_is_no_mention(site: Site) -> None:
    site.build(".. obligation-index::\n\n.. clause-index::\n", builder="dummy", suppress="")
    assert "no page mentions the obligation map__preserves__forest" in site.warnings
