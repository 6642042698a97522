"""A field that a class computes and sets by functions: both are executed, and neither hides the other."""

from typing import Any

import pytest

from machine.core import Core
from proofs.execution.computing import computes, sets
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path
from proofs.obligations import inventory
from proofs.obligations.inventory import InventoryError
from proofs.obligations.machine import core
from proofs.obligations.source import Code
from refinement.rewriting import replaced
from tests.proofs.obligations.machine.test_machine_code import verdict

SETTER: Any = sets(Core, "control")


def with_setter(new: str) -> Code:
    wrong = replaced(SETTER, "self._walker.control = control", new)
    return Code(core=type("Core", (Core,), {"__slots__": (), "control": property(computes(Core, "control"), wrong)}))


def proved(code: Code) -> bool:
    return verdict(core.conditions(core.ASKS, code)).value == "proved"


def test_modes_are_those_that_were_set() -> None:
    assert proved(Code())
    assert not proved(with_setter("self._walker.control = 0"))
    assert not proved(with_setter("pass"))
    with pytest.raises(ExecutionError, match=r"user of .* is assigned"):
        proved(with_setter("self._walker.control = control; self.user = 1"))


def test_a_setter_is_the_function_of_its_class() -> None:
    bind(SETTER, Path())
    with pytest.raises(TypeError, match="load is not set by a function"):
        sets(Core, "load")


@pytest.mark.long
def test_a_definition_that_another_of_its_name_hides_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    begins = {place for place in inventory._begins() if place != ("machine.core", SETTER.__code__.co_firstlineno)}
    monkeypatch.setattr(inventory, "_begins", lambda: begins)
    with pytest.raises(
        InventoryError, match=r"^machine\.core\.Core\.control has another definition in line \d+, which"
    ):
        inventory.classified()
