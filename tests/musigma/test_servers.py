"""Descriptions of servers from Python: a class is proved and attacked as its file is by name."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import pytest

import musigma
from musigma.servers import Subsystem, state_machine
from tests import ROOT


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The example of the guide, as a module that is imported."""
    spec = spec_from_file_location("shop", ROOT / "docs" / "examples" / "shop.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "shop", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.long
def test_a_class_is_proved(shop: ModuleType) -> None:
    proof = musigma.prove(shop.Shop, jobs=1)
    assert proof
    assert set(proof.verdicts.values()) == {musigma.Verdict.PROVED}
    assert "sell__preserves__once" in proof.verdicts


@pytest.mark.slow
def test_a_class_that_is_wrong_is_not_proved(shop: ModuleType) -> None:
    proof = musigma.prove(shop.Oversold, jobs=1)
    assert not proof
    assert proof.verdicts["sell__preserves__once"] == musigma.Verdict.UNPROVED


@pytest.mark.long
def test_a_class_is_attacked(shop: ModuleType) -> None:
    found = musigma.attack(shop.Oversold, "once")
    assert not found
    assert "once violated in 4 steps" in repr(found)
    assert musigma.attack(shop.Shop, "once", most=2)


@pytest.mark.long
def test_an_attack_has_a_picture() -> None:
    found = musigma.attack("OpenTenant", "listen_keeps_to_ManagedPager")
    assert found.storyboard().obligation == "OpenTenant.listen_keeps_to_ManagedPager"
    shown = found._repr_html_()
    assert "<table" in shown
    assert shown.count("<iframe") == 1
    assert "violated: listen_keeps_to_ManagedPager" in shown
    with pytest.raises(ValueError, match="there is no run that violates once, and so no picture"):
        found.storyboard("once")


def test_what_is_not_attacked_has_none() -> None:
    assert "<iframe" not in musigma.attack("OpenTenant", "unseen", most=1)._repr_html_()


def test_a_class_that_stands_in_no_file_is_refused() -> None:
    with pytest.raises(ValueError, match="Made is read again from its file: write it into one that is imported"):
        musigma.attack(type("Made", (Subsystem,), {"__module__": "__main__"}), "once")


@pytest.mark.long
def test_a_class_has_a_state_machine(shop: ModuleType) -> None:
    assert hasattr(state_machine(shop.Shop), "TestCase")
