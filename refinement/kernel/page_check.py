"""The self check of page tables: what they say against what the database says, and where every frame of the pool is."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from machine.formats.base import LEAF, POINTER
from refinement.kernel.broken import Broken
from refinement.kernel.kernel import Kernel


@dataclass(slots=True)
class Scan:
    """The result of a walk over all tables of all spaces."""

    reached: Counter[int] = field(default_factory=Counter)
    """How often each table was reached, by its frame."""
    standing: Counter[int] = field(default_factory=Counter)
    """How many tables hang below each table, and what else was counted to stand in it."""
    leaves: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    """The level and the entry of each leaf, by space and translated bits of the address."""
    wrong: list[Broken] = field(default_factory=list)
    """Entries that no kernel would write."""


def check(kernel: Kernel, elsewhere: Collection[int] = ()) -> list[Broken]:
    """Return what is broken in a kernel's page tables, each with the name of the invariant.

    :param elsewhere: frames that no entry shows, whatever the database says: I/O ports.

    ===============  ==================================================================================================
    same-pages       a page is in the tables if and only if the database maps it, and the format can express a right
    same-frame       with the same frame
    same-rights      with the rights of the database, as far as the format has them
    format           every entry is absent, a pointer above the last level, or a user's page at it
    no-table-mapped  no page shows a physical frame that is none of the scope's
    one-parent       a table is reached once only: no two spaces share one
    uses             a table counts what stands in it, and only a root counts nothing
    accounting       a frame of the pool is either free or a table that can be reached
    ===============  ==================================================================================================
    """
    scan = scan_tables(kernel, above=0)
    pages = _pages(kernel, scan, elsewhere)
    return [*scan.wrong, *pages, *_counts(kernel, scan), *accounting(kernel, scan)]


def scan_tables(kernel: Kernel, above: int) -> Scan:
    """Walk over all tables; it trusts nothing that it finds in them, and ends on any input.

    :param above: the highest level on which the kernel writes leaves.
    """
    format, pool, scan = kernel.format, kernel.tables.pool, Scan()
    for space, root in enumerate(kernel.tables.roots):
        below = [(root, format.root_level, 0)]
        while below:
            table, level, base = below.pop()
            scan.reached[table] += 1
            if scan.reached[table] > 1:
                scan.wrong.append(Broken("one-parent", f"table {table} is reached again in space {space}"))
                continue
            start = (table << 12) // format.entry_bytes
            words = kernel.memory.array(format.entry_bytes)[start : start + format.entries]
            for index in words.nonzero()[0].tolist():
                entry, address = int(words[index]), base | index << format.span_bits(level)
                decoded = format.decode(entry, level)
                if decoded.kind == POINTER and pool.first <= decoded.frame < pool.first + pool.count:
                    scan.standing[table] += 1
                    below.append((decoded.frame, level - 1, address))
                elif decoded.kind == LEAF and level <= above and decoded.user:
                    scan.leaves[space, address] = level, entry
                else:
                    where = f"entry {entry:#x}, level {level}, space {space}, address {address:#x}"
                    scan.wrong.append(Broken("format", where))
    return scan


def _pages(kernel: Kernel, scan: Scan, elsewhere: Collection[int]) -> Iterator[Broken]:
    translated = (1 << kernel.format.span_bits(kernel.format.levels)) - 1
    for slot in range(kernel.scope.slots):
        name, mapping = kernel.scope.name(slot), kernel.lookup(slot)
        _, entry = scan.leaves.pop((kernel.scope.space(slot), kernel.tables.address(slot) & translated), (0, 0))
        if mapping is not None and len(kernel.tables.path(slot)) < kernel.format.levels:
            yield Broken("same-pages", f"{name} is in the database, but has no page table")
        shows = mapping is not None and mapping.frame not in elsewhere
        rights = kernel.format.granted(mapping.rights) if mapping is not None and shows else 0
        if (entry != 0) != (rights != 0):
            where = ("page table", "database") if entry else ("database", "page table")
            yield Broken("same-pages", f"{name} is in the {where[0]}, but not in the {where[1]}")
        if entry == 0:
            continue
        decoded = kernel.format.decode(entry)
        shown = decoded.frame - kernel.first_frame
        if not 0 <= shown < kernel.scope.frames:
            yield Broken("no-table-mapped", f"{name} shows physical frame {decoded.frame}")
        if mapping is not None and mapping.frame != shown:
            yield Broken("same-frame", f"{name} is frame {mapping.frame} in the database, {shown} in the page table")
        if mapping is not None and decoded.rights != rights:
            yield Broken("same-rights", f"{name} should grant {rights}, its entry grants {decoded.rights}")
    for space, address in scan.leaves:
        yield Broken("same-pages", f"space {space} has a page at {address:#x}, where the scope has none")


def _counts(kernel: Kernel, scan: Scan) -> Iterator[Broken]:
    for slot in range(kernel.scope.slots):
        path = kernel.tables.path(slot)
        if kernel.lookup(slot) is not None and len(path) == kernel.format.levels:
            scan.standing[path[-1]] += 1
    yield from uses(kernel, scan)


def uses(kernel: Kernel, scan: Scan) -> Iterator[Broken]:
    """Tables that count something else than stands in them, or are empty and were kept."""
    for table in scan.reached:
        counted, standing = kernel.tables.uses.get(table), scan.standing[table]
        if counted != standing:
            yield Broken("uses", f"table {table} counts {counted} and has {standing}")
        if standing == 0 and table not in kernel.tables.roots:
            yield Broken("uses", f"table {table} is empty and was not freed")


def accounting(kernel: Kernel, scan: Scan) -> Iterator[Broken]:
    """Frames of the pool that are neither free nor a table that can be reached, or both."""
    pool = kernel.tables.pool
    free = Counter(pool.free_frames())
    for table in range(pool.first, pool.first + pool.count):
        states = ["free"] * free[table] + ["in use"] * (table in scan.reached)
        if len(states) != 1:
            yield Broken("accounting", f"frame {table} is {' and '.join(states) or 'neither free nor in use'}")
