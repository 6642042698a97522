"""Colouring on the simulated cache: no conflicts with it, many without, and all else alike."""

from proofs.servers.caches import paged


def test_a_coloured_pager_has_no_conflicts() -> None:
    found = paged(by_colour=True)
    assert found.coloured
    assert found.misses.conflict == found.misses.capacity == 0
    assert found.misses.compulsory == 4 * 16
    assert found.misses.references == 8 * 4 * 16


def test_another_pager_has_conflicts_where_pages_share_a_colour() -> None:
    some = [paged(by_colour=False, seed=seed) for seed in range(6)]
    assert any(not each.coloured for each in some)
    assert all((each.misses.conflict > 0) == (not _one_each(each)) for each in some)
    assert {each.misses.compulsory for each in some} == {4 * 16}


def _one_each(found: object) -> bool:
    """Whether the pages happen to have a colour each: then all hit after the first round."""
    misses = found.misses  # type: ignore[attr-defined]
    return bool(misses.hits == misses.references - misses.compulsory)
