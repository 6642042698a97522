"""Wrong operations: each violates a property, and by which shortest trace; found as by a plain search."""

from collections.abc import Callable
from functools import cache

import pytest

from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.dialect import CANONICAL, Readings
from model.spaces.literal import Spaces
from model.spaces.operation import Operation
from proofs.explorer.case import Case
from proofs.explorer.explore import UnconfirmedError, explore, shortest_trace
from proofs.explorer.states.properties import PROPERTIES
from proofs.explorer.states.wrong_operations import FAULTS, executed, faults_named, misread, perform

# Fault: scope, rights, property, shortest trace to its violation.
FOUND = {
    "self-map-loses-page": ((3, 1, 1), "none", "no-frame-lost", ["map σ0[0] → σ0[0]"]),
    "unmap-wrong-rights": ((3, 1, 1), "none", "flush-is-complete", ["map σ0[0] → σ1[0]", "flush σ0[0]"]),
    "flush-stops-at-children": (
        (3, 1, 1),
        "none",
        "no-dangling-link",
        ["map σ0[0] → σ1[0]", "map σ1[0] → σ2[0]", "flush σ0[0]"],
    ),
    "early-ascent": (
        (3, 1, 1),
        "none",
        "flush-is-complete",
        ["map σ0[0] → σ1[0]", "map σ0[0] → σ2[0]", "flush σ0[0]"],
    ),
    "flush-too-wide": (
        (3, 1, 1),
        "none",
        "flush-is-local",
        ["map σ0[0] → σ1[0]", "map σ0[0] → σ2[0]", "flush σ1[0]"],
    ),
    "wrong-slot-unmapped": ((3, 1, 1), "none", "flush-is-local", ["flush σ0[0]"]),
    "database-not-page-table": ((3, 1, 1), "none", "phys-is-sigma", ["map σ0[0] → σ1[0]", "flush σ0[0]"]),
    "frame-lost": ((3, 1, 1), "none", "no-frame-lost", ["flush σ0[0]"]),
    "entry-survives-overmap": (
        (2, 2, 2),
        "none",
        "phys-is-sigma",
        ["map σ0[1] → σ1[0]", "map σ0[0] → σ1[0]"],
    ),
    "grant-forgets-children": ((3, 1, 1), "none", "no-dangling-link", ["map σ0[0] → σ1[0]", "grant σ0[0] → σ2[0]"]),
    "grant-restrict-child-keeps": (
        (3, 1, 1),
        "rw",
        "rights-shrink",
        ["map σ0[0] → σ1[0] r--", "grant σ0[0] → σ2[0] -w-"],
    ),
    "rights-not-intersected": (
        (3, 1, 1),
        "rw",
        "rights-shrink",
        ["grant σ0[0] → σ1[0] -w-", "map σ1[0] → σ0[0] r--"],
    ),
    "empty-rights-map": (
        (3, 1, 1),
        "rw",
        "accessible-has-right",
        ["grant σ0[0] → σ1[0] -w-", "grant σ1[0] → σ0[0] r--"],
    ),
    "ancestor-slot": (
        (3, 1, 1),
        "none",
        "no-dangling-link",
        ["map σ0[0] → σ1[0]", "map σ1[0] → σ2[0]", "map σ2[0] → σ1[0]"],
    ),
    "eager-grant-cycle": (
        (3, 1, 1),
        "none",
        "no-cycle",
        ["map σ0[0] → σ1[0]", "map σ1[0] → σ2[0]", "grant σ2[0] → σ1[0]"],
    ),
    "frame-overwritten": ((2, 2, 2), "none", "no-frame-lost", ["grant σ0[0] → σ0[1]"]),
}


@cache
def written(scope: Scope) -> dict[str, Operation]:
    """Every operation by its text."""
    slots = range(scope.slots)
    every = [Operation("flush", src, -1, rights) for src in slots for rights in range(8)]
    every += [
        Operation(kind, x, y, rights) for kind in ("map", "grant") for x in slots for y in slots for rights in range(8)
    ]
    return {operation.text(scope): operation for operation in every}


def after(
    scope: Scope, trace: list[str], readings: Readings, faults: int
) -> tuple[list[int], Spaces, Spaces, Operation]:
    """How the operations of a trace end, and the states around the last one."""
    state = before = spaces.initial(scope)
    endings = []
    for text in trace:
        operation = written(scope)[text]
        before = Spaces(*(column.copy() for column in state))
        step = operation.kind, operation.src, operation.dst, operation.rights
        endings.append(perform(before, state, *step, readings, faults))
    return endings, before, state, operation


def holds(name: str, before: Spaces, state: Spaces, operation: Operation, scope: Scope) -> bool:
    p = next(p for p in PROPERTIES if p.id == name)
    if not p.of_step:
        return bool(p.holds(state, scope.frames))
    return bool(p.holds(before, state, operation.kind, operation.src, operation.dst, operation.rights))


