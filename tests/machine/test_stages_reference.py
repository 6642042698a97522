"""Walks through two stages against straightforward ones: what they end with, and all of memory."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine import AARCH64, EXECUTE, READ, SV39, SV48, WRITE, X86_32, X86_64, Format, Memory, PageFault
from machine.formats import SV48X4
from machine.formats.ept import ept
from machine.stages import HYPERVISOR, STAGE_2, VTX, SecondStage, SecondStageFault, TwoStageWalker
from refinement.rewriting import replaced
from tests.machine.formats import aarch64, riscv, x86
from tests.machine.formats.manual import Manual
from tests.machine.formats.second_stages import ept_manual, g_manual, stage_2_manual
from tests.machine.two_stages import Guest, Stage, hypervisor_told, stage_2_told, vtx_told

PAGES = 28
SECOND_ROOT, SECOND_TABLES = 0x4000, (8, 9, 10)
ROOT, TABLES, DATA = 0x10000, (17, 18, 19), (20, 21, 22, 23)
"""Guest frames are the physical ones, but that a second stage may go wrong; the last data also lies 512 GiB higher."""


@dataclass(frozen=True)
class Pair:
    """A first stage and a second one, in the machine and in the manuals."""

    first: Format
    manual: Manual
    second: SecondStage
    second_manual: Manual
    told: Any
    widths: tuple[int, ...]


PAIRS = {
    "VT-x": Pair(X86_64, x86.wide(52), VTX, ept_manual(52, marks=True), vtx_told, (9, 9, 9, 9)),
    "VT-x without flags": Pair(
        X86_64,
        x86.wide(52),
        replace(VTX, format=ept(accessed_dirty=False), reads_as=READ),
        ept_manual(52, marks=False),
        vtx_told,
        (9, 9, 9, 9),
    ),
    "VT-x, a guest of 32 bits": Pair(X86_32, x86.narrow(40), VTX, ept_manual(52, marks=True), vtx_told, (9, 9, 9, 9)),
    "H, Sv39": Pair(SV39, riscv.manual(39), HYPERVISOR, g_manual(41), hypervisor_told, (9, 9, 11)),
    "H, Sv48": Pair(
        SV48,
        riscv.manual(48),
        replace(HYPERVISOR, format=SV48X4),
        g_manual(50),
        hypervisor_told,
        (9, 9, 9, 11),
    ),
    "AArch64": Pair(AARCH64, aarch64.manual(12, blocks=(1, 2)), STAGE_2, stage_2_manual(40), stage_2_told, (9, 9, 10)),
}


def some_leaf(format: Format, frame: int, level: int, draw: Random) -> int:
    """Mostly one that permits."""
    rights = draw.choice((7, 7, 7, 7, 7, 7, 6, 5, 4, 3, 1))
    user, flags = draw.random() < 0.9, draw.choice((3, 3, 3, 1, 0, 7))
    return int(format.encode_leaf(frame, rights, int(user), level, flags))


def entries(pair: Pair, draw: Random) -> Iterator[tuple[int, int, int]]:
    """Place, value and size of every entry: of the second stage, then of the guest."""
    second, first = pair.second.format, pair.first
    tables = (SECOND_ROOT >> 12, *SECOND_TABLES)
    last = tables[second.levels - 1]
    for upper, lower in pairwise(tables[: second.levels]):
        yield upper << 12, second.encode_pointer(lower), 8
    if second.root_tables > 1:
        yield SECOND_ROOT + 0x1000, second.encode_pointer(SECOND_TABLES[0]), 8
    if draw.random() < 0.1:
        yield tables[second.levels - 2] << 12, some_leaf(second, 0, 1, draw), 8
    for frame in range(16, 24):
        at = frame if draw.random() < 0.95 else draw.choice((24, 25, 40))
        careful = frame < 20 and draw.random() < 0.8
        yield (
            (last << 12) + 8 * frame,
            second.encode_leaf(at, 7, 1, 0, 3) if careful else some_leaf(second, at, 0, draw),
            8,
        )
    size = first.entry_bytes
    tables = (ROOT >> 12, *TABLES)
    for upper, lower in pairwise(tables[: first.levels]):
        yield upper << 12, first.encode_pointer(lower), size
    if draw.random() < 0.1:
        yield tables[first.levels - 2] << 12, some_leaf(first, 0, 1, draw), size
    high = 1 << (second.span_bits(second.levels) - 12) if second.root_tables > 1 else 0
    for page, frame in enumerate((*DATA, DATA[-1] + high)):
        yield (tables[first.levels - 1] << 12) + size * page, some_leaf(first, frame, 0, draw), size


def filled(pair: Pair, draw: Random) -> bytearray:
    """A memory with a guest in it, some of whose entries are spoilt."""
    memory = bytearray(PAGES << 12)
    placed = list(entries(pair, draw))
    for place, value, size in placed:
        memory[place : place + size] = int(value).to_bytes(size, "little")
    for place, _, size in draw.sample(placed, draw.choice((0, 0, 0, 1, 2))):
        old = int.from_bytes(memory[place : place + size], "little")
        new = draw.choice((0, old ^ 1 << draw.randrange(8 * size), old ^ 1 << draw.randrange(12), 1 << 60 | old))
        memory[place : place + size] = (new % (1 << 8 * size)).to_bytes(size, "little")
    return memory


def tried(pair: Pair, seed: int, of: type[TwoStageWalker] = TwoStageWalker) -> str:
    """One access by the machine and by the manuals; what came of it, in a word."""
    draw = Random(seed)
    memory = filled(pair, draw)
    control, second_control = (draw.choice((0, 1, 2, 4, 6, 8, 15, each)) for each in (13, 1))
    access, user = draw.choice((READ, WRITE, EXECUTE)), draw.random() < 0.8
    address = draw.randrange(6) << 12 | draw.randrange(0x1000)
    bytes_ = np.frombuffer(bytearray(memory), np.uint8)
    machine = Memory(len(memory), buffer=bytes_)
    walker = of(machine, pair.first, pair.second, SECOND_ROOT, control, second_control)
    found = walker.translate(address, access, user, ROOT)
    widths = (pair.first.index_bits,) * pair.first.levels
    reference = Guest(
        memory=memory,
        first=Stage(
            manual=pair.manual,
            widths=widths,
            entry_bytes=pair.first.entry_bytes,
            control=control,
            unmarked_first=pair.first is AARCH64,
        ),
        second=Stage(
            manual=pair.second_manual,
            widths=pair.widths,
            entry_bytes=8,
            control=second_control,
            unmarked_first=pair.first is AARCH64,
        ),
        root=ROOT,
        second_root=SECOND_ROOT,
        tables_as=WRITE if pair.second.reads_as == WRITE else READ,
        dropped=2 if pair.told is hypervisor_told else 0,
        told=pair.told,
    )
    expected = reference.access(address, access, int(user))
    if isinstance(found, PageFault):
        stage = "second" if isinstance(found, SecondStageFault) else "first"
        more = (found.guest_physical, found.implicit) if isinstance(found, SecondStageFault) else (0, 0)
        assert (stage, found.reason, found.vector, found.code, *more) == expected
        assert (found.address, found.access, found.user) == (address, access, user)
        word = f"{stage} {found.reason.name} {more[1]}"
    else:
        assert (found.physical, found.guest_physical) == expected
        word = "ok"
    assert bytes(bytes_) == bytes(memory), "the same marks are in the tables"
    return word


@pytest.mark.parametrize("name", PAIRS)
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**40))
def test_the_machine_walks_as_the_manuals_say(name: str, seed: int) -> None:
    tried(PAIRS[name], seed)


@pytest.mark.long
@pytest.mark.parametrize("name", PAIRS)
def test_every_end_is_met(name: str) -> None:
    """So that the comparison says something: each stage fails in its ways, explicitly and implicitly, and some pass."""
    met = Counter(tried(PAIRS[name], seed) for seed in range(700))
    assert met["ok"] > 60
    rare = {"MALFORMED"} if name in ("VT-x, a guest of 32 bits", "AArch64") else set()
    reasons = {"ABSENT", "DENIED", "MALFORMED"} - rare
    assert {f"first {reason} 0" for reason in reasons} <= met.keys(), met
    assert {"second ABSENT 0", "second DENIED 0", f"second ABSENT {READ}", f"second DENIED {READ}"} <= met.keys(), met
    if name not in ("AArch64", "VT-x", "VT-x, a guest of 32 bits"):
        assert f"second DENIED {WRITE}" in met, met


FAULTS = {
    "tables are read as the access is made": (
        "_through",
        "checked = second.reads_as if implicit == READ else implicit",
        "pass",
    ),
    "MXR is for tables as well": ("_through", "control &= ~second.explicit_only", "pass"),
    "marks are checked as reads": ("_through", "if implicit == READ else implicit", "if implicit else access"),
    "the first table of the root is the whole": (
        "_through",
        "words, root, guest_physical, checked",
        "words, root, guest_physical % (1 << format.span_bits(format.levels)), checked",
    ),
    "an implicit access is reported as the access itself": (
        "_through",
        "second.told(vector, code, implicit,",
        "second.told(vector, code, 0,",
    ),
    "a fault of the second stage tells the virtual address": (
        "_through",
        "code, guest_physical, implicit)",
        "code, address, implicit)",
    ),
    "marks of the guest's tables wait for ever": ("translate", "words.write()", "pass"),
    "tables are at physical addresses": (
        "translate",
        "return self._through(guest_physical, implicit, address, access, user).physical",
        "return guest_physical",
    ),
    "the page is at a physical address": (
        "translate",
        "self._through(guest_physical, 0, address",
        "self._through(guest_physical, READ, address",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize(("method", "old", "new"), FAULTS.values(), ids=FAULTS)
def test_a_walker_that_is_wrong_in_one_way_is_found(method: str, old: str, new: str) -> None:
    wrong = type("Wrong", (TwoStageWalker,), {method: replaced(getattr(TwoStageWalker, method), old, new)})

    def tries() -> None:
        for seed, pair in product(range(400), PAIRS.values()):
            tried(pair, seed, wrong)

    with pytest.raises(AssertionError):
        tries()
