"""The theory of many cores: its first states, its scopes, what its choices are, and its traces as JSON."""

from dataclasses import replace

import pytest

from model.cores.readings import CHOICES, PROTOCOLS, CoreReadings, Flush, Reach, protocol_named
from model.cores.scope import CORE_SCOPES, CoreScope, start
from model.cores.theories import conditions, theory_of_cores
from model.cores.trace import ACTIONS, CoreTrace, step_words
from model.scope import ArgumentError, Scope
from model.spaces.dialect import CANONICAL
from model.spaces.operation import Argument, Operation

ENTER = Operation.call("enter", [Argument("core", "Core", 1), Argument("space", "Space", 1)])


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("scope", CORE_SCOPES, ids=str)
def test_the_state_that_a_search_begins_with_is_a_first_one(name: str, scope: CoreScope) -> None:
    assert theory_of_cores(PROTOCOLS[name]).first(scope) is not None


def test_a_first_state_in_which_tags_meet_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(scope: Scope) -> object:
        structure = start(scope)
        structure.symbols["tagged"][0, :, 0] = True
        return structure

    theory = replace(theory_of_cores(PROTOCOLS["interrupt"]), start=wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="tags differ"):
        theory.first(CORE_SCOPES[0])


def test_all_choices_but_reach_and_flush_are_right_in_every_protocol() -> None:
    assert {protocol.readings._replace(reach=Reach.INTERRUPT, flush=Flush.PAGE) for protocol in PROTOCOLS.values()} == {
        CoreReadings()
    }
    assert len(CHOICES) == len(CoreReadings._fields)
    assert protocol_named("batch with counter=stands").readings.flush == Flush.BATCH
    with pytest.raises(KeyError):
        protocol_named("batch with counter=backwards")


def test_a_dropped_condition_is_not_asked_for_and_all_else_is() -> None:
    protocol = PROTOCOLS["interrupt"]
    for action, condition in conditions(protocol):
        weaker = theory_of_cores(protocol_named(f"interrupt without {action}: {condition}")).actions
        for name, make in theory_of_cores(protocol).actions.items():
            lacks = {condition} if name == action else set()
            assert set(weaker[name](CANONICAL).guard) == set(make(CANONICAL).guard) - lacks
    with pytest.raises(KeyError, match="finish: luck"):
        theory_of_cores(protocol.without("finish", "luck"))


def test_actions_are_those_that_have_words() -> None:
    every = {action for protocol in PROTOCOLS.values() for action in theory_of_cores(protocol).actions}
    assert every == set(ACTIONS)


def test_a_scope_says_what_is_missing() -> None:
    with pytest.raises(ArgumentError, match="cores, not 0"):
        CoreScope(1, 1, 1, cores=0)
    with pytest.raises(TypeError, match="says of no cores"):
        start(Scope(1, 1, 1))


def test_a_trace_comes_back_from_json() -> None:
    trace = CoreTrace("interrupt", CORE_SCOPES[0], (ENTER,), "shown", "cores_interrupt__x", "cores-no-wait")
    assert CoreTrace.from_json(trace.to_json()) == trace
    assert trace.words() == ("1. core 1 enters σ1",)
    assert step_words(Operation.call("finish", [Argument("page", "Page", 0), Argument("space", "Space", 1)])) == (
        "the flush of σ1[0] returns"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"protocol": "telepathy"}, r"\$\.protocol: there is no protocol 'telepathy'"),
        ({"operations": [{"action": "sing", "arguments": {}}]}, r"operations\[0\]: cores have no action 'sing'"),
        ({"operations": [{"action": "enter", "arguments": {"core": {"Core": 9}}}]}, "Core 9 is outside"),
        ({"operations": [{"action": "enter", "arguments": {"core": "σ1"}}]}, "write it as in core"),
        ({"scope": {"spaces": 1, "pages": 1, "frames": 1}}, "'cores' is a required property"),
        ({"theory": "Appendix A"}, "'protocol' does not belong here: a trace of Appendix A has none"),
    ],
)
def test_what_is_no_trace_is_refused_with_its_place(change: dict[str, object], said: str) -> None:
    value = CoreTrace("interrupt", CORE_SCOPES[0], (ENTER,)).to_json() | change
    with pytest.raises(ValueError, match=said):
        CoreTrace.from_json(value)
