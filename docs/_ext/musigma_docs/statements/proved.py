"""The directive for what is proved, in one table: each part's statement, bound, of what, by whom, what rests on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from docutils import nodes

from musigma_docs.base.build import Cell, Musigma, RefusedError, table
from proofs.obligation import Provable
from proofs.obligations.cores.inventory import of_cores
from proofs.obligations.costs import cycles, refills, strings
from proofs.obligations.kernel import (
    coherence,
    cost,
    empty_tree,
    entering,
    handing_on,
    simulation,
    start,
    theorem,
    units,
)
from proofs.obligations.locks import taking, touching, trying
from proofs.obligations.machine import bits, bytes_moved, core, kernel_walk, options, pieces, rows, tags, tlb, walk
from proofs.obligations.messages.inventory import of_messages
from proofs.obligations.ownership.inventory import of_ownership
from proofs.obligations.page_tables import places, table_start, table_walks, tables
from proofs.obligations.ranges import blocks
from proofs.obligations.ranges.inventory import of_ranges
from proofs.obligations.sized import inventory as sized
from proofs.obligations.sized.blocks import law_obligations
from proofs.obligations.sized_hardware import inventory as sized_hardware
from proofs.obligations.sized_tables import inventory as sized_tables
from proofs.obligations.spaces import (
    flush_effects,
    grant_effects,
    granting,
    in_place,
    independence,
    map_effects,
    mapping_tables,
    noninterference,
    preservation,
    progress,
    readings,
)
from proofs.obligations.threads import ports
from proofs.obligations.threads import simulation as threads
from proofs.obligations.threads import start as threads_start
from proofs.obligations.tree import loops, primitives
from proofs.registry import known
from proofs.verdict import Verdict

MODEL, CODE, BITS = "the model's terms", "code, executed on terms", "code, executed on words"
UNBOUNDED = "any number of spaces, pages and frames"
PASSED = (Verdict.PROVED.value, Verdict.WITNESSED.value)


@dataclass(frozen=True)
class Part:
    """Obligations that say one thing together.

    :param rests: what falls if it is wrong.
    """

    statement: str
    of: str
    bound: str
    rests: str
    obligations: tuple[Iterable[Provable], ...]


def parts() -> tuple[Part, ...]:
    """All parts, from the model down to the hardware."""
    return (
        Part(
            "Every action keeps every invariant, from the first state on.",
            MODEL,
            UNBOUNDED,
            "all below",
            (preservation.obligations(),),
        ),
        Part(
            "Map, grant and flush do what the paper says, and nothing else (C2 to C9, C11).",
            MODEL,
            UNBOUNDED,
            "the claims; the kernel's simulation stays",
            (
                flush_effects.obligations(),
                map_effects.obligations(),
                grant_effects.obligations(),
                granting.obligations(),
                mapping_tables.obligations(),
                progress.obligations(),
                readings.obligations(),
                in_place.obligations(),
            ),
        ),
        Part(
            "Nobody disturbs a closed set of spaces, or learns of it (C10), but for two named leaks.",
            MODEL,
            f"{UNBOUNDED}; a step, the induction over runs is tested",
            "independence",
            (independence.obligations(), noninterference.closedness(), noninterference.two_runs()),
        ),
        Part(
            "Threads and messages: consent, authenticity, integrity, RPC (section 2).",
            MODEL,
            "any number of threads, ids and words as well",
            "servers, and consent in C10",
            (of_messages().values(),),
        ),
        Part(
            "A range of pages is its pages, one by one in any order; every invariant is kept (ranges).",
            MODEL,
            "ranges of any size; aligned blocks of 52 bits",
            "the check of ranges",
            (of_ranges().values(), blocks.obligations()),
        ),
        Part(
            "No core uses a translation that was taken away; a frame is reused when nobody remembers it.",
            MODEL,
            "any number of cores, tags and entries",
            "the proofs about many cores",
            (of_cores().values(),),
        ),
        Part(
            "A page has one owner, is open to it and to its borrowers alone, and comes back (ownership).",
            MODEL,
            "any number of spaces and pages",
            "that family alone",
            (of_ownership().values(),),
        ),
        Part(
            "Under one lock, one a frame or one a slot, operations touch what is theirs, and look again after a wait.",
            CODE,
            "any number of cores; that they are then as if one after the other is argued",
            "the proofs about locks",
            (taking.obligations(), touching.obligations(), trying.obligations()),
        ),
        Part(
            "The mapping tree's primitives and loops do what their contracts say; every loop ends.",
            CODE,
            "trees of any size",
            "the kernel's simulation",
            (primitives.obligations(), loops.obligations()),
        ),
        Part(
            "Steps on a tree with sizes, made, moved, dropped, halved, joined, keep it a tree of aligned blocks; "
            "halving and joining change no page.",
            CODE,
            "trees of any size; blocks of 52 bits",
            "the proofs about that tree; the kernel on it is compared, not proved",
            (sized.obligations(), law_obligations.obligations()),
        ),
        Part(
            "Page tables with leaves on every level show each page its mapping's frames, whatever size of leaves does.",
            CODE,
            "tables of any number, of two to four levels; mappings of every order",
            "the proof about leaves and buffers of several sizes",
            (sized_tables.obligations(),),
        ),
        Part(
            "Where leaves change, buffers hold what walks find, of the leaves' sizes, and cores reach what is mapped.",
            CODE,
            "tables of two to four levels; mappings of every order; cores of any number",
            "no proof yet: the kernel on them is compared, not proved as a whole",
            (sized_hardware.obligations(),),
        ),
        Part(
            "The kernel begins right, and each operation simulates the model's.",
            CODE,
            UNBOUNDED,
            "the hardware theorem",
            (empty_tree.obligations(), start.obligations(), simulation.obligations(), units.obligations()),
        ),
        Part(
            "Page tables and buffers agree with the tree, in the order in which entries are written and erased.",
            CODE,
            UNBOUNDED,
            "the hardware theorem",
            (coherence.obligations(), entering.obligations(), handing_on.obligations()),
        ),
        Part(
            "Tables are found, written and given back in place.",
            CODE,
            "memory of any size",
            "the page walk",
            (table_start.obligations(), table_walks.obligations(), tables.obligations(), places.obligations()),
        ),
        Part(
            "Each format's bits say what they should; a walk follows them.",
            BITS,
            "every word of the format",
            "the page walk",
            (
                bits.obligations(),
                rows.obligations(),
                options.obligations(),
                walk.obligations(),
                (walk.whole_obligation(),),
                kernel_walk.obligations(),
            ),
        ),
        Part(
            "A core translates by walk and buffer, and invalidation reaches what it must.",
            CODE,
            "any number of cores and entries",
            "the hardware theorem",
            (
                core.obligations(),
                pieces.obligations(),
                bytes_moved.obligations(),
                tlb.obligations(),
                tags.obligations(),
            ),
        ),
        Part(
            "No program reaches a frame that the model does not let it reach.",
            "the obligations above",
            UNBOUNDED,
            "the whole",
            (theorem.obligations(),),
        ),
        Part(
            "Threads' blocks, message path, windows, interrupts and ports simulate the theory of messages.",
            CODE,
            "any number of threads",
            "the kernel with threads",
            (threads_start.obligations(), threads.obligations(), ports.obligations()),
        ),
        Part(
            "Map and grant touch a bounded number of cells, flush a number linear in the subtree (C12).",
            CODE,
            "trees of any size",
            "the costs",
            (cost.obligations(), cycles.obligations()),
        ),
        Part(
            "A switch refills at most min(n, s) entries of a buffer.",
            MODEL,
            "strings of bounded length",
            "experiment P2",
            (refills.obligations(), strings.obligations()),
        ),
    )


class ProvedTable(Musigma):
    """``.. proved-table::``: the parts, how many obligations of each were shown in this build, and by which solvers."""

    def make(self) -> list[nodes.Node]:
        """An error of the build if an obligation is in no part."""
        results = {result["obligation"]: result for result in self.evidence.prove("canonical")["results"]}
        rows: list[list[Cell]] = []
        seen: set[str] = set()
        for part in parts():
            names = [each.id for each in chain(*part.obligations)]
            seen.update(names)
            claimed = [results[name] for name in names if name in results]
            found = [result for result in claimed if result["verdict"] != Verdict.NOT_CLAIMED.value]
            shown = [result for result in found if result["verdict"] in PASSED]
            solvers = sorted({answer["solver"] for result in shown for answer in result["answers"]})
            rows.append(
                [
                    part.statement,
                    part.of,
                    part.bound,
                    f"{len(shown)} of {len(found)} by {' and '.join(solvers)}",
                    part.rests,
                ]
            )
        missing = sorted(known().keys() - seen)
        if missing:
            raise RefusedError(f"{len(missing)} obligations are in no part of the table, for example {missing[0]}")
        return [table(("statement", "of what", "bound", "shown", "what falls with it"), rows, (6, 3, 4, 3, 3))]
