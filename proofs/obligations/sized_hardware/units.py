"""The methods that change leaves and take translations from buffers, with what is known before and what holds after."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from z3 import And, BoolVal, Exists, ForAll, Implies, Not, Or

from model.spaces.theory import Formula, Term
from proofs.execution.contract import Named
from proofs.execution.values import Rights
from proofs.obligations.kernel.world import c as core
from proofs.obligations.kernel.world import physical
from proofs.obligations.machine.agreement import Translations
from proofs.obligations.page_tables.table_state import index
from proofs.obligations.sized_hardware.kernel import KernelOnMachine, SizedCase, first_frame, kept, node, other, rights
from proofs.obligations.sized_hardware.world import World, a, coherent, f, only_active, said, x
from proofs.obligations.sized_tables.leaves import Leaves, along, slot
from proofs.obligations.source import Code


@dataclass(frozen=True, slots=True)
class BufferMethod:
    """A method of the kernel with ranges.

    :param does: what it does to the database, and what it is for, in words.
    :param call: calls it.
    :param requires: what is known of the world before, of the case and the code.
    :param then: of the mapping's leaves: what the database says afterwards.
    :param steps: the steps that it makes, which are executed with it.
    :param least: the least order of a mapping that it is about.
    :param joins: it is about the mapping of two nodes.
    :param frees: it gives tables back.
    :param allowed: of the mapping's leaves: what cores may reach meanwhile.
    :param stands: whether its leaves stand afterwards, on the level that its nodes ask for.
    """

    name: str
    does: str
    call: Callable[[KernelOnMachine], Any]
    requires: Callable[[World, SizedCase, Code], Named]
    then: Callable[[Leaves], Translations]
    steps: tuple[str, ...]
    least: int = 0
    joins: bool = False
    frees: bool = False
    allowed: Callable[[Leaves], Translations] = lambda leaves: said
    stands: Formula = field(default_factory=lambda: BoolVal(True))


def own(x: Term, f: Term, a: Term) -> Formula:
    """What the node says of one of its pages."""
    return And(f == along(physical(first_frame), x), rights(a))


def _of_pages(leaves: Leaves, holds: Formula) -> Formula:
    return ForAll([x, f, a], Implies(leaves.has(x), holds))


def shown(start: World, leaves: Leaves, level: int) -> Named:
    """The mapping's leaves stand on that level, and the database says of its pages what its node does."""
    return {
        **coherent(start, said),
        "the slot's leaf is one of the mapping's": leaves.stands(_first(leaves)),
        "the mapping's leaves stand": _of_pages(leaves, start.tables.held(level, x)),
        "of its pages the database says what its node does": _of_pages(leaves, said(x, f, a) == own(x, f, a)),
    }


def _first(leaves: Leaves) -> Term:
    return index(leaves.level, slot)


def _of_one(start: World, case: SizedCase, code: Code) -> Named:
    leaves = case.leaves(code)
    return shown(start, leaves, leaves.level)


def _of_two(start: World, case: SizedCase, code: Code) -> Named:
    leaves = case.leaves(code)
    level = leaves.level - int(case.is_one_leaf(code))
    return {**shown(start, leaves, level), **case.halves(code)}


def _of_none(start: World, case: SizedCase, code: Code) -> Named:
    leaves = case.leaves(code)
    held = Or(*(start.tables.held(k, x) for k in start.levels))
    return {
        **coherent(start, said),
        "the slot's leaf is one of the mapping's": leaves.stands(_first(leaves)),
        "no page of the mapping is held": _of_pages(leaves, Not(held)),
        "of its pages the database says nothing": _of_pages(leaves, Not(said(x, f, a))),
    }


def _of_some_time(start: World, case: SizedCase, code: Code) -> Named:
    """Leaves of the mapping were written or cleared: what buffers hold of its pages is of their size."""
    leaves = case.leaves(code)
    stale = (
        Implies(
            start.cached(core, k, x, f, a),
            Or(start.tables.entry(k, x, f, a), And(leaves.has(x), BoolVal(k == leaves.level))),
        )
        for k in start.levels
    )
    return {
        "the slot's leaf is one of the mapping's": leaves.stands(_first(leaves)),
        "buffers hold what walks find, or something of the mapping, of its leaves' size": ForAll(
            [core, x, f, a], And(*stale)
        ),
        "buffers hold nothing of an idle space": only_active(start),
    }


def _without(leaves: Leaves) -> Translations:
    return lambda x, f, a: And(said(x, f, a), Not(leaves.has(x)))


def _narrowed(leaves: Leaves) -> Translations:
    return lambda x, f, a: And(said(x, f, a), Or(Not(leaves.has(x)), kept(a)))


def _with(leaves: Leaves) -> Translations:
    return lambda x, f, a: Or(said(x, f, a), And(leaves.has(x), own(x, f, a)))


def _same(leaves: Leaves) -> Translations:
    return lambda x, f, a: said(x, f, a)


UNITS: Mapping[str, BufferMethod] = {
    unit.name: unit
    for unit in (
        BufferMethod(
            "invalidate",
            "no core's buffer translates a page of the mapping but as its walk does",
            lambda on: on.kernel.invalidate(on.value(slot)),
            _of_some_time,
            _same,
            ("invalidate", "leaf_address", "order_at"),
        ),
        BufferMethod(
            "withdraw",
            "walks and buffers show nothing of the mapping",
            lambda on: on.kernel.withdraw(on.value(slot)),
            _of_one,
            _without,
            ("clear_entry", "release_tables"),
            frees=True,
            stands=BoolVal(False),
        ),
        BufferMethod(
            "narrow",
            "walks and buffers show the mapping with the rights that are left",
            lambda on: on.kernel.narrow(on.value(node), Rights(kept, on.path)),
            _of_one,
            _narrowed,
            ("narrow_entry",),
            frees=True,
            stands=Exists([a], And(rights(a), kept(a))),
        ),
        BufferMethod(
            "show",
            "walks and buffers show the new mapping",
            lambda on: on.kernel.show(on.value(node)),
            _of_none,
            _with,
            ("provide", "reserve", "write_entry"),
            allowed=_with,
        ),
        BufferMethod(
            "show_first",
            "walks and buffers show one more of the first mappings",
            lambda on: on.show_first(),
            _of_none,
            _with,
            ("_show_sigma0",),
            allowed=_with,
        ),
        BufferMethod(
            "divide",
            "walks and buffers show what they did, by leaves that show a half each at most",
            lambda on: on.kernel.divide(on.value(node)),
            _of_one,
            _same,
            ("lift_leaf", "divide_leaf", "halve"),
            least=1,
        ),
        BufferMethod(
            "unite",
            "walks and buffers show what they did, by one leaf where one can show both",
            lambda on: on.kernel.unite(on.value(node), on.value(other)),
            _of_two,
            _same,
            ("detach_table", "settle", "join"),
            least=1,
            joins=True,
            frees=True,
        ),
    )
}
"""All of them, by name."""
