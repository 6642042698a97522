"""The search of states with threads as plain Python."""

import pytest


@pytest.fixture
def plain_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is compiled, which takes longer than all that is searched in tiny scopes."""
    from proofs.explorer.messages import kernel

    monkeypatch.setattr(kernel, "expand", kernel._expand)
    monkeypatch.setattr(kernel, "insert", kernel._insert)
