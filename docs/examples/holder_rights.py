"""An invariant of one's own: nobody has a right to a frame that the page which holds it has lost.

    musigma prove holder_rights --theory docs/examples/holder_rights.py

Where map and grant install the rights asked for, it is refuted:

    musigma prove holder_rights --theory docs/examples/holder_rights.py --dialect 'canonical with passing=as_given'
"""

import z3

from musigma.theory import Formula, Invariant, State, a, r, x


def no_more_than_the_holder(s: State) -> Formula:
    """Whoever shows a frame has no right to it that its holder lacks."""
    return z3.ForAll([x, r, a], z3.Implies(z3.And(s.phys(x, r), s.right(x, a)), s.right(s.holder(r), a)))


INVARIANTS = [
    Invariant(
        name="holder_rights",
        claim="B.holder",
        sentence="nobody has a right to a frame that the page which holds it lacks",
        formula=no_more_than_the_holder,
        names_holder=True,
    )
]
