"""What is proved of threads and messages: that it is proved, by what it falls, and what other readings break.

B.consent, B.io, B.thread, B.ipc, B.rpc, B.irq, B.uid, B.independence, B.integrity.
"""

from dataclasses import replace

import pytest

from model.messages.readings import MESSAGE_DIALECTS, message_dialect_named
from model.messages.theories import MESSAGES, theory_of_messages
from model.spaces.dialect import CANONICAL, Dialect, dialect_named
from proofs.engines.search.unrolled import NotFound, UnrolledRun
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.faults.hunts.proof import hints
from proofs.faults.theory import MESSAGE_FAULTS
from proofs.input.extension import MESSAGES as SOURCE
from proofs.input.extension import theory_of
from proofs.obligation import Obligation
from proofs.obligations.messages.inventory import of_messages
from proofs.obligations.messages.preservation import says_the_same
from proofs.paper.clauses import CLAUSES
from proofs.searches.message_runs import lines_of, shortest
from proofs.two_runs import TwoRuns, about_model
from proofs.verdict import Verdict

ALL = of_messages()
HOLD = frozenset(MESSAGES.invariants)
PROVED = [o.id for o in ALL.values() if about_model(o) and not o.sometimes and o.applies(CANONICAL.readings)]
CLAIMED = ("consent", "io", "thread", "ipc", "rpc", "irq", "uid", "independence", "integrity")
QUICK = ("messages__send_map__", "messages__create__", "messages__page_fault__", "messages__initial__")
satisfiable = Satisfiable()


def verdict(
    name: str, dialect: str = "canonical", solvers: Solvers = Solvers.Z3, spaces: Dialect = CANONICAL
) -> Verdict:
    named = message_dialect_named(dialect)
    conditions = of_messages(named)[name].conditions(spaces, frozenset(theory_of_messages(named).invariants))
    outcome = discharge_all(conditions, satisfiable, Settings(seconds=60, solvers=solvers))
    assert outcome.outside == ""
    return outcome.verdict


@pytest.mark.parametrize(
    "name", [n if n.startswith(QUICK) else pytest.param(n, marks=pytest.mark.slow) for n in PROVED]
)
def test_proved(name: str) -> None:
    assert verdict(name) == Verdict.PROVED


@pytest.mark.slow
@pytest.mark.parametrize("name", PROVED)
def test_proved_by_both_solvers(name: str) -> None:
    assert verdict(name, solvers=Solvers.BOTH) == Verdict.PROVED


def test_ids_begin_alike_and_each_stands_for_a_clause() -> None:
    for name, obligation in ALL.items():
        assert name == obligation.id
        assert name.startswith("messages__")
        assert obligation.claim in CLAUSES
    claims = {obligation.claim for obligation in ALL.values()}
    assert claims >= {f"B.{each}" for each in CLAIMED}
    assert claims >= {"C7", "C8", "C9", "C10"}


@pytest.mark.long
def test_what_is_not_asked_of_an_action_is_the_same_formula_before_and_after() -> None:
    asked = 0
    for action in MESSAGES.actions:
        for invariant in MESSAGES.invariants:
            there = f"messages__{action}__preserves__{invariant}" in ALL
            assert there != says_the_same(MESSAGES, action, invariant)
            asked += there
    assert asked > 150
    steps = theory_of(SOURCE + "canonical").inductive_steps(CANONICAL)
    assert {obligation.invariant for obligation in steps} == HOLD
    assert len(steps) == asked + len(HOLD)


def test_a_preservation_that_is_missing_is_an_error() -> None:
    known = theory_of(SOURCE + "canonical")
    less = {name: o for name, o in known.registry.items() if name != "messages__send__preserves__authentic"}
    with pytest.raises(KeyError, match="'send', 'authentic'"):
        replace(known, registry=less).inductive_steps(CANONICAL)


def test_no_step_of_consent_assumes_consent() -> None:
    for obligation in ALL.values():
        if isinstance(obligation, Obligation) and obligation.id.endswith("maps_only_by_consent"):
            step, guard = obligation.step(CANONICAL)
            assert obligation.assumptions(step) == {}
            assert "the partner opened a window there" in guard or not obligation.action.startswith("send_")


