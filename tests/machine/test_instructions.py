"""Which translations each invalidating instruction takes, entry by entry as the manuals say."""

import random
from collections.abc import Callable

import pytest

from machine import SV39, X86_32, X86_64, Core, Format, Memory, PageFault, Tlb, Walker
from machine.instructions import KEEP, Invpcid, invlpg, invpcid, move_to_cr3, sfence_vma, tlbi
from machine.tlb import SHARED_TAG
from tests.machine.tables import Tables

ONE, OTHER, GLOBAL = 0x1000, 0x2000, 0x3000
A, B = 1, 2
FULL = frozenset({(A, ONE), (A, OTHER), (B, ONE), (B, OTHER), (SHARED_TAG, GLOBAL)})


def core_with(format: Format, *, tagged: bool = True) -> Core:
    """A core that remembers two pages under each of two tags, and a global one; the first tag is current."""
    made = Tables(Memory(1 << 20), format)
    for page in (ONE, OTHER, GLOBAL):
        made.map(page, page >> 12, flags=7 if page == GLOBAL else 3)
    core = Core(made.memory, format, Tlb(format, 16, tagged=tagged), root=made.root)
    for tag in (B, A):
        core.switch(made.root, tag)
        for page in (ONE, OTHER, GLOBAL):
            core.load(page)
    return core


def held(core: Core) -> frozenset[tuple[int, int]]:
    return frozenset((entry.tag, entry.page << 12) for entry in core.tlb.entries())


REACH: dict[str, tuple[Callable[[Core], object], set[tuple[int, int]]]] = {
    "invlpg": (lambda core: invlpg(core, ONE + 0x123), {(A, ONE)}),
    "invlpg of a global page": (lambda core: invlpg(core, GLOBAL), {(SHARED_TAG, GLOBAL)}),
    "invpcid 0 of another": (lambda core: invpcid(core, 0, B, ONE), {(B, ONE)}),
    "invpcid 0 leaves global": (lambda core: invpcid(core, 0, A, GLOBAL), set()),
    "invpcid 1": (lambda core: invpcid(core, 1, B), {(B, ONE), (B, OTHER)}),
    "invpcid 2": (lambda core: invpcid(core, 2), set(FULL)),
    "invpcid 3": (lambda core: invpcid(core, 3), {each for each in FULL if each[0] != SHARED_TAG}),
    "cr3": (lambda core: move_to_cr3(core, core.root | B), {(B, ONE), (B, OTHER)}),
    "cr3, bit 63": (lambda core: move_to_cr3(core, KEEP | core.root | B), set()),
    "sfence x0, x0": (sfence_vma, set(FULL)),
    "sfence address": (lambda core: sfence_vma(core, ONE), {(A, ONE), (B, ONE)}),
    "sfence global address": (lambda core: sfence_vma(core, GLOBAL), {(SHARED_TAG, GLOBAL)}),
    "sfence asid": (lambda core: sfence_vma(core, asid=B), {(B, ONE), (B, OTHER)}),
    "sfence both": (lambda core: sfence_vma(core, OTHER, B), {(B, OTHER)}),
    "sfence both leaves global": (lambda core: sfence_vma(core, GLOBAL, A), set()),
    "tlbi vae1": (lambda core: tlbi(core, ONE, B), {(B, ONE)}),
    "tlbi vae1 of a global page": (lambda core: tlbi(core, GLOBAL, B), {(SHARED_TAG, GLOBAL)}),
    "tlbi vaae1": (lambda core: tlbi(core, ONE), {(A, ONE), (B, ONE)}),
    "tlbi aside1": (lambda core: tlbi(core, asid=A), {(A, ONE), (A, OTHER)}),
    "tlbi vmalle1": (tlbi, set(FULL)),
}


@pytest.mark.parametrize("name", REACH)
def test_reach(name: str) -> None:
    instruction, gone = REACH[name]
    core = core_with(X86_64)
    assert held(core) == FULL
    instruction(core)
    assert FULL - held(core) == gone


def test_invlpg_leaves_a_page_under_another_pcid_readable() -> None:
    """SDM vol. 3A, 4.10.4.1: the entry at physical 0x23008 is cleared, and PCID 2 still reads 0x1000."""
    core = core_with(X86_64)
    leaf = next(at for at in range(0x20000, 0x30000, 8) if core.memory.read(at, 8) & ~0xFFF == ONE)
    assert (leaf & 0xFFF, core.memory.read(leaf, 8)) == (8, 0x1067)
    core.memory.write(leaf, 0, 8)
    invlpg(core, ONE)
    with pytest.raises(PageFault):
        core.load(ONE)
    core.switch(core.root, B)
    assert core.translate(ONE, 4) == ONE
    invlpg(core, ONE)
    with pytest.raises(PageFault):
        core.load(ONE)


def test_cr3_names_root_and_pcid() -> None:
    core = core_with(X86_64)
    move_to_cr3(core, KEEP | 0xABC000 | 0x123)
    assert (core.root, core.tag) == (0xABC000, 0x123)


@pytest.mark.parametrize("format", [X86_32, X86_64])
def test_without_pcids_there_is_one(format: Format) -> None:
    """CR4.PCIDE clear: all is PCID 0, and MOV to CR3 drops all but global entries."""
    core = core_with(format, tagged=False)
    move_to_cr3(core, core.root | 0x18)  # PCD and PWT are no PCID
    assert core.tag == 0
    assert held(core) == {(SHARED_TAG, GLOBAL)}
    core.load(ONE)
    invpcid(core, Invpcid.ADDRESS, 0, ONE)
    assert held(core) == {(SHARED_TAG, GLOBAL)}
    with pytest.raises(ValueError, match=r"CR4\.PCIDE clear is #GP"):
        invpcid(core, Invpcid.CONTEXT, 1)


@pytest.mark.parametrize(
    ("told", "words"),
    [((4,), "type 4"), ((0, 0x1000), "PCID 0x1000"), ((0, 1, 1 << 47), "0x800000000000, which is not canonical")],
)
def test_invpcid_refuses(told: tuple[int, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        invpcid(core_with(X86_64), *told)


def test_what_no_instruction_reached_is_what_the_tables_said_before() -> None:
    """Random writes, switches and instructions: an access under a tag is stale only if nothing that reaches it ran."""
    choose = random.Random(17)
    made = Tables(Memory(1 << 20), SV39)
    for page in (ONE, OTHER):
        made.map(page, 0x80, flags=3)
    core = Core(made.memory, SV39, Tlb(SV39, 16, tagged=True), root=made.root, tag=A)
    shown: dict[tuple[int, int], int] = {}
    stale = 0
    for _ in range(2000):
        page, tag = choose.choice((ONE, OTHER)), choose.choice((A, B))
        match choose.randrange(4):
            case 0:
                made.map(page, choose.randrange(0x80, 0x90), flags=3)
            case 1:
                core.switch(made.root, tag)
            case 2:
                asked = choose.choice(((page, tag), (page, None), (None, tag), (None, None)))
                sfence_vma(core, *asked)
                shown = {
                    at: to for at, to in shown.items() if asked[0] not in (None, at[1]) or asked[1] not in (None, at[0])
                }
            case _:
                now = Walker(made.memory, SV39).translate(page, 4, True, made.root)
                assert not isinstance(now, PageFault)
                expected = shown.setdefault((core.tag, page), now.physical)
                stale += expected != now.physical
                assert core.translate(page, 4) == expected
    assert stale > 50
