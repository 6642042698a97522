"""The line of tags on terms: what stands in it at first, and that the search through it finds a tag.

The tags that the search went by are each in use by a core of its own, so they are no more than cores; and there are
more tags than cores. Of finite sets it takes that both sets gain one element with each turn, that a part of the cores
has no more elements than all, and that fewer tags than all leave one out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from z3 import And, BoolSort, BoolVal, Const, DeclareSort, Exists, ForAll, Function, Implies, Int, Not, Or

from model.spaces.theory import Formula, Predicate, Term
from proofs.execution.integers import Integer, natural
from proofs.execution.loop_rules import Values
from proofs.execution.monitor import bind
from proofs.execution.path import Cut, ExecutionError, Path, Raised, conjunction
from proofs.execution.values import Tag, Value
from proofs.obligations.source import Code

Core = DeclareSort("Core")
under = Function("under", Core, Tag)
c, t = Const("c", Core), Const("t", Tag)

QUEUE = "tags_of__keeps__every_tag_in_line"
FINDS = "tags_of__finds__a_tag"
FIRST = "tags_start__puts__every_tag_in_line"

cores, tags, passed, users = Int("cores"), Int("tags"), Int("tags gone by"), Int("cores that use them")
gone_by = Function("gone_by", Tag, BoolSort())
uses_one = Function("uses_one_gone_by", Core, BoolSort())
in_line = Const("tag in line", Tag)

ENOUGH = {
    "there are more tags than cores": tags > cores,
    "a part of the cores has no more elements than all": users <= cores,
    "fewer tags than all leave one out": Implies(passed < tags, Exists([t], Not(gone_by(t)))),
}


def in_use(using: Predicate, gone: Predicate) -> Formula:
    """Cores execute with tags that the search went by."""
    return ForAll([c], Implies(using(c), gone(under(c))))


@dataclass(frozen=True, slots=True, eq=False)
class OrderPlace:
    """A place in the line."""

    path: Path
    moved: int = 0

    def __add__(self, distance: int) -> "OrderPlace":
        """A place further on."""
        return replace(self, moved=self.moved + distance)


class TagSearch:
    """The loop along the line: it goes on while some other core executes with the tag at its place."""

    def __init__(self, path: Path, user: Callable[[], Term | None]) -> None:
        """``user`` is the core that was found to use the tag."""
        self.path = path
        self.user = user

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """It starts where no tag was gone by; then it is at any place."""
        starts = values.get("place") == 0
        self.path.demand(FINDS, lambda: BoolVal(starts))
        as_many = "tags that were gone by are as many as cores that use them, one each"
        self.path.assume({as_many: And(in_use(uses_one, gone_by), passed == users)})
        return {"place": OrderPlace(self.path)}

    def each(self, iterable: object) -> Iterator[object]:
        """No loop over elements."""
        raise ExecutionError("the queue is gone through by places")

    def tail(self, values: Values) -> None:
        """One place further, past a tag that a further core uses."""
        self.path.demand(QUEUE, lambda: BoolVal(isinstance(values["place"], OrderPlace) and values["place"].moved == 1))
        user = self.user()
        if user is None:
            raise ExecutionError("the search goes on, and no core was found to use the tag")
        more = in_use(lambda c: Or(uses_one(c), c == user), lambda t: Or(gone_by(t), t == in_line))
        self.path.demand(FINDS, lambda: And(Not(uses_one(user)), more))
        raise Cut


class TagOrder:
    """Every tag, once each, in some order."""

    def __init__(self, path: Path) -> None:
        """Nothing was taken."""
        self.path = path
        self.moved = False
        self.taken: list[Value] = []

    def _tag(self, place: object) -> Value:
        if not isinstance(place, OrderPlace) or place.moved:
            raise ExecutionError(f"the queue is read at {place!r}, not where the loop is")
        if self.moved:
            raise ExecutionError("the queue is read after a tag has left it: others stand at its places then")
        self.path.demand(FINDS, lambda: Exists([t], Not(gone_by(t))))
        self.path.note(Not(gone_by(in_line)))  # every tag stands in line once
        return Value(in_line, self.path)

    def __getitem__(self, place: object) -> Value:
        """The tag at a place."""
        return self._tag(place)

    def pop(self, place: object) -> Value:
        """The tag leaves the queue."""
        self.taken.append(self._tag(place))
        self.moved = True
        return self.taken[-1]

    def append(self, tag: Value) -> None:
        """The tag that left comes back, so that the queue holds every tag once again."""
        came_back = bool(self.taken) and tag is self.taken.pop()
        self.path.demand(QUEUE, lambda: BoolVal(came_back))


# The first state.

TAGGED = Const("buffers have tags", BoolSort())
COUNT, CORES = natural("count", 32), natural("cores", 32)


class _Range:
    """The numbers from one on, up to another."""

    def __init__(self, start: Any, stop: Any) -> None:
        self.start, self.stop = start, stop


class _Listed(_Range):
    """A list of them."""


class _Times:
    """How many spaces there are; a list times it is a column of its element."""

    def __rmul__(self, other: object) -> "_Column":
        return _Column(other)


class _Column:
    def __init__(self, once: object) -> None:
        if not isinstance(once, list) or len(once) != 1:
            raise ExecutionError(f"{once!r}, as often as there are spaces, has not one element for each")
        self.element: object = once[0]


class _Cores:
    """All cores."""

    def __getitem__(self, number: object) -> "_FirstCore":
        if number != 0 or isinstance(number, bool):
            raise ExecutionError(f"core {number!r} is asked, which there may not be")
        return _FirstCore()


class _FirstCore:
    """The first of them, which is there."""

    @property
    def tlb(self) -> "_FirstTlb":
        return _FirstTlb()


class _FirstTlb:
    """Its buffer, which tells whether buffers have tags."""

    @property
    def tagged(self) -> Formula:
        return TAGGED


class _New:
    """An object that is being made, all of whose fields are looked at."""

    may_be_stored = ("_cores", "_holder", "_of", "_queue", "_tagged")


def start(path: Path, code: Code) -> None:
    """Tags are made, of any number, for any number of cores and spaces."""
    all_cores, new = _Cores(), _New()
    names = {"list": _listed, "range": _Range, "len": lambda some: _length(some, all_cores)}
    enough = COUNT > CORES
    try:
        bind(code.tags.__init__, path, names)(new, _Times(), COUNT, all_cores)
    except Raised:
        path.demand(FIRST, lambda: And(TAGGED, Not(enough)))
        return
    made = vars(new)
    of, queue, tagged = made["_of"].element, made["_queue"], made["_tagged"]
    same = made["_cores"] is all_cores and made["_holder"] == {} and type(made["_holder"]) is dict
    untagged = of == 0 and of is not None and queue == []
    parts = [BoolVal(same), tagged == TAGGED, Implies(Not(TAGGED), BoolVal(untagged))]
    if isinstance(queue, _Listed) and of is None:
        parts.append(Implies(TAGGED, And(enough, queue.stop == COUNT + 1, BoolVal(queue.start == 1))))
    else:
        parts.append(Not(TAGGED))
    path.demand(FIRST, lambda: conjunction(parts))


def _listed(some: object) -> object:
    if not isinstance(some, _Range):
        raise ExecutionError(f"a list of {some!r}, and not of a range")
    return _Listed(some.start, some.stop)


def _length(some: object, all_cores: _Cores) -> Integer:
    if some is not all_cores:
        raise ExecutionError(f"the length of {some!r}, and not of all cores")
    return CORES
