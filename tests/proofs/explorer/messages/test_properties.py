"""Each property of states with threads, kept and broken in states by hand, and the register of all properties."""

import pytest

from model.messages.tables import view
from model.scope import ArgumentError
from proofs.explorer.messages.properties import (
    MESSAGE_IDS,
    MESSAGE_PROPERTIES,
    OF_STATES,
    MessageProperty,
    message_properties_named,
)
from tests.proofs.explorer.messages.cases import BOARD, made

kernel = pytest.importorskip("proofs.explorer.messages.kernel")

ALL = (1 << len(MESSAGE_PROPERTIES)) - 1

KEPT = {
    "no-cycle": ["", "sigma.2=0 sigma.3=2 sigma.1=3"],
    "phys-is-sigma": ["", "sigma.2=0 phys.2=0 sigma.3=2 phys.3=0"],
    "no-frame-lost": ["", "sigma.0=-3 sigma.1=-2", "sigma.0=-1 sigma.3=-2"],
    "windows-are-own": ["", "window.0=3", "window.1=12 awaits.1=1", "space.1=0 window.1=3"],
    "waits-without-message": ["", "awaits.0=2", "sender.0=1 message.0=0", "awaits.0=1 sender.1=0"],
    "calls-one": ["", "calls.0=1 awaits.0=2", "calls.1=0 awaits.1=1 life.0=2", "awaits.1=3"],
    "ids-are-unique": ["", "life.1=2", "life.0=2 life.3=0", "life.0=0 life.3=1"],
    "nothing-of-the-dead": ["", "server.2=1", "life.1=2", "awaits.1=1 calls.1=0 sender.0=0 server.2=0"],
    "pages-where-threads-began": ["", "sigma.2=0", "born.1=0", "born.0=1 sigma.3=2"],
    "ports-in-place": ["", "phys.3=1", "phys.2=0 phys.3=0", "phys.1=-1 phys.2=1"],
}
"""States that have each property, as changes of the first one."""

BROKEN = {
    "no-cycle": ["sigma.3=3", "sigma.0=3 sigma.3=0", "sigma.1=2 sigma.2=1"],
    "phys-is-sigma": ["phys.0=1", "phys.3=0", "sigma.2=1", "sigma.0=0 phys.0=-1"],
    "no-frame-lost": ["sigma.0=-1", "sigma.1=-1", "sigma.2=-2", "sigma.3=-3", "sigma.0=-3"],
    "windows-are-own": ["window.0=4", "window.1=2", "window.1=9", "life.1=2 window.1=4", "window.3=1"],
    "waits-without-message": ["awaits.0=2 sender.0=0", "awaits.3=1 sender.3=2"],
    "calls-one": ["calls.0=1", "calls.0=1 awaits.0=1", "calls.0=1 awaits.0=6", "calls.0=3 awaits.0=1", "calls.3=1"],
    "ids-are-unique": ["life.3=1", "life.3=2", "life.0=2 life.3=1"],
    "nothing-of-the-dead": [
        *("life.1=2 awaits.1=1", "life.1=0 sender.1=0", "life.1=2 calls.1=0", "awaits.3=1", "server.2=3"),
        *("server.1=0", "server.2=0 life.0=2", "server.2=0 life.0=0"),
    ],
    "pages-where-threads-began": ["born.1=0 sigma.2=0", "born.1=0 sigma.3=-2", "born.0=0"],
    "ports-in-place": ["phys.2=1", "phys.0=1", "phys.1=-1 phys.2=1 phys.3=1"],
}


def named(name: str) -> MessageProperty:
    (p,) = message_properties_named([name])
    return p


@pytest.mark.parametrize("name", KEPT)
def test_states_with_a_property_and_without(name: str) -> None:
    p, bit = named(name), 1 << MESSAGE_IDS.index(name)
    for holds, states in ((True, KEPT), (False, BROKEN)):
        for edits in states[name]:
            s = view(made(edits), BOARD)
            assert bool(p.holds(s, BOARD)) == holds, edits
            assert kernel.broken_in_state(s, BOARD, bit) == (0 if holds else bit)
            assert not kernel.broken_in_state(s, BOARD, ALL & ~bit) & bit


def test_there_are_states_of_every_property() -> None:
    assert tuple(KEPT) == MESSAGE_IDS[: len(KEPT)]
    assert KEPT.keys() == BROKEN.keys()
    assert (1 << len(KEPT)) - 1 == OF_STATES


def test_properties_are_found_by_name() -> None:
    assert message_properties_named(["ends-only-own", "no-cycle"]) == (MESSAGE_PROPERTIES[0], MESSAGE_PROPERTIES[21])
    assert message_properties_named([]) == ()
    with pytest.raises(ArgumentError, match="no property 'x' of threads; there are no-cycle, phys-is-sigma, "):
        message_properties_named(["no-cycle", "x"])
    with pytest.raises(ArgumentError, match="no property 'x'"):
        message_properties_named(["x", "no-cycle"])


def test_each_entry_of_the_register_says_what_its_function_says() -> None:
    for number, p in enumerate(MESSAGE_PROPERTIES):
        assert p.holds.__name__ == p.id.replace("-", "_")
        assert p.of_step == (number >= len(KEPT))
        assert p.sentence == str(p.holds.__doc__)
        assert p.obligation not in ("", p.id, p.clause)
    clauses = "C1 C4 C11 B.consent B.rpc B.rpc B.uid B.thread B.thread B.io B.consent C8 C10 B.consent B.consent"
    clauses += " B.consent B.ipc B.independence B.uid B.thread B.thread B.independence B.integrity B.integrity B.rpc"
    assert [p.clause for p in MESSAGE_PROPERTIES] == clauses.split()
