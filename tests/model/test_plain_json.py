"""Whatever is wrong with JSON that others wrote is one kind of error."""

import pytest

from model.plain_json import values_in


def test_values_are_read_from_text_and_from_bytes() -> None:
    assert values_in('[1, {"a": null}]') == values_in(b'[1, {"a": null}]') == [1, {"a": None}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Expecting property name"),
        ("", "Expecting value"),
        (b"\xff\xfe\x00", "decode"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("9" * 5_000, "a number in it is too long"),
    ],
)
def test_what_is_wrong_with_them_is_a_value_error(text: str | bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        values_in(text)
