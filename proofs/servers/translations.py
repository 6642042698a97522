"""A second-level translation handler as a user-level server, counted beside a kernel whose tables hold everything (S5).

The kernel's page table is small, as a hashed page table is: of the client's pages that fall into one place it holds
one. The first level, from there into the core's buffer, is the hardware's. What the table lacks is a page fault, which
the kernel sends to a server in a space of its own. That has all translations in its memory: it looks the page up, takes
back what stands in the way by a flush, and answers with a mapping. To the kernel it is a pager like others.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from machine import tlb
from machine.events import PageFault
from machine.formats import SV39, Format
from machine.tlb import Tlb, TranslationBuffer
from model.messages.scope import MessageScope
from model.scope import ALL_RIGHTS
from model.spaces.literal import DONE
from refinement.kernel.mapping_tree import NONE
from refinement.messages.blocks import ANYBODY
from refinement.messages.kernel import MessageKernel
from refinement.messages.lockstep import boot

SERVER, CLIENT = 0, 1
"""The threads, each in the space of its number."""

PAGES = 24
BUFFER = 8  # entries of the core's buffer


@dataclass(frozen=True, slots=True)
class Translated:
    """The counts made while a client loaded from its pages.

    :param loads: of the client's.
    :param misses: lookups of the core's buffer that found nothing, of the client's or of the server's.
    :param calls: how often the server was called; each is two messages.
    :param held: the most of the client's pages that the kernel's table held at once.
    :param wrong: the loads that did not find what stands in the page.
    """

    loads: int
    misses: int
    calls: int
    held: int
    wrong: int


def translated(
    places: int | None, *, tagged: bool = True, pages: int = PAGES, loads: int = 2_000, near: float = 0.9, seed: int = 0
) -> Translated:
    """A client that loads from its pages, mostly from the neighbour of where it was.

    :param places: of the kernel's table for the client's pages; without a number it holds all of them from the first.
    :param tagged: whether the core's buffer keeps its entries when the server is entered.
    :param near: how likely the next load is from the same page or the one beside it.
    :raises RuntimeError: the kernel refused what it should do.
    """
    machine = _Handled(places or pages, pages, tagged=tagged)
    if places is None:
        machine.run(range(pages))
    return machine.run(_pages(pages, loads, near, seed))


def _pages(pages: int, loads: int, near: float, seed: int) -> Sequence[int]:
    source, page, found = np.random.default_rng(seed), 0, list[int]()
    for _ in range(loads):
        page = int(page + source.integers(0, 2) if source.random() < near else source.integers(0, pages)) % pages
        found.append(page)
    return found


def _untagged(format: Format) -> TranslationBuffer:
    return Tlb(format, BUFFER)


def _tagged(format: Format) -> TranslationBuffer:
    return tlb.riscv_asid(format, BUFFER)


@dataclass
class _Handled:
    """A machine with the server on it: the client's page p lies in a frame of the server's choice."""

    places: int
    pages: int
    tagged: bool
    kernel: MessageKernel = field(init=False)
    standing: dict[int, int] = field(default_factory=dict)  # of each place the page whose translation is there

    def __post_init__(self) -> None:
        """Boot, write each page's number into it, and the translations into the server's own page."""
        frames, buffer = self.pages + 1, _tagged if self.tagged else _untagged
        scope = MessageScope(2, frames, frames, threads=2, ids=2, words=frames + 1, booted=2)
        self.kernel = boot(scope, format=SV39, buffer=buffer)
        self.core = self.kernel.pages.cores[0]
        self.address: Callable[[int], int] = self.kernel.pages.tables.address
        self._enter(SERVER)
        for page in range(self.pages):
            frame = self.pages - 1 - page
            self.core.store(self.address(self.pages) + 4 * page, frame, 4)
            self.core.store(self.address(frame), page, 4)
        self._done(self.kernel.wait(SERVER, ANYBODY, NONE))
        self._enter(CLIENT)

    def run(self, pages: Iterable[int]) -> Translated:
        """The client's loads."""
        before, loads, calls, held, wrong = self.core.counters.misses, 0, 0, 0, 0
        for page in pages:
            slot = self.kernel.scope.slot(CLIENT, page)
            loads += 1
            try:
                found = self.core.load(self.address(slot), 4)
            except PageFault:
                calls += 1
                self._call(slot)
                found = self.core.load(self.address(slot), 4)
            wrong += found != page
            held = max(held, sum(self.kernel.pages.lookup(slot) is not None for slot in self._slots()))
        return Translated(loads, self.core.counters.misses - before, calls, held, wrong)

    def _slots(self) -> Iterable[int]:
        return range(self.kernel.scope.slot(CLIENT, 0), self.kernel.scope.slot(CLIENT, self.pages))

    def _call(self, slot: int) -> None:
        """The kernel sends the fault to the server, which answers with the mapping and waits for the next."""
        self._done(self.kernel.page_fault(CLIENT, slot))
        self._enter(SERVER)
        page = self.kernel.threads.message[SERVER] - 1
        place = page % self.places
        if place in self.standing:
            self._done(self.kernel.flush(SERVER, self._frame(self.standing[place]), ALL_RIGHTS))
        frame = self._frame(page)
        self._done(self.kernel.send_map(SERVER, CLIENT, 0, frame, slot, ALL_RIGHTS, ANYBODY, NONE))
        self.standing[place] = page
        self._enter(CLIENT)

    def _frame(self, page: int) -> int:
        """The server's slot with the page's frame, as its table has it."""
        return self.core.load(self.address(self.pages) + 4 * page, 4)

    def _enter(self, space: int) -> None:
        self.kernel.pages.enter(self.core, space)

    def _done(self, status: int) -> None:
        if status != DONE:
            raise RuntimeError(f"the kernel refused what the server or its client should do: {status}")


def main() -> None:
    """Print what was counted for tables of several sizes, by a tagged buffer and an untagged one."""
    for tagged in (True, False):
        print(f"a buffer of {BUFFER} entries, {'tagged' if tagged else 'untagged'}")
        for places in (None, PAGES, 2 * PAGES // 3, PAGES // 2, PAGES // 3):
            found = translated(places, tagged=tagged)
            name = "without the server" if places is None else f"{places} of {PAGES} pages in the kernel's table"
            print(f"  {name}: {found.loads} loads, {found.misses} buffer misses, {found.calls} calls of the server")


if __name__ == "__main__":
    main()
