"""Cache colouring, seen in misses: a pager that allocates by colour beside one that does not, on the same machine (S5).

A client faults on each of its pages; the pager maps a frame into the window that the kernel opened. Then the client
loads from its pages in turn, through page tables, and a physically indexed cache sees the addresses. A page's colour is
the part of the cache that a frame falls into.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from machine import tlb
from machine.costs.caches import Misses, ThreeCs
from machine.formats import SV39
from model.messages.scope import MessageScope
from model.spaces.literal import DONE
from refinement.kernel.mapping_tree import NONE
from refinement.messages.blocks import ANYBODY, NOBODY
from refinement.messages.kernel import MessageKernel
from refinement.messages.lockstep import boot

PAGE, LINE_BYTES = 1 << 12, 32
ALL = 7  # the rights that the pager gives


@dataclass(frozen=True, slots=True)
class Paged:
    """The pages that a client saw of the cache, and whether each has a frame of its colour.

    :param misses: by kind, of all its loads.
    :param coloured: whether the guarantee of the coloured pager holds.
    """

    misses: Misses
    coloured: bool


def paged(*, by_colour: bool, colours: int = 4, rounds: int = 8, seed: int = 0) -> Paged:
    """A client that loads from as many pages as the cache has colours, again and again.

    :param by_colour: whether the pager looks at colours; else it takes any frame that is free.
    :raises RuntimeError: the kernel refused what it should do.
    """
    frames = 2 * colours
    kernel = boot(
        MessageScope(2, frames, frames, threads=2, ids=2, words=frames + 1, booted=2),
        format=SV39,
        buffer=tlb.riscv_asid,
    )
    source = np.random.default_rng(seed)
    free = [int(frame) for frame in source.permutation(frames)]
    given: list[int] = []
    for page in range(colours):
        right = [frame for frame in free if _colour(kernel, frame, colours) == page % colours]
        frame = right[0] if by_colour else free[0]
        free.remove(frame)
        given.append(frame)
        _fault(kernel, kernel.scope.pages + page, frame)
    coloured = all(_colour(kernel, frame, colours) == page % colours for page, frame in enumerate(given))
    return Paged(_loads(kernel, given, colours, rounds), coloured)


def _colour(kernel: MessageKernel, frame: int, colours: int) -> int:
    """The part of the cache into which a frame falls."""
    return (kernel.pages.first_frame + frame) % colours


def _fault(kernel: MessageKernel, slot: int, frame: int) -> None:
    """The client faults, the kernel calls the pager, and that maps the frame, which σ₀ has at its number."""
    calls = (
        kernel.wait(0, ANYBODY, NONE),
        kernel.page_fault(1, slot),
        kernel.send_map(0, 1, 0, frame, slot, ALL, NOBODY, NONE),
    )
    if calls != (DONE, DONE, DONE):
        raise RuntimeError(f"a page fault at slot {slot} ended {calls}")


def _loads(kernel: MessageKernel, given: Sequence[int], colours: int, rounds: int) -> Misses:
    """Load a word of each line of each page in turn, and count what the cache makes of it."""
    three, core = ThreeCs(colours * PAGE, 1, LINE_BYTES), kernel.pages.cores[0]
    kernel.pages.enter(core, 1)
    for _ in range(rounds):
        for page, frame in enumerate(given):
            virtual = kernel.pages.tables.address(kernel.scope.pages + page)
            for offset in range(0, PAGE, LINE_BYTES * 8):
                core.load(virtual + offset, 4)
                three.touch((kernel.pages.first_frame + frame) * PAGE + offset)
    return three.misses()


def main() -> None:
    """Print the misses of both pagers."""
    for name, by_colour in (("by colour", True), ("any frame", False)):
        found = paged(by_colour=by_colour).misses
        kinds = f"{found.compulsory} compulsory, {found.capacity} capacity, {found.conflict} conflict"
        print(f"{name}: {found.hits} hits, {kinds}")


if __name__ == "__main__":
    main()
