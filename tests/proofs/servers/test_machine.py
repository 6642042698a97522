"""Descriptions on the kernel and the simulated machine: all four agree, right ones hold, wrong ones fail there."""

from typing import Any

import pytest
from z3 import ForAll

from model.messages.scope import MessageScope
from model.messages.vocabulary import Call, i, t
from model.servers.description import ensures
from model.servers.systems.catalogue import SYSTEMS, VARIANTS, VIOLATED
from model.servers.systems.coloured_pager import ColouredPager
from model.servers.theory import theory_of_subsystem
from model.signature import Formula
from proofs.engines.search.random_runs import NoBeginningError
from proofs.servers.attack import attack
from proofs.servers.machine import OnMachine
from refinement.messages.kernel import MessageKernel


def run(name: str, seed: int, steps: int, script: tuple[str, ...] = ()) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    found = OnMachine(theory_of_subsystem(SYSTEMS[name]), seed=seed).run(steps, script)
    return found.violated, found.differing, len(found.moves)


@pytest.mark.long
@pytest.mark.parametrize("name", [kind.__name__ for kind in VARIANTS])
def test_a_right_system_keeps_its_guarantees_in_loads_and_stores(name: str) -> None:
    violated, differing, steps = run(name, 0, 15)
    assert (violated, differing) == ((), ())
    assert steps > 5


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "seed"),
    [
        ("Inventing", 0),
        pytest.param("ToAnybody", 0, marks=pytest.mark.slow),
        pytest.param("QuittingDriver", 0, marks=pytest.mark.slow),
        pytest.param("FirstComeFirstServed", 0, marks=pytest.mark.slow),
    ],
)
def test_a_wrong_variant_fails_on_the_machine(name: str, seed: int) -> None:
    of = theory_of_subsystem(SYSTEMS[name])
    script = attack(of, VIOLATED[name], machine=of.kind.machine, most=4, seconds=60).run
    assert script
    violated, differing, _ = run(name, seed, 80, script)
    assert violated
    assert set(violated) <= {*of.guarantees, *of.ensured}
    assert differing == ()


@pytest.mark.long
def test_a_page_that_is_saved_too_early_is_lost_on_the_machine() -> None:
    violated, differing, _ = run("Hasty", 3, 40, ("listen", "give", "bring", "save", "use", "fill"))
    assert (violated, differing) == (("as_left",), ())


@pytest.mark.long
def test_pages_are_brought_and_written_on_the_machine() -> None:
    """A client that waits for its pager is met, and writes into what it was brought."""
    script = ("give", "bring", "use", "take", "save", "bring", "use")
    found = OnMachine(theory_of_subsystem(SYSTEMS["StoredPages"]), seed=12).run(100, script)
    assert (found.violated, found.differing) == ((), ())
    assert {"give", "bring", "use", "take"} <= set(found.moves)


FOLLOWED = (
    ("UnrulyClient", 12, 120, ("allot", "lend", "write", "take_back", "give", "store"), {"allot", "lend", "take_back"}),
    ("UnrulyClient", 11, 120, ("allot", "lend", "write", "take_back", "give", "store"), {"give", "store"}),
    ("PageFaults", 11, 120, ("listen", "miss", "listen", "answer"), {"listen", "miss", "answer", "take"}),
    ("RemotePartner", 6, 120, ("listen", "send", "hand_on"), {"listen", "hand_on"}),
    ("DeviceKeeper", 32, 200, ("appoint", "interrupt", "forward"), {"appoint", "forward", "stop", "dismiss"}),
)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "seed", "steps", "script", "rules"), FOLLOWED)
def test_rules_are_followed_on_the_machine(
    name: str, seed: int, steps: int, script: tuple[str, ...], rules: set[str]
) -> None:
    """What tells a system from others happens in loads, stores and messages, and guarantees hold there."""
    found = OnMachine(theory_of_subsystem(SYSTEMS[name]), seed=seed).run(steps, script)
    assert (found.violated, found.differing) == ((), ())
    assert rules <= set(found.moves)


class Waiting(ColouredPager):
    """Ensures of its steps what they do, and what they do not."""

    @ensures("listen")
    def blocks(self, after: Any, c: Call) -> Formula:
        """Who listens for somebody is blocked, and for those alone."""
        return ForAll([i], after.awaits(c.actor, i) == c.willing(i))

    @ensures("wait")
    def nothing(self, after: Any, c: Call) -> Formula:
        """Wrong: a wait of an outsider changes nothing."""
        return ForAll([t, i], after.awaits(t, i) == self.awaits(t, i))


@pytest.mark.long
def test_what_a_step_ensures_is_asked_of_the_machine() -> None:
    found = OnMachine(theory_of_subsystem(Waiting)).run(40, ("listen", "wait"))
    assert (found.violated, found.differing, found.moves[-1]) == (("nothing",), (), "wait")
    assert "listen" in found.moves


def test_a_wait_that_the_kernel_loses_is_not_what_its_step_ensures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of the machine, and not of theory and model, whose threads are blocked."""
    monkeypatch.setattr(MessageKernel, "start_waiting", lambda *_: None)
    on = OnMachine(theory_of_subsystem(Waiting))
    found = next(found for found in (on.run(1, ("listen",)) for _ in range(40)) if "blocks" in found.violated)
    assert found.moves == ("listen",)
    assert any("awaits" in each for each in found.differing)


def test_what_loads_reach_is_looked_at() -> None:
    """A page of a wrong colour, mapped behind the back of model and theory, violates the guarantee, and differs."""
    for seed in range(8):
        on = OnMachine(theory_of_subsystem(SYSTEMS["ColouredPager"]), seed=seed)
        t = {name: table[0] for name, table in on.state.symbols.items()}
        slots = [slot for slot in range(on.scope.slots) if t["client"][t["owner"][slot]]]
        wrong = [(f, x) for x in slots for f in (0, 1) if t["of_frame"][f] != t["of_page"][t["place"][x]]]
        if wrong:
            assert on.lock.kernel.pages.map(*wrong[0], 7) == 0
            assert on._walker.broken(on.seen()) == ("coloured",)
            found = next(found for found in (on.run(1) for _ in range(20)) if found.moves)
            assert any(each.startswith("reach") for each in found.differing)
            return
    raise AssertionError("no page had another colour than a frame")


def test_a_machine_that_is_too_small_is_told() -> None:
    with pytest.raises(NoBeginningError, match="UnifiedFiles: it begins in no way that was tried on a machine of"):
        OnMachine(
            theory_of_subsystem(SYSTEMS["UnifiedFiles"]), MessageScope(2, 1, 1, threads=3, ids=3, words=3, booted=2)
        )