@pytest.mark.long
@pytest.mark.parametrize(
    ("reading", "name"),
    [
        ("ids=reused", "messages__create__preserves__id_unique"),
        ("ids=reused", "messages__create__never_gives_again"),
        ("ids=versions_wrap", "messages__create__never_gives_again"),
        ("begins=anywhere", "messages__create__begins_where_it_may"),
        ("sender=claimed", "messages__send__reaches_who_is_meant"),
        ("sender=badge", "messages__send__answers_only_by_callee"),
        ("window=ignored", "messages__send_grant__maps_only_by_consent"),
        ("afterwards=open", "messages__send__opens_what_was_asked"),
        ("ports=anywhere", "messages__send_map__keeps_ports_in_place"),
        ("faults=whole_space", "messages__page_fault__opens_missing_page"),
    ],
)
def test_a_wrong_reading_is_refuted(reading: str, name: str) -> None:
    assert verdict(name) == Verdict.PROVED
    assert verdict(name, f"canonical with {reading}") == Verdict.UNPROVED


@pytest.mark.long
@pytest.mark.parametrize("reading", ["item=dropped", "timeouts=none", "waits=anybody_or_callee", "faults=no_call"])
@pytest.mark.parametrize("part", ["send_map__", "wait__"])
def test_a_harmless_reading_keeps_all(reading: str, part: str) -> None:
    named = message_dialect_named(f"canonical with {reading}")
    for name, obligation in of_messages(named).items():
        if not (name.startswith("messages__" + part) and about_model(obligation)):
            continue
        if obligation.applies(CANONICAL.readings) and not obligation.sometimes:
            assert verdict(name, named.name) == Verdict.PROVED, name


@pytest.mark.long
@pytest.mark.parametrize("reading", ["own_slot=nothing", "no_rights=nothing"])
@pytest.mark.parametrize("action", ["send_map", "send_grant"])
def test_a_page_that_a_message_carries_arrives_unless_nothing_is_to_be_done(action: str, reading: str) -> None:
    spaces = dialect_named(f"canonical with {reading}")
    for messages in ("canonical", "canonical with item=dropped"):
        assert verdict(f"messages__{action}__does_its_work", messages, spaces=spaces) == Verdict.PROVED


@pytest.mark.long
def test_a_page_that_is_left_out_shows_in_the_step() -> None:
    for action in ("send_map", "send_grant"):
        name = f"messages__{action}__keeps__states_alike"
        assert verdict(name) == Verdict.PROVED
        assert verdict(name, "canonical with item=dropped") == Verdict.UNPROVED


@pytest.mark.long
@pytest.mark.parametrize("action", ["create", "associate"])
def test_the_covert_channels_are_named_and_a_reading_closes_each(action: str) -> None:
    name = f"messages__{action}__answers__alike_inside"
    obligation = ALL[name]
    assert isinstance(obligation, TwoRuns)
    assert (obligation.applies(CANONICAL.readings), obligation.fails(CANONICAL.readings)) == (False, True)
    assert verdict(name) == Verdict.UNPROVED
    assert verdict(name, "no-channels") == Verdict.PROVED
    found = shortest(obligation, CANONICAL)
    assert isinstance(found, UnrolledRun)
    assert found.actions == (action,)
    assert lines_of(obligation, found)[-1].startswith("and then ")


def test_no_other_action_answers_what_others_do() -> None:
    fail = [o.id for o in ALL.values() if about_model(o) and o.fails(CANONICAL.readings)]
    assert fail == [f"messages__{action}__answers__alike_inside" for action in ("create", "associate")]


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(o.id for o in ALL.values() if isinstance(o, Obligation) and o.sometimes))
def test_each_action_can_happen(name: str) -> None:
    obligation = ALL[name]
    assert isinstance(obligation, Obligation)
    found = shortest(obligation, CANONICAL)
    assert isinstance(found, UnrolledRun)
    assert found.actions[-1] == obligation.action


