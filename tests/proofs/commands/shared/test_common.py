"""What the commands share: files that are read."""

from pathlib import Path

import pytest

from proofs.commands.shared.common import UsageError, read_json


def test_what_was_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "file.json").write_text('{"a": [1]}', "utf-8")
    assert read_json(tmp_path / "file.json") == {"a": [1]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "this is no JSON"),
        (b"\xff", "no text in UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 5_000, "a number in it is too long"),
    ],
)
def test_a_file_that_holds_no_values_is_refused_with_its_name(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        read_json(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_json(tmp_path / "none.json")
