"""Ways to change leaves of several sizes, and to take translations from buffers, that are wrong in one way each."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from z3 import And, Exists, ForAll, Or

from proofs.faults.code.machine import with_method
from proofs.faults.code.text import with_idle_branch
from proofs.faults.code.wrong import WrongCode
from proofs.obligations.kernel.world import c
from proofs.obligations.machine import agreement
from proofs.obligations.machine.bits import ALL_FORMATS, prefix
from proofs.obligations.sized_hardware import standing, theorem
from proofs.obligations.sized_hardware.units import UNITS
from proofs.obligations.sized_hardware.world import a, alike, before, f, translates, x, y
from proofs.obligations.source import Code
from refinement.ranges.kernel import SizedKernel
from refinement.ranges.sized_tables import SizedTables
from refinement.rewriting import replaced

BUFFERS = "sized_buffers_"
OF_FORMATS = tuple(f"{prefix(format)}__" for format in ALL_FORMATS)

AT = "slot, self.first_frame + self.tree.frame[self.tree.node_of[slot]]"
GRANTS_ALL = f"self.tables.write({AT}, 7, self.order_at(slot))"
WRITES_HALF = f"self.tables.write({AT}, self.tree.rights[self.tree.node_of[slot]], self.order_at(slot) - 1)"
CLEARS, FREES, SHOWS, HALVES = (
    "self.clear_entry(slot)", "self.free_tables(detached)", "self.write_entry(slot)", "self.halve(node)",
)  # fmt: skip
LAST = "self.sized.order[node])"
INVALIDATES = "    for slot in slots:\n        self.invalidate(slot)\n"
JOINS = "node = self.join(one, other)\n"

OF_BUFFERED = (
    ("first-leaf", "of several leaves the first alone is invalidated", "invalidate", "range(leaves)", "range(1)"),
    ("one-core", "one core alone is told", "invalidate", "in self.cores", "in self.cores[:1]"),
    ("every-tag", "the page goes under all tags", "invalidate", "leaf), tag)", "leaf), None)"),
    ("everything", "all that a buffer holds goes", "invalidate", "invalidate_page(self.leaf_address(slot, leaf), tag)",
     "invalidate_all()"),
    ("stops-early", "the loop over leaves ends after one", "invalidate", "leaf), tag)",
     "leaf), tag)\n                break"),
    ("tables-as-well", "leaves are cleared", "invalidate", "if tag is not None:",
     "self.tables.clear(slot, self.order_at(slot))\n    if tag is not None:"),
    ("pages-apart", "leaves are taken to lie a page apart", "leaf_address",
     "(leaf << 12 + self.tables.leaf_order(self.order_at(slot)))", "(leaf << 12)"),
    ("clears-nothing", "entries stay", "withdraw", CLEARS, "pass"),
    ("grants-first", "entries grant all rights before they are cleared", "withdraw", CLEARS,
     f"{GRANTS_ALL}\n    {CLEARS}"),
    ("invalidates-first", "translations go before the entries do", "withdraw",
     f"{CLEARS}\n    detached = self.release_tables(slot)\n    self.invalidate(slot)",
     f"self.invalidate(slot)\n    {CLEARS}\n    detached = self.release_tables(slot)"),
    ("smaller-first", "smaller leaves stand where larger ones are cached", "withdraw", CLEARS,
     f"{WRITES_HALF}\n    {CLEARS}"),
    ("frees-nothing", "tables that are released are lost", "withdraw", FREES, "pass"),
    ("frees-first", "tables are free that buffers may hold", "withdraw", f"self.invalidate(slot)\n    {FREES}",
     f"{FREES}\n    self.invalidate(slot)"),
    ("narrows-nothing", "entries keep their rights", "narrow", "self.narrow_entry(slot, rights & kept)", "pass"),
    ("invalidates-first", "translations go before the entries do", "narrow",
     "self.narrow_entry(slot, rights & kept)\n        self.invalidate(slot)",
     "self.invalidate(slot)\n        self.narrow_entry(slot, rights & kept)"),
    ("grants-all", "entries grant all rights", "narrow_entry", "rights, self.sized", "7, self.sized"),
    ("of-half", "leaves of half the mapping are written", "narrow_entry", LAST, f"{LAST[:-1]} - 1)"),
    ("grants-all", "entries grant all rights", "write_entry", "self.tree.rights[node]", "7"),
    ("provides-nothing", "entries are written without tables", "show", "self.provide(slot)", "pass"),
    ("writes-nothing", "no entries are written", "show", SHOWS, "pass"),
    ("halves-too", "leaves of two sizes are written", "show", SHOWS, f"{SHOWS}\n    {WRITES_HALF}"),
    ("releases", "tables are released of what is shown", "show", SHOWS, f"{SHOWS}\n    self.release_tables(slot)"),
    ("writes-nothing", "no entries are written", "_show_sigma0", SHOWS, "pass"),
    ("of-one-page", "tables are provided for the first page alone", "_show_sigma0", "self.sized.order[node])", "0)"),
    ("halves-too", "leaves of two sizes are written", "_show_sigma0", SHOWS, f"{SHOWS}\n        {WRITES_HALF}"),
    ("releases", "tables are released of what is shown", "_show_sigma0", SHOWS,
     f"{SHOWS}\n        self.release_tables(slot)"),
    ("leaves-its-pages", "buffers may hold pages of the leaf when smaller ones stand", "divide",
     "self.invalidate(slot)\n", "pass\n"),
    ("invalidates-first", "translations go before the leaf does", "divide",
     "noted = self.lift_leaf(slot)\n        self.invalidate(slot)",
     "self.invalidate(slot)\n        noted = self.lift_leaf(slot)"),
    ("divides-no-leaf", "a mapping is halved that one leaf shows", "divide",
     "self.tables.leaf_order(order) == order", "False"),
    ("leaves-the-leaf", "the leaf is lifted, and no table takes its place", "divide", "self.divide_leaf(slot, noted)",
     "pass"),
    ("notes-nothing", "what was noted in the leaf is lost", "divide", "slot, noted", "slot, 0"),
    ("releases", "tables are released of what is shown", "divide", HALVES, f"self.release_tables(slot)\n    {HALVES}"),
    ("grants-all", "smaller leaves grant all rights", "divide_leaf", "first, rights, noted", "first, 7, noted"),
    ("first-half-only", "of one half alone are translations gone", "unite", "in slots:", "in slots[:1]:"),
    ("one-size-only", "what is invalidated are pages of the large leaf", "unite", f"{INVALIDATES}    {JOINS}",
     f"    {JOINS}    self.invalidate(first)\n"),
    ("invalidates-first", "translations go before the small leaves do", "unite",
     f"    detached = self.detach_table(first, order)\n{INVALIDATES}",
     f"{INVALIDATES}    detached = self.detach_table(first, order)\n"),
    ("joins-alone", "two mappings are joined that one leaf can show", "unite",
     "self.tables.leaf_order(order) != order", "True"),
    ("settles-nothing", "no leaf takes the place of the table", "unite", "    self.settle(first, detached)\n", ""),
    ("grants-all", "the large leaf grants all rights", "settle", "first, rights, self", "first, 7, self"),
    ("notes-nothing", "what was noted in the small leaves is lost", "settle", "order[node], noted)", "order[node], 0)"),
)  # fmt: skip
"""Ways to be wrong: a name, words, the method, and a piece of its text that is replaced."""

OF_STANDING = (
    ("pages-in-two-nodes", "A page may be in two nodes.", standing.ONE_MAPPING, "one_mapping"),
    ("leaves-of-nothing", "Leaves may stand of pages that no node shows.", standing.NO_OTHER),
    ("shown-or-not", "A mapping is shown that stands, or changed that does not.", standing.METHODS_NODE),
)
"""What may be forgotten of what stands between two methods: a name, a sentence, and what is known no more."""


def _method(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(SizedKernel, name)
    return found


def _fewer_leaves() -> Code:
    cls = with_method(SizedTables, "leaves", "return 1 << order - self.leaf_order(order)", HALF_THE_LEAVES)
    return Code(sized_tables=cls)


HALF_THE_LEAVES = "return (1 << order - self.leaf_order(order)) >> 1"


def _first_of_large() -> Code:
    """A hit in a large page gives what the buffer holds of some page there."""
    worlds = {levels: before(levels) for levels in theorem.LEVELS}

    def hit(levels: int) -> Any:
        nearby = Or(*(alike(levels, k, x, y) for k in range(levels)))
        given = agreement.gives(
            theorem.held(c, x, f, a), Exists([y], And(nearby, translates(worlds[levels], c, y, f, a)))
        )
        return ForAll([c, x, f, a], given)

    return Code(hardware={theorem.HITS: And(*map(hit, worlds))})


def _changed(method: str, old: str, new: str) -> Code:
    return Code(sized={method: replaced(_method(method), old, new)})


def _idle() -> Code:
    steps = sorted({step for unit in UNITS.values() for step in unit.steps})
    return Code(sized={step: with_idle_branch(_method(step)) for step in steps})


def _faults() -> Iterator[WrongCode]:
    for name, said, method, old, new in OF_BUFFERED:
        subjects = (BUFFERS, *(OF_FORMATS if method == "leaf_address" else ()))
        make = partial(_changed, method, old, new)
        sentence = f"In {method}, {said}."
        of = method.strip("_").replace("_", "-")
        yield WrongCode(f"sized-buffers-{of}-{name}", sentence, OTHERWISE, subjects, make)
    for name, sentence, *parts in OF_STANDING:
        make = partial(Code, hardware=dict.fromkeys(parts))
        yield WrongCode(f"sized-standing-{name}", sentence, OTHERWISE, (BUFFERS, "sized_tree__"), make)
    sentence = "In each step on page tables and buffers there is a branch that is never taken."
    yield WrongCode("sized-buffers-branch-idle", sentence, OTHERWISE, (BUFFERS,), _idle)
    sentence = "A mapping has half as many leaves as it has."
    yield WrongCode("sized-mapping-half-the-leaves", sentence, OTHERWISE, OF_FORMATS, _fewer_leaves)
    sentence = "A buffer gives of a large page what it holds of another page there."
    yield WrongCode("large-entry-as-small", sentence, OTHERWISE, ("hardware__sized_access__",), _first_of_large)


OTHERWISE = "sized-buffers-otherwise"

OF_BUFFERS: Mapping[str, WrongCode] = MappingProxyType({fault.name: fault for fault in _faults()})
"""All of them, by name."""

MECHANISMS = {
    OTHERWISE: "where leaves have several sizes, a buffer holds, or gives, a translation that no walk finds",
}
"""Their row in the catalogue."""
