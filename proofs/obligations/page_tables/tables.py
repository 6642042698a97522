"""Page tables stay the kernel's own: no user reaches a table's frame, and no space another space's tables.

What entries the kernel writes is bits: a pointer to a frame of the pool, or a leaf for a frame outside, with what the
processor marks in it; a walk from a pool frame then meets tables of the pool only, and ends outside. Which table hangs
where is the code's doing (:mod:`proofs.obligations.page_tables.page_tables`).
"""

from collections.abc import Iterable, Iterator

from z3 import ULE, ULT, And, Implies, Not

from machine.formats import LEAF, POINTER, Format
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.machine.bits import ALL_FORMATS, prefix, word


def walk_stays_outside_pool(format: Format) -> Iterator[Condition]:
    """At every level of a walk: an entry that the kernel wrote leads to the pool, or is a leaf outside it."""
    first, end, target, rights, flags, access = (
        word(format, name) for name in ("first", "end", "target", "rights", "flags", "access")
    )
    in_pool = And(ULE(first, target), ULT(target, end))
    fits = {
        "the pool is a range of frames": ULT(first, end),
        "rights and flags fit": And(ULE(rights, 7), ULE(flags, 7)),
    }
    for level in range(format.levels):
        if level:
            entry, what = format.encode_pointer(target), {"a pointer is to a frame of the pool": in_pool}
        else:
            entry = format.encode_leaf(target, rights, 1, 0, flags)
            what = {"a leaf is for a frame outside the pool": Not(in_pool)}
        mask = format.table_mask if level else format.frame_mask(0)
        given = {**fits, **what, "the frame fits": target & ~mask == 0}
        for read in (entry, format.mark(entry, int(level == 0), access)):
            got = format.decode(read, level)
            inside = And(ULE(first, got.frame), ULT(got.frame, end))
            goal = And(
                Implies(got.kind == POINTER, And(inside, level > 0)),
                Implies(got.kind == LEAF, And(Not(inside), level == 0)),
            )
            yield Condition(given, dict.fromkeys(given, "assumption"), goal)


def _bits(format: Format) -> Build:
    return lambda dialect, code: walk_stays_outside_pool(code.of_format(format))


def obligations(formats: Iterable[Format] = ALL_FORMATS) -> Iterator[CodeObligation]:
    """For each format what entries lead to."""
    for format in formats:
        yield CodeObligation(
            f"{prefix(format)}__walk__stays__outside_tables",
            "B.integrity",
            f"{format.name}: a walk over entries that the kernel wrote gives the user no frame of a page table",
            _bits(format),
        )
