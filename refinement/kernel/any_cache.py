"""The kernel in lockstep with the model on cores that may hold whatever a manual allows; every end of an access counts.

What a core may reach must be allowed, by each end; and what the model allows must not be missed by any. So an
invalidation that is needed for one processor among those that the manual describes is found missing, whichever it is.
"""

from collections.abc import Iterator, Sequence

from machine.caching import ARM, INTEL, RISCV, Allowed, AnyCore, MayHold
from machine.core import Core
from machine.events import EXECUTE, READ, WRITE, PageFault
from machine.formats import AARCH64, SV39, SV48, X86_32, X86_64, Format
from model.scope import Scope
from model.spaces.dialect import CANONICAL, Dialect
from refinement.kernel.kernel import Kernel
from refinement.kernel.lockstep import STRANGE, Access, Lockstep, boot

MANUALS: dict[str, Allowed] = {
    X86_32.name: INTEL,
    X86_64.name: INTEL,
    SV39.name: RISCV,
    SV48.name: RISCV,
    AARCH64.name: ARM,
}
"""What is allowed, by the format's name."""


class FencingKernel(Kernel):
    """A kernel for RISC-V, where fencing an address leaves pointers, and what was not valid may be held.

    It fences all of a space, and does so after an entry became valid as well.
    """

    def invalidate(self, slot: int) -> None:
        """No core's buffer holds anything of the slot's space (SFENCE.VMA without an address)."""
        tag = self.tags.current(self.scope.space(slot))
        if tag is not None:
            for core in self.cores:
                core.tlb.invalidate_tag(tag)

    def write_entry(self, slot: int) -> None:
        """The slot's entry shows what the database says, and no core holds it or a table above it as absent."""
        super().write_entry(slot)
        self.invalidate(slot)


KERNELS: dict[str, type[Kernel]] = {SV39.name: FencingKernel, SV48.name: FencingKernel}
"""The kernel that is right for a format, where it is not the plain one."""


def boot_any(
    scope: Scope,
    dialect: Dialect = CANONICAL,
    *,
    format: Format,
    allowed: Allowed | None = None,
    tagged: bool = True,
    cores: int,
    kernel: type[Kernel] | None = None,
    tables: int = 0,
    addresses: Sequence[int] = (),
    tags: int = 64,
) -> Kernel:
    """As :func:`refinement.kernel.lockstep.boot`, with buffers that may hold what the format's manual allows.

    ``allowed`` and ``kernel`` are those of the format, if not given.
    """
    manual = MANUALS[format.name] if allowed is None else allowed

    def buffer(format: Format) -> MayHold:
        return MayHold(format, manual, tagged=tagged)

    return boot(
        scope,
        dialect,
        format=format,
        buffer=buffer,
        cores=cores,
        core=AnyCore,
        kernel=KERNELS.get(format.name, Kernel) if kernel is None else kernel,
        tables=tables,
        addresses=addresses,
        tags=tags,
    )


class AnyLockstep(Lockstep):
    """A kernel of :func:`boot_any` and the literal model: what may be reached, and what may be missed."""

    def __init__(self, kernel: Kernel) -> None:
        """As of any lockstep."""
        self._missed: dict[int, set[tuple[int, int]]] = {}
        super().__init__(kernel)

    def _look(self, cores: Sequence[Core]) -> frozenset[Access]:
        """Every end of every access on every page of the current spaces of those cores; and what may end in a fault."""
        seen: set[Access] = set()
        for core in cores:
            assert isinstance(core, AnyCore)
            missed = self._missed[id(core)] = set()
            for slot, access, ends in self._ends(core):
                seen.update((slot, self._frame(end), access) for end in ends if not isinstance(end, PageFault))
                if any(isinstance(end, PageFault) for end in ends):
                    missed.add((slot, access))
        return frozenset(seen)

    def _ends(self, core: AnyCore) -> Iterator[tuple[int, int, list[int | PageFault]]]:
        scope, tables = self.kernel.scope, self.kernel.tables
        space = tables.roots.index(core.root >> 12)
        for page in self._pages:
            for access in (READ, WRITE, EXECUTE):
                yield scope.slot(space, page), access, core.ends(tables.addresses[page], access)

    def _frame(self, physical: int) -> int:
        frame = (physical >> 12) - self.kernel.first_frame
        return frame if 0 <= frame < self.kernel.scope.frames else STRANGE

    def _reach(self, reached: frozenset[Access], core: int, space: int) -> None:
        """What the core of that number may reach, and may miss, against what it should."""
        super()._reach(reached, core, space)
        missed = self._missed[id(self.kernel.cores[core])]
        may_miss = {each for each in self._after & reached if (each[0], each[2]) in missed}
        if may_miss:
            said = f"core {core} may not reach: {self._named(may_miss)}"
            self._saw("reach", said, may_miss, core, too_little=True)
