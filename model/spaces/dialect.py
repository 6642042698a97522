"""The readings: what the paper leaves open, and what real kernels chose.

Appendix A does not say what happens when a page is mapped onto itself, onto the slot it came from, or onto an
occupied slot, nor when exactly the granter's value is read; and it clears P_v for a flush only, so that a granter would
keep it. A *dialect* fixes all of it. Each choice is an enum
whose members carry a sentence of prose; a :class:`Readings` record holds one member of each; a :class:`Dialect`
gives such a record a name. Every verdict names its dialect.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from model.choice import Choice, NamedChoice, read_named
from model.spaces.keeping import EVERY_SET, keeping, split_keeping


class Source(Choice):
    """What may be passed on (B.owner)."""

    REFUSED = 0, "only a page that its space can access is passed on"
    ALLOWED = 1, "a page that nobody can access is passed on like any other"


class OwnSlot(Choice):
    """A page mapped or granted onto itself."""

    REFUSED = 0, "a page is never mapped or granted onto itself"
    ALLOWED = 1, "a page may be mapped or granted onto itself, and ← is applied as written"
    NOTHING = 2, "mapping or granting a page onto itself does nothing"


class Ancestor(Choice):
    """The destination is a slot that the source derives from."""

    REFUSED = 0, "the destination is never a slot that the source derives from"
    ALLOWED = 1, "the destination may be a slot that the source derives from, and ← is applied as written"
    EMPTIED = 2, "if flushing the destination takes the source away, the destination is left nil"
    EXTENDED = 3, "a slot that the source derives from gets more rights in place, and nothing else changes"


class FrameHolder(Choice):
    """The destination holds a frame itself, so that overwriting it would lose the frame."""

    REFUSED = 0, "a slot that holds a frame is never overwritten"
    REPLACED = 1, "a slot that holds a frame is flushed and overwritten, and its frame is lost"


class Occupied(Choice):
    """The destination of a map is in use."""

    REFUSED = 0, "an occupied destination is refused"
    REPLACED = 1, "an occupied destination is flushed and replaced"
    EXTENDED_CHILD = 2, "a destination mapped from the source gets more rights in place, others go"
    EXTENDED_FRAME = 3, "a destination that shows the source's frame gets more rights in place, others go"
    MAP_REFUSED = 4, "an occupied destination is refused for a map; for a grant it is flushed and replaced"


class Reading(Choice):
    """When σ_v, P_v and the rights of v are read in σ′_v′ ← σ_v (A.grant, A.P)."""

    BEFORE = 0, "the source is read before the destination is flushed"
    AFTER = 1, "the source is read after the destination was flushed"


class GrantedChildren(Choice):
    """What was mapped from a page before it is granted."""

    KEPT = 0, "what was mapped from a granted page follows it (A.tree.grant)"
    FLUSHED = 1, "what was mapped from a granted page is flushed (A.grant ends in σ_v ← φ)"
    NO_GRANT = 2, "there is no grant"


class Regrant(Choice):
    """A grant onto a slot that shows the same frame."""

    MOVED = 0, "a page granted onto a slot that shows its frame goes there as anywhere, and leaves the source"
    SOURCE_KEPT = 1, "a page granted onto a slot that shows its frame adds its rights there, and the source keeps it"


class Passing(Choice):
    """The rights that a map or a grant passes on (B.rights)."""

    INTERSECTED = 0, "the rights passed on are those asked for that the source has"
    AS_GIVEN = 1, "the rights passed on are those asked for"


class NoRights(Choice):
    """A map or a grant that would pass on no right at all."""

    REFUSED = 0, "nothing is passed on without a right"
    ALLOWED = 1, "a mapping without any right can be made"
    NOTHING = 2, "with no right to pass on, a map or a grant is done and does nothing"


class PartialFlush(Choice):
    """A flush of some rights only (B.rights)."""

    ANY = 0, "a flush may take any subset of the rights"
    ALL_ONLY = 1, "a flush takes all rights, one of fewer is refused"
    EMPTY_STAYS = 2, "a flush may take any subset, and what has no right left then stays"


class OwnPage(Choice):
    """The page that is flushed."""

    KEPT = 0, "the flusher keeps its own page (A.flush)"
    INCLUDED = 1, "the flusher's own page loses the rights as well"


class GrantedEntry(Choice):
    """The granter's P_v after a grant, whose σ_v ← φ is made by no flush (A.P)."""

    CLEARED = 0, "σ_v ← φ clears P_v in a grant as well as in a flush"
    KEPT = 1, "only a flush clears P_v, so the granter of a page keeps its P_v and the rights in it"


