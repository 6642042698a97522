"""The explorer of scopes with threads: counts of a plain search, properties as obligations, faults as the theory's."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from model.messages.abstraction import called_with, structure_of
from model.messages.operation import Kind, Operation
from model.messages.readings import CANONICAL_MESSAGES, message_dialect_named
from model.messages.scope import MessageScope
from model.messages.steps import Steps
from model.messages.tables import board_of, first_row, view
from model.messages.theories import MESSAGES
from model.running.evaluate import compile_term
from model.scope import ArgumentError
from model.spaces.abstraction import AFTER
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE
from proofs.engines.search.monitor import Monitor
from proofs.explorer.messages.calls import explored_calls
from proofs.explorer.messages.explore import explore_messages
from proofs.explorer.messages.packing import pack, packing_of, unpack
from proofs.explorer.messages.properties import MESSAGE_IDS, MESSAGE_PROPERTIES, message_properties_named
from proofs.explorer.messages.wrong import WRONG_KERNELS, bits_of, perform
from proofs.explorer.result import SearchEnd
from proofs.faults.theory import MESSAGE_FAULTS
from proofs.obligation import Obligation
from proofs.obligations.messages.inventory import of_messages
from proofs.searches.message_search import LastStep

compiled = pytest.importorskip("model.messages.compiled")
pytestmark = pytest.mark.long  # what is compiled first takes 20 s

SMALL = MessageScope(2, 1, 1)
WIDE = MessageScope(2, 2, 2, threads=5, ids=4, words=2, booted=2, hardware=1, ports=1, common=1)
TALKING = MessageScope(2, 1, 1, threads=4, ids=4, words=2, booted=2, hardware=1, common=1)
STATES = 1_538


KINDS = tuple(kind for kind in Kind if kind != Kind.SEND_STRING)  # those of the canonical messages
WEIGHTS = np.array([0.7 if kind in (Kind.END, Kind.TIMEOUT, Kind.FLUSH) else 1 for kind in KINDS])
"""How soon a random way tries an action."""


@cache
def way(scope: MessageScope, faults: int, length: int, seed: int) -> list[tuple[np.ndarray, Operation, np.ndarray]]:
    """The steps of a random way, through kernels with faults perhaps: state before, operation, state after."""
    source, board = np.random.default_rng(seed), board_of(scope)
    calls = explored_calls(scope, CANONICAL_MESSAGES)
    kinds = np.array([call.kind for call in calls])
    row, steps = first_row(scope), []
    for _ in range(length):
        order = source.permutation(len(calls))
        turns = source.random(len(KINDS)) * WEIGHTS
        rare_first = order[np.argsort(-turns[kinds[order]], kind="stable")]
        for number in rare_first.tolist():
            after = row.copy()
            readings = CANONICAL_MESSAGES.readings, CANONICAL.readings
            if perform(view(row.copy(), board), view(after, board), board, calls[number], *readings, faults) == DONE:
                steps.append((row, calls[number], after))
                row = after if calls[number].kind != Kind.END or source.random() < 0.2 else row
                break
    return steps


@pytest.mark.slow
def test_as_many_states_as_a_plain_search_finds() -> None:
    calls = explored_calls(SMALL, CANONICAL_MESSAGES)
    plain = Steps(SMALL, run=compiled.every_step, operations=calls, history=False)
    found = explore_messages(SMALL)
    assert len(plain.reachable()) == found.states == sum(found.layers) == STATES
    statuses, _ = plain.after(plain.rows(plain.reachable()))
    assert int((statuses == DONE).sum()) == found.transitions
    assert (found.verdict, found.complete, found.violations) == (SearchEnd.EXHAUSTED, True, ())


def test_who_sends_reaches_no_more_by_waiting_in_the_same_step() -> None:
    """The calls left out are made in two steps: sending, and then waiting."""
    scope = MessageScope(2, 1, 1, booted=2, common=1)
    calls = [o for o in explored_calls(scope, CANONICAL_MESSAGES) if o.kind != Kind.CREATE]
    more = [o._replace(willing=3) for o in calls if o.kind in (Kind.SEND, Kind.SEND_MAP, Kind.SEND_GRANT)]
    few, many = (
        set(Steps(scope, run=compiled.every_step, operations=tuple(each), history=False).reachable())
        for each in (calls, [*calls, *more])
    )
    assert few == many


@pytest.mark.parametrize("scope", [SMALL, WIDE], ids=str)
def test_a_state_comes_out_of_its_key_as_it_went_in(scope: MessageScope) -> None:
    packing = packing_of(scope)
    assert packing.words == (1 if scope is SMALL else 3)
    key, again = np.zeros(packing.words, np.uint64), first_row(scope)
    for row in [first_row(scope), *(after for _, _, after in way(scope, 0, 60, 5))]:
        row = row.copy()
        row[len(row) - scope.threads**2 :] = 0
        assert pack(row, packing, key)
        unpack(key, packing, again)
        assert again.tolist() == row.tolist()
    row[0] = 99
    assert not pack(row, packing, key)


def monitors(names: str) -> list[tuple[str, Any]]:
    """What says the same as a property, by action: the invariants, of the state after; or obligations about each."""
    found: list[tuple[str, Any]] = []
    for name in names.split():
        if name in MESSAGES.invariants:
            found.append(("", compile_term(MESSAGES.invariants[name].formula(MESSAGES.after(AFTER)))))
            continue
        about = [o for o in of_messages().values() if o.id.endswith(f"__{name}")]
        found += [(o.action, Monitor(o, CANONICAL).holds) for o in about if isinstance(o, Obligation)]
    return found


COMPARED = [p.id for p in MESSAGE_PROPERTIES if not p.obligation.startswith("A.")]


BROKEN = (
    "waits-without-message",
    "nothing-of-the-dead",
    "opens-what-was-asked",
    "reaches-who-is-meant",
    "learns-only-by-agreement",
)
"""Some wrong kernel breaks these on the ways that are compared."""


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPARED)
def test_a_property_says_what_the_obligations_say(name: str) -> None:
    (p,) = message_properties_named([name])
    board, said, no = board_of(TALKING), monitors(p.obligation), 0
    assert said
    for fault in range(-1, len(WRONG_KERNELS)):
        for before, operation, after in way(TALKING, 0 if fault < 0 else 1 << fault, 60, 11):
            action = Kind(operation.kind).name.lower()
            about = [holds_of for of, holds_of in said if of in ("", action)]
            step = called_with(structure_of([before], TALKING), [operation])
            later = structure_of([after], TALKING).symbols
            step = step.with_symbols(**{symbol + AFTER: later[symbol] for symbol in MESSAGES.state})
            expected = all(bool(holds_of(step)[0]) for holds_of in about)
            if p.of_step:
                holds = p.holds(view(before, board), view(after, board), board, operation)
            else:
                holds = p.holds(view(after, board), board)
            assert bool(holds) == expected, f"{operation.text(TALKING)} with fault {fault}"
            no += not expected
    assert no or name not in BROKEN


NOT_ALIKE = ("message-page-without-message", "message-serves-taken-interrupt")  # what no table can hold, or more steps


@pytest.mark.parametrize("name", [name for name in WRONG_KERNELS if name not in NOT_ALIKE])
def test_a_wrong_kernel_does_what_the_wrong_theory_does(name: str) -> None:
    faults = [f for f in MESSAGE_FAULTS.values() if f.name == name or f.name == f"{name}-{f.action.replace('_', '-')}"]
    assert faults
    happened = 0
    for fault in faults:
        wrong = LastStep(fault.theory(), CANONICAL, fault.action, fault.actions())
        for before, operation, after in way(TALKING, bits_of([name]), 150, 3):
            if Kind(operation.kind).name.lower() != fault.action:
                continue
            ((_, step),) = wrong.taken(structure_of([before], TALKING), [operation])
            expected = structure_of([after], TALKING).symbols
            for symbol in set(MESSAGES.state) - {"holder"}:
                assert np.array_equal(step.symbols[symbol + AFTER], expected[symbol]), (operation, symbol)
            happened += 1
    assert happened


KILLED = {
    "message-lost-wakeup": "waits-without-message",
    "message-to-whoever-waits": "reaches-who-is-meant",
    "message-wait-opens-space": "opens-what-was-asked",
    "message-ends-anybody": "ends-only-own",
    "message-timeout-leaves-call": "calls-one",
}


@pytest.mark.parametrize("name", KILLED)
def test_a_wrong_kernel_is_found_with_a_shortest_trace(name: str) -> None:
    found = explore_messages(MessageScope(2, 1, 1, booted=2, common=1), faults=[name], max_states=5_000)
    assert found.verdict is SearchEnd.VIOLATED
    traces = {violation.property: violation.trace for violation in found.violations}
    assert KILLED[name] in traces
    assert len(traces[KILLED[name]].operations) <= 4


def test_a_wrong_reading_is_found() -> None:
    messages = message_dialect_named("canonical with sender=claimed")
    found = explore_messages(MessageScope(2, 1, 1, booted=2, common=1), messages=messages, properties=MESSAGE_IDS)
    trace = next(v.trace for v in found.violations if v.property == "reaches-who-is-meant")
    assert trace.operations[0].text(trace.scope) in ("τ0 waits for #1", "τ1 waits for #0")
    assert len(trace.operations) == 2


def test_a_search_cut_short_is_no_pass() -> None:
    found = explore_messages(SMALL, max_states=100)
    assert (found.verdict, found.complete) == (SearchEnd.TRUNCATED, False)
    assert found.verdict.exit_status == 3
    with pytest.raises(ArgumentError, match="no property 'x'"):
        explore_messages(SMALL, properties=["x"])
    with pytest.raises(ArgumentError, match="no fault 'x'"):
        explore_messages(SMALL, faults=["x"])


def test_the_register_is_in_the_order_of_the_compiled_checks() -> None:
    from inspect import getsource

    from proofs.explorer.messages import kernel

    text = getsource(kernel.broken_in_state) + getsource(kernel.broken_in_step)
    for number, p in enumerate(MESSAGE_PROPERTIES):
        assert (
            f"wanted >> {number} & 1 and not {'step_properties' if p.of_step else 'states'}.{p.holds.__name__}(" in text
        )
