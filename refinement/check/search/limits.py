"""The limits: where numbers of so many bits end, where stacks end, and where memory does.

Each limit is a program. Those that grow come in sizes, the smaller first, so that a target that is slow on one is not
asked for the next.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS, Scope
from refinement.check.driver.driver import WIDTH, StepKind
from refinement.check.driver.program import Program

EDGES = (8, 14, 16)  # where counters of so many bits end; one less and one more are tried as well
ROW = 256  # pages of a space in the larger scopes
REFUSALS = 100_000
INITS = 66_000
OFTEN = (260, 66_000)  # more often than a number of 8 bits counts, and than one of 16
SMALL = "small limits"
RIGHTS = "rights out of range"  # apart, for databases that cut them off are known
ON_A_SMALL_STACK = 4_096  # deep and wide is what is tried there


@dataclass(frozen=True, slots=True)
class Limit:
    """A program at a limit. ``family`` groups those that differ in ``size`` alone; ``make`` makes it of any size."""

    name: str
    family: str
    size: int
    make: Callable[[int], Program]
    group: str = ""
    """What those are called together that share a process, as long as a library is quick and right."""
    small_stack: bool = False
    """Whether it is run on a stack as kernels have it."""

    def program(self) -> Program:
        """The program of this size."""
        return self.make(self.size)


def init(scope: Scope) -> list[tuple[int, ...]]:
    """The first step of a program."""
    return [(StepKind.INIT, scope.spaces, scope.pages, scope.frames, 0, 0)]


def program(rows: list[tuple[int, ...]]) -> Program:
    """Rows as a program."""
    return np.array(rows, np.uint32).reshape(-1, WIDTH)


def passes(pages: int, sources: NDArray[np.int64], destinations: NDArray[np.int64], rights: int) -> Program:
    """A map of each source, by its number in a scope with so many pages a space, to the destination beside it."""
    rows = np.empty((len(sources), WIDTH), np.uint32)
    rows[:, 0], rows[:, 5] = StepKind.MAP, rights
    rows[:, 1], rows[:, 2] = sources // pages, sources % pages
    rows[:, 3], rows[:, 4] = destinations // pages, destinations % pages
    return rows


def chain(length: int) -> Program:
    """Each page mapped to the next, so many times; then the first is flushed."""
    return np.concatenate([_chain(length), program([(StepKind.FLUSH, 0, 0, 0, 0, ALL_RIGHTS)])])


def worked_chain(length: int) -> Program:
    """The same, but narrowed from the top and from the middle, where it is granted on, and flushed from there."""
    middle, spare, last = _slot(length, length // 2), _slot(length, length + 1), _slot(length, length)
    rest: list[tuple[int, ...]] = [
        (StepKind.FLUSH, *middle, 0, 0, 2),
        (StepKind.GRANT, *last, *spare, ALL_RIGHTS),
        (StepKind.FLUSH, 0, 0, 0, 0, 2),
        (StepKind.GRANT, *middle, *last, ALL_RIGHTS),
        (StepKind.FLUSH, *last, 0, 0, 1),
        (StepKind.MAP, *last, *middle, ALL_RIGHTS),
        (StepKind.FLUSH, *last, 0, 0, ALL_RIGHTS),
        (StepKind.FLUSH, 0, 0, 0, 0, ALL_RIGHTS),
    ]
    return np.concatenate([_chain(length), program(rest)])


def _pages(length: int) -> int:
    return min(ROW, length + 2)


def _slot(length: int, number: int) -> tuple[int, int]:
    space, page = divmod(number, _pages(length))
    return space, page


def _scope(length: int, frames: int = 1) -> Scope:
    """A scope for so many mappings, and a slot to spare."""
    return Scope((length + 2) // _pages(length) + 1, _pages(length), frames)


def _chain(length: int) -> Program:
    sources = np.arange(length)
    return np.concatenate([program(init(_scope(length))), passes(_pages(length), sources, sources + 1, ALL_RIGHTS)])


def _fan(children: int, frames: int = 1) -> Program:
    destinations = np.arange(2, children + 2)
    maps = passes(_pages(children), np.zeros_like(destinations), destinations, ALL_RIGHTS)
    return np.concatenate([program(init(_scope(children, frames))), maps])


def fan(children: int) -> Program:
    """A page mapped to so many others; then it is flushed."""
    return np.concatenate([_fan(children), program([(StepKind.FLUSH, 0, 0, 0, 0, ALL_RIGHTS)])])


def worked_fan(children: int) -> Program:
    """The same, but narrowed, and granted on before it is flushed."""
    narrow, flush = (StepKind.FLUSH, 0, 0, 0, 0, 2), (StepKind.FLUSH, 0, 1, 0, 0, ALL_RIGHTS)
    return np.concatenate([_fan(children), program([narrow, (StepKind.GRANT, 0, 0, 0, 1, ALL_RIGHTS), flush])])


def emptied_fan(children: int) -> Program:
    """A page mapped to so many others, which are taken for another frame one by one; then it is used as at first."""
    destinations, first = np.arange(2, children + 2), _slot(children, 2)
    rest: list[tuple[int, ...]] = [
        (StepKind.FLUSH, 0, 0, 0, 0, ALL_RIGHTS),
        (StepKind.MAP, 0, 0, *first, 6),
        (StepKind.MAP, *first, *first, 6),
        (StepKind.FLUSH, 0, 0, 0, 0, ALL_RIGHTS),
        (StepKind.FLUSH, 0, 1, 0, 0, ALL_RIGHTS),
    ]
    taken = passes(_pages(children), np.ones_like(destinations), destinations, 4)
    return np.concatenate([_fan(children, 2), taken, program(rest)])


def inits(count: int) -> Program:
    """An init so many times, and then a mapping."""
    many = np.tile(program(init(Scope(2, 1, 1))), (count, 1))
    return np.concatenate([many, program([(StepKind.MAP, 0, 0, 1, 0, ALL_RIGHTS)])])


def everywhere(slots: int) -> Program:
    """A page mapped to every slot of all spaces, some from copies; then flushed, and once more."""
    pages = min(ROW, max(2, int(slots**0.5)))
    spaces = max(2, slots // pages)
    rows = init(Scope(spaces, pages, 1))
    for round_ in range(2):
        for n in range(1, spaces * pages):
            source = 0 if round_ == 0 or n % 3 else n - 1
            rows.append((StepKind.MAP, *divmod(source, pages), *divmod(n, pages), ALL_RIGHTS))
        rows.append((StepKind.FLUSH, 0, 0, 0, 0, ALL_RIGHTS))
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
            rows.append((StepKind.MAP, 0, last, space, page, ALL_RIGHTS))
    rows.append((StepKind.GRANT, spaces - 1, pages - 1, 1, 0, ALL_RIGHTS))
    rows.append((StepKind.MAP, 1, 0, spaces - 1, pages - 1, 5))
    rows.append((StepKind.FLUSH, 1, 0, 0, 0, 4))
    rows.append((StepKind.FLUSH, 0, last, 0, 0, ALL_RIGHTS))
    for space in near[1:]:
        rows.append((StepKind.MAP, 0, 0, space, pages - 1, ALL_RIGHTS))
    return program(rows)


def out_of_range(size: int) -> Program:
    """Arguments that are no space, page or set of rights, in every place; all are refused."""
    scope = Scope(3, 2, 2)
    rows = [*init(scope), (StepKind.MAP, 0, 0, 1, 0, ALL_RIGHTS), (StepKind.MAP, 1, 0, 2, 1, ALL_RIGHTS)]
    for beyond in (0, 1, 14, 253, 0xFFFF - 3, 0x7FFF_FFFF - 3, 0xFFFF_FFFF - 3):
        space, page = scope.spaces + beyond, min(scope.pages + beyond, 0xFFFF_FFFF)
        for kind in (StepKind.MAP, StepKind.GRANT):
            rows += [
                (kind, space, 0, 1, 1, ALL_RIGHTS),
                (kind, 0, page, 1, 1, ALL_RIGHTS),
                (kind, 0, 0, space, 0, ALL_RIGHTS),
                (kind, 0, 0, 1, page, ALL_RIGHTS),
            ]
        rows += [(StepKind.FLUSH, space, 0, 0, 0, ALL_RIGHTS), (StepKind.FLUSH, 0, page, 0, 0, ALL_RIGHTS)]
    return program(rows)


def rights_out_of_range(size: int) -> Program:
    """Rights above 7; refused."""
    rows = [*init(Scope(3, 1, 1)), (StepKind.MAP, 0, 0, 1, 0, 6)]
    for rights in (8, 15, 0x100, 0x8000_0000, 0xFFFF_FFFF):
        rows += [
            (StepKind.MAP, 0, 0, 2, 0, rights),
            (StepKind.GRANT, 1, 0, 2, 0, rights),
            (StepKind.FLUSH, 0, 0, 0, 0, rights),
        ]
    return program(rows)


def refusals(count: int) -> Program:
    """So many operations that the canonical dialect refuses; then the scope is filled and emptied."""
    scope = Scope(3, 2, 2)
    rows = [*init(scope), (StepKind.MAP, 0, 0, 1, 0, 4), (StepKind.MAP, 1, 0, 2, 0, 4)]
    refused = [
        (StepKind.MAP, 1, 0, 1, 0, ALL_RIGHTS),
        (StepKind.MAP, 2, 0, 1, 0, ALL_RIGHTS),
        (StepKind.GRANT, 2, 0, 1, 0, ALL_RIGHTS),
        (StepKind.MAP, 1, 1, 2, 1, ALL_RIGHTS),
        (StepKind.MAP, 1, 0, 2, 1, 2),
        (StepKind.GRANT, 1, 0, 2, 1, 0),
        (StepKind.MAP, 1, 0, 0, 1, ALL_RIGHTS),
        (StepKind.MAP, 3, 0, 0, 1, ALL_RIGHTS),
    ]
    rows += refused * (count // len(refused))
    rows += [(StepKind.MAP, 0, 1, *divmod(n, 2), ALL_RIGHTS) for n in range(3, 6)]
    rows += [(StepKind.FLUSH, 0, 1, 0, 0, ALL_RIGHTS), (StepKind.FLUSH, 0, 0, 0, 0, ALL_RIGHTS)]
    return program(rows)


def worn(turn: list[tuple[int, ...]], count: int) -> Program:
    """A turn of operations so often, after pages were flushed and mapped over: what is gone is looked at after each.

    Where what is gone is told by the number of a version, it comes back as soon as the number does.
    """
    first, above = (0, 0, 1, 0, ALL_RIGHTS), (1, 0, 2, 0, ALL_RIGHTS)
    second, beside = (0, 1, 1, 1, ALL_RIGHTS), (1, 1, 2, 1, ALL_RIGHTS)
    flush = (StepKind.FLUSH, 0, 0, 0, 0, ALL_RIGHTS)
    maps = [(StepKind.MAP, *each) for each in (first, above, second, beside)]
    rows = [*init(Scope(4, 2, 2)), *maps, (StepKind.MAP, 0, 0, 1, 1, ALL_RIGHTS), flush]
    looks: list[tuple[int, ...]] = [(StepKind.LOOK, *slot, 0, 0, 0) for slot in ((1, 0), (2, 0), (2, 1))]
    return np.concatenate(
        [program(rows), np.tile(program([step for each in turn for step in (each, *looks)]), (count, 1))]
    )


def init_again(size: int) -> Program:
    """A second init of the same scope, of a smaller and of a larger one; each finds the initial state."""
    rows: list[tuple[int, ...]] = []
    for scope in (Scope(3, 2, 2), Scope(3, 2, 2), Scope(2, 1, 1), Scope(4, 3, 2), Scope(4, 3, 3), Scope(3, 2, 1)):
        rows += init(scope)
        last = (scope.spaces - 1, scope.pages - 1)
        rows += [
            (StepKind.MAP, 0, 0, *last, ALL_RIGHTS),
            (StepKind.GRANT, *last, 1, 0, 6) if last != (1, 0) else (StepKind.FLUSH, 0, 0, 0, 0, 1),
            (StepKind.MAP, 1, 0, *last, 4),
        ]
    return program(rows)


def limits() -> Iterator[Limit]:
    """All limits, those that cost little first."""
    yield Limit("init twice", "init twice", 0, init_again, SMALL)
    yield Limit("arguments out of range", "arguments out of range", 0, out_of_range, SMALL)
    for scope in (Scope(20, 3, 2), Scope(2, 20, 20), Scope(260, 3, 3), Scope(2, 260, 260)):
        yield Limit(f"the last page of {scope}", f"last {scope}", 0, partial(ends, scope), SMALL)
    yield from at_edge(EDGES[0], SMALL)
    yield Limit("a page in 256 slots", "everywhere", 256, everywhere, SMALL)
    yield Limit("1,000 refusals", "refusals", 1_000, refusals, SMALL)
    yield from after_so_many(OFTEN[0], SMALL)
    yield Limit(RIGHTS, RIGHTS, 0, rights_out_of_range, RIGHTS)
    size, group = ON_A_SMALL_STACK, f"chains and fans of {ON_A_SMALL_STACK:,} on a small stack"
    for family, make in FAMILIES.items():
        yield Limit(f"{family} {size:,} on a small stack", f"{family} there", size, make, group, small_stack=True)
    for scope in (Scope(4_100, 2, 2), Scope(2, 4_100, 4_100)):
        yield Limit(
            f"the last page of {scope}", f"last {scope}", 0, partial(ends, scope), "scopes of about 8,200 slots"
        )
    yield from after_so_many(OFTEN[1], f"{OFTEN[1]:,} flushes, maps and grants")
    for bits in EDGES[1:]:
        yield from at_edge(bits, f"chains and fans of about {2**bits:,}")
    yield Limit(f"{INITS:,} inits", "inits", INITS, inits)
    yield Limit(f"{REFUSALS:,} refusals", "refusals", REFUSALS, refusals)
    yield Limit("a page in 16,384 slots", "everywhere", 16_384, everywhere)
    for scope in (Scope(65_540, 2, 2), Scope(2, 65_540, 65_540)):
        yield Limit(f"the last page of {scope}", f"last {scope}", 0, partial(ends, scope))


FAMILIES: dict[str, Callable[[int], Program]] = {
    "a chain of": chain,
    "a chain, worked on, of": worked_chain,
    "a fan of": fan,
    "a fan, worked on, of": worked_fan,
    "a fan, emptied, of": emptied_fan,
}


TURNS: dict[str, list[tuple[int, ...]]] = {
    "flushes of one page": [(StepKind.FLUSH, 0, 0, 0, 0, ALL_RIGHTS)],
    "maps and flushes of one page": [(StepKind.MAP, 0, 0, 3, 0, ALL_RIGHTS), (StepKind.FLUSH, 0, 0, 0, 0, ALL_RIGHTS)],
    "maps to one page": [(StepKind.MAP, 0, 0, 3, 0, ALL_RIGHTS)],
    "grants there and back": [(StepKind.GRANT, 0, 0, 3, 0, ALL_RIGHTS), (StepKind.GRANT, 3, 0, 0, 0, ALL_RIGHTS)],
}


def after_so_many(count: int, group: str) -> Iterator[Limit]:
    """Each of the turns so often."""
    for family, turn in TURNS.items():
        yield Limit(f"{count:,} {family}", family, count, partial(worn, turn), group)


def at_edge(bits: int, group: str) -> Iterator[Limit]:
    """Chains and fans of a power of two, of one less and of one more."""
    for family, make in FAMILIES.items():
        for size in (2**bits - 1, 2**bits, 2**bits + 1):
            yield Limit(f"{family} {size:,}", family, size, make, group)
