"""Each directive and role, in a small site with evidence that is made up."""

import json
import re
from collections.abc import Sequence

import pytest

from model.ranges.sources import SOURCES
from model.spaces.dialect import DIALECTS
from proofs.registry import known
from tests.docs.site import Site

WELL = """
.. claim:: C3
   :expect: canonical proved

.. obligation:: map__preserves__forest
   :expect: proved

.. obligations:: kernel_flush__* C11

.. fault:: grant-forgets-children

.. fault-matrix::

.. verdict-table::

.. condition-table::

.. action:: grant

.. invariant:: irreflexive

.. invariants::

.. definition:: holds derives

.. dialect:: tree

.. clause:: A.map A.P

.. trace:: not-ancestor
   :caption: It goes wrong.

.. format:: Sv39

.. range-dialect-table::

.. solution::

   Look at :claim:`C3`.

.. storyboard:: map σ0[0] → σ1[0] r--; flush σ0[0]
   :name: both

.. walk:: shootdown
   :system:
   :caption: To walk in.

See :clause:`A.map`, :claim:`C3`, :obl:`map__preserves__forest`, :obl:`C11 by one <map__preserves__no_frame_lost>`,
:fault:`grant-forgets-children`, :dialect:`tree`.
"""


@pytest.mark.long
def test_a_page_with_everything_builds_without_a_warning(site: Site) -> None:
    page = site.build(WELL)
    assert site.warnings == ""
    for anchor in (
        "claim-C3",
        "map__preserves__forest",
        "fault-grant-forgets-children",
        "clause-A.map",
        "dialect-tree",
    ):
        assert f'id="{anchor}"' in page
        assert f'href="#{anchor}"' in page
    assert "<math " in page
    assert 'class="mu-badge mu-proved"' in page
    assert (site.folder / "out" / "html" / "_traces" / "not-ancestor.html").is_file()
    assert 'href="_traces/not-ancestor.html"' in page
    assert "not known" in page
    assert f'href="{SOURCES["nova"]["unit"].where}"' in page
    assert 'alt="' in page
    assert (site.folder / "out" / "html" / "_traces" / "both.html").is_file()
    assert re.search(r"<details[^>]*>\s*<summary>Solution</summary>\s*<p>Look at", page)
    assert '<iframe src="_walks/shootdown.html" title="Walk: shootdown" loading="lazy"></iframe>' in page
    assert "shootdown on two cores" in (site.folder / "out" / "html" / "_walks" / "shootdown.html").read_text("utf-8")


UNKNOWN = (
    (".. claim:: C33\n", "there is no claim 'C33'; did you mean C3"),
    (".. obligation:: map__preserves__forst\n", "did you mean map__preserves__forest"),
    (".. obligations:: nothing_like_that\n", "no obligation matches 'nothing_like_that'"),
    (".. fault:: early-ascend\n", "did you mean early-ascent"),
    (".. fault-matrix::\n   :topic: weather\n", "no fault is of the topic 'weather'"),
    (".. storyboard:: copy σ0[0]\n", "'copy σ0[0]' is no operation: write one as map"),
    (".. storyboard:: map σ0[0] → σ7[0]\n", "σ7[0]"),
    (".. storyboard:: map σ0[0]\n", "map and grant have a destination"),
    (".. storyboard:: map σ0[0] → σ0[0]\n", "canonical refuses map σ0[0] → σ0[0]"),
    (".. storyboard:: flush σ0[0]\n   :scope: 3 x\n", "is no scope: write three numbers"),
    (".. storyboard:: flush σ0[0]\n   :dialect: latin\n", "there is no dialect 'latin'"),
    (".. walk:: nowhere\n   :system:\n", "there is no system 'nowhere'"),
    (".. trace:: nowhere\n", "there is no counterexample 'nowhere'"),
    (".. clause:: A.mapp\n", "there is no clause 'A.mapp'; did you mean A.map"),
    (".. action:: copy\n", "there is no action 'copy'"),
    (".. action:: map\n   :dialect: latin\n", "no dialect 'latin'"),
    (".. invariant:: florest\n", "did you mean forest"),
    (".. format:: Sv99\n", "there is no format 'Sv99'"),
    (".. definition:: owns\n", "there is no definition 'owns'"),
    ("See :obl:`map__preserves__forst`.\n", "there is no obligation 'map__preserves__forst'"),
    ("See :clause:`A.map`.\n", "no page describes the clause 'A.map'"),
    ("See :class:`model.spaces.literal.Nowhere`.\n", "the API has no 'model.spaces.literal.Nowhere'"),
    (".. measured::\n   :command: python a.py\n\n   1 s\n", "figures need the :command: that printed them"),
    (
        ".. measured::\n   :command: python a.py\n   :commit: 0123abc\n\n   1 s\n",
        "figures are of a.py, which is not there",
    ),
    (".. schema:: model/no.schema.json\n", "there is no schema model/no.schema.json"),
)


