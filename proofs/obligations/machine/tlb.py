"""Translation lookaside buffers, executed: what a lookup gives, and what insertions and invalidations leave.

The methods of ``Tlb`` are executed on buffers of any number of entries, tagged and not, for every geometry of pages.
Which entry makes room when a set is full is not claimed: any may. ``SplitTlb`` hands each call on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from types import SimpleNamespace
from typing import Any

from z3 import And, BitVecVal, Bool, BoolVal, If, Implies, Not, Or

from machine.formats import Format
from machine.tlb import SHARED_TAG, Replacement
from model.spaces.theory import Formula, Term
from proofs.execution.coverage import CoveringPath
from proofs.execution.integers import Integer, integer, natural
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path, paths
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.executed import executed_whole, theorems
from proofs.obligations.machine import agreement
from proofs.obligations.machine.bits import spanning
from proofs.obligations.machine.demands import granted
from proofs.obligations.machine.tlb_loops import AllEntries, EveryEntry, EverySize, InUse
from proofs.obligations.machine.tlb_state import (
    INVARIANT,
    LEVEL,
    OWNER,
    PAGE,
    SHARED_OWNER,
    WAYS,
    Bucket,
    Buffer,
    CachedEntry,
    CopiedSizes,
    EntryCounts,
    Holds,
    Key,
    MaybeEntry,
    MaybeTag,
    SetCount,
    Sets,
    set_of,
)
from proofs.obligations.machine.walk_memory import plain_name
from proofs.obligations.source import CODE, Code

GIVES = "tlb_lookup__gives__what_translates"
MISSES = "tlb_lookup__misses__nothing"
INSERTS = "tlb_insert__replaces__the_address"
OF_ADDRESS = "tlb_drop_address__leaves__nothing_of_the_address"
OF_PAGE = "tlb_invalidate_page__leaves__nothing_of_the_page"
OF_TAG = "tlb_invalidate_tag__leaves__nothing_of_the_tag"
OF_ALL = "tlb_invalidate_all__leaves__nothing"

address = natural("address", 64)
tag = natural("tag", 16)
access = natural("access", 3)
ANY = (LEVEL, PAGE, OWNER)


@dataclass(frozen=True, slots=True)
class BufferCall:
    """A call: the method, what kind of buffer, and the argument ``shared``."""

    method: str
    tagged: bool = True
    lru: bool = True
    shared: bool = True
    upwards: bool = True


CASES = (
    BufferCall("lookup"),
    BufferCall("lookup", lru=False, upwards=False),
    BufferCall("lookup", tagged=False, upwards=False),
    *(BufferCall("insert", tagged=t) for t in (True, False)),
    *(BufferCall("_drop_address", shared=s) for s in (True, False)),
    *(BufferCall("invalidate_page", tagged=t, shared=s) for t, s in product((True, False), repeat=2)),
    *(BufferCall("invalidate_tag", tagged=t) for t in (True, False)),
    *(BufferCall("invalidate_all", shared=s) for s in (True, False)),
)


def translates(format: Format, at: tuple[Term, Term, Term]) -> Formula:
    """An entry is of a page in which the address lies."""
    pages = {n: integer(address >> format.span_bits(n)).bits(64) for n in range(format.levels)}
    return Or(*(And(at[0] == n, at[1] == page) for n, page in pages.items()))


def is_owner(case: BufferCall, owner: Term, also_shared: bool = True) -> Formula:
    """An entry counts under the tag: it is the tag's, or global."""
    own = owner == (tag.bits(17) if case.tagged else BitVecVal(0, 17))
    return Or(own, owner == SHARED_OWNER) if also_shared else own


def of_address(format: Format, owner: Integer, shared: bool) -> Holds:
    """What translates the address under a tag; global entries among it, if these are meant."""

    def doomed(*at: Term) -> Formula:
        whose = Or(at[2] == owner.bits(17), And(BoolVal(shared), at[2] == SHARED_OWNER))
        return And(translates(format, (at[0], at[1], at[2])), whose)

    return doomed


