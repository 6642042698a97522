"""Numbers that options take mean the same in every command."""

from collections.abc import Callable
from typing import Any

import pytest
import typer

from proofs.commands import numbers

SIZES = (numbers.TARGET_MEMORY, numbers.WORKER_MEMORY, numbers.SEARCH_MEMORY, numbers.STACK)


@pytest.mark.parametrize("read", SIZES)
@pytest.mark.parametrize("text", ["600", "600M", "600MiB", "614400K"])
def test_a_size_is_written_one_way(read: Callable[[Any], int], text: str) -> None:
    assert read(text) == 600 << 20


@pytest.mark.parametrize("read", SIZES)
@pytest.mark.parametrize("text", ["1.5G", "-1", "many", "", "1" + "0" * 30, "5000T"])
def test_what_is_no_size_is_refused(read: Callable[[Any], int], text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"is no amount of memory from \S+ to \S+, as in 512M or 4G"):
        read(text)
