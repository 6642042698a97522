"""The loops of a translation lookaside buffer's code: over the page sizes in use, and over all entries."""

from collections.abc import Iterator

from z3 import And, BitVec, BitVecSort, Bool, BoolSort, BoolVal, Function, Implies, Not, Or

from model.spaces.theory import Formula, Term
from proofs.execution.integers import Integer, natural
from proofs.execution.loop_rules import Unrolled, Values
from proofs.execution.path import Cut, ExecutionError
from proofs.obligations.machine.tlb_state import (
    LEVEL,
    OWNER,
    PAGE,
    Buffer,
    CachedEntry,
    CopiedSizes,
    EntryCounts,
    Holds,
    Key,
)


class InUse(Unrolled):
    """A loop over the page sizes in use, in an order that is given."""

    def __init__(self, buffer: Buffer, order: range) -> None:
        """Of a buffer."""
        self.buffer, self.order = buffer, order

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """Nothing is assumed."""
        return {}

    def each(self, iterable: object) -> Iterator[object]:
        """Select the entries in use when the loop begins."""
        if not isinstance(iterable, EntryCounts | CopiedSizes):
            raise ExecutionError(f"a loop over {iterable!r}, and not over the page sizes in use")
        used = iterable.used if isinstance(iterable, CopiedSizes) else dict(self.buffer.in_use)
        for level in self.order:
            if self.buffer.path.decide(used[level]):
                yield level
            now = self.buffer.in_use
            if isinstance(iterable, EntryCounts) and any(now[each] is not was for each, was in used.items()):
                raise ExecutionError("a loop over the page sizes in use changes them: let it go over a copy")

    def tail(self, values: Values) -> None:
        """On to the next."""


class EveryEntry:
    """A loop over all entries, which may remove what it meets; its invariant is about the entry that stands for any.

    :param doomed: of a level, page and owner: what the loop is to remove.
    """

    def __init__(self, buffer: Buffer, doomed: Holds, what: str) -> None:
        """Of a buffer."""
        self.buffer, self.doomed, self.what = buffer, doomed, what
        self.seen = Bool("any_was_met")
        self.first: Holds = buffer.holds

    def invariant(self, at: tuple[Term, Term, Term], seen: Formula) -> Formula:
        """What was met and doomed is gone, everything else is as it was."""
        return self.buffer.holds(*at) == And(self.first(*at), Not(And(seen, self.doomed(*at))))

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """Nothing was met; then, anything."""
        buffer = self.buffer
        self.first = buffer.holds
        at_first = self.invariant((LEVEL, PAGE, OWNER), BoolVal(False))
        buffer.path.demand(self.what, lambda: at_first)
        buffer.demand_counts()
        buffer.anywhere(
            Function("holds_in_loop", BitVecSort(3), BitVecSort(64), BitVecSort(17), BoolSort()), " in loop"
        )
        buffer.path.assume({"some entries were met": self.invariant((LEVEL, PAGE, OWNER), self.seen)})
        return {}

    def each(self, iterable: object) -> Iterator[object]:
        """One more entry, which was not met before; or all were met."""
        if not isinstance(iterable, AllEntries):
            raise ExecutionError(f"a loop over {iterable!r}, and not over all entries")
        path = self.buffer.path
        if path.decide(Bool("another_entry")):
            last = self.buffer.format.root_level
            met = BitVec("met_level", 3)
            level = next((n for n in range(last) if path.decide(met == n)), last)
            self.met = Key(level, natural("met_page", 64), Integer(BitVec("met_owner", 17), natural=False))
            path.note(self.first(*self.met.terms))
            path.note(self.invariant(self.met.terms, BoolVal(False)))
            path.note(Implies(self.met.same(LEVEL, PAGE, OWNER), Not(self.seen)))
            yield CachedEntry(self.met)
        path.note(Implies(self.first(LEVEL, PAGE, OWNER), self.seen))

    def tail(self, values: Values) -> None:
        """One more was met."""
        kept = self.invariant((LEVEL, PAGE, OWNER), Or(self.seen, self.met.same(LEVEL, PAGE, OWNER)))
        self.buffer.path.demand(self.what, lambda: kept)
        self.buffer.demand_counts()
        raise Cut


class EverySize:
    """A loop over the page sizes in use, in any order, which may remove what it meets of each.

    :param doomed: of a level, page and owner: what the loop is to remove.
    """

    def __init__(self, buffer: Buffer, doomed: Holds, what: str) -> None:
        """Of a buffer."""
        self.buffer, self.doomed, self.what = buffer, doomed, what
        self.seen = {level: Bool(f"size {level} was met") for level in buffer.levels}
        self.first: Holds = buffer.holds
        self.used = dict(buffer.in_use)
        self.met = -1

    def invariant(self, seen: dict[int, Formula]) -> Formula:
        """What is doomed of the sizes that were met is gone, everything else is as it was."""
        met = Or(*(And(level == LEVEL, was) for level, was in seen.items()))
        at = (LEVEL, PAGE, OWNER)
        return self.buffer.holds(*at) == And(self.first(*at), Not(And(met, self.doomed(*at))))

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """Nothing was met; then, any sizes."""
        buffer = self.buffer
        self.first, self.used = buffer.holds, dict(buffer.in_use)
        at_first = self.invariant(dict.fromkeys(buffer.levels, BoolVal(False)))
        buffer.path.demand(self.what, lambda: at_first)
        buffer.demand_counts()
        buffer.anywhere(
            Function("holds_in_loop", BitVecSort(3), BitVecSort(64), BitVecSort(17), BoolSort()), " in loop"
        )
        buffer.path.assume({"some sizes were met": self.invariant(self.seen)})
        return {}

    def each(self, iterable: object) -> Iterator[object]:
        """One more of those copied; or all were met. The counts themselves change, and are not to be gone through."""
        if not isinstance(iterable, CopiedSizes):
            raise ExecutionError(f"a loop over {iterable!r}, and not over a copy of the page sizes in use")
        path, self.used = self.buffer.path, iterable.used
        if path.decide(Bool("another_size")):
            last = self.buffer.format.root_level
            self.met = next((n for n in range(last) if path.decide(Bool(f"size {n} is next"))), last)
            path.note(self.used[self.met])
            yield self.met
        path.note(And(*(Implies(self.used[level], self.seen[level]) for level in self.buffer.levels)))

    def tail(self, values: Values) -> None:
        """One more was met."""
        kept = self.invariant({**self.seen, self.met: BoolVal(True)})
        self.buffer.path.demand(self.what, lambda: kept)
        self.buffer.demand_counts()
        raise Cut


class AllEntries:
    """All entries, in a list of its own."""
