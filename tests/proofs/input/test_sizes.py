"""Amounts of memory: what is read, what is refused, and what is written back."""

import pytest

from proofs.input.sizes import parse_size, size_text


@pytest.mark.parametrize(
    ("text", "size"),
    [("7", 7 << 20), ("1K", 1024), ("1k", 1024), (" 3M ", 3 << 20), ("2GiB", 2 << 30), ("3TB", 3 << 40)],
)
def test_an_amount(text: str, size: int) -> None:
    assert parse_size(text) == size
    assert parse_size(size_text(size)) == size


@pytest.mark.parametrize("text", ["", "K", "-1", "1X", "1 G", "1.G", "1Gi2", "G1", "10b5"])
def test_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount of memory: write 512M or 4G"):
        parse_size(text)
