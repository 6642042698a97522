"""Entries of buffers on terms say of themselves what the code of entries says."""

import pytest

from machine.tlb import Entry
from proofs.execution.integers import natural, signed
from proofs.obligations.machine.tlb_state import CachedEntry, Key
from refinement.rewriting import replaced


def test_whether_an_entry_is_global_is_asked_of_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    owner, page = signed("owner", 16), natural("page", 64)
    entry = CachedEntry(Key(0, page, owner))
    assert entry.shared.eq(owner == -1)
    wrong = replaced(Entry.shared.fget, "self.tag", "self.page")  # type: ignore[attr-defined]
    monkeypatch.setattr(Entry, "shared", property(wrong))
    assert entry.shared.eq(page == -1)
