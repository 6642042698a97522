"""Decide which dialects claim an obligation: questions to their readings."""

from model.spaces.dialect import Ancestor, GrantedChildren, Occupied, OwnPage, Passing, Readings, Regrant
from model.theory import offers_grant as offers_grant


def replaces(readings: Readings) -> bool:
    """An occupied destination is replaced (or refused), never extended."""
    of_any = readings.occupied in (Occupied.REFUSED, Occupied.REPLACED, Occupied.MAP_REFUSED)
    return of_any and readings.ancestor != Ancestor.EXTENDED


def links(readings: Readings) -> bool:
    """The destination shows the source afterwards, whatever was there."""
    return readings.ancestor != Ancestor.EMPTIED


def links_and_replaces(readings: Readings) -> bool:
    """The destination becomes a link to the source, whatever was there."""
    return links(readings) and replaces(readings)


def intersects_and_replaces(readings: Readings) -> bool:
    """The destination becomes a link with those rights asked for that the source has."""
    return links_and_replaces(readings) and readings.passing == Passing.INTERSECTED


def leaves_source(readings: Readings) -> bool:
    """A grant always takes the page from the source, and puts what it reads in the place of what was there."""
    in_place = readings.ancestor == Ancestor.EXTENDED or readings.regrant == Regrant.SOURCE_KEPT
    return offers_grant(readings) and not in_place


def grants_to(readings: Readings) -> bool:
    """A grant always moves the page."""
    return leaves_source(readings) and links(readings)


def grants_narrowed(readings: Readings) -> bool:
    """A grant always moves the page, with those rights asked for that the source has."""
    return grants_to(readings) and readings.passing == Passing.INTERSECTED


def keeps_children(readings: Readings) -> bool:
    """What was mapped from a granted page follows it."""
    return grants_narrowed(readings) and readings.granted_children == GrantedChildren.KEPT


def flushes_children(readings: Readings) -> bool:
    """What was mapped from a granted page is flushed."""
    return leaves_source(readings) and readings.granted_children == GrantedChildren.FLUSHED


def maps_over_ancestor(readings: Readings) -> bool:
    """The flusher keeps its own page, and a map never only adds rights to a slot that the source derives from."""
    return keeps_own_page(readings) and readings.ancestor != Ancestor.EXTENDED


def keeps_own_page(readings: Readings) -> bool:
    """The flusher keeps its own page."""
    return readings.own_page == OwnPage.KEPT
