"""The kernel beside the model: the same in every format, and every fault of a kernel leaves a readable picture."""

from collections.abc import Callable
from typing import Any

import pytest

from machine import Format
from machine.formats import FORMATS, LEAF, SV39, X86_32
from machine.formats.base import ACCESSED, DIRTY, GLOBAL
from machine.tlb import i486, pentium, riscv_asid
from model.scope import ALL_RIGHTS, Scope
from model.spaces.dialect import DIALECTS
from model.spaces.literal import REFUSED
from model.spaces.operation import Operation
from model.trace import Trace
from proofs.report.storyboard import kernel_views, not_runnable, page, storyboard, storyboard_with_kernel
from proofs.report.storyboard.replays.machine import BIT_NAMES, fields_of
from proofs.report.storyboard.scenes.views import Bits, Cached
from refinement.faults import FAULTS
from refinement.kernel.kernel import Kernel
from tests.proofs.traces import TRACES, random_trace


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
@pytest.mark.parametrize("buffer", [riscv_asid, i486, pentium])
def test_the_kernel_never_differs_from_the_model(format: Format, buffer: Callable[..., Any]) -> None:
    some_write_only = random_trace(6, 12, Scope(3, 2, 2))
    for trace in (random_trace(5, 12, Scope(3, 2, 2)), some_write_only):
        board = storyboard(trace, kernel_views(trace, format=format, buffer=buffer))
        assert [finding.text for scene in board.scenes for finding in scene.findings] == []


def test_some_trace_has_pages_that_can_only_be_written() -> None:
    """Sv39 cannot say so."""
    states = random_trace(6, 12, Scope(3, 2, 2)).states()
    assert any(2 in state.rights for _, _, state in states)


def test_an_entry_that_lacks_what_the_model_grants_is_named() -> None:
    trace = Trace("canonical", Scope(2, 1, 1), (Operation("map", 0, 1),))

    class Erased(Kernel):
        def map(self, src: int, dst: int, rights: int = ALL_RIGHTS) -> int:
            status = super().map(src, dst, rights)
            self.clear_entry(dst)
            return status

    board = storyboard(trace, kernel_views(trace, kernel=Erased))
    assert [finding.text for finding in board.scenes[1].findings] == [
        "the page table does not let σ1[0] read, write and execute frame 0, the model does"
    ]


def test_what_there_is_after_a_map() -> None:
    trace = Trace("canonical", Scope(2, 1, 1), (Operation("map", 0, 1, 4), Operation("map", 1, 1)))
    first, mapped, refused = kernel_views(trace)
    assert (first.machine, first.first_frame) == ("Sv39, 2 cores, core n in space n", 7)
    assert first.entries[1].place is None
    assert first.cached == (Cached(0, 0, 0, ALL_RIGHTS, True),)
    entry = mapped.entries[1]
    assert (entry.slot, entry.virtual, entry.frame, entry.rights) == (1, 0x10000, 0, 4)
    assert entry.value == 7 << 10 | 0b01010011
    assert entry.fields == tuple(
        Bits(name, value) for name, value in zip(["PPN", *"DAGUXWRV"], [7, 0, 1, 0, 1, 0, 0, 1, 1], strict=True)
    )
    assert mapped.cached == (Cached(0, 0, 0, ALL_RIGHTS, True), Cached(1, 1, 0, 4, False))
    assert refused.status == REFUSED
    assert refused.database is not None
    assert refused.database.rights.tolist() == [7, 4]


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_bits_are_called_what_they_are(format: Format) -> None:
    """Each named bit changes what the decoder says, and in the way that its name promises."""
    assert format.name in BIT_NAMES
    base = int(format.encode_leaf(5, ALL_RIGHTS, flags=GLOBAL))
    frame, bits = BIT_NAMES[format.name]
    fields = {bit.name: bit.value for bit in fields_of(format, base)}
    assert fields[frame] == 5
    said = format.decode(base)
    promise = {
        "D": lambda new: new.flags ^ said.flags == DIRTY,
        "A": lambda new: new.flags ^ said.flags == ACCESSED,
        "AF": lambda new: new.kind != LEAF or new.flags ^ said.flags == ACCESSED,
        "G": lambda new: new.flags ^ said.flags == GLOBAL,
        "nG": lambda new: new.flags ^ said.flags == GLOBAL,
        "U": lambda new: new.user != said.user,
        "U/S": lambda new: new.user != said.user,
        "AP[1]": lambda new: new.user != said.user,
        "X": lambda new: new.rights ^ said.rights == 1,
        "XD": lambda new: new.rights ^ said.rights == 1,
        "UXN": lambda new: new.rights ^ said.rights == 1,
        "PXN": lambda new: new.rights == said.rights,
        "W": lambda new: new.rights ^ said.rights == 2,
        "R/W": lambda new: new.rights ^ said.rights == 2,
        "AP[2]": lambda new: new.rights ^ said.rights == 2,
        "R": lambda new: new.kind != LEAF,  # write without read is reserved
        "V": lambda new: new.kind == 0,
        "P": lambda new: new.kind == 0,
        "valid": lambda new: new.kind == 0,
        "type": lambda new: new.kind != LEAF,
    }
    for name, bit in bits.items():
        assert promise[name](format.decode(base ^ 1 << bit)), name


class _Forgetful(Kernel):
    """No shootdown."""

    def invalidate(self, slot: int) -> None:
        pass


def test_a_stale_translation_is_named() -> None:
    trace = Trace("canonical", Scope(2, 1, 1), (Operation("map", 0, 1), Operation("flush", 0)))
    board = storyboard(trace, kernel_views(trace, kernel=_Forgetful))
    assert [finding.text for finding in board.scenes[2].findings] == [
        "core 1's buffer lets σ1[0] read, write and execute frame 0, the model does not"
    ]
    assert board.scenes[2].cell(1).wrong


class _Breaking(Kernel):
    """Breaks down at the first flush."""

    def flush(self, slot: int, rights: int = ALL_RIGHTS) -> int:
        raise IndexError("node 17 of 4")


def test_a_kernel_that_breaks_down_is_shown_to() -> None:
    trace = Trace("canonical", Scope(2, 1, 1), (Operation("map", 0, 1), Operation("flush", 0), Operation("flush", 0)))
    board = storyboard(trace, kernel_views(trace, kernel=_Breaking))
    texts = [[finding.text for finding in scene.findings] for scene in board.scenes]
    assert texts == [[], [], *[["the kernel broke down: IndexError: node 17 of 4"]] * 2]


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_gives_a_page(name: str) -> None:
    trace = random_trace(11, 8, Scope(3, 2, 2))
    board = storyboard(trace, kernel_views(trace, format=X86_32, buffer=i486, kernel=FAULTS[name].kernel))
    assert page(board).count('<section class="step"') == 9


def test_dialects_that_no_kernel_implements_say_so() -> None:
    assert not_runnable(TRACES["granted"]) == ""
    board = storyboard_with_kernel(TRACES["widened"])
    assert board.aside == "no page tables are shown: the kernel implements canonical and tree, not x2-keep"
    assert all(scene.views is None for scene in board.scenes)
    assert {name for name in DIALECTS if not not_runnable(Trace(name, Scope(1, 1, 1), ()))} == {"canonical", "tree"}
    assert "65 spaces would need as many cores" in not_runnable(Trace("tree", Scope(65, 1, 1), ()))


def test_formats_unknown_to_the_names_still_show_the_frame() -> None:
    from dataclasses import replace

    assert fields_of(replace(SV39, name="mine"), SV39.encode_leaf(9, 4)) == (Bits("frame", 9),)
