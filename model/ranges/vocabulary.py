"""The vocabulary of the theory of ranges beside address spaces: the arguments of its operations."""

from dataclasses import dataclass
from typing import Annotated

from z3 import Consts

from model.signature import Vocabulary, fresh, relation
from model.spaces.vocabulary import Predicate, Relation, Slot, a, x, y

# Variables to bind, for pages that go (s, t) and where they go (d, e).
s_, t_, d_, e_ = Consts("s t d e", Slot)


@dataclass(frozen=True, slots=True)
class RangeCall(Vocabulary):
    """The arguments of operations on ranges: which page goes where, which pages are flushed.

    ``to`` stands for any two ranges, any window between them and any holes: all that is said of it is in the guards.
    """

    to: Annotated[
        Relation,
        relation(x, y, tex=r"{0} \rightsquigarrow {1}", meaning="the page x of the range goes to the page y"),
    ]
    empties: Annotated[
        Predicate, relation(x, tex=r"\mathit{{empties}}({0})", meaning="the destination x is flushed and left nil")
    ]
    within: Annotated[
        Predicate, relation(x, tex=r"{0} \in \mathit{{range}}", meaning="x is a page of the range that is flushed")
    ]
    mask: Annotated[
        Predicate,
        relation(
            a,
            tex=r"{0} \in \mathit{{mask}}{p}",
            negated=r"{0} \notin \mathit{{mask}}{p}",
            meaning="the rights that are asked for, or that a flush takes",
        ),
    ]


called = fresh(RangeCall)