class Readings(NamedTuple):
    """One member of each choice; a plain tuple of integers, so that compiled code takes it too.

    ``kept`` is no choice: the rights that hardware can express (:mod:`model.spaces.keeping`). The theory knows hardware
    that can express all.
    """

    source: Source = Source.REFUSED
    own_slot: OwnSlot = OwnSlot.REFUSED
    ancestor: Ancestor = Ancestor.REFUSED
    frame_holder: FrameHolder = FrameHolder.REFUSED
    occupied: Occupied = Occupied.REPLACED
    reading: Reading = Reading.AFTER
    granted_children: GrantedChildren = GrantedChildren.KEPT
    passing: Passing = Passing.INTERSECTED
    no_rights: NoRights = NoRights.REFUSED
    partial_flush: PartialFlush = PartialFlush.ANY
    own_page: OwnPage = OwnPage.KEPT
    regrant: Regrant = Regrant.MOVED
    granted_entry: GrantedEntry = GrantedEntry.CLEARED
    kept: int = EVERY_SET

    @property
    def rights_can_grow(self) -> bool:
        """Whether a slot can come to have a right that a slot it derives from lacks."""
        return (
            self.passing == Passing.AS_GIVEN
            or self.occupied == Occupied.EXTENDED_FRAME
            or self.regrant == Regrant.SOURCE_KEPT
        )


@dataclass(frozen=True, slots=True)
class SideCondition:
    """A side condition of the canonical dialect, and what stands in its place when it is dropped."""

    name: str
    sentence: str
    dropped: Mapping[str, Any]


CONDITIONS: tuple[SideCondition, ...] = (
    SideCondition("source-accessible", "the source is accessible to its space", {"source": Source.ALLOWED}),
    SideCondition("not-itself", "source and destination differ", {"own_slot": OwnSlot.ALLOWED}),
    SideCondition("not-ancestor", "the destination is no ancestor of the source", {"ancestor": Ancestor.ALLOWED}),
    SideCondition("no-frame-holder", "the destination holds no frame", {"frame_holder": FrameHolder.REPLACED}),
    SideCondition("some-right", "some right is passed on", {"no_rights": NoRights.ALLOWED}),
)


@dataclass(frozen=True, slots=True)
class Dialect(NamedChoice[Readings]):
    """A named choice of readings of address spaces.

    >>> CANONICAL.without("not-itself").readings.own_slot.name
    'ALLOWED'
    >>> CANONICAL.reading(occupied=Occupied.REFUSED).name
    'canonical with occupied=refused'
    >>> DIALECTS["tree"].reading(frame_holder=FrameHolder.REFUSED).hazard
    'a frame whose holder is overwritten is lost for good (known of tree, perhaps not of this reading)'
    """

    def without(self, condition: str) -> "Dialect":
        """This dialect with one side condition of the canonical dialect dropped.

        :raises KeyError: no side condition has that name.
        """
        dropped = {c.name: c for c in CONDITIONS}[condition]
        return Dialect(
            name=f"{self.name} without {condition}",
            sentence=f"{self.sentence}; not required: {dropped.sentence}",
            readings=self.readings._replace(**dropped.dropped),
            hazard=self.hazard,
        )

    def reading(self, **changed: Any) -> Self:
        """This dialect with some of its choices read otherwise, and named after them.

        :param changed: for each of those choices the member that is chosen.
        """
        # Another reading may be free of it; who knows is an audit.
        hazard = f"{self.hazard} (known of {self.name}, perhaps not of this reading)" if self.hazard else ""
        return replace(NamedChoice.reading(self, **changed), hazard=hazard)

    def keeping(self, table: int) -> "Dialect":
        """This dialect on hardware that keeps what the table says, and named after it.

        >>> CANONICAL.keeping(EVERY_SET) is CANONICAL
        True
        """
        if table == self.readings.kept:
            return self
        base, _ = split_keeping(self.name)
        return replace(self, name=base + keeping(table), readings=self.readings._replace(kept=table))


