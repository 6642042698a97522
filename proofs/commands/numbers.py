"""Numbers and sizes that options take: each with the range that makes sense, refused with the sentence that says it."""

import re
from typing import Any

import click

UNITS = {"": 1 << 20, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class Whole(click.ParamType):
    """A whole number in a range."""

    name = "integer"

    def __init__(self, least: int, most: int) -> None:
        """From the least to the most."""
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number.

        :raises BadParameter: it is none, or out of range.
        """
        text = str(value)
        if not re.fullmatch(r"[+-]?\d{1,40}", text) or not self.least <= int(text) <= self.most:
            self.fail(f"{shortened(text)} is no whole number from {self.least:,} to {self.most:,}", param, ctx)
        return int(text)


class Seconds(click.ParamType):
    """A time in seconds, in a range."""

    name = "seconds"

    def __init__(self, least: float, most: float) -> None:
        """From the least to the most."""
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number of seconds.

        :raises BadParameter: it is none, or out of range.
        """
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not self.least <= number <= self.most:
            self.fail(f"{shortened(str(value))} is no time from {self.least:g} to {self.most:,g} seconds", param, ctx)
        return number


class Size(click.ParamType):
    """An amount of memory, such as ``512M`` or ``4G``, as bytes; a number without a unit is of MiB."""

    name = "size"

    def __init__(self, least: int, most: int) -> None:
        """From the least to the most, in bytes."""
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of bytes; one that was converted already, as a default, stays.

        :raises BadParameter: it is none, or out of range.
        """
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d{1,15})([KMGT]?)(?:i?B)?", str(value).strip(), re.IGNORECASE)
        size = int(match[1]) * UNITS[match[2].upper()] if match else -1
        if not self.least <= size <= self.most:
            least, most = (
                f"{each >> 10:,}K" if each < 1 << 20 else f"{each >> 20:,}M" for each in (self.least, self.most)
            )
            self.fail(
                f"{shortened(str(value))} is no amount of memory from {least} to {most}, as in 512M or 4G", param, ctx
            )
        return size


def shortened(text: str) -> str:
    """A text as it is quoted in a message.

    >>> shortened("1" + "0" * 60)
    "'1000000000000000000000000000…'"
    """
    return repr(text if len(text) <= 28 else text[:28] + "…")


SEARCH_TIME = Seconds(0.1, 1_000_000)
CALL_TIME = Seconds(0.01, 86_400)
SEED = Whole(0, (1 << 32) - 1)
JOBS = Whole(1, 1_024)
TARGET_MEMORY = Size(16 << 20, 1 << 40)
STACK = Size(0, 1 << 30)
