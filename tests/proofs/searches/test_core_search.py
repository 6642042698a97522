"""Protocols explored: the verdicts of right and wrong ones, by packed states and by formulas; traces are replayed."""

import pytest

from model.cores.readings import PROTOCOLS, protocol_named
from model.cores.scope import CoreScope
from model.cores.trace import CoreTrace
from model.scope import ArgumentError
from model.spaces.operation import Operation
from proofs.explorer.case import UnconfirmedError
from proofs.explorer.result import SearchEnd
from proofs.searches.core_search import _Case, explore_cores

SMALL = CoreScope(1, 1, 1, cores=2, tags=1)
WRONG = protocol_named("interrupt with wait=none")


@pytest.mark.long
def test_both_engines_find_the_same() -> None:
    packed = explore_cores(SMALL, WRONG, threads=1)
    formulas = _Case(SMALL, WRONG, ("used_is_allowed", "used_alike")).by_formulas(None)
    assert (packed.verdict, formulas.verdict) == (SearchEnd.VIOLATED, SearchEnd.VIOLATED)
    assert packed.engine != formulas.engine
    assert packed.complete
    assert formulas.complete
    assert (packed.states, packed.transitions, packed.layers) == (
        formulas.states,
        formulas.transitions,
        formulas.layers,
    )
    found = [[(v.property, len(v.trace.operations)) for v in each.violations] for each in (packed, formulas)]
    assert found == [[("used-is-allowed", 5)]] * 2


def test_a_trace_says_what_it_violates() -> None:
    trace = explore_cores(SMALL, WRONG, threads=1).violations[0].trace
    assert trace.obligation == "cores_interrupt__finish__preserves__used_is_allowed"
    assert CoreTrace.from_json(trace.to_json()) == trace


def test_a_trace_that_the_formulas_do_not_confirm_is_no_finding() -> None:
    steps: tuple[Operation, ...] = explore_cores(SMALL, WRONG, threads=1).violations[0].trace.operations
    with pytest.raises(UnconfirmedError):
        _Case(SMALL, PROTOCOLS["interrupt"], ("used_is_allowed",)).violation("used_is_allowed", steps)


def test_a_right_protocol_is_exhausted_and_a_limit_is_no_verdict() -> None:
    found = explore_cores(SMALL, PROTOCOLS["interrupt"], threads=1)
    assert found.verdict == SearchEnd.EXHAUSTED
    assert sum(found.layers) == found.states
    for properties in (("used-is-allowed",), ("runs-in-mask",)):
        cut = explore_cores(SMALL, PROTOCOLS["interrupt"], properties=properties, max_states=5, threads=1)
        assert (cut.verdict, cut.complete) == (SearchEnd.TRUNCATED, False)


@pytest.mark.long
def test_other_invariants_and_other_protocols_are_searched_by_formulas() -> None:
    for name, id in (("interrupt with leaves=out_of_mask", "remembered-in-mask"), ("batch", "used-is-allowed")):
        scope = CoreScope(2, 1, 1, cores=1, tags=2)
        found = explore_cores(scope, protocol_named(name), properties=[id])
        assert found.engine == "formulas of the theory"
        assert [v.property for v in found.violations] == ([id] if "with" in name else [])
    with pytest.raises(ArgumentError, match="has no property 'owed-is-asked'"):
        explore_cores(SMALL, PROTOCOLS["batch"], properties=["owed-is-asked"])
