"""Counts in words: one thing is not said as many are."""


def counted(number: int, one: str, more: str = "") -> str:
    """A number of things.

    :param one: what one of them is called, and ``more`` what others are; with an s, if nothing else is said.

    >>> counted(1, "state"), counted(0, "state"), counted(1234, "state")
    ('1 state', '0 states', '1,234 states')
    >>> counted(2, "set of rights", "sets of rights"), counted(2, "access", "accesses")
    ('2 sets of rights', '2 accesses')
    """
    return f"{number:,} {one if number == 1 else more or one + 's'}"
