# States are rows of plain numbers here, in lists where the code has arrays.
# mypy: allow-untyped-defs, allow-untyped-calls, allow-incomplete-defs
"""Fields of a packed state: what fits them, and what does not."""

import pytest

from proofs.explorer.searches.shootdown import check, successors
from proofs.explorer.system import Field, ScopeTooLargeError, System, unreduced


def system(*bits):
    fields = tuple(Field(f"f{number}", each) for number, each in enumerate(bits))
    return System("small", fields, 0, successors, check, unreduced, 1, (), 0, ())


def test_a_word_has_64_bits():
    assert system(40, 24).bits == 64
    with pytest.raises(ScopeTooLargeError, match="small: a state takes 65 bits and the packing has 64; make the"):
        system(40, 25)


def test_every_state_packs_and_unpacks():
    packing = system(1, 3, 2)
    states = [(a, b, c) for c in range(4) for b in range(8) for a in range(2)]
    assert [packing.pack(values) for values in states] == list(range(64))
    assert [tuple(packing.unpack(number).values()) for number in range(64)] == states
    assert list(packing.unpack(0)) == ["f0", "f1", "f2"]


@pytest.mark.parametrize("values", [(2, 0, 0), (0, 8, 0), (0, 0, 4), (-1, 0, 0), (0, 0, -1)])
def test_what_does_not_fit_is_refused(values):
    place = next(number for number, value in enumerate(values) if value)
    with pytest.raises(ValueError, match=rf"f{place} = {values[place]} does not fit {(1, 3, 2)[place]} bits"):
        system(1, 3, 2).pack(values)
    with pytest.raises(ValueError, match="zip"):
        system(1, 3, 2).pack((0, 0))


def test_a_state_without_symmetry_stands_for_itself():
    assert unreduced(5, None, None) == 5
