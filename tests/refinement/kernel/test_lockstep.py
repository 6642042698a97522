"""Random histories: literal model, kernel and machine in lockstep, over formats, buffers and dialects."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from machine import FORMATS, Format, SplitTlb, Tlb, tlb
from machine.formats import SECOND_STAGES
from machine.tlb import Replacement, TranslationBuffer
from model.scope import Scope
from model.spaces.dialect import DIALECTS
from model.spaces.operation import Operation
from refinement.faults import FAULTS
from refinement.kernel.kernel import Kernel
from refinement.kernel.lockstep import Lockstep, boot
from refinement.rewriting import replaced

SCOPE = Scope(4, 2, 2)

# Pages one after the other, and pages that share no table but the root.
NEAR, FAR = (0x10000, 0x11000), (0x10000, 0x4000_1000)

# A space has two pages, and one core looks at all four spaces: buffers of one or two entries evict all the time.
BUFFERS: dict[str, Callable[[Format], TranslationBuffer]] = {
    "one entry": lambda f: Tlb(f, 1),
    "two entries, tagged": lambda f: Tlb(f, 2, tagged=True),
    "two ways, first in first out": lambda f: Tlb(f, 4, 2, replacement=Replacement.FIFO, tagged=True),
    "direct mapped": lambda f: Tlb(f, 4, 1),
    "random": lambda f: Tlb(f, 5, replacement=Replacement.RANDOM, tagged=True, seed=3),
    "split": lambda f: SplitTlb(Tlb(f, 1), Tlb(f, 2)),
    **tlb.PRESETS,
}
RIGHTS = st.sampled_from([7, 7, 7, 6, 5, 4, 3, 2, 1, 0])
SLOT = st.integers(0, SCOPE.slots - 1)
SOURCE = st.integers(-3 * SCOPE.slots, SCOPE.slots - 1)


def machine_for(dialect: str, kernel: type[Kernel] = Kernel) -> type[RuleBasedStateMachine]:
    class Machine(RuleBasedStateMachine):
        @initialize(
            format=st.sampled_from(FORMATS),
            buffer=st.sampled_from(sorted(BUFFERS)),
            addresses=st.sampled_from([NEAR, FAR]),
            spare=st.sampled_from([0, 1, 3, 100]),
            cores=st.sampled_from([2, 2, 5]),
        )
        def start(self, format: Format, buffer: Any, addresses: Sequence[int], spare: int, cores: int) -> None:
            self.lockstep = Lockstep(
                boot(
                    SCOPE,
                    DIALECTS[dialect],
                    format=format,
                    buffer=BUFFERS[buffer],
                    cores=cores,
                    tables=SCOPE.spaces + (format.levels - 1) * SCOPE.frames + spare,
                    addresses=addresses,
                    tags=cores + 1,
                    kernel=kernel,
                )
            )

        def do(self, kind: str, src: int, dst: int, rights: int) -> None:
            """Sources are mostly slots that are in use, since little can be done with others."""
            used = [s for s in range(SCOPE.slots) if self.lockstep.kernel.lookup(s)]
            operation = Operation(kind, used[-src % len(used)] if src < 0 and used else src % SCOPE.slots, dst, rights)
            found = self.lockstep.do(operation)
            assert not found, found  # said also where pytest does not rewrite what is asserted

        @rule(src=SOURCE, dst=SLOT, rights=RIGHTS)
        def map(self, src: int, dst: int, rights: int) -> None:
            self.do("map", src, dst, rights)

        @rule(src=SOURCE, dst=SLOT, rights=RIGHTS)
        def map_once_more(self, src: int, dst: int, rights: int) -> None:
            self.do("map", src, dst, rights)

        @rule(src=SOURCE, dst=SLOT, rights=RIGHTS)
        def grant(self, src: int, dst: int, rights: int) -> None:
            self.do("grant", src, dst, rights)

        @rule(src=SOURCE, rights=RIGHTS)
        def flush(self, src: int, rights: int) -> None:
            self.do("flush", src, -1, rights)

    return Machine


def search(
    dialect: str, kernel: type[Kernel], examples: int, steps: int, phases: tuple[Phase, ...] = tuple(Phase)
) -> None:
    run_state_machine_as_test(
        machine_for(dialect, kernel),
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, phases=phases
        ),
    )


@pytest.mark.long
@pytest.mark.parametrize("dialect", ["canonical", "tree"])
def test_lockstep(dialect: str) -> None:
    search(dialect, Kernel, 40, 20)


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["canonical", "tree"])
def test_long_lockstep(dialect: str) -> None:
    search(dialect, Kernel, 200, 50)


def test_the_state_machine_finds_a_fault() -> None:
    with pytest.raises(AssertionError, match="Difference"):
        search("canonical", FAULTS["wrong-slot-unmapped"].kernel, 100, 25, (Phase.generate,))


def walk(dialect: str, kernel: type[Kernel], seed: int, steps: int, of: Format | None = None) -> bool:
    """A random walk on a random machine, of a format if one is given; whether anything differed."""
    choose = random.Random(seed)
    cores, format = choose.choice([2, 5]), choose.choice(FORMATS)
    format = format if of is None else of
    lockstep = Lockstep(
        boot(
            SCOPE,
            DIALECTS[dialect],
            format=format,
            buffer=BUFFERS[choose.choice(sorted(BUFFERS))],
            cores=cores,
            tables=SCOPE.spaces + (format.levels - 1) * SCOPE.frames + choose.choice([0, 1, 3, 100]),
            addresses=choose.choice([NEAR, FAR]),
            tags=cores + 1,
            kernel=kernel,
        )
    )
    for _ in range(steps):
        used = [s for s in range(SCOPE.slots) if lockstep.kernel.lookup(s)]
        kind = choose.choice(["map", "map", "grant", "flush"])
        dst = -1 if kind == "flush" else choose.randrange(SCOPE.slots)
        source = choose.choice(used or [0])
        if lockstep.do(Operation(kind, source, dst, choose.choice([7, 7, 7, 6, 5, 4, 3, 2, 1]))):
            return True
    return False


@pytest.mark.long
@pytest.mark.parametrize("dialect", ["canonical", "tree"])
def test_walks(dialect: str) -> None:
    assert not any(walk(dialect, Kernel, seed, 40) for seed in range(15))


@pytest.mark.parametrize("format", SECOND_STAGES, ids=lambda format: format.name)
def test_a_hypervisor_keeps_second_stages(format: Format) -> None:
    """The kernel's tables are a second stage's, and what it maps is guests' memory."""
    assert not any(walk("canonical", Kernel, seed, 25, format) for seed in range(2))


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["canonical", "tree"])
def test_long_walks(dialect: str) -> None:
    assert not any(walk(dialect, Kernel, seed, 250) for seed in range(100, 140))


@pytest.mark.long
# A depth of 256 and an ancestor two generations above are beyond what chance meets: their own cases find them.
@pytest.mark.parametrize("fault", sorted(FAULTS.keys() - {"depth-wrap", "ancestor-slot"}))
def test_walks_find_faults(fault: str) -> None:
    assert any(walk("canonical", FAULTS[fault].kernel, seed, 40) for seed in range(60))


def test_a_column_read_at_none_is_an_error_and_not_the_last_element() -> None:
    unasked = replaced(Kernel.flush, "if top != NONE:", "if True:")
    machine: dict[str, Any] = {"format": FORMATS[0], "buffer": lambda f: Tlb(f, 4), "cores": 1}
    kernel = boot(SCOPE, kernel=type("Unasked", (Kernel,), {"flush": unasked}), **machine)
    assert kernel.flush(0) == 0
    with pytest.raises(IndexError, match="element -1 of a column"):
        kernel.flush(2)
    assert boot(SCOPE, **machine).flush(2) == 0