@pytest.mark.long
def test_an_unknown_name_is_an_error(site: Site) -> None:
    _all_are_said(site, UNKNOWN)


EXPECTED_OTHERWISE = (
    (".. claim:: C3\n   :expect: tree refuted\n", "the page expects C3 refuted in tree, but it is proved"),
    (".. claim:: C3\n   :expect: proved\n", "write NAME VERDICT"),
    (".. obligation:: map__preserves__forest\n   :expect: refuted\n", "expects map__preserves__forest refuted"),
    (".. obligations:: C3\n   :expect: refuted\n", "but it is proved"),
    (".. trace:: not-ancestor\n   :steps: 7\n", "the page expects a trace of 7 steps, but not-ancestor has 2"),
    (
        ".. trace:: not-ancestor\n   :operations: map σ0[0] → σ2[0]; map σ1[0] → σ0[0]\n",
        "to be «map σ0[0] → σ2[0]; map σ1[0] → σ0[0]», but it is «map σ0[0] → σ1[0]; map σ1[0] → σ0[0]»",
    ),
    (
        ".. trace:: not-ancestor\n   :says: 2: a cycle\n",
        "expects of step 2 of not-ancestor: «a cycle»; said is: «σ0[0] is gone»",
    ),
)


@pytest.mark.long
def test_a_page_that_expects_something_else_is_an_error(site: Site) -> None:
    _all_are_said(site, EXPECTED_OTHERWISE)


def _all_are_said(site: Site, cases: Sequence[tuple[str, str]]) -> None:
    """One page with all the mistakes, one warning or error for each, and no other."""
    site.build("\n".join(text for text, _ in cases), builder="dummy")
    assert [said for _, said in cases if said not in site.warnings] == []
    assert site.warnings.count("WARNING") + site.warnings.count("ERROR") == len(cases)


@pytest.mark.long
def test_an_unknown_name_fails_the_build_without_being_asked_to(site: Site) -> None:
    site.build("See :obl:`map__preserves__forst`.\n")
    assert site.status == 1
    site.build(".. claim:: C33\n")
    assert site.status == 1
    site.build(".. claim:: C3\n")
    assert (site.status, site.warnings) == (0, "")


@pytest.mark.long
def test_a_claim_is_shown_with_what_is_proved_of_it_and_what_it_needs(site: Site) -> None:
    page = site.build(".. claim:: C3\n\n.. claim:: C4\n\n.. condition-summary::\n")
    assert "The paper: </em>the physical address of a page never changes except by flushing." in page
    assert "the frame in P changes for no page but the destination" in page
    assert "It falls by no side condition of canonical that is dropped alone." in page
    assert "In canonical it falls without: " in page
    assert "a claim of the paper falls" in page


@pytest.mark.long
def test_on_paper_a_claim_has_no_list_of_names(site: Site) -> None:
    name, summary = "transitive", r"the \d+ obligations that stand for it"
    page = site.build(".. claim:: C1\n")
    assert re.search(f"<details class='mu-details mu-stays-folded'><summary>{summary}", page)
    assert name in page
    site.build(".. claim:: C1\n", builder="latex")
    paper = next((site.folder / "out" / "latex").glob("*.tex")).read_text("utf-8")
    assert re.search(summary, paper)
    assert name not in paper


@pytest.mark.long
def test_what_a_condition_alone_is_needed_for_is_said_from_the_audit(site: Site) -> None:
    found = {each["condition"]: each for each in site.audit_report()["conditions"]}
    page = site.build("".join(f".. condition-summary:: {name}\n\n" for name in found))
    assert page.count("Dropped alone, ") == len(found)
    assert found["not-ancestor"]["claims"]
    for each in found["not-ancestor"]["claims"]:
        assert re.search(rf"Dropped alone, [^.]*\b{each}\b[^.]* falls?\.", page)
    site.build(".. condition-summary:: not-ancester\n")
    assert "no condition is called not-ancester; the audit drops" in site.warnings


