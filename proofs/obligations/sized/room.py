"""Room in the pool for what goes: what the kernel counts before anything changes, and for what it asks then.

A number of tables stands here for a set of them, and of that for any one table whether it is counted: a sum is right
only where no table is counted twice, a difference only of what was counted. So what is compared with the frames that
are spare is the number of the tables that all pages need that go, of which nothing is there yet, each once.

How many tables a set of pages needs does not grow when pages leave it. So frames that are asked for once are enough for
whatever is shown later, as long as that is pages for which they were asked: of each mapping that gets tables this is
demanded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from z3 import And, Bool, BoolSort, Const, DeclareSort, Exists, ForAll, Function, Implies, Not, Or

from model.ranges.theory import is_target
from model.spaces.theory import Formula, Predicate, Slot, Term, r, x
from model.spaces.vocabulary import Relation
from proofs.execution.contract import CALLS, Named
from proofs.execution.named_after import constant_after, named
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Opaque, Truth, Value, lift, no_slot
from proofs.obligations.sized.blocks.order import ABSTRACT, Order
from proofs.obligations.sized.blocks.tables import is_inside, lies_below
from proofs.obligations.sized.ensures import is_shown
from proofs.obligations.sized.state import Shown, SizedState, has

Number = DeclareSort("NumberOfTables")
counts = Function("counts_the_table", Number, BoolSort())
no_tables = Const("no_tables", Number)

# For the tables of which pages frames are asked.
asked = Function("is_asked_for", Slot, BoolSort())

has_room = Bool("the pool has frames for the tables of the pages that are asked for")


# What needs tables.


def meets(slot: Term, order: Term) -> Formula:
    """A page of the block lies below the table."""
    return Exists([x], And(has(slot, order, x), lies_below(x)))


def is_needed(s: Shown) -> Formula:
    """The table is there, or promised: a page that is shown lies below it."""
    return Exists([x, r], And(s.phys(x, r), lies_below(x)))


def is_other(last: Term) -> Formula:
    """The page does not lie below the table, or there is no page."""
    return Or(last == no_slot, Not(lies_below(last)))


def lacked(s: Shown, slot: Term, order: Term, last: Term) -> Formula:
    """The table is one that the block needs, but not the page before it, and that is not there."""
    return And(meets(slot, order), Not(is_needed(s)), is_other(last))


def wanted(s: Shown, to: Relation) -> Formula:
    """The table is one that pages need where they go, and that is not there."""
    return And(Exists([x], And(is_target(to, x), lies_below(x))), Not(is_needed(s)))


def before_it(last: Term, slot: Term) -> Named:
    """What is required of the page whose tables are not counted again."""
    return {"it is a page before the block, or none": Or(last == no_slot, ABSTRACT.earlier(last, slot))}


def counted(answer: Term, meant: Formula) -> Named:
    """The number is that of these tables."""
    return {"each table is counted that is meant": counts(answer) == meant}


# For what frames are asked.


def all_asked(s: Shown, into: Predicate) -> Formula:
    """All pages that are asked for are shown, or places to which pages go."""
    return ForAll([x], Implies(asked(x), Or(Exists([r], s.phys(x, r)), into(x))))


def enough(s: Shown, into: Predicate, answer: Formula) -> Named:
    """What follows from the answer that there are frames for the tables of what is shown and of what goes."""
    return {"there are frames for what is asked for": Implies(And(answer, all_asked(s, into)), has_room)}


def asked_before(s: Shown, into: Predicate) -> Named:
    """What is required where tables are made: the pool had frames for these pages, and for all that are shown."""
    return {
        "there are frames for what is asked for": has_room,
        "frames are asked for of all that is shown": ForAll([x, r], Implies(s.phys(x, r), asked(x))),
        "frames are asked for of all that goes": ForAll([x], Implies(into(x), asked(x))),
    }


def has_frames_for(s: Shown, page: Term, frame: Term) -> Named:
    """What is required where a table is made: the pool had frames for the page, if it is shown."""
    return {
        "there are frames for what is asked for": has_room,
        "frames were asked for of each page that is shown": Implies(s.phys(page, frame), asked(page)),
    }


ASKED_FIRST = "frames are asked for of what is shown and of what goes"
"""What only calls use."""


def asked_first(s: Shown, to: Relation) -> Named:
    """Frames are asked for of the pages that are shown at first, and of the places to which pages go."""
    shows = Or(Exists([r], s.phys(x, r)), is_target(to, x))
    return {ASKED_FIRST: ForAll([x], asked(x) == shows)}


# Numbers in executed code.


class NumberValue(Value):
    """A number of tables that code adds, subtracts and compares with the frames that are spare."""

    __slots__ = ()

    def _with(self, other: object, sign: str, demanded: Any, made: Any) -> "NumberValue":
        term = number_of(other)
        if term is None:
            raise ExecutionError(f"{other!r} is no number of tables")
        self.path.demand(CALLS, lambda: demanded(counts(self.term), counts(term)), "each table is counted once")
        result = constant_after(f"({named(self.term)} {sign} {named(term)})", Number, self.term, term)
        said = f"what {result} counts"
        self.path.assume({said: counts(result) == made(counts(self.term), counts(term))})
        return NumberValue(result, self.path)

    def __add__(self, other: object) -> "NumberValue":
        """The tables of both, none of which is in both."""
        return self._with(other, "+", lambda one, more: Not(And(one, more)), Or)

    __radd__ = __add__

    def __sub__(self, other: object) -> "NumberValue":
        """The tables without those, all of which are among them."""
        return self._with(other, "-", lambda one, less: Implies(less, one), lambda one, less: And(one, Not(less)))

    def __eq__(self, other: object) -> NoReturn:
        """It is equal to nothing: as many tables need not be the same ones.

        :raises ExecutionError: always.
        """
        self._refuse("an equation")

    __ne__ = __eq__

    def __le__(self, other: object) -> Truth:  # type: ignore[override]
        """Whether there are frames for them."""
        if not isinstance(other, Spare):
            raise ExecutionError(f"a number of tables is compared with {other!r}, which are no frames")
        return other.asked(self)


def number_of(value: object) -> Term | None:
    """The term of a number of tables; 0 is that of none."""
    if type(value) is int and value == 0:
        return no_tables
    return value.term if isinstance(value, NumberValue) else None


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What is compared with the frames that are spare.

    :param tables: the number is to be of these.
    :param room: there are as many, by name.
    :param told: what follows if there are.
    """

    tables: Formula
    room: Formula
    told: Named


