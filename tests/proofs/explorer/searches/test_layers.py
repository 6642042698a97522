"""A search layer by layer on the smallest systems: counts, limits, growth, the way back, to the digit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.scope import ArgumentError, Scope
from model.spaces.dialect import DIALECTS
from proofs.explorer.result import SearchEnd
from proofs.explorer.searches import breadth_first as module
from proofs.explorer.searches.breadth_first import StateLostError, kernel_of, search
from proofs.explorer.searches.resources import Team
from proofs.explorer.searches.shootdown import shootdown
from proofs.explorer.searches.table import Table
from proofs.explorer.states.mapping import mapping_system
from proofs.explorer.states.wrong_operations import executed, faults_named
from proofs.explorer.system import ScopeTooLargeError

TREE = DIALECTS["tree"]
WAITS, HASTY = shootdown(), shootdown(False)
FOUR = mapping_system(Scope(2, 2, 1), TREE, masks=True)


def taken(system: Any, state: Any) -> list[Any]:
    after, labels = np.zeros(system.fanout, np.uint64), np.zeros(system.fanout, np.int64)
    flaws, scratch = np.zeros(system.fanout, np.int64), np.zeros(max(1, system.scratch), np.int64)
    parameters = np.array(system.parameters, np.int64)
    count = system.successors(np.uint64(state), after, labels, flaws, 0, parameters, scratch)
    return list(zip(labels[:count].tolist(), after[:count].tolist(), strict=True))


def plain(system: Any) -> tuple[Any, ...]:
    """Layers of states, and how many steps there are."""
    met, layers, steps = {system.initial}, [[system.initial]], 0
    while layers[-1]:
        layers.append([])
        for state in layers[-2]:
            for _, after in taken(system, state):
                steps += 1
                if after not in met:
                    met.add(after)
                    layers[-1].append(after)
    return layers[:-1], steps


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("system", [WAITS, HASTY, FOUR], ids=["waits", "hasty", "four"])
def test_the_layers_of_a_plain_search(system: Any, threads: int) -> None:
    layers, steps = plain(system)
    found = search(system, properties=(), threads=threads, memory=10**8)
    assert found.layers == tuple(map(len, layers))
    assert (found.states, found.transitions) == (sum(found.layers), steps)
    assert (found.complete, found.reason, found.interrupted, found.flaws, found.checked) == (True, "", False, (), ())
    assert found.verdict is SearchEnd.EXHAUSTED
    assert 0 < found.seconds < 60


def test_the_shortest_way_to_a_flaw_backwards() -> None:
    found = search(HASTY, threads=1)
    (flaw,) = found.flaws
    assert found.checked == ("no-stale-translation",)
    assert (found.states, found.transitions) == (12, 21)
    assert flaw.property == "no-stale-translation"
    state = HASTY.initial
    for step, after in zip(flaw.steps, flaw.states[1:], strict=True):
        assert dict(taken(HASTY, state))[step] == after
        state = after
    assert flaw.states[0] == HASTY.initial
    layers, _ = plain(HASTY)
    stale = [s for layer in layers for s in layer if s >> 4 == 3 and s & 6]
    depth = min(n for n, layer in enumerate(layers) for s in layer if s in stale)
    assert len(flaw.steps) == depth
    assert flaw.states[-1] == min(s for s in layers[depth] if s in stale)


def test_of_several_ways_the_least_states() -> None:
    system = mapping_system(Scope(2, 1, 1), TREE)
    found = search(system, threads=1)
    flaw = next(each for each in found.flaws if each.property == "no-frame-lost")
    layers, _ = plain(system)
    way = [flaw.states[-1]]
    for layer in reversed(layers[: len(flaw.steps)]):
        way.insert(0, min(s for s in layer if way[0] in dict(taken(system, s)).values()))
    assert list(flaw.states) == way


@pytest.mark.long
def test_a_step_that_violates_something() -> None:
    system = mapping_system(Scope(2, 1, 1), TREE, faults=executed(faults_named(["wrong-slot-unmapped"])))
    found = search(system, threads=1)
    flaws = {flaw.property: flaw for flaw in found.flaws}
    assert list(flaws) == [p for p in system.properties if p in flaws]
    local = flaws["flush-is-local"]
    assert (len(local.steps), local.states) == (1, (system.initial,))
    assert system.step_text(local.steps[0]) == "flush σ0[0]"
    only = search(system, properties=["flush-is-local"], threads=1)
    assert only.flaws == (local,)
    assert only.checked == ("flush-is-local",)


def test_a_search_stops_when_everything_is_violated() -> None:
    found = search(FOUR, properties=["no-frame-lost"], threads=1, stop_when_violated=True)
    assert found.reason == "every property is violated"
    assert not found.complete
    full = search(FOUR, properties=["no-frame-lost"], threads=1)
    assert found.flaws == full.flaws
    assert len(found.flaws[0].steps) == 2
    assert found.layers == full.layers[:4] == (1, 6, 19, 43)
    assert search(WAITS, threads=1, stop_when_violated=True).complete
    assert search(FOUR, properties=["no-frame-lost", "no-cycle"], threads=1, stop_when_violated=True).complete


def test_the_number_of_states_is_a_limit() -> None:
    for most, reason, states, layers in (
        (1, "more than 1 state", 7, (1, 6)),
        (6, "more than 6 states", 7, (1, 6)),
        (7, "more than 7 states", 26, (1, 6, 19)),
        (116, None, 117, None),
        (117, None, 117, None),
    ):
        found = search(FOUR, properties=(), threads=1, max_states=most)
        assert found.states == states
        if layers is not None:
            assert found.reason == reason
            assert found.layers == layers
    assert search(FOUR, properties=(), threads=1, max_states=117).complete
    with pytest.raises(ArgumentError, match="at least one state is visited, not 0"):
        search(FOUR, max_states=0)
    assert search(WAITS, max_states=1).states >= 1


def test_unknown_properties_are_named() -> None:
    with pytest.raises(ValueError, match=r"shootdown on two cores has no property 'x'; it has no-stale-translation"):
        search(WAITS, properties=["x"])


def test_the_set_grows_as_often_as_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    grown = []

    class Growing(Table):
        def grow(self, tail: Any) -> Any:
            grown.append((tail, self.entries.size))
            return super().grow(tail)

        @property
        def limit(self) -> Any:
            return int(self.entries.size * 0.8) if self.entries.size > 256 else 36 * 32 + self.entries.size // 8

    monkeypatch.setattr(module, "Table", lambda kernel, bits, room, memory: Growing(kernel, bits, 1, memory))
    layers, steps = plain(FOUR)
    found = search(FOUR, properties=(), threads=1)
    assert found.layers == tuple(map(len, layers))
    assert found.transitions == steps
    assert grown
    grown.clear()
    found = search(FOUR, properties=(), threads=1, memory=700)
    assert found.reason == "the set of states would take more than 700 bytes"
    assert not found.complete
    assert found.verdict is SearchEnd.TRUNCATED
    assert sum(found.layers) == found.states


def test_the_room_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    rooms: list[Any] = []
    error = ScopeTooLargeError()

    def table(kernel: Any, bits: int, room: int, memory: int) -> Any:
        rooms.append((room, memory))
        if len(rooms) < 2:
            raise error
        return Table(kernel, bits, room, memory)

    monkeypatch.setattr(module, "Table", table)
    slack = kernel_of(FOUR).CHUNK * FOUR.fanout
    system = replace(FOUR, expected=10**4)
    search(system, properties=(), threads=1, memory=10**7)
    assert rooms == [(10**4, 10**7), (2 * slack, 10**7)]
    cases: list[tuple[dict[str, Any], int]] = [({}, 2 * slack), ({"max_states": 10**5}, 2 * slack)]
    for options, room in cases:
        rooms[:] = [0]
        search(FOUR, properties=(), threads=1, memory=10**7, **options)
        assert rooms[1:] == [(room, 10**7)]
    rooms[:] = [0]
    search(system, properties=(), threads=1, memory=10**7, max_states=5000)
    assert rooms[1:] == [(5000, 10**7)]
    rooms.clear()
    with pytest.raises(ScopeTooLargeError):
        search(FOUR, properties=(), threads=1, memory=10**7)
    rooms[:] = [0]
    search(system, properties=(), threads=4, memory=10**7)
    assert rooms[1:] == [(max(10**4, 8 * slack), 10**7)]


class Interrupted(Team):
    def run(self, work: Any, stop: Any, watch: Any) -> None:
        stop()
        work(0)
        self.interrupted = True


def test_an_interrupt_stops_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Team", Interrupted)
    monkeypatch.setattr(module, "SMALL_LAYER", 18)
    found = search(FOUR, properties=(), threads=1)
    assert (found.layers, found.states, found.reason) == ((1, 6, 19), 26, "interrupted")
    assert found.interrupted
    assert found.verdict is SearchEnd.INTERRUPTED


def test_small_layers_are_for_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    widths = []

    class Counted(Team):
        def run(self, work: Any, stop: Any, watch: Any) -> None:
            widths.append(self.threads)
            for number in range(self.threads):
                work(number)
            watch()

    told: list[Any] = []
    monkeypatch.setattr(module, "Team", Counted)
    monkeypatch.setattr(module, "SMALL_LAYER", 19)
    found = search(FOUR, properties=(), threads=2, on_progress=told.append)
    assert found.layers == (1, 6, 19, 43, 48)
    assert widths == [2, 2]
    assert [(each.states, each.depth, each.layer_done, each.expanded) for each in told] == [
        (117, 3, 1.0, 69),
        (117, 4, 1.0, 117),
    ]
    assert all(0 < each.seconds < found.seconds for each in told)
    assert [each.bytes_used for each in told] == [found.bytes_used] * 2


def test_a_way_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module._Run, "_flaw", lambda run, *told: real(run, 0, 2, 0x3F, -1))
    real: Any = FLAW
    with pytest.raises(StateLostError, match="no state of layer 1 has a step to 0x3f"):
        search(HASTY, threads=1)


FLAW = module._Run._flaw


@pytest.mark.slow
def test_a_state_that_is_lost_is_an_error() -> None:
    system = mapping_system(Scope(2, 1, 1), TREE, faults=executed(faults_named(["database-not-page-table"])))
    narrow = list(mapping_system(Scope(2, 1, 1), TREE).parameters)
    narrow[10] = system.parameters[10]
    fields = mapping_system(Scope(2, 1, 1), TREE).fields
    broken = replace(system, parameters=tuple(narrow), fields=fields, initial=1)
    with pytest.raises(StateLostError, match="a state does not fit the packing, at depth 2"):
        search(broken, threads=1)


def test_representatives_are_searched_once() -> None:
    system = mapping_system(Scope(3, 1, 1), TREE, symmetry="slots")
    found = search(system, properties=(), threads=1)
    assert found.states == 5  # nothing, a frame, a link, a chain of two, two links side by side
    assert found.layers == (1, 1, 3)
    kernel = kernel_of(system)
    assert kernel is kernel_of(system)
    assert kernel is not kernel_of(FOUR)


def test_a_property_that_is_not_there_is_named_wherever_it_stands() -> None:
    with pytest.raises(ValueError, match="has no property 'x'"):
        search(WAITS, properties=["no-stale-translation", "x"])


def test_a_layer_that_found_no_place_is_expanded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was counted of it is forgotten, and its end is noted once."""
    right, overflows = module._Run._run_threads, [3]

    def full_once(self: Any, *arguments: Any) -> Any:
        control, found, labels = right(self, *arguments)
        if arguments[0] == 2 and overflows:
            overflows.pop()
            control[self.kernel.OVERFLOW] = 1
        return control, found, labels

    plainly = search(FOUR, properties=(), threads=1)
    monkeypatch.setattr(module._Run, "_run_threads", full_once)
    found = search(FOUR, properties=(), threads=1)
    assert overflows == []
    assert (found.layers, found.transitions, found.complete) == (plainly.layers, plainly.transitions, True)


@pytest.mark.long
def test_what_was_met_of_late_is_remembered_only_where_states_are_renamed() -> None:
    def recent(system: Any, target: Any) -> int:
        return len(module._Run(system, 0, None, 10**8, 1, None)._recent(target))

    reduced = mapping_system(Scope(3, 1, 1), TREE, symmetry="slots")
    assert recent(reduced, module.NOT_FOUND) == 1 << kernel_of(reduced).RECENT_BITS
    assert recent(reduced, np.uint64(5)) == 0  # of the way back every state is wanted
    assert recent(FOUR, module.NOT_FOUND) == 0
