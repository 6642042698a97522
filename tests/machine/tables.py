"""Page tables built by hand, for the tests of the machine."""

from dataclasses import dataclass, field

from machine import Format, Memory


@dataclass
class Tables:
    """Builds page tables in a memory: the root at ``root``, further tables from ``free`` on."""

    memory: Memory
    fmt: Format
    root: int = 0x10000
    free: int = 0x20000
    step: int = 0x1000
    made: dict[tuple[int, ...], int] = field(default_factory=dict)

    def slot(self, address: int, level: int = 0) -> int:
        """The physical address of the entry for an address at a level; makes the tables on the way."""
        table, path = self.root, [self.root]
        for above in range(self.fmt.root_level, level, -1):
            index = self.fmt.index(address, above)
            path.append(index)
            if tuple(path) not in self.made:
                self.made[tuple(path)] = self.free
                self.write(table + index * self.fmt.entry_bytes, self.fmt.encode_pointer(self.free >> 12))
                self.free += self.step
            table = self.made[tuple(path)]
        offset: int = self.fmt.index(address, level) * self.fmt.entry_bytes
        return table + offset

    def write(self, slot: int, entry: int) -> None:
        self.memory.write(slot, entry, self.fmt.entry_bytes)

    def read(self, slot: int) -> int:
        return self.memory.read(slot, self.fmt.entry_bytes)

    def map(self, address: int, frame: int, rights: int = 7, user: int = 1, level: int = 0, flags: int = 0) -> int:
        """Map a page and give the physical address of its entry."""
        slot = self.slot(address, level)
        self.write(slot, self.fmt.encode_leaf(frame, rights, user, level, flags))
        return slot
