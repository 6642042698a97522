"""Entries of faults: what stands in them, and what is folded away."""

from tests.docs.site import Site


def test_an_entry_folds_away_the_names_of_many_changes(site: Site) -> None:
    page = site.build(".. fault:: sized-step-otherwise\n\n.. fault:: lock-kept\n")
    assert site.warnings == ""
    assert page.count(" changes</summary>") == 1
    assert 'id="fault-sized-step-otherwise"' in page
    assert 'id="fault-lock-kept"' in page
