"""The explorer's counts and depths of violations, against a plain search and to the digit."""

import importlib.util
from pathlib import Path

import pytest

from model.dialect import CONDITIONS, DIALECTS, dialect_named
from model.scope import Scope
from proofs.explorer.explore import explore, shortest_trace, trace_to
from proofs.explorer.result import Verdict

_spec = importlib.util.spec_from_file_location("explorer_plain", Path(__file__).with_name("plain.py"))
plain = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(plain)

NAMES = [*DIALECTS, *(f"canonical without {c.name}" for c in CONDITIONS)]


def compare(scope, dialect, rights):
    expected = plain.plain_search(scope, dialect, rights)
    result = explore(scope, dialect, rights)
    assert result.complete
    assert {
        "states": result.states,
        "transitions": result.transitions,
        "layers": result.layers,
        "violated": {v.property: len(v.trace.operations) for v in result.violations},
    } == expected


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scope", [Scope(2, 1, 1), Scope(3, 1, 1), Scope(2, 2, 1), Scope(2, 2, 2)], ids=str)
def test_every_dialect_agrees_with_a_plain_search(name, scope):
    if "literal" in name and scope.slots == 4:
        pytest.skip("in the slow tests")
    compare(scope, dialect_named(name), "none")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["literal-eager", "literal-lazy"])
def test_literal_dialects_agree_with_a_plain_search(name):
    compare(Scope(2, 2, 2), dialect_named(name), "none")


@pytest.mark.parametrize("rights", ["rw", "rwx"])
@pytest.mark.parametrize("name", NAMES)
def test_rights_agree_with_a_plain_search(name, rights):
    compare(Scope(2, 1, 1), dialect_named(name), rights)


# States, transitions, and the greatest distance of a state.
PINNED = {
    ("tree", 2, 2, 1): (117, 2_744, 4),
    ("tree", 2, 2, 2): (389, 9_352, 5),
    ("tree", 3, 2, 1): (12_703, 768_372, 6),
    ("tree", 3, 2, 2): (46_075, 2_794_044, 7),
    ("tree", 2, 3, 2): (46_075, 2_794_044, 7),
}


@pytest.mark.parametrize(("name", "spaces", "pages", "frames"), PINNED)
def test_counts_to_the_digit(name, spaces, pages, frames):
    result = explore(Scope(spaces, pages, frames), dialect_named(name), properties=["no-cycle"])
    assert (result.states, result.transitions, result.depth) == PINNED[name, spaces, pages, frames]
    assert result.verdict is Verdict.EXHAUSTED


def test_shortest_trace():
    scope = Scope(2, 2, 1)
    trace, verdict = shortest_trace(scope, dialect_named("literal-lazy"), "no-dangling-link")
    assert verdict is Verdict.VIOLATED
    assert [o.text(scope) for o in trace.operations] == ["map σ0[0] → σ0[1]", "map σ0[1] → σ0[0]"]
    assert shortest_trace(scope, dialect_named("canonical"), "no-cycle") == (None, Verdict.EXHAUSTED)


def test_goal():
    scope = Scope(3, 1, 1)
    trace, verdict = trace_to(scope, dialect_named("canonical"), "derives(σ2[0], σ1[0]) and derives(σ1[0], σ2[0])")
    assert verdict is Verdict.EXHAUSTED
    assert trace is None
    trace, _ = trace_to(scope, dialect_named("canonical"), "accessible(σ2[0]) and nil(σ0[0])")
    assert [o.text(scope) for o in trace.operations] == ["grant σ0[0] → σ2[0]"]
