"""Descriptions on the kernel and the simulated machine: all four agree, right ones hold, wrong ones fail there."""

import pytest

from model.messages.scope import MessageScope
from model.servers.systems.catalogue import SYSTEMS, VARIANTS, VIOLATED
from model.servers.theory import theory_of_subsystem
from proofs.attack import attack
from proofs.engines.search.random_runs import NoBeginningError
from proofs.server_machine import OnMachine


def run(name: str, seed: int, steps: int, script: tuple[str, ...] = ()) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    found = OnMachine(theory_of_subsystem(SYSTEMS[name]), seed=seed).run(steps, script)
    return found.violated, found.differing, len(found.moves)


@pytest.mark.parametrize("name", [kind.__name__ for kind in VARIANTS])
def test_a_right_system_keeps_its_guarantees_in_loads_and_stores(name: str) -> None:
    violated, differing, steps = run(name, 0, 25)
    assert (violated, differing) == ((), ())
    assert steps > 10


@pytest.mark.parametrize(
    ("name", "seed"), [("FirstComeFirstServed", 0), ("QuittingDriver", 0), ("Inventing", 0), ("ToAnybody", 0)]
)
def test_a_wrong_variant_fails_on_the_machine(name: str, seed: int) -> None:
    of = theory_of_subsystem(SYSTEMS[name])
    script = attack(of, VIOLATED[name], machine=of.kind.machine, most=4, seconds=60).run
    assert script
    violated, differing, _ = run(name, seed, 80, script)
    assert violated
    assert set(violated) <= set(of.guarantees)
    assert differing == ()


def test_a_kernel_that_does_not_unmap_differs() -> None:
    """What the machine shows is looked at: an entry that a broken kernel leaves is seen."""
    on = OnMachine(theory_of_subsystem(SYSTEMS["ColouredPager"]))
    kernel = on.lock.kernel
    assert kernel.flush(0, 0, 7) == 0  # behind the back of model and theory
    assert not on._walker.broken(on.seen())
    found = next((found for found in (on.run(1) for _ in range(10)) if found.moves), None)
    assert found is not None
    assert any(each.startswith(("reach", "database")) for each in found.differing) or not on.lock.programs.reached()


def test_a_machine_that_is_too_small_is_told() -> None:
    with pytest.raises(NoBeginningError, match="UnifiedFiles: it begins in no way that was tried on a machine of"):
        OnMachine(
            theory_of_subsystem(SYSTEMS["UnifiedFiles"]), MessageScope(2, 1, 1, threads=3, ids=3, words=3, booted=2)
        )
