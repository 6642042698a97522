"""The table of systems: each cell from a run, and a run that says nothing of a guarantee is an error."""

import json

import pytest
from musigma_docs.tables.servers import SECONDS

from model.servers.systems.catalogue import MOVES, VARIANTS, VIOLATED
from model.servers.theory import theory_of_subsystem
from proofs.servers.attack import attacked
from tests.docs.site import Site


def keep(site: Site, *, without: str = "") -> None:
    """A kept run of each proof and each attack."""
    for kind, wrong in VARIANTS.items():
        names = [name for name in attacked(theory_of_subsystem(kind)) if name != without]
        results = [{"obligation": f"some__preserves__{name}", "verdict": "proved"} for name in names]
        site.keep(("prove", kind.__name__, "-q"), {"json": json.dumps({"results": results})})
        for variant in (each.__name__ for each in wrong):
            more = ("--seconds", SECONDS, "--moves", ",".join(MOVES[variant])) if variant in MOVES else ()
            report = {"attacks": [{"steps": 1 if variant == "OpenTenant" else 4}]}
            command = ("attack", variant, VIOLATED[variant], *more)
            site.keep(command, {"json": json.dumps(report)}, exit_status=1)


def test_each_system_has_its_guarantees_attacks_and_lines(site: Site) -> None:
    keep(site)
    page = site.build(".. server-table::\n")
    assert site.warnings == ""
    for said in ("KeyServer", "No key is sold to two", "TwiceSold in 4 steps", "OpenTenant in one step", ">60<"):
        assert said in page
    assert page.count("✓ proved") == sum(len(set(attacked(theory_of_subsystem(kind)).values())) for kind in VARIANTS)


@pytest.mark.long
def test_a_sentence_about_several_rules_is_one_row_and_all_must_hold(site: Site) -> None:
    keep(site)
    page = site.build(".. server-table::\n")
    assert page.count("a member of ManagedPager, too, follows its rules, of 3 rules each") == 1
    keep(site, without="feed_keeps_to_MemoryManager")
    site.build(".. server-table::\n")
    assert "says nothing of feed_keeps_to_MemoryManager" in site.warnings


@pytest.mark.long
def test_a_guarantee_without_a_verdict_fails_the_build(site: Site) -> None:
    keep(site, without="once")
    site.build(".. server-table::\n")
    assert "the run of KeyServer says nothing of once" in site.warnings


@pytest.mark.long
def test_an_attack_is_drawn_with_its_page(site: Site) -> None:
    page = site.build(".. attack:: OpenTenant listen_keeps_to_ManagedPager\n   :steps: 1\n   :caption: Opened.\n")
    assert site.warnings == ""
    assert "Opened." in page
    assert "_traces/attack_OpenTenant_listen_keeps_to_ManagedPager.html" in page
    drawn = site.folder / "evidence" / "traces" / "attack_OpenTenant_listen_keeps_to_ManagedPager.svg"
    assert "violated" in drawn.read_text("utf-8")


@pytest.mark.long
def test_an_attack_that_is_another_fails_the_build(site: Site) -> None:
    site.build(".. attack:: OpenTenant listen_keeps_to_ManagedPager\n   :steps: 2\n")
    assert "the page expects an attack of 2 steps" in site.warnings
    site.build(".. attack:: shop.py:Shop twice\n")
    assert "Shop guarantees no 'twice': name one of once, printed" in site.warnings
    site.build(".. attack:: nowhere once\n")
    assert "'nowhere' is no description" in site.warnings