@pytest.mark.long
def test_a_claim_that_rests_on_one_that_fails_is_proved_in_part(site: Site) -> None:
    site.keep(site.AUDIT, {"json": json.dumps(site.audit_report(C2="refuted"))})
    page = site.build(".. claim:: C10\n\n.. verdict-table::\n   :signs:\n")
    assert page.count("(✓) proved in part") == len(DIALECTS)
    assert "what is stated is proved; it rests on" in page
    assert page.count(">(✓)<") == len(DIALECTS) - 1


@pytest.mark.long
def test_only_the_areas_of_a_reason_are_folded_away(site: Site) -> None:
    report = site.audit_report(C3="exhausted")
    for cell in report["cells"]:
        if cell["claim"] == "C3":
            cell |= {"reason": "no answer within 30 s"}
            if cell["dialect"] == "tree":
                cell |= {"reason": "none within one; two", "brief": "none", "searched": ["one", "two"]}
    site.keep(site.AUDIT, {"json": json.dumps(report)})
    page = site.build(".. claim:: C3\n")
    assert page.count("where it was searched") == 1
    assert "one; two" in page
    assert "none within" not in page
    assert page.count("no answer within 30 s") == len(DIALECTS) - 2


@pytest.mark.slow
def test_what_a_page_must_have_is_said_when_it_is_gone(site: Site) -> None:
    whole = (
        ".. claim:: C3\n   :sections: Formally\n              In kernels\n\nFormally\n--------\n\n.. obligations:: C3\n"
    )
    site.build(whole + "\nIn kernels\n----------\n\nText.\n", suppress="")
    assert "the page of C3" not in site.warnings
    site.build(whole, suppress="")
    assert "the page of C3 has no section «In kernels»" in site.warnings
    site.build(whole.replace(".. obligations:: C3\n", "Text.\n"), suppress="")
    assert "the page of C3 does not mention the obligation flush__keeps__physical_addresses" in site.warnings


@pytest.mark.long
def test_assumptions_stand_open_beside_what_is_proved(site: Site) -> None:
    page = site.build(".. obligation:: map__respects__chain_of_trust\n\n.. obligation:: map__preserves__forest\n")
    assert page.count("provided that") == 1


@pytest.mark.long
def test_two_entries_of_one_thing_are_an_error(site: Site) -> None:
    site.build(".. claim:: C3\n", other=".. claim:: C3\n")
    assert "the claim C3 has an entry in" in site.warnings


@pytest.mark.long
def test_a_link_leads_to_the_entry_rather_than_to_a_row(site: Site) -> None:
    page = site.build(
        "Here: :obl:`map__preserves__forest`.\n\n.. obligations:: A.tree\n",
        entry=".. obligation:: map__preserves__forest\n",
    )
    assert site.warnings == ""
    assert 'href="entry.html#map__preserves__forest"' in page


@pytest.mark.long
def test_a_table_of_signs_says_what_the_signs_mean(site: Site) -> None:
    page = site.build(".. verdict-table::\n   :signs:\n")
    assert site.warnings == ""
    assert page.count("✓ proved") == 1, "each verdict in words once, below the table"
    assert page.count(">✓<") > 50


@pytest.mark.long
@pytest.mark.parametrize("builder", ["latex", "text"])
def test_the_same_page_builds_for_paper_and_as_text(site: Site, builder: str) -> None:
    site.build(WELL.replace(".. trace:: not-ancestor\n   :caption: It goes wrong.\n", ""), builder=builder)
    assert site.warnings == ""
    if builder == "latex":
        made = next((site.folder / "out" / "latex").glob("*.tex")).read_text("utf-8")
        assert r"\npreceq" in made
        assert r"\adjustbox{max width=\linewidth}{" in made
        assert "sphinxclassmu-entry" in made or "{mu-entry}" in made


@pytest.mark.long
def test_a_long_table_of_obligations_is_folded_behind_its_verdicts(site: Site) -> None:
    number = sum("preserves" in name for name in known())
    page = site.build(".. obligations:: preserves\n", suppress="musigma")
    assert f"<summary>{number} obligations: {number} proved</summary>" in page
    assert "<summary>" not in site.build(".. obligations:: C3\n", suppress="musigma")
