"""Faults of one's own: a map that gives every right, and a grant that gives the rights asked for.

musigma faults --fault-file docs/examples/own_faults.py
"""

from collections.abc import Mapping
from typing import Any

import z3

from musigma import Passing
from musigma.theory import Made, TheoryFault, changed, misread


def _every_right(made: Made) -> Mapping[str, Any]:
    """The destination has every right after it."""
    return {"right": lambda x, a: z3.Or(made.after.right(x, a), x == made.called.dst)}


FAULTS = [
    TheoryFault(
        name="map-gives-every-right",
        mechanism="a page that is mapped has every right, whatever its source has",
        action="map",
        wrong=changed(_every_right),
    ),
    TheoryFault(
        name="grant-as-asked",
        mechanism="a grant gives the rights asked for, whatever the granter has",
        action="grant",
        wrong=misread(passing=Passing.AS_GIVEN),
    ),
]