CANONICAL = Dialect(
    "canonical",
    "side conditions under which all the claims of the paper hold",
    Readings(),
)

_LITERAL = Readings(
    own_slot=OwnSlot.ALLOWED,
    ancestor=Ancestor.ALLOWED,
    frame_holder=FrameHolder.REPLACED,
    granted_children=GrantedChildren.FLUSHED,
    partial_flush=PartialFlush.ALL_ONLY,
)
_X2 = Readings(own_slot=OwnSlot.NOTHING, occupied=Occupied.EXTENDED_FRAME, own_page=OwnPage.KEPT)

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        CANONICAL,
        Dialect(
            "literal-eager",
            "Appendix A as written, σ_v read before the destination is flushed; a grant clears the granter's P_v",
            _LITERAL._replace(reading=Reading.BEFORE),
            hazard="a page granted onto its ancestor, or mapped onto itself, makes a cycle",
        ),
        Dialect(
            "literal-lazy",
            "Appendix A as written, σ_v read after the destination was flushed; a grant clears the granter's P_v",
            _LITERAL._replace(reading=Reading.AFTER),
            hazard="a page granted onto its ancestor loses the frame, one mapped onto itself makes a cycle",
        ),
        Dialect(
            "tree",
            "the mapping tree that Appendix A recommends",
            Readings(ancestor=Ancestor.EMPTIED, frame_holder=FrameHolder.REPLACED),
            hazard="a frame whose holder is overwritten is lost for good",
        ),
        Dialect(
            "x2-keep",
            "L4 X.2: rights are extended where the frame is mapped already; a granted page keeps its children",
            _X2,
            hazard="extending rights by frame alone can give a slot a right that its parent lacks",
        ),
        Dialect(
            "x2-flush",
            "L4 X.2: rights are extended where the frame is mapped already; granting flushes the children",
            _X2._replace(granted_children=GrantedChildren.FLUSHED),
            hazard="extending rights by frame alone can give a slot a right that its parent lacks",
        ),
        Dialect(
            "fiasco",
            "Fiasco: a page mapped again from its own parent gets more rights in place; an ancestor's slot is emptied",
            Readings(own_slot=OwnSlot.NOTHING, ancestor=Ancestor.EMPTIED, occupied=Occupied.EXTENDED_CHILD),
        ),
        Dialect(
            "nova",
            "NOVA: delegation only, an occupied destination is refused",
            Readings(occupied=Occupied.REFUSED, granted_children=GrantedChildren.NO_GRANT),
        ),
    )
}


def dialect_named(name: str) -> Dialect:
    """The dialect of that name; ``NAME without CONDITION`` and ``NAME with CHOICE=READING, ...`` are understood too.

    So is ``NAME keeping`` and eight digits: what is kept of each set of rights.

    >>> dialect_named("canonical without not-itself without not-ancestor").readings.ancestor.name
    'ALLOWED'
    >>> dialect_named("canonical with own_slot=nothing, occupied=refused").readings.own_slot.name
    'NOTHING'

    :raises KeyError: there is no such dialect, condition, choice or reading, or what is kept is no table.
    """
    base, table = split_keeping(name)
    return read_named(base, _without).keeping(table)


def _without(name: str) -> Dialect:
    base, *conditions = name.split(" without ")
    dialect = DIALECTS[base]
    for condition in conditions:
        dialect = dialect.without(condition)
    return dialect
