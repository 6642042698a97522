"""What is proved of each system of section 3, and what falls of each wrong variant."""

from pathlib import Path

import pytest

from model.servers.systems.catalogue import VARIANTS
from model.spaces.dialect import CANONICAL
from proofs.engines.pool import workers
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.input.extension import theory_of
from proofs.prove import prove
from proofs.result import Run
from proofs.verdict import Verdict

satisfiable = Satisfiable()
SYSTEMS = [kind.__name__ for kind in VARIANTS]
QUICK = ("MemoryManager", "KeyServer")  # the others are proved while the specification is built, like these

FALLS = {
    "FirstComeFirstServed": {"allot__preserves__one_tree", "allot__preserves__exclusive"},
    "OpenClients": {"listen__preserves__consent"},
    "HalfTaken": {"take_back__ensures__all_comes_back"},
    "StillLent": {"give__preserves__apart"},
    "LentTwice": {"lend__preserves__apart"},
    "Trustful": {"send_map__preserves__trusted"},
    "OpenTenant": {"listen__ensures__listen_keeps_to_ManagedPager"},
    "Lonely": {"start__has__unseen"},
    "Subletting": {"feed__ensures__feed_keeps_to_MemoryManager"},
    "OpenUsers": {"listen__preserves__consent", "listen__ensures__listen_keeps_to_MemoryManager"},
    "MappedOn": {"give__preserves__out_of_the_books"},
    "OpenUser": {"listen__preserves__consent"},
    "HalfFlushed": {"take__ensures__reaches_the_user"},
    "Forgetful": {"answer__preserves__backed"},
    "WrongThread": {"answer__preserves__backed"},
    "StaleNotes": {"listen__preserves__current"},
    "Begging": {"rest__preserves__current"},
    "Overwriting": {"fill__preserves__as_left"},
    "Hasty": {"save__preserves__frames"},
    "AnyFrame": {"bring__preserves__as_left"},
    "AnyVictim": {"victim__preserves__stays"},
    "WithoutTick": {"tick__ensures__until_the_tick"},
    "QuittingDriver": {"stop__preserves__served"},
    "SharedPorts": {"share__preserves__own_ports"},
    "Lingering": {"dismiss__ensures__free_again", "dismiss__preserves__own_device"},
    "TooEarly": {"dismiss__preserves__for_good"},
    "StillDelivered": {"forward__ensures__to_who_is_in_office"},
    "TwoDrivers": {"appoint__preserves__for_good"},
    "ColourBlind": {"allocate__preserves__coloured"},
    "SecondPager": {"listen__preserves__consent"},
    "Crowded": {"refill__preserves__fits", "refill__preserves__noted"},
    "HalfEvicted": {"evict__preserves__noted"},
    "Mistranslated": {"refill__preserves__translated"},
    "Inventing": {"deliver__preserves__nothing_invented"},
    "Forging": {"transmit__preserves__nothing_forged"},
    "Dropping": {"listen__preserves__alike", "listen__ensures__in_order"},
    "MadeUp": {"hand_on__preserves__alike"},
    "Overheard": {"hand_on__preserves__private"},
    "WritableBuffers": {"share__preserves__read_only"},
    "Scribbling": {"fill__preserves__as_sent"},
    "WritableFork": {"share__preserves__copy_on_write"},
    "SharedFill": {"fill__preserves__copy_on_write"},
    "TwiceSold": {"deliver__preserves__once"},
    "ToAnybody": {"deliver__ensures__only_demander", "deliver__preserves__to_demander"},
    "IdsReused": {"create__preserves__to_demander"},
}


def proved(name: str, solver: str = "z3") -> Run:
    """All that a subsystem guarantees, asked of a solver."""
    of = theory_of(name)
    with workers(2, Settings(solvers=Solvers(solver), theory=name)) as pool:
        return prove(CANONICAL, of.own, pool)


@pytest.mark.long
@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in SYSTEMS]
)
def test_a_system_is_proved_against_everybody(name: str) -> None:
    run = proved(name)
    assert len(run.results) > 15
    assert {result.verdict for result in run.results} == {Verdict.PROVED}, [
        (result.obligation.id, result.reason) for result in run.results if result.verdict != Verdict.PROVED
    ]
    assert not [result.obligation.id for result in run.results if result.outcome.outside]
    kernel = theory_of(name).beneath
    assert kernel is not None
    assert set(kernel.invariants) <= run.invariants


@pytest.mark.slow
@pytest.mark.parametrize("name", SYSTEMS)
def test_two_solvers_agree(name: str) -> None:
    assert {result.verdict for result in proved(name, "both").results} == {Verdict.PROVED}


def test_every_variant_falls_by_name() -> None:
    assert set(FALLS) == {kind.__name__ for wrong in VARIANTS.values() for kind in wrong}


@pytest.mark.slow
@pytest.mark.parametrize("name", FALLS)
def test_a_wrong_variant_falls(name: str) -> None:
    """By its own obligations, even from all invariants: nothing else that falls with it is to blame."""
    of = theory_of(name)
    for each in FALLS[name]:
        conditions = of.registry[each].conditions(CANONICAL, frozenset(of.invariants))
        assert discharge_all(conditions, satisfiable, Settings(solvers=Solvers.Z3)).verdict == Verdict.UNPROVED, each


@pytest.mark.slow
@pytest.mark.parametrize("name", FALLS)
def test_a_wrong_variant_falls_in_a_run_of_everything(name: str) -> None:
    fallen = {result.obligation.id for result in proved(name).results if result.verdict == Verdict.UNPROVED}
    assert fallen >= FALLS[name]


def test_what_others_guarantee_is_proved_beside_it() -> None:
    names = {obligation.id for obligation in theory_of("Tenant").own}
    assert names >= {
        "MemoryManager.allot__preserves__exclusive",
        "ManagedPager.feed__preserves__fed",
        "ManagedPager.feed__ensures__feed_keeps_to_MemoryManager",
        "write__ensures__untouched",
    }


@pytest.mark.slow
def test_what_rests_on_a_broken_guarantee_is_not_proved(tmp_path: Path) -> None:
    """The guarantee falls where it is to be proved, and with it what was assumed by who relies on it."""
    file = tmp_path / "trusting.py"
    file.write_text(
        "from model.servers.systems.managed_pager import ManagedPager\n"
        "from model.servers.systems.memory_manager import OpenClients\n"
        "class Trusting(ManagedPager):\n"
        "    relies = (OpenClients,)\n"
    )
    run = proved(f"{file}:Trusting")
    fallen = {result.obligation.id for result in run.results if result.verdict == Verdict.UNPROVED}
    assert {"OpenClients.listen__preserves__consent", "OpenClients.send_map__preserves__apart"} <= fallen
    assert "OpenClients.apart" not in run.invariants
