"""Two stages of translation, step by step as the manuals tell them, on what the manuals say of entries.

Nothing of it is the machine's own: walks are loops over ``tests.machine.formats``, and what is reported is put together
here. Intel SDM vol. 3C, 27.2.1 and 28.3; RISC-V Privileged 1.12, 8.5 and 8.6; Arm ARM DDI 0487, D8 and ESR_EL2.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from machine.events import EXECUTE, READ, WRITE, Reason
from machine.formats import ABSENT, ALL_ATTRIBUTES, LEAF, MALFORMED
from tests.machine.formats.manual import Manual

Told = tuple[str, Reason, int, int, int, int]
"""Which stage failed and why; vector, code, guest-physical address, implicit access (0 for the last two: the first)."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage: ``widths`` are the bits of each index from level 0 up."""

    manual: Manual
    widths: Sequence[int]
    entry_bytes: int
    control: int
    unmarked_first: bool = False


class Failed(Exception):  # noqa: N818 - what a test expects
    """A stage failed; of the second one more is told."""

    def __init__(self, stage: str, reason: Reason, level: int, physical: int = 0, implicit: int = 0) -> None:
        super().__init__(stage, reason, level, physical, implicit)
        self.stage, self.reason, self.level, self.physical, self.implicit = stage, reason, level, physical, implicit
        self.rights = 0


def walk(
    name: str, stage: Stage, read: Callable[[int], int], root: int, address: int, access: int, user: int, control: int
) -> tuple[int, int, list[tuple[int, int]]]:
    """The address that a stage makes of one, the rights of the path, and the places of its entries, leaf or not."""
    manual, table, rights = stage.manual, root, ALL_ATTRIBUTES
    places: list[tuple[int, int]] = []
    if not manual.canonical(address):
        raise Failed(name, Reason.NONCANONICAL, len(stage.widths) - 1)
    for level in reversed(range(len(stage.widths))):
        low = 12 + sum(stage.widths[:level])
        place = table + (address >> low) % 2 ** stage.widths[level] * stage.entry_bytes
        try:
            entry = read(place)
        except IndexError:
            raise Failed(name, Reason.TABLE_OUTSIDE, level) from None
        kind = manual.kind(entry, level, control)
        if kind in (ABSENT, MALFORMED):
            raise Failed(name, Reason.ABSENT if kind == ABSENT else Reason.MALFORMED, level)
        places.append((place, int(kind == LEAF)))
        if kind != LEAF:
            rights &= manual.limits(entry)
            table = manual.table(entry) * 4096
            continue
        rights &= manual.attributes(entry, level)
        lacks = any(manual.mark(read(at), leaf, access) != read(at) for at, leaf in places)
        software = lacks and not manual.updates(control)
        permitted = manual.permits(rights, access, user, control)
        if software and (permitted or stage.unmarked_first):
            raise Failed(name, Reason.UNMARKED, level)
        if not permitted:
            failed = Failed(name, Reason.DENIED, level)
            failed.rights = rights & 7
            raise failed
        return manual.frame(entry, level) * 4096 + address % 2**low, rights, places
    raise AssertionError("the last level has no pointers")


@dataclass
class Guest:
    """A memory with a guest in it; ``told`` makes vector and code of what failed in the second stage."""

    memory: bytearray
    first: Stage
    second: Stage
    root: int
    second_root: int
    tables_as: int
    dropped: int
    told: Callable[[Failed, int, "Guest"], tuple[int, int]]

    def word(self, place: int, size: int) -> int:
        if place + size > len(self.memory):
            raise IndexError(place)
        return int.from_bytes(self.memory[place : place + size], "little")

    def put(self, place: int, value: int, size: int) -> None:
        if place + size > len(self.memory):
            raise IndexError(place)
        self.memory[place : place + size] = value.to_bytes(size, "little")

    def through(self, physical: int, access: int, implicit: int) -> int:
        """The second stage, for an access as it is checked; its entries are marked at once."""
        size, stage = self.second.entry_bytes, self.second
        control = stage.control & ~self.dropped if implicit else stage.control

        def read(place: int) -> int:
            return self.word(place, size)

        try:
            found, _, places = walk("second", stage, read, self.second_root, physical, access, 1, control)
        except Failed as failed:
            failed.physical, failed.implicit = physical, implicit
            raise
        for place, leaf in places:
            self.put(place, stage.manual.mark(read(place), leaf, access), size)
        return found

    def access(self, address: int, access: int, user: int) -> tuple[int, int] | Told:
        """Where an access ends, physical and guest-physical; or what is told."""
        first, size = self.first, self.first.entry_bytes

        def read(place: int) -> int:
            return written.get(place, self.word(self.through(place, self.tables_as, READ), size))

        written: dict[int, int] = {}
        try:
            physical, _, places = walk("first", first, read, self.root, address, access, user, first.control)
            for place, leaf in places:
                new = first.manual.mark(read(place), leaf, access)
                if new != read(place):
                    written[place] = new
            try:
                ends = {self.through(place, WRITE, WRITE): new for place, new in written.items()}
            except IndexError:
                raise Failed("first", Reason.TABLE_OUTSIDE, 0) from None
            for end, new in ends.items():
                self.put(end, new, size)
            return self.through(physical, access, 0), physical
        except Failed as failed:
            if failed.stage == "first":
                fault = first.manual.fault(failed.reason, failed.level, access, user, first.control)
                return "first", failed.reason, *fault, 0, 0
            return "second", failed.reason, *self.told(failed, access, self), failed.physical, failed.implicit


def vtx_told(failed: Failed, access: int, guest: Guest) -> tuple[int, int]:
    if failed.reason == Reason.TABLE_OUTSIDE:
        return 18, 0
    if failed.reason == Reason.MALFORMED:
        return 49, 0
    bit = {READ: 1, WRITE: 2, EXECUTE: 4}
    rights = sum(bit[each] for each in bit if failed.rights & each)
    if not failed.implicit:
        return 48, 0x180 + 8 * rights + bit[access]
    both = guest.tables_as == WRITE
    return 48, 0x80 + 8 * rights + (3 if both else bit[failed.implicit])


def hypervisor_told(failed: Failed, access: int, guest: Guest) -> tuple[int, int]:
    if failed.reason == Reason.TABLE_OUTSIDE:
        return {READ: 5, WRITE: 7, EXECUTE: 1}[access], 0
    return {READ: 21, WRITE: 23, EXECUTE: 20}[access], {0: 0, READ: 0x3000, WRITE: 0x3020}[failed.implicit]


def stage_2_told(failed: Failed, access: int, guest: Guest) -> tuple[int, int]:
    vector, code = guest.first.manual.fault(failed.reason, failed.level, access, 1, 0)
    return vector, code + (0x80 if failed.implicit else 0)
