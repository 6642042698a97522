"""Amounts of memory as people write them, the same in every command and function."""

import re

UNITS = {"": 1 << 20, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def parse_size(value: int | str) -> int:
    """Bytes; a number without a unit is of MiB, and units are powers of 1024.

    >>> parse_size("512M"), parse_size(512), parse_size("64K"), parse_size("4GiB")
    (536870912, 536870912, 65536, 4294967296)

    :raises ValueError: it is no amount of memory.
    """
    match = re.fullmatch(r"(\d{1,15})([KMGT]?)(?:i?B)?", str(value).strip(), re.IGNORECASE)
    if match is None:
        raise ValueError(f"{str(value)[:40]!r} is no amount of memory: write 512M or 4G")
    return int(match[1]) * UNITS[match[2].upper()]


def size_text(size: int) -> str:
    """An amount as it can be written, in the largest unit that divides it.

    >>> [size_text(size) for size in (64 << 10, 512 << 20, 4 << 30)]
    ['64K', '512M', '4G']
    """
    unit = next((unit for unit in "TGM" if size and size % UNITS[unit] == 0), "K")
    return f"{size // UNITS[unit]}{unit}"
