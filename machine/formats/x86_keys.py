"""Protection keys of x86-64 (Intel SDM vol. 3A, 4.6.2): bits 62:59 of a page's entry name one of 16 keys.

The register PKRU says for each key whether data may be accessed in the user's pages that have it, and stored. It is
a part of the mask of modes, as it is changed by the user at any time and acts on buffered translations at once.
"""

from typing import Final

from machine.bits import Word, field, place, select
from machine.formats import x86
from machine.formats.x86 import permits as rights_permit

KEY_LOW: Final = 59
KEY_BITS: Final = 4
ATTRIBUTE_LOW: Final = 6
"""Where the key stands in the attributes of a path, above the six rights."""
ALL_KEYS: Final = ((1 << KEY_BITS) - 1) << ATTRIBUTE_LOW
"""A key's bits in attributes: what a pointer lets through."""


def with_key(entry: Word, key: Word) -> Word:
    """A page's entry with that key, of 0 to 15."""
    return entry ^ (entry & (0xF << KEY_LOW)) | place(key, KEY_LOW, KEY_BITS)


def key_of(entry: Word) -> Word:
    """The key of a page's entry, where attributes have it."""
    return place(field(entry, KEY_LOW, KEY_BITS), ATTRIBUTE_LOW, KEY_BITS)


def bars(attributes: Word, access: Word, user: Word, control: int) -> Word:
    """The key of a user's page forbids data accesses (AD), or stores of the user and with CR0.WP of all (WD)."""
    # Two bits for each key: the half of PKRU that bit 3 of the key chooses, of this the half that bit 2 chooses, ...
    disabled = field(control, x86.PKRU_LOW, 32)
    disabled = select(field(attributes, ATTRIBUTE_LOW + 3, 1), field(disabled, 16, 16), field(disabled, 0, 16))
    disabled = select(field(attributes, ATTRIBUTE_LOW + 2, 1), field(disabled, 8, 8), field(disabled, 0, 8))
    disabled = select(field(attributes, ATTRIBUTE_LOW + 1, 1), field(disabled, 4, 4), field(disabled, 0, 4))
    disabled = select(field(attributes, ATTRIBUTE_LOW, 1), field(disabled, 2, 2), field(disabled, 0, 2))
    stores = field(disabled, 1, 1) & field(access, 1, 1) & (user | field(control, 0, 1))
    data = 1 - field(access, 0, 1)
    return (field(disabled, 0, 1) | stores) & data & field(attributes, 2, 1) & field(control, 7, 1)


def permits(attributes: Word, access: Word, user: Word, control: int) -> Word:
    """Keep what the rights permit and no key bars."""
    return rights_permit(attributes, access, user, control) & (1 - bars(attributes, access, user, control))
