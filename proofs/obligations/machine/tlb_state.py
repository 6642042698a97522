"""A translation lookaside buffer on terms: which entries it holds, in which set, and how many of each page size.

Its sets are ordered dictionaries in the code; here they hold any entries. What is claimed of all entries is claimed of
one that stands for any (:data:`LEVEL`, :data:`PAGE`, :data:`OWNER`). Two facts are those of any finite set: removing an
element of it leaves one less, and one of no elements holds nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from z3 import And, BitVec, BitVecSort, BitVecVal, Bool, BoolSort, BoolVal, Function, Implies, Not, Or

from machine.formats import Format
from machine.tlb import SHARED_TAG, Entry
from model.spaces.theory import Formula, Term
from proofs.execution.integers import Integer, choice, integer, natural
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path
from proofs.execution.values import Option, Truth, Value, equal

LEVEL, PAGE, OWNER = BitVec("any_level", 3), BitVec("any_page", 64), BitVec("any_owner", 17)
Holds = Callable[[Term, Term, Term], Formula]
holds_before: Holds = Function("holds", BitVecSort(3), BitVecSort(64), BitVecSort(17), BoolSort())
set_of = Function("set_of", BitVecSort(64), BitVecSort(64))
ANY_SET = BitVec("any_set", 64)
WAYS = natural("ways", 16)
SHARED_OWNER = BitVecVal(SHARED_TAG, 17)

INVARIANT = "tlb__keeps__its_counts"


@dataclass(frozen=True, slots=True)
class Key:
    """The key of an entry, which page of whom: the level is a number on each path."""

    level: int
    page: Integer
    owner: Integer

    @property
    def terms(self) -> tuple[Term, Term, Term]:
        """As arguments of what the buffer holds."""
        return BitVecVal(self.level, 3), self.page.bits(64), self.owner.bits(17)

    def same(self, level: Term, page: Term, owner: Term) -> Formula:
        """It is that of this level, page and owner."""
        return And(*(equal(one, other) for one, other in zip(self.terms, (level, page, owner), strict=True)))


class MaybeTag(Option):
    """A tag, or None for all of them."""

    def __init__(self, path: Path, tag: Integer) -> None:
        """It is not known which."""
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "tag", tag)

    path: Path
    tag: Integer
    absent = Bool("no_tag")

    def is_none(self) -> Truth:
        """The formula that there is none."""
        return Truth(self.absent, self.path)

    def get(self) -> Value:
        """No plain value."""
        raise ExecutionError("a tag stands where a plain value is needed")

    @property
    def known(self) -> Integer:
        """The tag, which must be there on this path."""
        if self.path.known(self.absent) is not False:
            raise ExecutionError("a tag that may be None is used before the code asked whether it is")
        return self.tag


class CachedEntry:
    """An entry of the buffer."""

    def __init__(self, key: Key) -> None:
        """Under that key."""
        self.key = key
        self.level, self.page, self.tag = key.level, key.page, key.owner

    @property
    def shared(self) -> Formula:
        """Is it global: what the code of an entry says, executed."""
        found: Formula = bind(Entry.shared.fget, Path())(self)  # type: ignore[attr-defined]
        return found


class MaybeEntry(Option):
    """The entry that is kept under a key, or None."""

    def __init__(self, path: Path, there: Formula, key: Key) -> None:
        """It is not known which."""
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "there", there)
        object.__setattr__(self, "kept", CachedEntry(key))

    path: Path
    there: Formula
    kept: CachedEntry

    def is_none(self) -> Truth:
        """The formula that there is none."""
        return Truth(Not(self.there), self.path)

    def get(self) -> Value:
        """No plain value."""
        raise ExecutionError("an entry stands where a plain value is needed")

    def __getattr__(self, name: str) -> Any:
        """What the entry has, which must be there on this path."""
        if self.path.known(self.there) is not True:
            raise ExecutionError(f"the {name} of an entry that may be None, before the code asked whether it is")
        return getattr(self.kept, name)


class Buffer:
    """The state of a buffer: what is in its sets, and its counts by page size."""

    def __init__(self, path: Path, format: Format, tagged: bool) -> None:
        """Between two calls."""
        self.path, self.format, self.tagged = path, format, tagged
        self.levels = range(format.levels)
        self.times = 0
        self.wrote: list[tuple[Key, Any]] = []
        self.anywhere(holds_before, "")

    def anywhere(self, holds: Holds, when: str) -> None:
        """Be in any state with these entries."""
        self.holds = holds
        self.in_use = {level: Bool(f"in_use{level}{when}") for level in self.levels}
        self.counts = {level: natural(f"count{level}{when}", 32) for level in self.levels}
        self.sizes = dict(self.counts)
        members = Function(f"entries of the set{when}", BitVecSort(64), BitVecSort(16))
        self.in_set: Callable[[Term], Integer] = lambda number: Integer(members(number))
        self.path.assume({f"counts are right{when}": self.right(), **self._size_facts(when)})

    def right(self) -> Formula:
        """A page size is counted if and only if it is in use, by its entries; no set has more than its ways."""
        every = self.levels
        return And(
            *(self.in_use[n] == (self.sizes[n] > 0) for n in every),
            *(Implies(self.in_use[n], self.counts[n] == self.sizes[n]) for n in every),
            WAYS > 0,
            self.in_set(ANY_SET) <= WAYS,
        )

    def _size_facts(self, when: str) -> dict[str, Formula]:
        """No entries, nothing there."""
        every, there = self.levels, self.holds(LEVEL, PAGE, OWNER)
        return {
            f"a size of none holds nothing{when}": And(
                *(Implies(And(n == LEVEL, there), self.sizes[n] > 0) for n in every),
                Implies(there, max(every) >= LEVEL),
            )
        }

    def change(self, key: Key, there: bool) -> None:
        """Put an entry under a key, or take it away."""
        old, terms = self.holds, key.terms
        was = old(*terms)
        if there:
            self.holds = lambda *at: Or(old(*at), key.same(*at))
        else:
            self.holds = lambda *at: And(old(*at), Not(key.same(*at)))
        self.times += 1
        size, n = self.sizes[key.level], key.level
        members, own = self.in_set, set_of(key.page.bits(64))
        self.path.note(Implies(was, And(size > 0, members(own) > 0)))
        self.sizes[n] = choice(was, size, size + 1) if there else choice(was, size - 1, size)
        more = integer(int(there)) - int(not there)
        self.in_set = lambda at: choice(And(at == own, was != there), members(at) + more, members(at))
        facts = self._size_facts(f" after change {self.times}")
        for fact in facts.values():
            self.path.note(fact)

    def demand_counts(self) -> None:
        """Here the counts are right."""
        right = self.right()
        self.path.demand(INVARIANT, lambda: right)


class SetCount:
    """The number of sets."""

    def __rmod__(self, page: object) -> Integer:
        """The set of a page, what is left of its number."""
        return Integer(set_of(integer(page).bits(64)))


class Sets:
    """The list of sets."""

    def __init__(self, buffer: Buffer) -> None:
        """Of a buffer."""
        self.buffer = buffer

    def __getitem__(self, number: Integer) -> "Bucket":
        """One of them."""
        return Bucket(self.buffer, number)


class Bucket:
    """One set."""

    def __init__(self, buffer: Buffer, number: Integer) -> None:
        """By its number."""
        self.buffer = buffer
        self.number = number

    def _key(self, key: tuple[object, object, object]) -> tuple[Key, Formula]:
        level, page, owner = key
        if not isinstance(level, int):
            raise ExecutionError(f"{level!r} is no level")
        found = Key(level, integer(page), owner.known if isinstance(owner, MaybeTag) else integer(owner))
        return found, equal(self.number.bits(64), set_of(found.page.bits(64)))

    def get(self, key: tuple[object, object, object]) -> MaybeEntry:
        """The entry under a key, if it is in this set."""
        found, here = self._key(key)
        there = Not(Or(Not(self.buffer.holds(*found.terms)), Not(here)))  # a path knows a decided Or as a whole
        return MaybeEntry(self.buffer.path, there, found)

    def move_to_end(self, key: tuple[object, object, object]) -> None:
        """It is the last that will make room; it must be there."""
        found, here = self._key(key)
        holds = self.buffer.holds(*found.terms)
        self.buffer.path.demand(INVARIANT, lambda: And(holds, here))

    def __setitem__(self, key: tuple[object, object, object], entry: Any) -> None:
        """Keep an entry; in the set of its page only, and under its own key."""
        found, here = self._key(key)
        own = And(integer(entry.page) == found.page, integer(entry.tag) == found.owner)
        self.buffer.path.demand(INVARIANT, lambda: And(here, own, BoolVal(entry.level == found.level)))
        self.buffer.change(found, True)
        self.buffer.wrote.append((found, entry))

    def __delitem__(self, key: tuple[object, object, object]) -> None:
        """An entry goes; it must be there."""
        found, here = self._key(key)
        holds = self.buffer.holds(*found.terms)
        self.buffer.path.demand(INVARIANT, lambda: And(holds, here))
        self.buffer.change(found, False)


@dataclass(frozen=True, slots=True)
class CopiedSizes:
    """The page sizes that were in use when they were copied: a loop over them may change the counts."""

    used: dict[int, Formula]


class EntryCounts:
    """The number of entries of each page size, for those in use."""

    def __init__(self, buffer: Buffer) -> None:
        """Of a buffer."""
        self.buffer = buffer

    def __getitem__(self, level: int) -> Integer:
        """The count of a size in use."""
        used = self.buffer.in_use[level]
        self.buffer.path.demand(INVARIANT, lambda: used)
        return self.buffer.counts[level]

    def get(self, level: int, default: int) -> Integer:
        """The count of a size, or another value if it is not in use."""
        return choice(self.buffer.in_use[level], self.buffer.counts[level], default)

    def __setitem__(self, level: int, count: object) -> None:
        """It is in use, with that count."""
        self.buffer.counts[level], self.buffer.in_use[level] = integer(count), BoolVal(True)

    def __delitem__(self, level: int) -> None:
        """It is not in use."""
        self.buffer.in_use[level] = BoolVal(False)
