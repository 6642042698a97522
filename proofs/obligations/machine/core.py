"""A core's accesses, executed: it takes what its buffer holds, if that permits the access, and walks otherwise.

``Core.translate`` and ``Core._fill`` are executed in every format, with a buffer and a walker under contract. The
buffer may hold nothing, or any entry, of any page size; the walk may find any page, or end in a fault. What is asked of
buffer and walker is compared with the core's own state: its tag, root, privilege and modes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from itertools import chain
from types import SimpleNamespace
from typing import Any

import z3
from z3 import And, BitVec, Bool, BoolVal, Implies, Not, Or

from machine.core import Counters
from machine.events import EXECUTE, READ, WRITE, PageFault, Reason
from machine.formats import FORMATS, Format
from machine.walker import Translation, Walker
from model.spaces.theory import Formula
from proofs.execution.computing import Computing, computes, sets
from proofs.execution.coverage import CoveringPath
from proofs.execution.integers import Integer, integer, natural
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path, Raised, paths
from proofs.execution.values import Option, Truth, Value
from proofs.obligation import Condition
from proofs.obligations.code import CodeObligation
from proofs.obligations.executed import executed_whole, theorems
from proofs.obligations.machine import agreement, bytes_moved, pieces
from proofs.obligations.machine.bits import spanning
from proofs.obligations.machine.demands import demanded
from proofs.obligations.source import CODE, Code

TAKES = "core__takes__hit_or_walk"
ASKS = "core__asks__in_its_own_name"
FAULTS = "core__faults__as_the_walk"
COUNTS = "core__counts__what_it_did"
FRAME_BITS = 52

address = natural("address", 64)
access = natural("access", 3)
user = natural("user", 1)
root = natural("root", 64)
tag = natural("tag", 16)
control: Any = natural("control", 8)
hit = Bool("hit")
walk_succeeds = Bool("walk_succeeds")
any_frame = natural("any_frame", 64)

ARGUMENTS = {
    "an access is a load, a store or a fetch": Or(*(access == kind for kind in (READ, WRITE, EXECUTE))),
}


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A page as a buffer holds it or a walk finds it: of any size, its first frame aligned to that."""

    name: str
    format: Format

    @property
    def frame(self) -> Integer:
        """Its first frame."""
        return natural(f"{self.name}_frame", FRAME_BITS)

    @property
    def attributes(self) -> Integer:
        """Return what the whole path granted."""
        return natural(f"{self.name}_attributes", 6)

    @property
    def dirty(self) -> Formula:
        """Whether its entry was dirty."""
        return Bool(f"{self.name}_dirty")

    def is_at(self, level: int) -> Formula:
        """Its entry is at a level; it is at one."""
        last = self.format.root_level
        known = BitVec(f"{self.name}_level", 3)
        return z3.UGE(known, last) if level == last else known == level

    def level(self, path: Path) -> int:
        """Its level on a path."""
        last = self.format.root_level
        return next((level for level in range(last) if path.decide(self.is_at(level))), last)

    @property
    def aligned(self) -> Formula:
        """As every walk finds it."""
        every = range(self.format.levels)
        return And(*(Implies(self.is_at(n), self.frame & (self._size(n) // 4096 - 1) == 0) for n in every))

    def _size(self, level: int) -> int:
        return 1 << self.format.span_bits(level)

    def shows(self, frame: Integer) -> Formula:
        """The address lies in that frame."""
        every = range(self.format.levels)
        at = {n: self.frame + ((address & (self._size(n) - 1)) >> 12) for n in every}
        return Or(*(And(self.is_at(n), frame == at[n]) for n in every))

    def physical(self, level: int) -> Integer:
        """The physical address, at a level."""
        return self.frame * 4096 + (address & (self._size(level) - 1))

    def permits(self) -> Formula:
        """The page permits the access; a clean one no store, which is to be walked."""
        allowed = integer(self.format.permits(self.attributes, access, user, control)) == 1
        return And(allowed, Implies(access == WRITE, self.dirty))


class Held(Option):
    """The answer of a buffer: an entry, or None."""

    def __init__(self, path: Path, page: Page) -> None:
        """It is not known which."""
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "page", page)

    path: Path
    page: Page

    def is_none(self) -> Truth:
        """The formula that there is none."""
        return Truth(Not(hit), self.path)

    def get(self) -> Value:
        """No plain value."""
        raise ExecutionError("an entry of a buffer stands where a plain value is needed")

    def __getattr__(self, name: str) -> Any:
        """What the entry has, which must be there on this path."""
        if self.path.known(hit) is not True:
            raise ExecutionError(f"the {name} of an entry that may be None, before the code asked whether it is")
        return self.page.level(self.path) if name == "level" else getattr(self.page, name)


class Around:
    """What a core asked of its buffer and its walker, and what they answer."""

    def __init__(self, path: Path, format: Format) -> None:
        """Nothing was asked."""
        self.path = path
        self.format = format
        self.held, self.found = Page("held", format), Page("found", format)
        self.fault = PageFault(Reason.DENIED, 0, 0, False, 0, 0)
        self.user = user == 1
        self.asked: list[str] = []
        self.translation: Translation | None = None

    def ask(self, what: str, *pairs: tuple[object, object]) -> None:
        """Demand that what is asked speaks of the access and of the core's own state."""
        self.asked.append(what)
        self.path.demand(ASKS, lambda: And(*(integer(one) == integer(other) for one, other in pairs)))


class AroundTlb:
    """The buffer of a core."""

    def __init__(self, around: Around) -> None:
        """What it is asked is noted there."""
        self.around = around

    def lookup(self, at: object, under: object, kind: object) -> Held:
        """Any entry, or none."""
        self.around.ask("lookup", (at, address), (under, tag), (kind, access))
        return Held(self.around.path, self.around.held)

    def insert(self, at: object, under: object, kind: object, translation: object) -> SimpleNamespace:
        """The entry that is made of a translation."""
        around, found = self.around, self.around.found
        around.ask("insert", (at, address), (under, tag), (kind, access))
        around.path.demand(ASKS, lambda: BoolVal(translation is around.translation is not None))
        return SimpleNamespace(
            level=found.level(around.path), frame=found.frame, attributes=found.attributes, dirty=found.dirty
        )

    def invalidate_page(self, at: object, under: object) -> None:
        """An entry goes."""
        self.around.ask("invalidate_page", (at, address), (under, tag))


class AroundWalker:
    """The walker of a core."""

    def __init__(self, around: Around) -> None:
        """What it is asked is noted there."""
        self.around = around
        self.control = control

    def translate(self, at: object, kind: object, as_user: object, under: object) -> Translation | PageFault:
        """Any page, or a fault."""
        around, found = self.around, self.around.found
        around.ask("walk", (at, address), (kind, access), (under, root))
        around.path.demand(ASKS, lambda: BoolVal(as_user is around.user))
        if not around.path.decide(walk_succeeds):
            return around.fault
        level = found.level(around.path)
        physical: Any = found.physical(level)
        around.translation = Translation(physical, level, found.frame, found.attributes, found.dirty, False)  # type: ignore[arg-type]
        return around.translation


class Modes:
    """The walker, as far as it has modes, which the core's code may set."""

    may_be_stored = frozenset({"control"})
    __stands_for__ = Walker

    def __init__(self) -> None:
        """They are others before."""
        self.control: object = natural("control_before", 8)


class Counted(Counters):
    """The core's counters, which its code writes."""

    may_be_stored = frozenset(field.name for field in fields(Counters))


@cache
def walked(format: Format, code: Code = CODE) -> tuple[Path, ...]:
    """All paths through an access, with what must hold on them."""
    return tuple(path for path, _ in paths(lambda path: _access(path, format, code)))


def _access(path: Path, format: Format, code: Code) -> None:
    around = Around(path, format)
    core: Any = Computing(
        code.core, path, tlb=AroundTlb(around), _walker=AroundWalker(around), format=format, root=root, tag=tag,
        user=around.user, counters=Counted(),
    )  # fmt: skip
    fill = bind(code.core._fill, path, {"isinstance": isinstance})  # what the walker gives is a record itself
    core._fill = lambda *arguments: fill(core, *arguments)

    def flag(value: object) -> Integer:
        if value is not around.user:
            raise ExecutionError(f"the user flag is made of {value!r}")
        return user

    physical: Integer | None = None
    raised: object = None
    try:
        physical = integer(bind(code.core.translate, path, {"int": flag})(core, address, access))
    except Raised as error:
        raised = error.exception
    _ends(path, around, physical, raised, core.counters)


def _ends(path: Path, around: Around, physical: Integer | None, raised: object, counters: Counters) -> None:
    """What holds at the end of an access."""

    def accessed(frame: Integer) -> Formula:
        if physical is None:
            return BoolVal(False)
        return physical == frame * 4096 + (address & 0xFFF)

    def held(frame: z3.BitVecRef) -> Formula:
        return And(hit, around.held.shows(Integer(frame)), around.held.permits())

    found = And(walk_succeeds, around.found.shows(any_frame))
    some = agreement.holds_some(held, any_frame.term.sort())
    path.demand(TAKES, lambda: agreement.takes(accessed(any_frame), held(any_frame.term), some, found))
    # Concretely, of this path: what was asked, in which order, and what it ended in.
    walks, faults = "walk" in around.asked, raised is not None
    succeeds = path.known(walk_succeeds)
    drops = ["invalidate_page"] if around.format.faults_invalidate else []
    then = [] if not walks else ["walk", "insert"] if succeeds else ["walk", *drops]
    path.demand(ASKS, lambda: BoolVal(around.asked == ["lookup", *then]))
    path.demand(FAULTS, lambda: BoolVal((raised is around.fault) if walks and not succeeds else not faults))
    was_hit = path.known(hit)
    path.demand(
        COUNTS,
        lambda: BoolVal(
            (counters.hits, counters.misses, counters.walks, counters.faults)
            == (int(was_hit is True), int(was_hit is False), int(walks), int(faults))
        ),
    )


@cache
def set_modes(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through setting the modes: they are those given, to the core and to its walker."""

    def run(path: Path) -> None:
        walker = Modes()
        core: Any = Computing(code.core, path, _walker=walker)
        bind(sets(code.core, "control"), path)(core, control)
        now = core.control
        path.demand(ASKS, lambda: And(integer(walker.control) == control, integer(now) == control))

    return tuple(path for path, _ in paths(run))


def given(format: Format) -> dict[str, Formula]:
    """Return what is known of the arguments, the buffer and the walk."""
    pages = (Page("held", format), Page("found", format))
    return {**ARGUMENTS, **{f"the page that is {page.name} is aligned": page.aligned for page in pages}}


def every_format(code: Code = CODE) -> list[Format]:
    """The formats of the kernel, and those that with them span every geometry."""
    return [code.of_format(format) for format in {each.name: each for each in (*FORMATS, *spanning())}.values()]


def conditions(what: str, code: Code = CODE) -> Iterator[Condition]:
    """The conditions that this holds of accesses, in every format."""
    for format in every_format(code):
        yield from demanded(walked(format, code), what, given(format))
    if what == ASKS:
        yield from demanded(set_modes(code), what, {})


def runs(code: Code = CODE) -> Iterator[CoveringPath]:
    """All paths, of every format, with their hypotheses."""
    for format in every_format(code):
        yield from (CoveringPath(path, given(format)) for path in walked(format, code))
    yield from map(CoveringPath, set_modes(code))


def executed(code: Code = CODE) -> tuple[Callable[..., Any], ...]:
    """Return what is executed here."""
    return (code.core.translate, code.core._fill, computes(code.core, "control"), sets(code.core, "control"))


WHOLE = "core__is__executed_whole"

THEOREMS = {
    TAKES: ("C4", "a core takes a hit that permits the access, at any page size, and what a walk finds otherwise"),
    ASKS: (
        "C4",
        "a core asks its buffer and its walker for the access, under its own tag, root and privilege; modes are as set",
    ),
    FAULTS: ("C4", "a core faults if and only if it walks and the walk does, with that fault"),
    COUNTS: ("C12", "a core counts each hit, miss, walk and fault once"),
}


def obligations() -> Iterator[CodeObligation]:
    """Return the obligations of accesses."""
    yield from theorems(THEOREMS, conditions)
    parts = (_with_pieces, _runs_with_pieces), (bytes_moved.executed, bytes_moved.runs)
    yield executed_whole(WHOLE, "the core's accesses is executed", *parts)


def _with_pieces(code: Code) -> tuple[Callable[..., Any], ...]:
    return (*executed(code), *pieces.executed(code))


def _runs_with_pieces(code: Code) -> Iterator[CoveringPath]:
    return chain(runs(code), pieces.runs(code))
