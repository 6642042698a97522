"""Each engine finds what is broken and nothing in what is not; what goes wrong in the tool is neither."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from model.spaces import literal as spaces
from model.spaces.dialect import CANONICAL
from model.trace import Trace
from proofs.engines.jobs import Job, run_jobs
from proofs.engines.pool import Workers, workers
from proofs.faults.catalogue.catalogue import CATALOGUE
from proofs.faults.catalogue.mechanism import Mechanism
from proofs.faults.hunts import exploration, matrix, proof, reference, state_machine
from proofs.faults.hunts.proof import SETTINGS, ProofContext
from proofs.faults.hunts.selection import shown_by
from proofs.faults.record import Engine, HuntEnding, HuntResult
from proofs.faults.theory import THEORY_FAULTS
from proofs.registry import registry
from refinement.check import Conformance
from refinement.faults.tables_and_tags import KERNEL_FAULTS
from refinement.kernel.kernel import Kernel

EVERYTHING = frozenset(
    name.removeprefix("flush__preserves__") for name in registry() if name.startswith("flush__preserves__")
) - {"phys_is_sigma", "confinement"}


@pytest.fixture(scope="module")
def pool() -> Iterator[Workers]:
    with workers(1, SETTINGS) as made:
        yield made


def ground(obligation: str) -> ProofContext:
    return ProofContext(obligation, "canonical", EVERYTHING)


def test_proof_names_the_obligation_that_falls() -> None:
    found = proof.find("flush-links-stay", [ground("flush__leaves__nothing_below")])
    assert (found.ending, found.fell) == (HuntEnding.KILLED, ("flush__leaves__nothing_below",))


def test_an_obligation_that_does_not_notice_leaves_a_survivor() -> None:
    unmoved = ground("flush__preserves__live_has_a_right")
    assert proof.find("flush-database-not-page-table", [unmoved]).ending == HuntEnding.SURVIVED


def test_a_fault_is_put_to_obligations_of_its_action_only() -> None:
    fault = THEORY_FAULTS["flush-links-stay"]
    assert proof.concerns(fault, ground("flush__leaves__nothing_below"))
    assert not proof.concerns(fault, ground("map__preserves__forest"))
    assert not proof.concerns(THEORY_FAULTS["grant-keeps-children"], ground("grant__preserves__forest"))


def test_an_obligation_finds_a_fault_by_which_it_falls() -> None:
    found = proof.find_for(ground("flush__leaves__nothing_below"))
    assert found is not None
    assert found.change.startswith("flush-")
    assert found.fell == ("flush__leaves__nothing_below",)


@pytest.mark.slow
def test_grounds_are_where_obligations_are_proved(pool: Workers) -> None:
    wanted = ["flush__leaves__nothing_below", "map__onto_ancestor__makes_no_cycle", "grant__equals__tree_grant"]
    found = proof.grounds(pool, wanted)
    assert {name: each.dialect for name, each in found.proved.items()} == {
        "flush__leaves__nothing_below": "canonical",
        "map__onto_ancestor__makes_no_cycle": "literal-eager",
    }
    assert list(found.refuted) == ["grant__equals__tree_grant"]
    assert found.failed == {}


@pytest.mark.long
def test_exploration_finds_a_shortest_trace() -> None:
    found = exploration.find("map-ancestor-slot")
    assert (found.ending, found.steps, found.shortest) == (HuntEnding.KILLED, 3, True)
    assert "map__preserves__no_dangling_link" in found.fell
    assert found.trace is not None
    assert Trace.from_json(found.trace.to_json()) == found.trace


@pytest.mark.long
def test_exploration_finds_that_an_example_is_gone() -> None:
    found = exploration.find("flush-partly-refused")
    assert (found.ending, found.fell, found.trace) == (
        HuntEnding.KILLED,
        ("flush__sometimes__takes_some_rights",),
        None,
    )


@pytest.mark.slow
def test_exploration_finds_nothing_where_nothing_is_wrong() -> None:
    assert exploration.find_nothing().ending == HuntEnding.SURVIVED


def test_a_walk_is_shrunk_until_every_operation_matters() -> None:
    kernel = KERNEL_FAULTS["early-ascent"].kernel
    found = state_machine.find("early-ascent", kernel)
    assert (found.ending, found.steps, found.shortest) == (HuntEnding.KILLED, 3, False)
    assert isinstance(found.trace, Trace)
    assert [operation.action for operation in found.trace.operations] == ["map", "map", "flush"]
    bench = next(bench for bench in state_machine.BENCHES if bench.scope == found.trace.scope)
    for at in range(3):
        shorter = found.trace.operations[:at] + found.trace.operations[at + 1 :]
        assert state_machine.failing(bench, kernel, shorter)[1] == []
    assert state_machine.failing(bench, Kernel, found.trace.operations)[1] == []


def test_a_kernel_that_raises_has_failed() -> None:
    class Raising(Kernel):
        def flush_step(self, top: int, cursor: int) -> int:
            raise IndexError("no such node")

    found = state_machine.find("raising", Raising)
    assert (found.ending, found.fell) == (HuntEnding.KILLED, ("crash",))


def test_walks_are_the_same_each_time_and_legal() -> None:
    bench = state_machine.BENCHES[1]
    assert state_machine.walk(bench, 3) == state_machine.walk(bench, 3)
    assert state_machine.walk(bench, 3) != state_machine.walk(bench, 4)
    state = spaces.initial(bench.scope)
    done = [operation.apply(state, CANONICAL.readings) for operation in state_machine.walk(bench, 3)]
    assert done.count(spaces.DONE) > len(done) / 2


@pytest.mark.slow
def test_the_healthy_kernel_survives_every_walk() -> None:
    assert state_machine.find("", Kernel).ending == HuntEnding.SURVIVED


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_the_check_finds_a_fault_of_the_reference() -> None:
    found = reference.find("EARLY_ASCENT")
    assert (found.ending, found.steps, found.shortest) == (HuntEnding.KILLED, 3, True)
    assert found.trace is not None


def test_without_a_compiler_nothing_is_said_of_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    found = reference.find("EARLY_ASCENT")
    assert (found.ending, found.killed) == (HuntEnding.UNAVAILABLE, False)
    assert "cc" in found.said


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_a_reference_that_does_not_compile_is_an_error() -> None:
    found = reference.find("NO_SUCH_FAULT")
    assert found.ending == HuntEnding.ERROR
    assert "NO_SUCH_FAULT" in found.said


# The matrix: what becomes of findings.


def dies(change: str) -> HuntResult:
    os._exit(3)


def raises(change: str) -> HuntResult:
    raise RuntimeError("the formulas cannot be built")


def hangs(change: str) -> HuntResult:
    time.sleep(600)
    return HuntResult(Engine.EXPLORATION, change, HuntEnding.KILLED)


@pytest.mark.long
@pytest.mark.parametrize(
    ("work", "said"), [(dies, "ended with status 3"), (raises, "cannot be built"), (hangs, "stopped after")]
)
def test_what_goes_wrong_in_a_worker_is_an_error(pool: Workers, work: Callable[[str], HuntResult], said: str) -> None:
    ((_, ended),) = run_jobs(pool.pool, [Job("", work, ("map-loop-in-list",))], 2.0, 1)
    found = matrix.finding_of(ended, Engine.EXPLORATION, "map-loop-in-list")
    assert found.ending == HuntEnding.ERROR
    assert said in found.said


@pytest.mark.long
def test_a_run_over_one_mechanism(pool: Workers) -> None:
    row = Mechanism("loop-in-list", "", "", "our own", theory=("map-loop-in-list",))
    found = matrix.run(pool, [row], engines=[Engine.PROOF], judge=False)
    assert [(f.engine, f.change, f.ending) for _, fs in found.rows for f in fs] == [
        (Engine.PROOF, "map-loop-in-list", HuntEnding.KILLED)
    ]
    assert found.controls == ()
    assert found.exit_status == 0


def of(*endings: HuntEnding, control: HuntEnding = HuntEnding.SURVIVED) -> matrix.Matrix:
    findings = tuple(HuntResult(Engine.CHECK, "EARLY_ASCENT", ending) for ending in endings)
    controls = (HuntResult(Engine.CHECK, "", control),)
    return matrix.Matrix(((CATALOGUE["early-ascent"], findings),), controls, {}, (), {}, {})


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (of(HuntEnding.KILLED), 0),
        (of(HuntEnding.KILLED, HuntEnding.SURVIVED), 1),
        (of(HuntEnding.KILLED, HuntEnding.ERROR), 3),
        (of(HuntEnding.UNAVAILABLE), 3),
        (of(HuntEnding.SURVIVED, HuntEnding.ERROR), 1),
        (of(HuntEnding.KILLED, control=HuntEnding.KILLED), 1),
        (of(HuntEnding.KILLED, control=HuntEnding.ERROR), 3),
        (matrix.Matrix((), (), {}, (), {}, {}), 3),
        (matrix.Matrix(of(HuntEnding.KILLED).rows, (), {}, ("map__preserves__forest",), {}, {}), 1),
        (matrix.Matrix(of(HuntEnding.KILLED).rows, (), {}, (), {}, {"map__preserves__forest": "unknown"}), 1),
    ],
)
def test_exit_status(found: matrix.Matrix, status: int) -> None:
    assert found.exit_status == status


@pytest.mark.long
def test_traces_of_faults() -> None:
    found = shown_by("grant-drops-children")
    assert found is not None
    assert isinstance(found.trace, Trace)
    assert [operation.action for operation in found.trace.operations] == ["map", "grant"]
    kernel = shown_by("tag-reused")
    assert kernel is not None
    assert kernel.trace is not None
    assert kernel.trace.scope.spaces == 4
    assert shown_by("wrong-beginning") is None
    with pytest.raises(KeyError):
        shown_by("no-such-fault")


@pytest.mark.skipif(bool(reference.unavailable()), reason="it takes a C compiler")
def test_an_interrupted_check_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = SimpleNamespace(interrupted=True, finding=None, verdict=Conformance.UNDECIDED)
    monkeypatch.setattr("refinement.check.check", lambda *told, **more: ended)
    with pytest.raises(KeyboardInterrupt):
        reference.find("EARLY_ASCENT")
