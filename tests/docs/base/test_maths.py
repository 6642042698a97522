"""Formulas in prose: an index that sources write with an underscore stands below the line."""

from tests.docs.site import Site


def test_an_index_in_prose_stands_below_the_line(site: Site) -> None:
    page = site.build("For every page P_v = σ(v), and σ′_v′ ← σ_v grants it.\n", suppress="musigma")
    assert "every page P<sub>v</sub> = σ(v), and σ′<sub>v′</sub> ← σ<sub>v</sub> grants it." in page


def test_so_has_an_element_at_a_slot(site: Site) -> None:
    page = site.build("P_x, the frame that the slot shows, is r; σ_x is φ; ρ_x are its rights.\n", suppress="musigma")
    assert "P<sub>x</sub>, the frame" in page
    assert "σ<sub>x</sub> is φ; ρ<sub>x</sub> are" in page


def test_code_and_longer_names_keep_their_underscores(site: Site) -> None:
    page = site.build("``P_v`` in code; P_value and MAP_v are names.\n\n::\n\n   σ_v\n", suppress="musigma")
    assert "<sub>" not in page
    assert "P_value and MAP_v are names" in page


def test_on_paper_it_does_as_well(site: Site) -> None:
    site.build("For every page P_v = σ(v).\n", builder="latex", suppress="musigma")
    paper = next((site.folder / "out" / "latex").glob("*.tex")).read_text("utf-8")
    assert r"P$_{\text{v}}$ = σ(v)" in paper