class SymbolicTlb:
    """A buffer on terms, with the methods of the code's class."""

    def __init__(self, path: Path, format: Format, case: BufferCall, code: Code) -> None:
        """Between two calls."""
        self.path, self.format, self.case, self.code = path, format, case, code
        self.buffer = Buffer(path, format, case.tagged)
        self.tagged = case.tagged
        self.replacement = Replacement.LRU if case.lru else Replacement.FIFO
        self.ways = WAYS
        self._page_bits, self._index_bits = format.page_bits, format.index_bits
        self._sets, self._levels = Sets(self.buffer), EntryCounts(self.buffer)

    def run(self, name: str, *arguments: object, rule: object = None, **more: object) -> Any:
        """Execute a method."""
        function = getattr(self.code.tlb, name)
        every = range(self.format.levels)
        order = every if self.case.upwards else every[::-1]
        first = rule if rule is not None else InUse(self.buffer, order)
        names = {"len": self._length, "list": self._copied}
        return bind(function, self.path, names, {(plain_name(function), 0): first})(self, *arguments, **more)  # type: ignore[dict-item]

    def _length(self, of: object) -> object:
        if isinstance(of, Sets):
            return SetCount()
        if isinstance(of, Bucket):
            return self.buffer.in_set(of.number.bits(64))
        raise ExecutionError(f"the length of {of!r} is asked for")

    def _copied(self, of: object) -> CopiedSizes:
        if not isinstance(of, EntryCounts):
            raise ExecutionError(f"a list of {of!r}")
        return CopiedSizes(dict(self.buffer.in_use))

    def entries(self) -> AllEntries:
        """All entries, as a list."""
        return AllEntries()

    def _page(self, address: Integer, level: int) -> Integer:
        page: Integer = self.run("_page", address, level)
        return page

    def _drop_address(self, at: object, under: object, shared: bool) -> None:
        """Under the contract that is proved of it: what it is to drop is gone."""
        buffer, before = self.buffer, self.buffer.holds
        whose = under.known if isinstance(under, MaybeTag) else integer(under)
        doomed = of_address(self.format, whose, shared)
        buffer.demand_counts()
        self.path.demand(INVARIANT, lambda: integer(at) == address)
        buffer.anywhere(lambda *key: And(before(*key), Not(doomed(*key))), " after dropping")

    def _remove(self, entry: object) -> None:
        self.run("_remove", entry)

    def _victim(self, bucket: Bucket) -> CachedEntry:
        """Any entry of a set that has one."""
        some = self.buffer.in_set(bucket.number.bits(64)) > 0
        self.path.demand(INVARIANT, lambda: some)
        last = self.format.root_level
        level = next((n for n in range(last) if self.path.decide(Bool(f"victim is at level {n}"))), last)
        key = Key(level, natural("victim_page", 64), Integer(natural("victim_owner", 17).term, natural=False))
        self.path.note(self.buffer.holds(*key.terms))
        self.path.note(set_of(key.page.bits(64)) == bucket.number.bits(64))
        return CachedEntry(key)


@cache
def walked(case: BufferCall, format: Format, code: Code = CODE) -> tuple[Path, ...]:
    """All paths through a call, with what must hold at their ends."""
    return tuple(path for path, _ in paths(lambda path: CALLS[case.method](SymbolicTlb(path, format, case, code))))


def _lookup(tlb: SymbolicTlb) -> None:
    buffer, before = tlb.buffer, tlb.buffer.holds
    found = tlb.run("lookup", address, tag, access)
    unchanged = BoolVal(buffer.holds is before)
    if found is None:
        missed = And(before(*ANY), translates(tlb.format, ANY), is_owner(tlb.case, OWNER))
        tlb.path.demand(MISSES, lambda: And(Not(missed), unchanged))
        return
    if not isinstance(found, MaybeEntry):
        raise ExecutionError(f"a lookup gives {found!r}")
    at = found.kept.key.terms
    has = And(before(*at), translates(tlb.format, at), is_owner(tlb.case, at[2]))
    tlb.path.demand(GIVES, lambda: And(agreement.gives(BoolVal(True), has), unchanged))


def _insert(tlb: SymbolicTlb) -> None:
    path, buffer, before = tlb.path, tlb.buffer, tlb.buffer.holds
    last = tlb.format.root_level
    level = next((n for n in range(last) if path.decide(Bool(f"found at level {n}"))), last)
    is_shared = Bool("is_shared")
    translation = SimpleNamespace(level=level, shared=is_shared, frame=object(), attributes=object(), dirty=object())
    entry = tlb.run("insert", address, tag, access, translation)
    shared = path.known(is_shared)
    key = Key(
        level, address >> tlb.format.span_bits(level), integer(SHARED_TAG if shared else tag if tlb.tagged else 0)
    )
    new = key.same(*ANY)
    overlaps = And(translates(tlb.format, ANY), is_owner(tlb.case, OWNER))
    after = buffer.holds
    path.demand(INSERTS, lambda: Implies(after(*ANY), Or(new, And(before(*ANY), Not(overlaps)))))
    path.demand(INSERTS, lambda: And(Implies(new, after(*ANY)), BoolVal(shared is not None)))
    told = all(getattr(entry, name) is getattr(translation, name) for name in ("frame", "attributes", "dirty"))
    last_written = [each for _, each in buffer.wrote]
    path.demand(INSERTS, lambda: BoolVal(told and last_written == [entry]))
    buffer.demand_counts()


