"""The leaves of a mapping on terms: in which places they stand, which pages lie in them, and what those see.

A mapping has leaves on one level, in one table, one after the other. Nothing else is known of numbers here: that the
places and pages are those that the code computes is proved of the bits
(:mod:`proofs.obligations.sized_tables.leaf_bits`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from z3 import And, BoolSort, BoolVal, Const, Exists, ForAll, Function, Implies

from model.running.z3_terms import remembered
from model.spaces.theory import Formula, Predicate, Slot, Term, owner
from proofs.execution.contract import Named
from proofs.execution.values import Physical
from proofs.obligations.page_tables.table_state import Index, index

slot = Const("slot", Slot)
frame = Const("written_frame", Physical)
_x, _i = Const("page_of_leaf", Slot), Const("place_of_leaf", Index)
_stands = Function("leaf_of_mapping", Index, BoolSort())

# Of the first frame of the mapping at the slot, and of a page: the frame that is as far from the first.
along: Callable[[Term, Term], Term] = Function("along", Physical, Slot, Physical)


@cache
def field(level: int) -> Callable[[Term], Term]:
    """What a leaf of a level holds for a first frame: its size is part of it."""
    function: Callable[[Term], Term] = Function(f"leaf{level}", Physical, Physical)
    return function


@cache
def seen(level: int) -> Callable[[Term, Term], Term]:
    """The frame that a page sees through what a leaf on its way holds, met on a level."""
    function: Callable[[Term, Term], Term] = Function(f"seen{level}", Physical, Slot, Physical)
    return function


@cache
def moved(distance: int) -> Callable[[Term, Term], Term]:
    """The first frame of a leaf by its place: so many bits further for each leaf that stands before it."""
    function: Callable[[Term, Term], Term] = Function(f"moved{distance}", Physical, Index, Physical)
    return function


@remembered
def _has(level: int, levels: int, stands: Predicate, x: Term) -> Formula:
    """The page is of the slot's space, its address is the slot's above the level, and its leaf stands."""
    above = (index(each, x) == index(each, slot) for each in range(level + 1, levels))
    return And(owner(x) == owner(slot), *above, stands(index(level, x)))


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaves on one level of the mapping at the slot.

    :param stands: in which places of their table.
    """

    level: int
    levels: int
    stands: Predicate

    def has(self, x: Term) -> Formula:
        """The page is one of the mapping's."""
        return _has(self.level, self.levels, self.stands, x)

    def laws(self, index_bits: int) -> Named:
        """What is proved of the bits of mappings, for this one and its first frame."""
        first = moved(self.level * index_bits)(frame, index(self.level, _x))
        return {
            f"the first leaf of level {self.level} is the slot's": self.stands(index(self.level, slot)),
            f"each leaf of level {self.level} has a page": ForAll(
                [_i], Implies(self.stands(_i), Exists([_x], And(self.has(_x), index(self.level, _x) == _i)))
            ),
            f"a page sees through its leaf of level {self.level} the mapping's frame": ForAll(
                [_x], Implies(self.has(_x), seen(self.level)(field(self.level)(first), _x) == along(frame, _x))
            ),
        }


@cache
def of_mapping(level: int, levels: int) -> Leaves:
    """Any mapping with leaves on that level."""
    return Leaves(level, levels, _stands)


@cache
def one_leaf(level: int, levels: int) -> Leaves:
    """A mapping that is one leaf."""
    return Leaves(level, levels, lambda i: i == index(level, slot))


@cache
def filling(level: int, levels: int) -> Leaves:
    """A mapping whose leaves are all those of a table of that level."""
    return Leaves(level, levels, lambda i: BoolVal(True))
