"""What the actions' formulas bind is none of the variables that they are given."""

import pytest
import z3

from model.spaces.dialect import DIALECTS, dialect_named
from model.spaces.theory import ACTIONS, a, r, u, x, y, z

READINGS = (
    *DIALECTS,
    "canonical with ancestor=emptied, reading=before",
    "x2-keep with ancestor=allowed, reading=before",
)


@pytest.mark.parametrize("name", READINGS)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_state_after_means_the_same_of_every_variable(action: str, name: str) -> None:
    after = ACTIONS[action](dialect_named(name)).after
    one, two = z3.Consts("one two", x.sort())
    for variables in ((x, y), (y, x), (u, x), (x, u), (z, u), (u, z)):
        pairs = ((one, variables[0]), (two, variables[1]))
        assert z3.eq(z3.substitute(after.derives(one, two), *pairs), after.derives(*variables)), variables
    for slot in (x, y, z, u):
        for part in (after.live, lambda s: after.holds(s, r), lambda s: after.phys(s, r), lambda s: after.right(s, a)):
            assert z3.eq(z3.substitute(part(one), (one, slot)), part(slot)), slot