def _leaves(tlb: SymbolicTlb, what: str, doomed: Holds, before: Holds) -> None:
    after = tlb.buffer.holds(*ANY)
    tlb.path.demand(what, lambda: after == And(before(*ANY), Not(doomed(*ANY))))
    tlb.buffer.demand_counts()


def _drop_address(tlb: SymbolicTlb) -> None:
    before, doomed = tlb.buffer.holds, of_address(tlb.format, tag, tlb.case.shared)
    tlb.run("_drop_address", address, tag, tlb.case.shared, rule=EverySize(tlb.buffer, doomed, OF_ADDRESS))
    _leaves(tlb, OF_ADDRESS, doomed, before)


def _invalidate_page(tlb: SymbolicTlb) -> None:
    case, before = tlb.case, tlb.buffer.holds
    maybe = MaybeTag(tlb.path, tag)
    everyones = Or(maybe.absent, BoolVal(not case.tagged))

    def doomed(*at: Term) -> Formula:
        whose = If(everyones, Or(BoolVal(case.shared), at[2] != SHARED_OWNER), is_owner(case, at[2], case.shared))
        return And(translates(tlb.format, (at[0], at[1], at[2])), whose)

    tlb.run("invalidate_page", address, maybe, case.shared, rule=EveryEntry(tlb.buffer, doomed, OF_PAGE))
    _leaves(tlb, OF_PAGE, doomed, before)


def _invalidate_tag(tlb: SymbolicTlb) -> None:
    case, before = tlb.case, tlb.buffer.holds

    def doomed(*at: Term) -> Formula:
        return And(at[2] != SHARED_OWNER, Or(BoolVal(not case.tagged), at[2] == tag.bits(17)))

    tlb.run("invalidate_tag", tag, rule=EveryEntry(tlb.buffer, doomed, OF_TAG))
    _leaves(tlb, OF_TAG, doomed, before)


def _invalidate_all(tlb: SymbolicTlb) -> None:
    case, before = tlb.case, tlb.buffer.holds

    def doomed(*at: Term) -> Formula:
        return Or(BoolVal(case.shared), at[2] != SHARED_OWNER)

    tlb.run("invalidate_all", case.shared, rule=EveryEntry(tlb.buffer, doomed, OF_ALL))
    _leaves(tlb, OF_ALL, doomed, before)


CALLS: dict[str, Callable[[SymbolicTlb], None]] = {
    "lookup": _lookup,
    "insert": _insert,
    "_drop_address": _drop_address,
    "invalidate_page": _invalidate_page,
    "invalidate_tag": _invalidate_tag,
    "invalidate_all": _invalidate_all,
}


def geometries(code: Code) -> list[Format]:
    """Formats that span every geometry, the most page sizes last; buffers know no more of a format."""
    return [code.of_format(format) for format in spanning()]


def every_path(code: Code = CODE, methods: tuple[str, ...] = tuple(CALLS)) -> Iterator[Path]:
    """All paths of all cases, for every geometry."""
    for format, case in product(geometries(code), CASES):
        if case.method in methods:
            yield from walked(case, format, code)


def conditions(what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of the calls."""
    formats = geometries(code)
    for format, case in product(formats[-1:] if what == INVARIANT else formats, CASES):
        if what != INVARIANT and case.method not in what:
            continue
        yield from granted(walked(case, format, code), what, {})


def runs(code: Code = CODE) -> Iterator[CoveringPath]:
    """All paths, with what holds where they begin."""
    return (CoveringPath(path, {}) for path in every_path(code))


METHODS = (*CALLS, "_page", "_remove")


def executed(code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """Return what is executed here."""
    return tuple(getattr(code.tlb, name) for name in METHODS)


WHOLE = "tlb__is__executed_whole"

THEOREMS = {
    GIVES: (
        "C4",
        "a lookup gives an entry of the address at its page size, of the tag or global, that the buffer holds",
    ),
    MISSES: ("C4", "a lookup that gives nothing has overlooked nothing, of any page size"),
    INSERTS: ("C4", "an insertion drops whatever translates the address, of any page size, and keeps what was found"),
    OF_ADDRESS: ("C4", "what translates an address under a tag is dropped, of any page size, and nothing else is"),
    OF_PAGE: ("C4", "after an invalidation nothing translates the address, of any page size, and nothing else is gone"),
    OF_TAG: ("C4", "after a tag's invalidation nothing is of the tag, and nothing else is gone"),
    OF_ALL: ("C4", "after an invalidation of all nothing is left but what was to stay"),
    INVARIANT: (
        "C4",
        "a buffer keeps each entry in its page's set, no more in a set than its ways, and counts those of each size",
    ),
}


def obligations() -> Iterator[CodeObligation]:
    """Return the obligations of buffers."""
    yield from theorems(THEOREMS, conditions)
    yield executed_whole(WHOLE, "the buffer is executed", (executed, runs))
