"""The list of what is executed, as a page shows it."""

import pytest
from musigma_docs.tables import inventory

from proofs.obligations.inventory import How, InventoryError, classified
from tests.docs.site import Site


@pytest.mark.long
def test_every_function_is_on_the_page(site: Site) -> None:
    page = site.build(".. code-inventory::\n", suppress="musigma")
    assert site.warnings == ""
    for name in inventory.shown(classified()):
        assert f'<span class="pre">{name.split()[0]}</span>' in page
    for how in How:
        number = sum(entry.how == how for entry in classified())
        assert f"{number} {inventory.TITLES[how]}." in page


@pytest.mark.long
def test_a_link_leads_to_the_obligation_that_executes(site: Site) -> None:
    text = ".. code-inventory::\n\n.. obligation:: kernel_lookup__is__executed_whole\n"
    assert 'href="#kernel_lookup__is__executed_whole"' in site.build(text, suppress="musigma")


@pytest.mark.long
def test_what_callers_know_by_its_contract_has_a_dagger() -> None:
    shown = inventory.shown(classified())
    assert "operations.flush_below †" in shown
    assert "primitives.link_leaf" in shown


def test_a_function_in_no_class_fails_the_build(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def unclassified() -> None:
        raise InventoryError("refinement.kernel.kernel.Kernel.mop is in no class")

    monkeypatch.setattr(inventory, "classified", unclassified)
    site.build(".. code-inventory::\n", suppress="musigma")
    assert "ERROR: refinement.kernel.kernel.Kernel.mop is in no class" in site.warnings


@pytest.mark.parametrize("how", list(How))
def test_every_class_has_a_title_and_a_head(how: How) -> None:
    assert inventory.TITLES[how]
    assert len(inventory.HEADS[how]) == 2
