"""The table of the conditions outside the decidable fragment: it counts what the run says, and each has its reason."""

import json

import pytest
from musigma_docs.base.build import RefusedError
from musigma_docs.statements.fragment import WHY, reason_of

from model.spaces.dialect import CANONICAL
from proofs.engines.terms.fragment import outside_of_fragment
from proofs.registry import known, registry
from tests.docs.site import Site

OF_PAGES = ("sized_flush_range__", "sized_map_range__", "sized_tables_", "sized_buffers_", "hardware__sized_")


def kept(site: Site, **outside: str) -> None:
    report = site.prove_report()
    for result in report["results"]:
        result["outside_of_fragment"] = outside.get(result["obligation"], "")
    site.keep(site.PROVE, {"json": json.dumps(report)})


@pytest.mark.long
def test_what_lies_outside_is_counted_and_linked(site: Site) -> None:
    theorem, tags = "hardware__access__iff__sigma", "tags_of__finds__a_tag"
    kept(
        site,
        **{
            theorem: "for every Slot some Frame; the function holder",
            tags: "the function holder_of; the function tag_of",
        },
    )
    page = site.build(".. outside-fragment::\n", suppress="musigma").replace("<wbr>", "")
    assert f"The conditions of 2 of {len(known())} obligations lie outside the decidable fragment." in page
    assert "It says <em>some frame</em> of each slot" in page
    assert f'<span class="pre">{theorem}</span>' in page
    assert f'<span class="pre">{tags}</span>' in page


@pytest.mark.long
def test_many_of_one_reason_are_folded(site: Site) -> None:
    names = [name for name in known() if name.startswith("sv39__")][:5]
    kept(site, **dict.fromkeys(names, "the function words64"))
    page = site.build(".. outside-fragment::\n", suppress="musigma")
    assert "<summary>5 obligations</summary>" in page


@pytest.mark.long
def test_a_reason_without_words_fails_the_build(site: Site) -> None:
    kept(site, hardware__access__iff__sigma="the function colour_of")
    site.build(".. outside-fragment::\n", suppress="musigma")
    assert "ERROR: a condition is outside the decidable fragment for ['the function colour_of']" in site.warnings


def test_a_circle_needs_a_step_that_has_words() -> None:
    with pytest.raises(RefusedError):
        reason_of("the function holder")
    assert reason_of("the function holder; for every Slot some Frame") == WHY["for every Slot some Frame"]
    for numbered in ("the function index1", "the function index12", "the function frame after call 4"):
        assert reason_of(numbered) == WHY[numbered.rstrip("0123456789 ")]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in registry() if name.startswith(OF_PAGES)])
def test_what_is_known_of_pages_is_outside_for_a_reason_that_has_words(name: str) -> None:
    outside = {outside_of_fragment(each) for each in registry()[name].conditions(CANONICAL, frozenset())} - {""}
    assert all(reason_of(circle) for circle in outside)
