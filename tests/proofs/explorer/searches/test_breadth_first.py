"""The search itself, on the small example and where it must stop, grow, or give up."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.scope import Scope
from model.spaces.dialect import CANONICAL, DIALECTS
from proofs.explorer.result import SearchEnd
from proofs.explorer.searches.bitmap import constants
from proofs.explorer.searches.breadth_first import kernel_of, search
from proofs.explorer.searches.shootdown import STEPS, check, shootdown, successors
from proofs.explorer.searches.specialise import specialised
from proofs.explorer.searches.table import NARROW, WIDE, Table
from proofs.explorer.states.mapping import mapping_system
from proofs.explorer.system import Field, ScopeTooLargeError, System, unreduced

TREE = DIALECTS["tree"]


def plain(system: System) -> set[int]:
    """The states of a system by its own functions, uncompiled."""
    seen, queue = {system.initial}, [system.initial]
    after, labels, flaws = np.zeros(system.fanout, np.uint64), [0] * system.fanout, [0] * system.fanout
    for state in queue:
        for i in range(successors(np.uint64(state), after, labels, flaws, 1, system.parameters, None)):
            if int(after[i]) not in seen:
                seen.add(int(after[i]))
                queue.append(int(after[i]))
    return seen


@pytest.mark.parametrize(("waits", "states", "transitions"), [(True, 10, 17), (False, 12, 21)])
def test_shootdown(waits: bool, states: int, transitions: int) -> None:
    system = shootdown(waits)
    found = search(system)
    assert (found.states, found.transitions) == (states, transitions)
    assert len(plain(system)) == states
    assert found.verdict is (SearchEnd.EXHAUSTED if waits else SearchEnd.VIOLATED)
    assert any(check(np.uint64(s), 1, system.parameters, None) for s in plain(system)) is not waits


def test_the_shortest_way_to_a_stale_translation() -> None:
    system = shootdown(waits=False)
    (flaw,) = search(system).flaws
    assert [system.step_text(step) for step in flaw.steps] == [STEPS[1], STEPS[2], STEPS[3], STEPS[5]]
    assert [system.unpack(state)["step"] for state in flaw.states] == [0, 0, 1, 2, 3]


def test_the_set_grows_and_loses_nothing() -> None:
    system = mapping_system(Scope(3, 2, 2), TREE, masks=True)
    for threads in (1, 2):
        found = search(system, properties=[], threads=threads, memory=10**8)
        assert (found.states, found.transitions) == (46_075, 2_794_044)


@pytest.mark.long
def test_keys_survive_every_size_of_the_set() -> None:
    kernel = kernel_of(shootdown())
    rng = np.random.default_rng(7)
    for bits in (24, 33, 48, 64):
        keys = np.unique(rng.integers(0, 2**bits - 1, 5_000, np.uint64, endpoint=True))
        table = Table(kernel, bits, 1_000, 10**9)
        assert table.entry == (NARROW if bits < 46 else WIDE)
        for count, key in enumerate(keys):
            if count >= table.limit:
                assert table.grow(count)
            table.queue[count] = kernel.add(table.entries, table.lanes, key, table.geometry)
        for key in keys[:100]:
            assert kernel.add(table.entries, table.lanes, key, table.geometry) == kernel.PRESENT
        states = kernel.states_at(table.entries, table.lanes, table.queue, 0, len(keys), table.geometry)
        assert states.tolist() == keys.tolist()
        assert np.count_nonzero(table.entries) == len(keys)


def test_a_full_bucket_is_noticed() -> None:
    kernel = kernel_of(shootdown())
    table = Table(kernel, 24, 10, 10**9)
    remainder_bits = int(table.geometry[kernel.REMAINDER_BITS])
    crowded = [kernel.unmixed(np.uint64(r), table.geometry) for r in range(2000)]  # all at home in bucket 0
    assert 1 << remainder_bits > 2000
    answers = [kernel.add(table.entries, table.lanes, np.uint64(key), table.geometry) for key in crowded]
    assert kernel.FULL in answers
    assert kernel.PRESENT not in answers


def test_memory_is_a_limit() -> None:
    system = mapping_system(Scope(3, 2, 2), TREE, masks=True)
    found = search(system, properties=[], memory=400_000, threads=1)
    assert found.verdict is SearchEnd.TRUNCATED
    assert "400,000 bytes" in found.reason
    assert 0 < found.states < 46_075
    with pytest.raises(ScopeTooLargeError, match="allow more memory"):
        search(system, memory=1_000)


def test_an_interrupt_leaves_a_partial_result() -> None:
    def interrupt(progress: Any) -> None:
        assert progress.states > 0
        raise KeyboardInterrupt

    found = search(mapping_system(Scope(4, 2, 1), TREE), threads=2, on_progress=interrupt)
    assert found.verdict is SearchEnd.VIOLATED  # a frame was lost before
    assert found.interrupted
    assert not found.complete
    found = search(mapping_system(Scope(4, 2, 1), CANONICAL), on_progress=interrupt)
    assert found.verdict is SearchEnd.INTERRUPTED
    assert found.verdict.exit_status == 130


def test_unknown_properties_are_named() -> None:
    with pytest.raises(ValueError, match=r"has no property 'x'; it has no-stale-translation"):
        search(shootdown(), properties=["x"])


def test_more_than_64_bits_are_refused() -> None:
    wide = Field("wide", 65)
    with pytest.raises(ScopeTooLargeError, match="65 bits"):
        System("too wide", (wide,), 0, successors, check, unreduced, 1, (), 0, ())


def test_values_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="step = 4 does not fit 2 bits"):
        shootdown().pack([0, 0, 0, 0, 4])
    assert shootdown().unpack(shootdown().pack([1, 0, 1, 0, 3]))["step"] == 3


def test_a_kernel_is_written_once_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSIGMA_CACHE", str(tmp_path))
    lines = constants(Scope(2, 1, 1), CANONICAL)
    first = specialised("proofs.explorer.searches.kernels.bitmap", lines, [])
    assert specialised("proofs.explorer.searches.kernels.bitmap", lines, []) is first
    assert first.ANCESTOR_REFUSED
    assert specialised("proofs.explorer.searches.kernels.bitmap", constants(Scope(2, 1, 1), TREE), []) is not first
