"""What is proved of many cores: that it is proved, that each step can happen, and by what it falls."""

import pytest

from model.cores.invariants import ALIKE, SAFE
from model.cores.readings import PROTOCOLS
from model.cores.theories import theory_of_cores
from model.spaces.dialect import CANONICAL
from proofs.engines.search.theory_search import search_theory
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge, discharge_all
from proofs.faults.hunts.proof import ProofContext, concerns
from proofs.faults.theory import CORE_FAULTS
from proofs.faults.theory.endless import ENDLESS
from proofs.input.extension import CORES, theory_of
from proofs.obligations.cores.inventory import of_cores, of_protocol, protocol_of
from proofs.obligations.cores.progress import NOBODY_MORE, of_progress
from proofs.paper.clauses import CLAUSES
from proofs.searches.core_areas import CORE_AREAS
from proofs.verdict import Verdict

satisfiable = Satisfiable()
TELLING = {
    "cores-no-wait": "cores_interrupt__finish__leaves__nobody",
    "cores-frees-before-answers": "cores_interrupt__clear__preserves__used_is_allowed",
    "cores-invalidates-first": "cores_interrupt__ask__preserves__asked_is_busy",
    "cores-mask-read-first": "cores_interrupt__ask__preserves__asked_is_busy",
    "cores-lazy-core-skipped": "cores_interrupt__enter__preserves__remembered_in_mask",
    "cores-tag-reused-early": "cores_interrupt__assign__finds__nothing_remembered",
    "cores-initiator-alone": "cores_interrupt__ask__preserves__asked_owe",
    "cores-answers-early": "cores_interrupt__answer__preserves__asked_owe",
    "cores-entry-reused-busy": "cores_interrupt__install__preserves__busy_has_no_entry",
    "cores-replaced-in-place": "cores_interrupt__install__preserves__used_is_allowed",
    "cores-broadcast-not-awaited": "cores_broadcast__finish__leaves__nobody",
    "cores-broadcast-in-place": "cores_broadcast__install__preserves__used_is_allowed",
    "cores-broadcast-before-clearing": "cores_broadcast__ask__preserves__asked_is_busy",
    "cores-message-answered-unfenced": "cores_message__answer__preserves__asked_owe",
    "cores-message-mask-read-first": "cores_message__ask__preserves__asked_is_busy",
    "cores-batch-without-counter": "cores_batch__clear__preserves__busy_is_unseen",
    "cores-batch-entered-unchecked": "cores_batch__enter__preserves__used_is_allowed",
    "cores-batch-not-awaited": "cores_batch__finish__leaves__nobody",
    "cores-batch-seen-unforgotten": "cores_batch__answer__preserves__busy_is_unseen",
    "cores-nobody-asked": "cores_interrupt__finish__leaves__nobody",
    "cores-retired-in-use": "cores_interrupt__retire__preserves__register_has_the_tag",
    "cores-second-tag": "cores_interrupt__assign__preserves__one_tag_a_space",
    "cores-wiped-in-use": "cores_interrupt__wipe__preserves__used_tag_is_not_clean",
    "cores-two-frames-a-page": "cores_interrupt__install__preserves__one_frame",
}
"""For each wrong protocol an obligation that falls by it."""


def verdicts(protocol: str, solvers: Solvers) -> dict[str, Verdict]:
    chosen = PROTOCOLS[protocol]
    hold, found = frozenset(theory_of_cores(chosen).invariants), {}
    for name, obligation in of_protocol(chosen).items():
        if not obligation.sometimes:
            conditions = obligation.conditions(CANONICAL, hold)
            outcome = discharge_all(conditions, satisfiable, Settings(seconds=60, solvers=solvers))
            assert outcome.outside == "", name
            found[name] = outcome.verdict
    return found


@pytest.mark.long
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_proved_for_any_number_of_cores(protocol: str) -> None:
    assert {name for name, verdict in verdicts(protocol, Solvers.Z3).items() if verdict != Verdict.PROVED} == set()


