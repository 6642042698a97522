"""The protocols that take a page at a time as a packed system, written apart from the theory and compared with it.

A state is one number, a bit for each fact: what the database and the entries show, what cores remember, who has which
tag, who executes where, masks, and what goes on. The steps are those of ``model/cores``, by the same names, each a row
of masks (:mod:`proofs.explorer.cores.masks`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, combinations, product
from math import prod

from model.cores.readings import (
    Answers,
    Busy,
    CoreReadings,
    Flush,
    Frees,
    Leaves,
    Order,
    Protocol,
    Reach,
    Replaces,
    Tags,
    Told,
    Wait,
)
from model.cores.scope import CoreScope
from model.cores.trace import step_words
from model.spaces.operation import Argument, Operation
from proofs.explorer.cores.masks import FIRST_PART, HEAD, OF_PART, check, successors
from proofs.explorer.system import WORD, Field, ScopeTooLargeError, System, unreduced

RELATIONS = {
    "auth": "spr",
    "entry": "spr",
    "tlb": "ctpr",
    "tagged": "st",
    "runs": "cs",
    "under": "ct",
    "may": "sc",
    "busy": "sp",
    "asked": "sp",
    "owed": "spc",
    "fenced": "spc",
    "clean": "tc",
}
"""The facts of a state, each with the letters of the sorts that it speaks of."""
ACTIONS = {
    "load": "cspr",
    "evict": "ctpr",
    "enter": "cs",
    "leave": "cs",
    "install": "spr",
    "clear": "sp",
    "ask": "csp",
    "fence": "csp",
    "answer": "csp",
    "finish": "sp",
    "retire": "st",
    "wipe": "ct",
    "assign": "st",
}
"""The actions, each with the letters of its arguments."""
ORDER = "csprt"
_SORTS = {"c": ("core", "Core"), "s": ("space", "Space"), "p": ("page", "Page"), "r": ("frame", "Frame")}
_SORTS["t"] = ("tag", "Tag")


@dataclass(frozen=True, slots=True)
class Step:
    """A step: when it is possible, and what it does, as sets of bits; ``parts`` do more if a bit was set before.

    :param needed: bits that are set before.
    :param forbidden: bits that are not.
    :param some: of these one is, if there are any.
    :param parts: the bit that each hangs on, what it clears, and what it sets.
    """

    needed: int = 0
    forbidden: int = 0
    some: int = 0
    cleared: int = 0
    put: int = 0
    parts: tuple[tuple[int, int, int], ...] = ()


class Steps:
    """The steps of a protocol, each made for its arguments."""

    def __init__(self, m: CoreReadings, scope: CoreScope) -> None:
        """Places for all facts, one after the other."""
        self.m = m
        self.size = {"c": scope.cores, "s": scope.spaces, "p": scope.pages, "r": scope.frames, "t": scope.tags}
        self.fields = tuple(Field(name, prod(self.size[x] for x in letters)) for name, letters in RELATIONS.items())
        self._starts = dict(
            zip(RELATIONS, (sum(f.bits for f in self.fields[:n]) for n in range(len(RELATIONS))), strict=True)
        )

    def bits(self, relation: str, **of: int) -> int:
        """The facts of a relation about these elements, and about any where none is said."""
        found = 0
        letters = RELATIONS[relation]
        for elements in product(*((of[x],) if x in of else range(self.size[x]) for x in letters)):
            index = 0
            for letter, element in zip(letters, elements, strict=True):
                index = index * self.size[letter] + element
            found |= 1 << self._starts[relation] + index
        return found

    def _forgetting(self, c: int, s: int, **page: int) -> tuple[tuple[int, int, int], ...]:
        """A core forgets a page of a space, or all of it, under the tags that the space has."""
        tags = range(self.size["t"])
        return tuple((self.bits("tagged", s=s, t=t), self.bits("tlb", c=c, t=t, **page), 0) for t in tags)

    def load(self, c: int, s: int, p: int, r: int) -> Step:
        """A core that executes there remembers what the entry shows, under the tag of its register."""
        tags = range(self.size["t"])
        parts = tuple((self.bits("under", c=c, t=t), 0, self.bits("tlb", c=c, t=t, p=p, r=r)) for t in tags)
        return Step(self.bits("runs", c=c, s=s) | self.bits("entry", s=s, p=p, r=r), parts=parts)

    def evict(self, c: int, t: int, p: int, r: int) -> Step:
        """A core forgets of its own accord."""
        remembered = self.bits("tlb", c=c, t=t, p=p, r=r)
        return Step(remembered, cleared=remembered)

    def enter(self, c: int, s: int) -> Step:
        """A core goes over to a space that has a tag, and joins its mask."""
        cleared = self.bits("runs", c=c) | self.bits("under", c=c)
        if self.m.leaves == Leaves.OUT_OF_MASK:
            cleared |= self.bits("may", c=c)
        tags = range(self.size["t"])
        parts = tuple((self.bits("tagged", s=s, t=t), 0, self.bits("under", c=c, t=t)) for t in tags)
        runs = self.bits("runs", c=c, s=s)
        put = runs | self.bits("may", s=s, c=c)
        return Step(forbidden=runs, some=self.bits("tagged", s=s), cleared=cleared, put=put, parts=parts)

    def leave(self, c: int, s: int) -> Step:
        """A core that executes elsewhere forgets a space, and leaves its mask."""
        mask = self.bits("may", s=s, c=c)
        return Step(mask, self.bits("runs", c=c, s=s), cleared=mask, parts=self._forgetting(c, s))

    def install(self, s: int, p: int, r: int) -> Step:
        """A page that shows nothing gets a frame."""
        if self.m.busy == Busy.REUSED:
            forbidden = self.bits("entry", s=s, p=p)
        else:
            forbidden = self.bits("auth", s=s, p=p) | self.bits("busy", s=s, p=p) | self.bits("asked", s=s, p=p)
        return Step(forbidden=forbidden, put=self.bits("auth", s=s, p=p, r=r) | self.bits("entry", s=s, p=p, r=r))

    def clear(self, s: int, p: int) -> Step:
        """The entry is cleared."""
        entry, busy, order = self.bits("entry", s=s, p=p), self.bits("busy", s=s, p=p), self.m.order
        needed = 0 if order == Order.CLEAR_FIRST else self.bits("asked", s=s, p=p)
        forbidden = busy | (self.bits("owed", s=s, p=p) if order == Order.TELL_FIRST else 0)
        cleared = entry | (self.bits("auth", s=s, p=p) if self.m.frees == Frees.AT_ONCE else 0)
        return Step(needed, forbidden, entry, cleared, busy)

    def ask(self, c: int, s: int, p: int) -> Step:
        """Cores are told to forget."""
        asked, busy = self.bits("asked", s=s, p=p), self.bits("busy", s=s, p=p)
        told = range(self.size["c"]) if self.m.told == Told.MASK else (c,)
        owed = {other: self.bits("owed", s=s, p=p, c=other) for other in told}
        everybody = self.m.reach == Reach.BROADCAST
        put = asked | (sum(owed.values()) if everybody else 0)
        parts = () if everybody else tuple((self.bits("may", s=s, c=other), 0, owed[other]) for other in told)
        if self.m.order == Order.CLEAR_FIRST:
            return Step(busy, asked, put=put, parts=parts)
        return Step(0, asked | busy, self.bits("entry", s=s, p=p), put=put, parts=parts)

    def fence(self, c: int, s: int, p: int) -> Step:
        """A core that was told forgets."""
        fenced = self.bits("fenced", s=s, p=p, c=c)
        return Step(self.bits("owed", s=s, p=p, c=c), put=fenced, parts=self._forgetting(c, s, p=p))

    def answer(self, c: int, s: int, p: int) -> Step:
        """A core that was told says that it has forgotten."""
        owed, fenced = self.bits("owed", s=s, p=p, c=c), self.bits("fenced", s=s, p=p, c=c)
        needed = owed | (self.bits("busy", s=s, p=p) if self.m.order == Order.MASK_FIRST else 0)
        parts: tuple[tuple[int, int, int], ...] = ()
        if self.m.answers == Answers.HAVING_FORGOTTEN:
            if self.m.reach == Reach.MESSAGE:
                needed |= fenced
            else:
                parts = self._forgetting(c, s, p=p)
        return Step(needed, cleared=owed | fenced, parts=parts)

    def finish(self, s: int, p: int) -> Step:
        """The flush returns: the database forgets."""
        needed, owed = self.bits("busy", s=s, p=p) | self.bits("asked", s=s, p=p), self.bits("owed", s=s, p=p)
        cleared = needed | owed | self.bits("auth", s=s, p=p) | self.bits("fenced", s=s, p=p)
        return Step(needed, 0 if self.m.wait == Wait.NONE else owed, cleared=cleared)

    def retire(self, s: int, t: int) -> Step:
        """A space in which no core executes loses its tag."""
        mine = self.bits("tagged", s=s, t=t)
        return Step(mine, self.bits("runs", s=s), cleared=mine | self.bits("clean", t=t))

    def wipe(self, c: int, t: int) -> Step:
        """A core forgets all that it remembers under a tag that no space has."""
        return Step(
            forbidden=self.bits("tagged", t=t), cleared=self.bits("tlb", c=c, t=t), put=self.bits("clean", t=t, c=c)
        )

    def assign(self, s: int, t: int) -> Step:
        """A space without a tag gets one."""
        clean = self.bits("clean", t=t)
        needed, forbidden = (clean, 0) if self.m.tags == Tags.WIPED else (0, self.bits("tagged", t=t))
        return Step(needed, forbidden | self.bits("tagged", s=s), cleared=clean, put=self.bits("tagged", s=s, t=t))

    def all(self) -> Iterator[tuple[int, Step]]:
        """Every step with its label."""
        for number, (action, letters) in enumerate(ACTIONS.items()):
            if action == "fence" and self.m.reach != Reach.MESSAGE:
                continue
            make: Callable[..., Step] = getattr(self, action)
            size = dict(self.size)
            if action == "ask" and self.m.told == Told.MASK:  # which core tells the others makes no difference
                size["c"] = 1
            for elements in product(*(range(size[letter]) if letter in letters else (0,) for letter in ORDER)):
                label = number
                for element in elements:
                    label = label * 8 + element
                of = dict(zip(ORDER, elements, strict=True))
                yield label, make(**{letter: of[letter] for letter in letters})

    def properties(self) -> Iterator[tuple[int, int, int, int, int]]:
        """``used-is-allowed`` and ``used-alike``: what cores can use under the tags that spaces have."""
        for s, t, p in product(*(range(self.size[letter]) for letter in "stp")):
            tagged, used = (
                self.bits("tagged", s=s, t=t),
                [self.bits("tlb", t=t, p=p, r=r) for r in range(self.size["r"])],
            )
            for r, by_some in enumerate(used):
                yield 1, tagged, by_some, self.bits("auth", s=s, p=p, r=r), 0
            for one, other in combinations(used, 2):
                yield 2, tagged, one, other, 1

    def first(self, scope: CoreScope) -> int:
        """The first state: as :func:`model.cores.scope.start`."""
        found = sum(self.bits("tagged", s=space, t=space) for space in range(min(scope.spaces, scope.tags)))
        found |= self.bits("runs", s=0) | self.bits("under", t=0) | self.bits("may", s=0)
        return found | sum(self.bits("clean", t=tag) for tag in range(scope.spaces, scope.tags))


def label_operation(label: int) -> Operation:
    """The step that a label stands for."""
    numbers = []
    for _ in range(5):
        label, number = divmod(label, 8)
        numbers.append(number)
    of = dict(zip("trpsc", numbers, strict=True))
    name, letters = list(ACTIONS.items())[label]
    return Operation.call(name, (Argument(*_SORTS[letter], of[letter]) for letter in letters))


def _signed(number: int) -> int:
    """A number of 64 bits as the parameters hold it."""
    return number - (1 << WORD) if number >> WORD - 1 else number


def _rows(steps: Steps) -> tuple[int, tuple[int, ...]]:
    """How many steps there are, and the parameters that say what they are."""
    every, all_bits = list(steps.all()), (1 << WORD) - 1
    parts = max(len(step.parts) for _, step in every)
    rows = []
    for label, step in every:
        hanging = [(on, all_bits & ~cleared, put) for on, cleared, put in step.parts]
        hanging += [(0, 0, 0)] * (parts - len(hanging))
        simple = label, step.needed, step.forbidden, step.some, all_bits & ~step.cleared, step.put
        rows.append((*simple, *chain.from_iterable(hanging)))
    properties = list(steps.properties())
    end = HEAD + len(every) * (FIRST_PART + parts * OF_PART)
    head = len(every), HEAD, len(properties), end, parts
    return len(every), tuple(map(_signed, (*head, *chain(*rows), *chain(*properties))))


def protocol_system(protocol: Protocol, scope: CoreScope) -> System:
    """A protocol that takes a page at a time on a machine, as a packed system.

    :raises ValueError: it is none of those that are written here.
    :raises ScopeTooLargeError: a state does not fit the packing, or a number does not fit a label.
    """
    readings = protocol.readings
    if readings.flush != Flush.PAGE or readings.replaces != Replaces.BREAKS_FIRST or protocol.dropped:
        raise ValueError(
            f"{protocol.name} is searched by its formulas: only a page at a time, with all conditions, is packed"
        )
    steps = Steps(readings, scope)
    if max(steps.size.values()) > 8:
        raise ScopeTooLargeError(f"{scope}: the labels of steps have room for 8 of each")
    bits = sum(field.bits for field in steps.fields)
    if bits > WORD:
        raise ScopeTooLargeError(f"{scope}: a state takes {bits} bits and the packing has {WORD}")
    fanout, rows = _rows(steps)
    return System(
        name=f"{protocol.name} on {scope}",
        fields=steps.fields,
        initial=steps.first(scope),
        successors=successors,
        check=check,
        canonical=unreduced,
        fanout=fanout,
        parameters=rows,
        scratch=8,
        properties=("used-is-allowed", "used-alike"),
        step_text=lambda label: step_words(label_operation(label)),
    )
