"""What the sources say of clauses and obligations, the picture of the imports, and the layouts of entries."""

import pytest
from musigma_docs.pictures.formats import FREE, MUST_BE_ZERO, entries
from musigma_docs.statements import crossing

from machine import Format
from machine.formats import FORMATS, SV39, X86_64


def test_definitions_are_found_by_the_clause_in_their_docstring() -> None:
    assert "model.spaces.literal.map_" in crossing.definitions_of("A.map")
    assert "model.spaces.theory.flush" in crossing.definitions_of("A.flush")
    assert crossing.definitions_of("A.nothing") == []
    assert not any(name.startswith("proofs.paper.clauses") for name in crossing.definitions_of("C1"))


def test_a_clause_is_not_found_in_a_longer_one() -> None:
    assert "model.spaces.theory.flush" not in crossing.definitions_of("A.flu")
    assert set(crossing.definitions_of("A.tree.map")) != set(crossing.definitions_of("A.tree"))


def test_tests_are_found_by_what_they_name() -> None:
    assert "tests/proofs/report/formulas/test_latex.py" in crossing.tests_naming("map__preserves__irreflexive")
    assert not any(path.startswith("tests/docs/") for path in crossing.tests_naming("A.map"))


def test_no_bit_that_matters_lacks_its_name() -> None:
    fields = [field for format in FORMATS for _, each in entries(format) for field in each]
    assert [field for field in fields if field.name.startswith("bit ")] == []


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_the_fields_of_an_entry_cover_every_bit_once(format: Format) -> None:
    for _, fields in entries(format):
        bits = [bit for field in fields for bit in range(field.high, field.low - 1, -1)]
        assert bits == list(reversed(range(format.entry_bits)))


def test_what_the_manuals_say_of_some_bits() -> None:
    page, *_, pointer = (fields for _, fields in entries(X86_64))
    named = {field.bits: field.name for field in page}
    assert (named["63"], named["51–12"], named["0"]) == ("XD", "frame", "P")
    assert any(field.name == FREE for field in pointer)
    assert "PS" in {field.name for field in dict(entries(X86_64))["a page of 2 MiB (level 1)"]}
    large = dict(entries(SV39))["a page of 2 MiB (level 1)"]
    assert MUST_BE_ZERO in {field.name for field in large}
