"""A scope: how many spaces, pages and frames a finite state has, and how its slots are numbered and named."""

import re
from dataclasses import dataclass

RIGHTS = {"r": 4, "w": 2, "x": 1}
ALL_RIGHTS = 7


class ArgumentError(ValueError):
    """An argument that a caller chose makes no sense; the message says which, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Spaces σ0, σ1, … of ``pages`` pages each, over ``frames`` frames that σ0 holds at first (A.sets, A.sigma0).

    A *slot* is a pair (space, page), numbered row by row.

    >>> scope = Scope(spaces=3, pages=2, frames=1)
    >>> scope.slots, scope.slot(1, 0), scope.name(2)
    (6, 2, 'σ1[0]')

    :raises ArgumentError: fewer than one space, page or frame, or more frames than σ0 has pages.
    """

    spaces: int
    pages: int
    frames: int

    def __post_init__(self) -> None:
        """Refuse a scope without slots, and frames that σ0 has no page for."""
        for what in ("spaces", "pages", "frames"):
            if getattr(self, what) < 1:
                raise ArgumentError(f"a scope needs at least one of its {what}, not {getattr(self, what)}")
        if self.frames > self.pages:
            raise ArgumentError(
                f"σ0 holds every frame in a page of its own: {self.frames} frames need {self.frames} pages"
            )

    @property
    def slots(self) -> int:
        """The number of slots."""
        return self.spaces * self.pages

    def slot(self, space: int, page: int) -> int:
        """The number of the slot of that space and page.

        :raises ValueError: the space or the page is outside the scope.
        """
        if not (0 <= space < self.spaces and 0 <= page < self.pages):
            raise ValueError(f"σ{space}[{page}] is outside {self}")
        return space * self.pages + page

    def space(self, slot: int) -> int:
        """The space that owns the slot."""
        return slot // self.pages

    def name(self, slot: int) -> str:
        """The slot as people write it: ``σ1[0]``."""
        return f"σ{slot // self.pages}[{slot % self.pages}]"

    def space_name(self, space: int) -> str:
        """The space as people write it: ``σ1``."""
        return f"σ{space}"

    def parse(self, name: str) -> int:
        """The slot that a name such as ``σ1[0]``, ``s1[0]`` or ``1[0]`` stands for.

        :raises ValueError: the name is malformed or outside the scope.
        """
        match = re.fullmatch(r"[σs]?(\d+)\[(\d+)\]", name.strip())
        if match is None:
            raise ValueError(f"{name!r} names no slot: write σ1[0] for page 0 of space 1")
        return self.slot(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        """``3 spaces × 2 pages × 1 frame``."""
        return " × ".join(
            f"{n} {what if n == 1 else what + 's'}"
            for n, what in ((self.spaces, "space"), (self.pages, "page"), (self.frames, "frame"))
        )


def rights_name(rights: int) -> str:
    """A set of rights as people write it.

    >>> rights_name(6), rights_name(0)
    ('rw-', '---')
    """
    return "".join(letter if rights & bit else "-" for letter, bit in RIGHTS.items())


def parse_rights(text: str) -> int:
    """The set of rights that a text such as ``rw`` or ``r-x`` stands for.

    :raises ValueError: a letter other than r, w, x or -.
    """
    rights = 0
    for letter in text:
        if letter != "-":
            if letter not in RIGHTS:
                raise ValueError(f"{text!r} is no set of rights: write letters out of r, w, x")
            rights |= RIGHTS[letter]
    return rights
