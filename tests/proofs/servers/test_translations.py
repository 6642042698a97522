"""A user-level server for second-level translation misses: as many as a small table makes, and every load is right."""

import pytest

from machine.costs.caches import Cache
from proofs.servers import translations as server_translations
from proofs.servers.translations import PAGES, translated
from refinement.messages.kernel import MessageKernel

PAGE = 1 << 12


def misses_of(places: int, loads: int = 2_000) -> int:
    """As many as a cache with one way of so many pages has."""
    table = Cache(places * PAGE, 1, PAGE)
    return sum(not table.touch(page * PAGE) for page in server_translations._pages(PAGES, loads, 0.9, 0))


@pytest.mark.parametrize("places", [PAGES, 16, 8, 3])
def test_the_server_is_called_for_what_the_table_lacks_and_for_nothing_else(places: int) -> None:
    found = translated(places)
    assert found.calls == misses_of(places)
    assert found.held <= places
    assert found.wrong == 0


@pytest.mark.long
def test_without_the_server_the_buffer_misses_less() -> None:
    without, handled = translated(None), translated(8)
    assert (without.calls, without.wrong, without.held) == (0, 0, PAGES)
    assert handled.calls > 0
    assert without.misses < handled.misses


@pytest.mark.long
def test_an_untagged_buffer_pays_for_each_call() -> None:
    """It loses the entries of the client and of the server; without calls only the beginning differs."""
    for places in (16, 8):
        assert translated(places, tagged=False).misses > translated(places).misses + translated(places).calls // 2
    assert 0 <= translated(None, tagged=False).misses - translated(None).misses < 8


def test_a_server_that_maps_another_frame_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = server_translations._Handled._frame
    monkeypatch.setattr(server_translations._Handled, "_frame", lambda self, page: right(self, (page + 1) % PAGES))
    assert translated(8, loads=50).wrong > 0


def test_a_server_that_takes_nothing_back_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MessageKernel, "flush", lambda *_: 0)
    assert translated(8).held > 8
