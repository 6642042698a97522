"""Arguments that functions take by name or as a value."""

from model.spaces.dialect import Dialect, dialect_named
from proofs.input.naming import parse_dialect

Named = Dialect | str
"""A dialect, or its name, as in ``"canonical without not-itself"``."""


def dialect_of(named: Named) -> Dialect:
    """The dialect.

    :raises ValueError: there is none of that name.

    >>> dialect_of("tree").name
    'tree'
    """
    return parse_dialect(named) if isinstance(named, str) else named


def known_by_name(named: Named) -> Dialect:
    """A dialect that worker processes find by its name.

    :raises ValueError: its name stands for other readings.
    """
    dialect = dialect_of(named)
    try:
        known = dialect_named(dialect.name).readings
    except KeyError:
        known = None
    if known != dialect.readings:
        raise ValueError(
            f"{dialect.name!r} does not name these readings: write 'canonical with passing=as_given', or the like"
        )
    return dialect
