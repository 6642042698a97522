"""The limits: where numbers of so many bits end, where stacks end, and where memory does.

Each limit is a program. Those that grow come in sizes, the smaller first, so that a target that is slow on one is not
asked for the next.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from model.scope import ALL_RIGHTS, Scope
from refinement.check.driver.driver import WIDTH, Kind
from refinement.check.driver.program import Program

CHAINS = (260, 5_000, 65_540)
ROW = 256  # pages of a space in the larger scopes
REFUSALS = 100_000


@dataclass(frozen=True, slots=True)
class Limit:
    """A program at a limit. ``family`` groups those that differ in ``size`` alone; ``make`` makes it of any size."""

    name: str
    family: str
    size: int
    make: Callable[[int], Program]
    cheap: bool = False
    """Whether it costs so little that it shares a process with others like it."""

    def program(self) -> Program:
        """The program of this size."""
        return self.make(self.size)


def init(scope: Scope) -> list[tuple[int, ...]]:
    """The first step of a program."""
    return [(Kind.INIT, scope.spaces, scope.pages, scope.frames, 0, 0)]


def program(rows: list[tuple[int, ...]]) -> Program:
    """Rows as a program."""
    return np.array(rows, np.uint32).reshape(-1, WIDTH)


def chain(length: int) -> Program:
    """Each page mapped to the next, so many times; then the first is flushed."""
    return program([*_chain(length), (Kind.FLUSH, 0, 0, 0, 0, ALL_RIGHTS)])


def narrowed_chain(length: int) -> Program:
    """The same, but the first takes back the right to write, and then to read and execute."""
    return program([*_chain(length), (Kind.FLUSH, 0, 0, 0, 0, 2), (Kind.FLUSH, 0, 0, 0, 0, 5)])


def _chain(length: int) -> list[tuple[int, ...]]:
    pages = min(ROW, length + 1)
    rows = init(Scope(length // pages + 1, pages, 1))
    rows += [(Kind.MAP, *divmod(n, pages), *divmod(n + 1, pages), ALL_RIGHTS) for n in range(length)]
    return rows


def everywhere(slots: int) -> Program:
    """A page mapped to every slot of all spaces, some from copies; then flushed, and once more."""
    pages = min(ROW, max(2, int(slots**0.5)))
    spaces = max(2, slots // pages)
    rows = init(Scope(spaces, pages, 1))
    for round_ in range(2):
        for n in range(1, spaces * pages):
            source = 0 if round_ == 0 or n % 3 else n - 1
            rows.append((Kind.MAP, *divmod(source, pages), *divmod(n, pages), ALL_RIGHTS))
        rows.append((Kind.FLUSH, 0, 0, 0, 0, ALL_RIGHTS))
    return program(rows)


def ends(scope: Scope, size: int) -> Program:
    """Mapping, granting and flushing between the first, the last, and those whose numbers end in the same bits."""
    spaces, pages, frames = scope.spaces, scope.pages, scope.frames
    rows = init(scope)
    near = sorted({s for s in (0, 1, spaces - 17, spaces - 2, spaces - 1) if 0 <= s < spaces})
    across = sorted({p for p in (0, pages - 17, pages - 2, pages - 1) if 0 <= p < pages})
    last = frames - 1
    for space in near[1:]:
        for page in across:
            rows.append((Kind.MAP, 0, last, space, page, ALL_RIGHTS))
    rows.append((Kind.GRANT, spaces - 1, pages - 1, 1, 0, ALL_RIGHTS))
    rows.append((Kind.MAP, 1, 0, spaces - 1, pages - 1, 5))
    rows.append((Kind.FLUSH, 1, 0, 0, 0, 4))
    rows.append((Kind.FLUSH, 0, last, 0, 0, ALL_RIGHTS))
    for space in near[1:]:
        rows.append((Kind.MAP, 0, 0, space, pages - 1, ALL_RIGHTS))
    return program(rows)


def out_of_range(size: int) -> Program:
    """Arguments that are no space, page or set of rights, in every place; all are refused."""
    scope = Scope(3, 2, 2)
    rows = [*init(scope), (Kind.MAP, 0, 0, 1, 0, ALL_RIGHTS), (Kind.MAP, 1, 0, 2, 1, ALL_RIGHTS)]
    for beyond in (0, 1, 14, 253, 0xFFFF - 3, 0x7FFF_FFFF - 3, 0xFFFF_FFFF - 3):
        space, page = scope.spaces + beyond, min(scope.pages + beyond, 0xFFFF_FFFF)
        for kind in (Kind.MAP, Kind.GRANT):
            rows += [
                (kind, space, 0, 1, 1, ALL_RIGHTS),
                (kind, 0, page, 1, 1, ALL_RIGHTS),
                (kind, 0, 0, space, 0, ALL_RIGHTS),
                (kind, 0, 0, 1, page, ALL_RIGHTS),
            ]
        rows += [(Kind.FLUSH, space, 0, 0, 0, ALL_RIGHTS), (Kind.FLUSH, 0, page, 0, 0, ALL_RIGHTS)]
    return program(rows)


def rights_out_of_range(size: int) -> Program:
    """Rights above 7; refused."""
    rows = [*init(Scope(3, 1, 1)), (Kind.MAP, 0, 0, 1, 0, 6)]
    for rights in (8, 15, 0x100, 0x8000_0000, 0xFFFF_FFFF):
        rows += [(Kind.MAP, 0, 0, 2, 0, rights), (Kind.GRANT, 1, 0, 2, 0, rights), (Kind.FLUSH, 0, 0, 0, 0, rights)]
    return program(rows)


def refusals(count: int) -> Program:
    """So many operations that the canonical dialect refuses; then the scope is filled and emptied."""
    scope = Scope(3, 2, 2)
    rows = [*init(scope), (Kind.MAP, 0, 0, 1, 0, 4), (Kind.MAP, 1, 0, 2, 0, 4)]
    refused = [
        (Kind.MAP, 1, 0, 1, 0, ALL_RIGHTS),
        (Kind.MAP, 2, 0, 1, 0, ALL_RIGHTS),
        (Kind.GRANT, 2, 0, 1, 0, ALL_RIGHTS),
        (Kind.MAP, 1, 1, 2, 1, ALL_RIGHTS),
        (Kind.MAP, 1, 0, 2, 1, 2),
        (Kind.GRANT, 1, 0, 2, 1, 0),
        (Kind.MAP, 1, 0, 0, 1, ALL_RIGHTS),
        (Kind.MAP, 3, 0, 0, 1, ALL_RIGHTS),
    ]
    rows += refused * (count // len(refused))
    rows += [(Kind.MAP, 0, 1, *divmod(n, 2), ALL_RIGHTS) for n in range(3, 6)]
    rows += [(Kind.FLUSH, 0, 1, 0, 0, ALL_RIGHTS), (Kind.FLUSH, 0, 0, 0, 0, ALL_RIGHTS)]
    return program(rows)


def init_again(size: int) -> Program:
    """A second init of the same scope, of a smaller and of a larger one; each finds the initial state."""
    rows: list[tuple[int, ...]] = []
    for scope in (Scope(3, 2, 2), Scope(3, 2, 2), Scope(2, 1, 1), Scope(4, 3, 2), Scope(4, 3, 3), Scope(3, 2, 1)):
        rows += init(scope)
        last = (scope.spaces - 1, scope.pages - 1)
        rows += [
            (Kind.MAP, 0, 0, *last, ALL_RIGHTS),
            (Kind.GRANT, *last, 1, 0, 6) if last != (1, 0) else (Kind.FLUSH, 0, 0, 0, 0, 1),
            (Kind.MAP, 1, 0, *last, 4),
        ]
    return program(rows)


def limits() -> Iterator[Limit]:
    """All limits, those that cost little first."""
    yield Limit("init twice", "init twice", 0, init_again, cheap=True)
    yield Limit("arguments out of range", "arguments out of range", 0, out_of_range, cheap=True)
    for scope in (Scope(20, 3, 2), Scope(2, 20, 20), Scope(260, 3, 3), Scope(2, 260, 260)):
        yield Limit(f"the last page of {scope}", f"last {scope}", 0, partial(ends, scope), cheap=True)
    yield Limit(f"a chain of {CHAINS[0]}", "chain", CHAINS[0], chain, cheap=True)
    yield Limit(f"a chain of {CHAINS[0]}, narrowed", "narrowed", CHAINS[0], narrowed_chain, cheap=True)
    yield Limit("a page in 256 slots", "everywhere", 256, everywhere, cheap=True)
    yield Limit("1,000 refusals", "refusals", 1_000, refusals, cheap=True)
    yield Limit("rights out of range", "rights out of range", 0, rights_out_of_range)
    yield Limit(f"a chain of {CHAINS[1]:,}", "chain", CHAINS[1], chain)
    yield Limit(f"a chain of {CHAINS[2]:,}", "chain", CHAINS[2], chain)
    yield Limit(f"a chain of {CHAINS[1]:,}, narrowed", "narrowed", CHAINS[1], narrowed_chain)
    yield Limit(f"{REFUSALS:,} refusals", "refusals", REFUSALS, refusals)
    yield Limit("a page in 16,384 slots", "everywhere", 16_384, everywhere)
    for scope in (Scope(65_540, 2, 2), Scope(2, 65_540, 65_540)):
        yield Limit(f"the last page of {scope}", f"last {scope}", 0, partial(ends, scope))
