"""Numbers and sizes that options take: each with the range that makes sense, refused with the sentence that says it."""

import re
from collections.abc import Callable
from typing import Any

import typer

from proofs.input.sizes import parse_size, size_text


def whole(least: int, most: int) -> Callable[[Any], int]:
    """What reads a whole number from the least to the most."""

    def number(value: Any) -> int:
        text = str(value)
        if not re.fullmatch("[+-]?[0-9]{1,40}", text) or not least <= int(text) <= most:
            raise typer.BadParameter(f"{shortened(text)} is no whole number from {least:,} to {most:,}")
        return int(text)

    return number


def time(least: float, most: float) -> Callable[[Any], float]:
    """What reads a time in seconds from the least to the most."""

    def seconds(value: Any) -> float:
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not least <= number <= most:
            raise typer.BadParameter(f"{shortened(str(value))} is no time from {least:g} to {most:,.0f} seconds")
        return number

    return seconds


def memory(least: int, most: int) -> Callable[[Any], int]:
    """What reads an amount of memory in bytes (:func:`proofs.input.sizes.parse_size`)."""

    def size(value: Any) -> int:
        if isinstance(value, int):  # a default
            return value
        try:
            number = parse_size(value)
        except ValueError:
            number = -1
        if not least <= number <= most:
            allowed = f"from {size_text(least)} to {size_text(most)}"
            raise typer.BadParameter(f"{shortened(str(value))} is no amount of memory {allowed}, as in 512M or 4G")
        return number

    return size


def shortened(text: str) -> str:
    """A text as it is quoted in a message.

    >>> shortened("1" + "0" * 60)
    "'1000000000000000000000000000…'"
    """
    return repr(text if len(text) <= 28 else text[:28] + "…")


SEARCH_TIME = time(0.1, 1_000_000)
CALL_TIME = time(0.01, 86_400)
QUESTION_TIME = time(0.1, 86_400)
SEED = whole(0, (1 << 32) - 1)
SOLVER_SEED = whole(0, (1 << 31) - 1)
JOBS = whole(1, 1_024)
THREADS = whole(1, 8)
SEEDS = whole(0, 1_000)
SCOPE = whole(0, 1_000)  # of which 0 is refused by the scope itself
STATES = whole(1, 1 << 40)
TARGET_MEMORY = memory(16 << 20, 1 << 40)
WORKER_MEMORY = memory(512 << 20, 1 << 40)
SEARCH_MEMORY = memory(1 << 20, 1 << 50)
STACK = memory(0, 1 << 30)