@pytest.mark.parametrize("name", FAULTS)
def test_the_last_step_of_each_trace_violates_and_the_right_one_does_not(name: str) -> None:
    size, _, property, trace = FOUND[name]
    scope, faults = Scope(*size), faults_named([name])
    endings, before, state, last = after(scope, trace, misread(CANONICAL, faults).readings, executed(faults))
    assert endings == [spaces.DONE] * len(trace)
    assert not holds(property, before, state, last, scope)
    _, before, state, last = after(scope, trace, CANONICAL.readings, 0)
    assert holds(property, before, state, last, scope)


def test_what_the_faults_of_a_flush_leave() -> None:
    """σ after two maps from σ0[0] and a flush of the first of them, or of the frame's own page."""
    maps = ["map σ0[0] → σ1[0]", "map σ0[0] → σ2[0]"]
    expected = {
        ("", "flush σ1[0]"): [-2, 0, 0],
        ("flush-too-wide", "flush σ1[0]"): [-2, 0, -1],
        ("flush-too-wide", "flush σ0[0]"): [-2, -1, -1],
        ("wrong-slot-unmapped", "flush σ1[0]"): [-2, -1, 0],
        ("wrong-slot-unmapped", "flush σ0[0]"): [-1, 0, 0],
        ("frame-lost", "flush σ1[0]"): [-2, 0, 0],
        ("frame-lost", "flush σ0[0]"): [-1, -1, -1],
        ("early-ascent", "flush σ0[0]"): [-2, -1, 0],
    }
    for (name, flush), sigma in expected.items():
        faults = executed(faults_named([name] if name else []))
        _, _, state, _ = after(Scope(3, 1, 1), [*maps, flush], CANONICAL.readings, faults)
        assert state.sigma.tolist() == sigma, (name, flush)


@pytest.mark.long
@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_found_by_a_shortest_trace(name: str) -> None:
    size, rights, property, trace = FOUND[name]
    result = explore(Scope(*size), CANONICAL, rights, faults=[name], symmetry=True)
    found = {v.property: [o.text(v.trace.scope) for o in v.trace.operations] for v in result.violations}
    assert found[property] == trace
    assert result.faults == (name,)
    assert all(v.trace.shows.endswith(f"with the fault {name}") for v in result.violations)


@pytest.mark.long
@pytest.mark.parametrize("name", FAULTS)
def test_with_each_fault_as_a_plain_search(
    name: str, plain_search: Callable[..., dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    size, rights, _, _ = FOUND[name]
    faults = faults_named([name])

    def apply(operation: Operation, state: Spaces, readings: Readings) -> int:
        before = spaces.Spaces(*(column.copy() for column in state))
        step = operation.kind, operation.src, operation.dst, operation.rights
        return perform(before, state, *step, readings, executed(faults))

    monkeypatch.setattr("model.spaces.operation.Operation.apply", apply)
    expected = plain_search(Scope(*size), misread(CANONICAL, faults), rights)
    result = explore(Scope(*size), CANONICAL, rights, faults=[name])
    assert {
        "states": result.states,
        "transitions": result.transitions,
        "layers": result.layers,
        "violated": {v.property: len(v.trace.operations) for v in result.violations},
    } == expected
    assert expected["violated"]


def test_a_trace_of_a_fault_is_refused_by_the_right_operations() -> None:
    scope = Scope(2, 2, 2)
    trace, _ = shortest_trace(scope, CANONICAL, "no-frame-lost", faults=["frame-overwritten"])
    assert trace is not None
    with pytest.raises(UnconfirmedError, match="refuses grant"):
        Case(scope, CANONICAL).replayed(trace)


@pytest.mark.slow
def test_faults_combine() -> None:
    result = explore(Scope(3, 1, 1), CANONICAL, faults=["frame-lost", "database-not-page-table"], symmetry=True)
    assert {"no-frame-lost", "phys-is-sigma"} <= {v.property for v in result.violations}
    assert result.faults == ("database-not-page-table", "frame-lost")


def test_a_fault_that_looks_at_names_uses_no_symmetry() -> None:
    assert explore(Scope(3, 1, 1), CANONICAL, faults=["early-ascent"], symmetry=True).symmetry == "none"
    with pytest.raises(ValueError, match="a fault does not mean the same"):
        explore(Scope(3, 1, 1), CANONICAL, faults=["early-ascent"], symmetry="slots")


def test_unknown_faults_are_named() -> None:
    with pytest.raises(ValueError, match="there is no fault 'frame-losst'; there are self-map-loses-page"):
        explore(Scope(2, 1, 1), CANONICAL, faults=["frame-losst"])
