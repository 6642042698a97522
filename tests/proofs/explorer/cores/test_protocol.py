"""The packed protocols are those of the theory: as many states and steps, and shortest traces as long."""

import pytest

from model.cores.readings import PROTOCOLS, protocol_named
from model.cores.scope import CoreScope
from model.cores.theories import theory_of_cores
from model.spaces.dialect import CANONICAL
from proofs.engines.search.deciding import SearchArea
from proofs.engines.search.theory_search import TheorySearch
from proofs.explorer.cores.protocol import label_operation, protocol_system
from proofs.explorer.searches.breadth_first import search
from proofs.explorer.system import ScopeTooLargeError

SCOPE = CoreScope(2, 1, 1, cores=2, tags=2)
WRONG = {
    "interrupt with wait=none": 5,
    "interrupt with frees=at_once": 3,
    "interrupt with order=tell_first": 6,
    "interrupt with order=mask_first": 6,
    "interrupt with leaves=out_of_mask": 7,
    "interrupt with tags=at_once": 10,
    "interrupt with told=itself": 6,
    "interrupt with answers=at_once": 7,
    "interrupt with busy=reused": 7,
    "broadcast with wait=none": 5,
    "broadcast with order=tell_first": 7,
    "message with answers=at_once": 7,
}


@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    [
        "interrupt",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("broadcast", "message", "interrupt with answers=at_once")),
    ],
)
def test_as_many_states_and_steps_as_the_theory_has(name: str) -> None:
    protocol = protocol_named(name)
    packed = search(protocol_system(protocol, SCOPE), threads=1)
    theory = TheorySearch(theory_of_cores(protocol), CANONICAL, SearchArea(SCOPE, max_states=200_000)).run()
    assert packed.complete
    assert (packed.states, packed.transitions, len(packed.layers) - 1) == (
        theory.states,
        theory.transitions,
        theory.depth - 1,
    )


@pytest.mark.long
@pytest.mark.parametrize(
    "name", [n if n.endswith("wait=none") else pytest.param(n, marks=pytest.mark.slow) for n in WRONG]
)
def test_a_wrong_protocol_is_found_in_as_few_steps(name: str) -> None:
    found = search(protocol_system(protocol_named(name), SCOPE), stop_when_violated=True, threads=1)
    flaws = {flaw.property: flaw for flaw in found.flaws}
    assert len(flaws["used-is-allowed"].steps) == WRONG[name]


def test_a_right_one_keeps_both_properties() -> None:
    for name in ("interrupt", "broadcast", "message"):
        assert search(protocol_system(PROTOCOLS[name], SCOPE), threads=1).flaws == ()


def test_labels_are_steps() -> None:
    system = protocol_system(PROTOCOLS["interrupt"], SCOPE)
    operation = label_operation((((4 * 8 + 0) * 8 + 1) * 8 + 0) * 64)
    assert (operation.action, operation.value("space")) == ("install", 1)
    assert system.step_text(2 * 8**5 + 8**4) == "core 1 enters σ0"


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ScopeTooLargeError, match="bits"):
        protocol_system(PROTOCOLS["interrupt"], CoreScope(3, 2, 2, cores=3, tags=3))
    with pytest.raises(ValueError, match="searched by its formulas"):
        protocol_system(PROTOCOLS["batch"], SCOPE)
    with pytest.raises(ValueError, match="with all conditions"):
        protocol_system(protocol_named("interrupt without finish: all have answered"), SCOPE)