@pytest.mark.long
@pytest.mark.parametrize(
    ("reading", "name", "actions"),
    [
        ("ids=reused", "messages__create__never_gives_again", ("end", "create")),
        ("ids=versions_wrap", "messages__create__never_gives_again", ("end", "create", "end", "create")),
        ("afterwards=open", "messages__send__opens_what_was_asked", ("wait", "send")),
        ("window=ignored", "messages__send_map__maps_only_by_consent", ("wait", "send_map")),
    ],
)
def test_the_shortest_run_of_a_wrong_reading(reading: str, name: str, actions: tuple[str, ...]) -> None:
    obligation = of_messages(message_dialect_named(f"canonical with {reading}"))[name]
    assert isinstance(obligation, Obligation)
    found = shortest(obligation, CANONICAL)
    assert isinstance(found, UnrolledRun)
    assert found.actions == actions
    assert [line.split(": ")[1].split()[0] for line in lines_of(obligation, found)] == list(actions)


@pytest.mark.long
def test_where_there_is_no_run_none_is_found() -> None:
    obligation = ALL["messages__send__preserves__authentic"]
    assert isinstance(obligation, Obligation)
    assert shortest(obligation, CANONICAL, most=2) == NotFound(2, "")


def faults_of(name: str) -> list[str]:
    return [fault for fault, names in hints().items() if name in names]


def test_each_obligation_is_felled_by_some_fault() -> None:
    asked = [o.id for o in ALL.values() if o.applies(CANONICAL.readings)]
    assert [name for name in asked if not faults_of(name)] == []


FELLED: list[tuple[str, str]] = [
    ("message-window-ignored-send-map", "messages__send_map__maps_only_by_consent"),
    ("message-window-of-another-send-grant", "messages__send_grant__maps_only_by_consent"),
    ("message-window-kept-send", "messages__send__opens_what_was_asked"),
    ("message-to-whoever-waits-send", "messages__send__answers_only_by_callee"),
    ("message-delivered-twice-send", "messages__send__reaches_who_is_meant"),
    ("message-lost-wakeup-send", "messages__send__does_its_work"),
    ("message-sender-claims-send", "messages__send__preserves__authentic"),
    ("message-overheard-send", "messages__send__keeps_the_secret"),
    ("message-id-reused", "messages__create__never_gives_again"),
    ("message-version-wraps", "messages__create__never_gives_again"),
    ("message-fault-forged", "messages__page_fault__reaches_who_is_meant"),
    ("message-interrupt-to-another", "messages__interrupt__interrupts_only_who_serves"),
    ("message-port-elsewhere-send-map", "messages__send_map__keeps_ports_in_place"),
    ("message-end-leaves-window", "messages__end__leaves_nothing_of_ended"),
    ("message-grant-not-undone", "messages__send_grant__preserves__no_dangling_link"),
    ("message-page-without-message", "messages__send_map__maps_only_by_consent"),
    ("message-tells-about-others-wait", "messages__wait__keeps__states_alike"),
    ("message-asks-about-others-send", "messages__send__answers__alike_inside"),
]


@pytest.mark.parametrize(("fault", "name"), FELLED)
def test_a_fault_fells_what_it_should(fault: str, name: str) -> None:
    obligation = ALL[name]
    assert about_model(obligation)
    condition = MESSAGE_FAULTS[fault].condition(obligation, CANONICAL, HOLD)
    assert discharge_all([condition], satisfiable, Settings(solvers=Solvers.Z3)).verdict == Verdict.UNPROVED


def test_what_a_wrong_kernel_keeps_is_found_anew() -> None:
    """With ids given again, authenticity is no invariant, so nothing may be proved from it."""
    known = theory_of(SOURCE + "canonical with ids=reused")
    lost = [name for name in known.invariants if verdict_of_step(name) == Verdict.UNPROVED]
    assert set(lost) == {"id_unique", "authentic"}


def verdict_of_step(invariant: str) -> Verdict:
    name = f"messages__create__preserves__{invariant}"
    reused = "canonical with ids=reused"
    return verdict(name, reused) if name in of_messages(message_dialect_named(reused)) else Verdict.PROVED


@pytest.mark.parametrize("name", sorted(MESSAGE_DIALECTS))
def test_every_dialect_has_its_obligations(name: str) -> None:
    found = of_messages(MESSAGE_DIALECTS[name])
    assert {each.split("__")[1] for each in found} - {"initial"} == set(
        theory_of_messages(MESSAGE_DIALECTS[name]).actions
    )
