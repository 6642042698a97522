"""Views: what a database, the page tables and the translation lookaside buffers say at one step of a trace.

Whoever runs something beside the literal model fills one record a state, and the storyboard shows it beside the model.
"""

from dataclasses import dataclass
from typing import TypeAlias

from model.scope import ALL_RIGHTS
from model.spaces.literal import Spaces

Block: TypeAlias = tuple[int, int]
"""The first slot and the order of a mapping of 2^order pages."""


@dataclass(frozen=True, slots=True)
class Bits:
    """A field of a page-table entry, as the format's encoder uses it: its letter, and whether it is set.

    The frame number is the field ``frame``, whose ``value`` is the number; for all others ``value`` is 0 or 1.
    """

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class TableEntry:
    """The entry that a walk to a slot ends with: on the last level, or a leaf above it.

    :param slot: whose it is.
    :param virtual: the address of the page in its space.
    :param place: the physical address of the entry, or None if there is no table for it.
    :param value: the entry, ``width`` bits wide.
    :param fields: what the bits mean, from the highest down.
    :param frame: the scope's frame that the entry maps, None if it maps none, -1 if one that is not the scope's.
    :param rights: what it grants, r = 4, w = 2, x = 1.
    :param order: it translates 2^order pages, this slot's among them.
    """

    slot: int
    virtual: int
    place: int | None
    value: int
    width: int
    fields: tuple[Bits, ...]
    frame: int | None
    rights: int
    order: int = 0


@dataclass(frozen=True, slots=True)
class Cached:
    """A translation of a slot in a core's buffer; ``frame`` -1 is one that is not the scope's.

    ``core`` is -1 where a target tells of all cores together; ``order`` says how many pages the buffer's entry has.
    """

    core: int
    slot: int
    frame: int
    rights: int
    dirty: bool
    order: int = 0

    @property
    def whose(self) -> str:
        """Whose buffer it is in, in words."""
        return f"core {self.core}" if self.core >= 0 else "a core"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a target shows in every slot: the frame, -1 for nothing, and the rights.

    ``whose`` is the table that was asked, in words: ``the target``, ``its page table``.
    """

    whose: str
    frames: tuple[int, ...]
    rights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Views:
    """The views beside the model in one state; those that a caller does not have stay empty.

    :param machine: the format and the buffers in words, or what target it is.
    :param name: what ran, as a sentence begins: ``the kernel``, ``the target``.
    :param status: how the operation ended there, as :data:`model.spaces.literal.DONE` and so on; None if nothing ran.
    :param crashed: the error that ended the run, if one did; then there is nothing else.
    :param first_frame: the physical number of the scope's frame 0.
    :param answers: what a target shows, one record for each of its tables.
    :param widens: rights that the format grants unasked together with others (x86-32: x).
    :param grants: what the format makes of each set of rights: some cannot be written down (Sv39: w without r).
    :param mappings: the mappings of a kernel with ranges, or those of many pages of a target.
    """

    machine: str = ""
    name: str = "the kernel"
    status: int | None = None
    crashed: str = ""
    database: Spaces | None = None
    entries: tuple[TableEntry, ...] = ()
    cached: tuple[Cached, ...] = ()
    first_frame: int = 0
    widens: int = 0
    grants: tuple[int, ...] = tuple(range(ALL_RIGHTS + 1))
    answers: tuple[Answers, ...] = ()
    mappings: tuple[Block, ...] = ()
