"""Two subsystems in one run on the kernel and the simulated machine: both do their work, and keep what they say."""

import pytest
from z3 import And, ForAll, Not

from model.messages.scope import MessageScope
from model.messages.vocabulary import p
from model.servers.beside import beside
from model.servers.description import Named, Subsystem
from model.servers.systems.locked_frames import LockedFrames
from model.servers.systems.unix_server import UnixServer
from model.servers.systems.unruly_client import UnrulyClient
from model.servers.theory import theory_of_subsystem
from model.signature import Formula
from proofs.servers.machine import SCOPE, OnMachine

_Multimedia: type[Subsystem] = beside(LockedFrames, UnixServer)
_Paged: type[Subsystem] = beside(UnixServer, UnrulyClient)


def apart(seen: Subsystem, *kinds: type[Subsystem]) -> Formula:
    """Nobody is a member of both."""
    return ForAll([p], Not(And(*(kind(seen.state, seen.fixed).members(p) for kind in kinds))))


class BesideTimeSharing(_Multimedia):  # type: ignore[valid-type, misc]
    """Locked frames and a Unix server, over the same σ₀."""

    def assume(self) -> Named:
        """Only σ₀ knows both."""
        return {**super().assume(), "apart": apart(self, LockedFrames, UnixServer)}


class PagedUnixServer(_Paged):  # type: ignore[valid-type, misc]
    """A Unix server whose own pager lends it pages, and others to its other clients; they pass pages, not words."""

    system_call_of_UnixServer = None  # noqa: N815, named by `beside`
    talk_of_UnrulyClient = None  # noqa: N815

    def assume(self) -> Named:
        """To the pager the server is the client that keeps to no rule."""
        return {
            **super().assume(),
            "apart": apart(self, UnixServer, UnrulyClient),
            "paged": self.unruly == self.server,
        }


LOCKING = (
    *("listen_of_LockedFrames", "give_of_LockedFrames", "listen_of_LockedFrames", "lock_of_LockedFrames"),
    *("listen_of_UnixServer", "give_of_LockedFrames", "listen_of_UnixServer", "fill_of_UnixServer"),
)
RUNS = (
    (
        BesideTimeSharing,
        SCOPE,
        6,
        120,
        LOCKING,
        {"lock_of_LockedFrames", "victim_of_LockedFrames", "fill_of_UnixServer", "share_of_UnixServer"},
    ),
    (
        PagedUnixServer,
        MessageScope(6, 3, 3, threads=7, ids=7, words=8, booted=6, hardware=1, ports=1, common=5),
        3,
        160,
        ("allot_of_UnrulyClient", "lend_of_UnrulyClient", "fill_of_UnixServer", "take_back_of_UnrulyClient"),
        {"lend_of_UnrulyClient", "take_back_of_UnrulyClient", "fill_of_UnixServer", "protect_of_UnixServer"},
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "scope", "seed", "steps", "script", "rules"), RUNS)
def test_both_keep_their_guarantees_in_one_run(
    kind: type[Subsystem], scope: MessageScope, seed: int, steps: int, script: tuple[str, ...], rules: set[str]
) -> None:
    of = theory_of_subsystem(kind)
    found = OnMachine(of, scope, seed=seed).run(steps, script)
    assert (found.violated, found.differing) == ((), ())
    assert rules <= set(found.moves)


def test_what_is_asked_after_each_step_are_the_guarantees_of_both() -> None:
    of = theory_of_subsystem(BesideTimeSharing)
    assert of.guarantees == ("stays_of_LockedFrames", "copy_on_write_of_UnixServer")
    assert set(of.ensured) == {"until_the_tick_of_LockedFrames"}
