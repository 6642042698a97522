"""Decide which dialects claim an obligation: questions to their readings."""

from model.spaces.dialect import Ancestor, GrantedChildren, Occupied, OwnPage, Passing, Readings
from model.theory import offers_grant as offers_grant


def replaces(readings: Readings) -> bool:
    """An occupied destination is replaced (or refused), never extended."""
    return readings.occupied in (Occupied.REFUSED, Occupied.REPLACED)


def links(readings: Readings) -> bool:
    """The destination shows the source afterwards, whatever was there."""
    return readings.ancestor != Ancestor.EMPTIED


def links_and_replaces(readings: Readings) -> bool:
    """The destination becomes a link to the source, whatever was there."""
    return links(readings) and replaces(readings)


def intersects_and_replaces(readings: Readings) -> bool:
    """The destination becomes a link with those rights asked for that the source has."""
    return links_and_replaces(readings) and readings.passing == Passing.INTERSECTED


def grants_to(readings: Readings) -> bool:
    """A grant always moves the page."""
    return offers_grant(readings) and links(readings)


def grants_narrowed(readings: Readings) -> bool:
    """A grant always moves the page, with those rights asked for that the source has."""
    return grants_to(readings) and readings.passing == Passing.INTERSECTED


def keeps_children(readings: Readings) -> bool:
    """What was mapped from a granted page follows it."""
    return grants_narrowed(readings) and readings.granted_children == GrantedChildren.KEPT


def flushes_children(readings: Readings) -> bool:
    """What was mapped from a granted page is flushed."""
    return readings.granted_children == GrantedChildren.FLUSHED


def keeps_own_page(readings: Readings) -> bool:
    """The flusher keeps its own page."""
    return readings.own_page == OwnPage.KEPT
