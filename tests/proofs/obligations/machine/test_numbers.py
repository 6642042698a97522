"""A format's functions say of words what they say of numbers: each is asked, and one that has a sign falls."""

from dataclasses import fields, replace
from typing import Any

import pytest

from machine.bits import Word
from machine.formats import FORMATS, SECOND_STAGES, SV39, VARIANTS, X86_32, Decoded, Format
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.obligations.machine.numbers import calls_of, functions_say_the_same
from proofs.verdict import Verdict

SETTINGS = Settings(seconds=60, solvers=Solvers.Z3)
METHODS = {"index", "frame_in_row", "frame_at", "encode_leaf", "encode_pointer", "decode"}
ASKED_OTHERWISE = {"updates", "fault"}  # of modes, and of a report, which are no words


def verdict(format: Format) -> Verdict:
    return discharge_all(functions_say_the_same(format), Satisfiable(), SETTINGS).verdict


@pytest.mark.parametrize("format", [*FORMATS, *SECOND_STAGES, *VARIANTS], ids=lambda format: format.name)
def test_the_formats_say_the_same(format: Format) -> None:
    assert verdict(format) == Verdict.PROVED


def test_every_function_on_words_is_asked_at_each_level() -> None:
    functions = {each.name for each in fields(Format) if callable(getattr(SV39, each.name))}
    asked = [(name, level) for name, level, _ in calls_of(SV39)]
    assert {name for name, _ in asked} == functions - ASKED_OTHERWISE | METHODS
    assert [level for name, level in asked if name == "kind"] == [0, 1, 2]
    assert len(asked) == len(set(asked))


def _signed(right: Format, name: str, *arguments: Any) -> Word:
    return getattr(right, name)(*arguments) | (arguments[0] >> (right.entry_bits - 1) & 2)


@pytest.mark.parametrize("right", [X86_32, SV39], ids=lambda format: format.name)
@pytest.mark.parametrize("name", ["table", "flags", "user"])
def test_a_function_that_copies_a_sign_falls(name: str, right: Format) -> None:
    wrong: Any = {name: lambda entry: _signed(right, name, entry)}
    assert verdict(replace(right, **wrong)) == Verdict.UNPROVED


def test_a_sum_that_is_cut_off_falls() -> None:
    wrong = replace(SV39, user=lambda entry: (entry + entry) >> 64 & 1)
    assert verdict(wrong) == Verdict.UNPROVED


def test_a_function_that_has_no_number_for_a_word_falls() -> None:
    wrong = replace(SV39, user=lambda entry: (entry ^ (1 << 64)) >> 64 & 1)
    assert verdict(wrong) == Verdict.UNPROVED


def _with_method(name: str, method: Any) -> Format:
    """Sv39, but for a method of all formats."""
    wrong: type[Format] = type("Wrong", (Format,), {name: method})
    return wrong(**{each.name: getattr(SV39, each.name) for each in fields(Format)})


@pytest.mark.parametrize("name", ["encode_pointer", "encode_leaf", "frame_at"])
def test_a_method_that_leaves_the_word_falls(name: str) -> None:
    def leaves(self: Format, *arguments: Any) -> Word:
        return getattr(Format, name)(self, *arguments) | (1 << 64)

    assert verdict(_with_method(name, leaves)) == Verdict.UNPROVED


@pytest.mark.parametrize("part", Decoded._fields)
def test_a_decoded_part_that_leaves_the_word_falls(part: str) -> None:
    def leaves(self: Format, *arguments: Any) -> Decoded:
        right = Format.decode(self, *arguments)
        return right._replace(**{part: getattr(right, part) | (1 << 64)})

    wrong = type("Wrong", (Format,), {"decode": leaves})(
        **{each.name: getattr(SV39, each.name) for each in fields(Format)}
    )
    assert verdict(wrong) == Verdict.UNPROVED