@pytest.mark.slow
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_proved_by_both_solvers(protocol: str) -> None:
    assert {name for name, verdict in verdicts(protocol, Solvers.BOTH).items() if verdict != Verdict.PROVED} == set()


@pytest.mark.long
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_step_can_happen(protocol: str) -> None:
    chosen = PROTOCOLS[protocol]
    wanted = [obligation for obligation in of_protocol(chosen).values() if obligation.sometimes]
    assert {obligation.action for obligation in wanted} == set(theory_of_cores(chosen).actions)
    found = search_theory(CANONICAL, CORE_AREAS[0], theory_of_cores(chosen), wanted)
    assert set(found.traces) == {obligation.id for obligation in wanted}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_to_be_seen_of_a_step_is_more_than_that_it_happens(protocol: str) -> None:
    for name, obligation in of_protocol(PROTOCOLS[protocol]).items():
        if obligation.sometimes:
            (condition,) = obligation.conditions(CANONICAL, frozenset())
            assert discharge(condition, satisfiable, Settings(solvers=Solvers.Z3)).verdict == Verdict.UNPROVED, name


@pytest.mark.long
def test_every_wrong_protocol_that_a_trace_shows_is_refuted_by_name() -> None:
    assert set(TELLING) == {fault.name for fault in CORE_FAULTS.values() if fault.shows}
    for name, obligation in TELLING.items():
        fault = CORE_FAULTS[name]
        hold = frozenset(theory_of_cores(fault.right).invariants)
        condition = fault.condition(of_cores()[obligation], CANONICAL, hold)
        verdict = discharge(condition, satisfiable, Settings(solvers=Solvers.Z3)).verdict
        assert verdict == Verdict.UNPROVED, name


def test_ids_name_the_protocol_and_claims_are_clauses() -> None:
    for name, obligation in of_cores().items():
        protocol = protocol_of(name)
        assert protocol is not None
        assert obligation.theory is theory_of_cores(protocol)
        assert obligation.claim in CLAUSES
    assert protocol_of("map__preserves__forest") is None


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_invariants_are_shown_inductive_by_what_is_asked(protocol: str) -> None:
    known = theory_of(CORES + protocol)
    steps = known.inductive_steps(CANONICAL)
    assert {step.invariant for step in steps} == set(known.invariants)
    asked = {(step.action, step.invariant) for step in steps}
    assert {(action, name) for action in known.actions for name in (SAFE, ALIKE)} <= asked


@pytest.mark.long
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_flush_ends_by_what_falls_where_it_need_not(protocol: str) -> None:
    """Each obligation of progress falls by a protocol; and each protocol under which a flush need not end by one."""
    hold, fell = frozenset(theory_of_cores(PROTOCOLS[protocol]).invariants), set[str]()
    for name, obligation in of_protocol(PROTOCOLS[protocol]).items():
        if not of_progress(name):
            continue
        context = ProofContext(name, CANONICAL.name, hold)
        by = [each for each in CORE_FAULTS.values() if concerns(each, context)]
        falls = {
            each.name
            for each in by
            if discharge(each.condition(obligation, CANONICAL, hold), satisfiable, Settings(solvers=Solvers.Z3)).verdict
            == Verdict.UNPROVED
        }
        assert falls, name
        fell |= falls
    endless = {each.name for each in CORE_FAULTS.values() if each.name.startswith(f"{ENDLESS}-{protocol}-")}
    assert endless
    assert endless <= fell


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_step_that_changes_whom_a_flush_waits_for_is_asked(protocol: str) -> None:
    chosen = PROTOCOLS[protocol]
    asked = {each.action for name, each in of_protocol(chosen).items() if name.endswith(NOBODY_MORE)}
    changing = {"enter", "clear", "answer", "finish"} | ({"ask"} if "ask" in theory_of_cores(chosen).actions else set())
    assert asked == changing | ({"fence"} if protocol == "message" else set())
