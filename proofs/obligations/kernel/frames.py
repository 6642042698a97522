"""A loop over a scope's frames on terms: any frame that was not done yet comes next, until all are done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from z3 import And, Bool, BoolSort, BoolVal, Const, ForAll, Function, Implies, Not, Or

from model.spaces.theory import Frame, Predicate, Slot, owner, q, r, sigma0, x, y
from proofs.execution.contract import Named
from proofs.execution.loop_rules import Values
from proofs.execution.path import Cut, ExecutionError, Path
from proofs.execution.values import Numbered, no_slot
from proofs.obligations.tree.callees import named_when
from proofs.obligations.tree.loops import AT_FIRST, KEEPS

home = Function("home", Slot, Frame, BoolSort())
done = Function("done", Frame, BoolSort())
another = Bool("another frame")
this, this_page = Const("this_frame", Frame), Const("this_page", Slot)

FRAMES: Named = {
    "a page of σ0 has the number of one frame": ForAll([x, r, q], Implies(And(home(x, r), home(x, q)), r == q)),
    "a frame has the number of one page of σ0": ForAll([x, y, r], Implies(And(home(x, r), home(y, r)), x == y)),
    "pages that have a frame's number are σ0's": ForAll(
        [x, r], Implies(home(x, r), And(owner(x) == sigma0, x != no_slot))
    ),
}
"""Frame v has the number of page v of σ0, which is slot v: ``home(x, r)`` if slot x and frame r have the same."""


@dataclass(slots=True, eq=False)
class EachFrame:
    """The rule for a loop over all frames of a scope.

    :param holds: the invariant: of the present state, and of the frames that are done.
    :param resume: makes the state any, and says what is known of it beside the invariant.
    """

    path: Path
    holds: Callable[[Predicate], Named]
    resume: Callable[[], Named]
    entered: bool = field(default=False, init=False)
    rule: Any = field(default=None, init=False)

    def __post_init__(self) -> None:
        """It is what the loop runs over."""
        self.rule = self

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """At first no frame is done; from here on any are."""
        if self.entered:
            raise ExecutionError("the frames are gone through twice on one path: the proof speaks of one time")
        self.entered = True
        first = self.holds(lambda r: BoolVal(False))
        self.path.demand_all(AT_FIRST, lambda: first)
        known = self.resume()
        self.path.assume(named_when("in the loop", {**known, **self.holds(done)}))
        return {}

    def each(self, iterable: object) -> Iterator[object]:
        """Another frame, or all are done."""
        if self.path.decide(another):
            self.path.assume({"the frame is not done": Not(done(this)), "its page": home(this_page, this)})
            yield Numbered({Frame: this, Slot: this_page})
        else:
            self.path.assume({"all frames are done": ForAll([r], done(r))})

    def tail(self, values: Values) -> None:
        """One more is done."""
        now = self.holds(lambda r: Or(done(r), r == this))
        self.path.demand_all(KEEPS, lambda: now)
        raise Cut


class AllFrames:
    """The number of a scope's frames, to be counted up to and for nothing else."""


def ranges(over: Callable[[], EachFrame]) -> Callable[..., EachFrame]:
    """What code finds under the name of range: all frames, in whichever order."""

    def counted(*arguments: object) -> EachFrame:
        if len(arguments) != 1 or not isinstance(arguments[0], AllFrames):
            raise ExecutionError("a range that is not that of all frames")
        return over()

    return counted
