"""A core that runs a guest: what it remembers are translations through both stages."""

from dataclasses import replace

from machine.core import Core
from machine.events import WRITE, PageFault
from machine.formats.base import Format
from machine.memory import Memory
from machine.stages import SECOND, SecondStage, TwoStageWalker, aligned
from machine.tlb import Entry, TranslationBuffer


class GuestCore(Core):
    """A core whose tables are a guest's, in ``first``, below a second stage.

    ``root`` is the guest-physical address of the guest's root table; ``tag`` stands for the guest and its address space
    together (VPID and PCID, VMID and ASID). The buffer keeps what both stages made of an address, as one entry of the
    smaller page, with the rights of each. Its entries of no other guest are matched, so what a guest calls global is
    kept under its tag. A SecondStageFault is raised as the guest's own page faults are.
    """

    __slots__ = ("_stages",)

    def __init__(
        self,
        memory: Memory,
        first: Format,
        tlb: TranslationBuffer,
        second: SecondStage,
        second_root: int,
        *,
        root: int = 0,
        tag: int = 0,
        user: bool = True,
        control: int | None = None,
        second_control: int | None = None,
    ) -> None:
        """A core in the guest whose second stage has its root at physical address ``second_root``."""
        super().__init__(memory, first, tlb, root=root, tag=tag, user=user, control=control)
        self._stages = TwoStageWalker(memory, first, second, second_root, control, second_control)
        self._walker = self._stages

    @property
    def second_root(self) -> int:
        """The physical address of the second stage's root."""
        return self._stages.second_root

    def enter(self, second_root: int, root: int, tag: int = 0) -> None:
        """Run another guest. An untagged buffer loses everything, as at a VM entry without VPID."""
        self._stages.second_root = aligned(self._stages.second.format, second_root)
        self.root, self.tag = root, tag
        if not self.tlb.tagged:
            self.tlb.invalidate_all()

    def translate(self, address: int, access: int) -> int:
        """The physical address of one byte, through the buffer; both stages must permit what an entry is used for."""
        entry = self.tlb.lookup(address, self.tag, access)
        if entry is None:
            self.counters.misses += 1
            entry = self._fill(address, access)
        else:
            self.counters.hits += 1
            if not self._permits(entry, access):
                entry = self._fill(address, access)
        span = self.format.span_bits(entry.level)
        return (entry.frame << 12) | (address & ((1 << span) - 1))

    def _permits(self, entry: Entry, access: int) -> bool:
        second = self._stages.second.format
        first = self.format.permits(entry.attributes & ((1 << SECOND) - 1), access, int(self.user), self.control)
        below = second.permits(entry.attributes >> SECOND, access, 1, self._stages.second_control)
        return bool(first and below) and (access != WRITE or entry.dirty)

    def _fill(self, address: int, access: int) -> Entry:
        self.counters.walks += 1
        found = self._walker.translate(address, access, self.user, self.root)
        if isinstance(found, PageFault):
            self.counters.faults += 1
            if self.format.faults_invalidate:
                self.tlb.invalidate_page(address, self.tag)
            raise found
        return self.tlb.insert(address, self.tag, access, replace(found, shared=False))
