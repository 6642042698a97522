"""A kernel is made: what it is given, what it refuses at which bound, and that every core executes σ0."""

import pytest

from machine import SV39, SV48, Core, Memory, Tlb, tlb
from machine.formats.base import Format
from model.scope import Scope
from model.spaces.dialect import CANONICAL, DIALECTS, Dialect
from refinement.kernel import page_check
from refinement.kernel.kernel import Kernel
from refinement.kernel.page_table import TablePool

FRAMES = 32
SCOPE = Scope(2, 2, 2)


def made(first_frame: int, pool: TablePool, **changes: object) -> Kernel:
    memory = Memory(FRAMES << 12)
    cores = [Core(memory, SV39, tlb.riscv_asid(SV39)) for _ in range(3)]
    given: dict[str, object] = {"cores": cores, "addresses": (0x5000, 0x6000), **changes}
    return Kernel(SCOPE, pool=pool, first_frame=first_frame, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first_frame", "pool"),
    [
        (0, TablePool(2, 8)),
        (1, TablePool(3, 8)),
        (FRAMES - 2, TablePool(2, 8)),
        (10, TablePool(2, 8)),
    ],
    ids=["at the start", "before the pool", "at the end", "after the pool"],
)
def test_frames_beside_each_other_are_taken(first_frame: int, pool: TablePool) -> None:
    kernel = made(first_frame, pool)
    assert page_check.check(kernel) == []


@pytest.mark.parametrize(
    ("first_frame", "said"),
    [
        (-1, "frames -1 to 0 are not all in a memory of 32"),
        (-8, "frames -8 to -7 are not all in a memory of 32"),
        (FRAMES - 1, "frames 31 to 32 are not all in a memory of 32"),
        (1, "frames 1 to 2 overlap the pool"),
        (9, "frames 9 to 10 overlap the pool"),
    ],
)
def test_frames_that_are_not_there_or_the_pools_are_refused(first_frame: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made(first_frame, TablePool(2, 8))


def cores_of(*formats: Format, tagged: bool = True, more: bool = True, memory: bool = True) -> list[Core]:
    first, other = Memory(FRAMES << 12), Memory(FRAMES << 12)
    return [
        Core(
            first if memory or not number else other,
            format,
            Tlb(format, 4, tagged=tagged if not number else more),
        )
        for number, format in enumerate(formats)
    ]


@pytest.mark.parametrize(
    "cores",
    [
        [],
        cores_of(SV39, SV48),
        cores_of(SV39, SV39, tagged=True, more=False),
        cores_of(SV39, SV39, memory=False),
    ],
    ids=["none", "formats", "tags", "memories"],
)
def test_cores_that_are_not_of_one_machine_are_refused(cores: list[Core]) -> None:
    with pytest.raises(ValueError, match="all of one memory, one paging format, and tagged or untagged alike"):
        made(20, TablePool(2, 8), cores=cores)


def test_every_core_executes_the_first_space_with_its_tag() -> None:
    kernel = made(20, TablePool(2, 8))
    assert len(kernel.cores) == 3
    assert [core.root for core in kernel.cores] == [kernel.tables.root(0)] * 3
    assert [core.tag for core in kernel.cores] == [kernel.tags.current(0)] * 3 == [1] * 3
    for core in kernel.cores:
        core.memory.bytes[(21 << 12) + 7] = 0x5A
        assert core.load(0x6007) == 0x5A


@pytest.mark.parametrize("dialect", [CANONICAL, DIALECTS["tree"]], ids=lambda each: each.name)
def test_what_a_kernel_was_given_is_there_to_be_read(dialect: Dialect) -> None:
    pool = TablePool(2, 8)
    kernel = made(20, pool, dialect=dialect)
    assert kernel.dialect is dialect
    assert kernel.readings == dialect.readings
    assert (kernel.scope, kernel.first_frame, kernel.tables.pool) == (SCOPE, 20, pool)
    assert (kernel.memory, kernel.format) == (kernel.cores[0].memory, SV39)
    assert kernel.tables.addresses == (0x5000, 0x6000)


def test_there_are_64_tags_if_nobody_says_how_many() -> None:
    assert made(20, TablePool(2, 8)).tags._queue[-1] == 1, "it was given to the first space"
    assert len(made(20, TablePool(2, 8)).tags._queue) == 64
    assert len(made(20, TablePool(2, 8), tags=5).tags._queue) == 5