@dataclass(frozen=True, slots=True, eq=False)
class Spare(Opaque):
    """How many frames are free and not promised: it is compared with the number of tables that are wanted.

    :param wanted: which these are, of the pages that are shown when it is compared.
    """

    wanted: Callable[[], Wanted]

    def asked(self, number: NumberValue) -> Truth:
        """Whether there are so many."""
        now = self.wanted()
        number.path.demand(CALLS, lambda: counts(number.term) == now.tables, "it asks for the tables that are wanted")
        number.path.assume(now.told)
        return Truth(now.room, number.path)

    def __eq__(self, other: object) -> NoReturn:
        """It is equal to nothing.

        :raises ExecutionError: always.
        """
        self._refuse("an equation")

    __ne__ = __eq__


@dataclass(slots=True, eq=False)
class NumbersOfTables:
    """What code is told of numbers of tables: of any one table what is proved of the code that counts.

    :param tree: the tree as it is now.
    :param shows: the pages that are shown now.
    :param block: the block of which code asks how many tables it promises.
    """

    path: Path
    tree: Callable[[], SizedState]
    shows: Callable[[], Shown]
    block: tuple[Term, Term]
    calls: int = 0

    def _new(self, meant: Formula) -> NumberValue:
        self.calls += 1
        found = Const(f"number {self.calls} of tables", Number)
        self.path.assume({f"what {found} counts": counts(found) == meant})
        return NumberValue(found, self.path)

    def _require(self, slot: Term, order: Term, last: Term) -> None:
        required = {"it is a block": ABSTRACT.is_block(slot, order), **before_it(last, slot)}
        self.path.demand_all(CALLS, lambda: required)

    def above(self, slot: object, order: object, last: object) -> NumberValue:
        """The tables that the block lacks from that of its leaves up."""
        at, size, page = lift(slot, Slot), lift(order, Order), lift(last, Slot)
        self._require(at, size, page)
        self.path.demand(CALLS, lambda: Not(is_shown(self.tree(), at, size)), "no mapping has the whole block")
        missing = And(lies_below(at), Not(is_needed(self.shows())), is_other(page))
        return self._new(And(Not(is_inside(size)), missing))

    def inside(self, slot: object, order: object, size: object, last: object) -> NumberValue:
        """The tables that a mapping needs below the leaves of a larger one."""
        at, part, whole, page = lift(slot, Slot), lift(order, Order), lift(size, Order), lift(last, Slot)
        self._require(at, part, page)
        return self._new(And(is_inside(whole), meets(at, part), is_other(page)))

    def below(self, order: object) -> NumberValue:
        """The tables that the block promises.

        :raises ExecutionError: another order than the block's: then it is not known of which block.
        """
        slot, size = self.block
        if not lift(order, Order).eq(size):
            raise ExecutionError(f"{order!r} is not the order of the block")
        return self._new(And(is_inside(size), meets(slot, size)))
