"""What the operations cost: cells of the mapping tree read and written, counted on every path through the code (C12).

The count of a path is a number; that none is above the bound is the condition. Of an operation, what its loops do is
left out, for these are counted by the step.
"""

from collections.abc import Iterable, Iterator

from z3 import And, BoolVal, IntVal

from model.dialect import Dialect
from proofs.execution.path import Path
from proofs.obligation import Condition
from proofs.refinement import coherence, loops
from proofs.refinement.code import Build, CodeObligation
from proofs.refinement.source import Code

MOST_CELLS = {"map": 53, "grant": 39, "flush": 1, "flush_below": 24, "restrict_below": 23, "is_below": 5}
"""The bounds: for an operation all cells outside its loops, for a loop those before it, of one step, and after it."""


def cells(path: Path) -> int:
    """How many cells were read or written on a path."""
    return path.reads.total() + path.writes.total()


def most_cells(walked: Iterable[Path]) -> int:
    """The most on any path; proofs read nothing, so what is counted is the code's own.

    >>> most_cells([Path(), Path()])
    0
    """
    return max(cells(path) for path in walked)


def within_bound(walked: Iterable[Path], bound: int) -> Condition:
    """No path has more cells than the bound."""
    return Condition({}, {}, And(*(IntVal(cells(path)) <= bound for path in walked)))


def _operation(name: str) -> Build:
    def build(dialect: Dialect, code: Code) -> Iterator[Condition]:
        yield within_bound(coherence.walked(coherence.Executed(name, dialect, code)), MOST_CELLS[name])

    return build


def _loop(name: str) -> Build:
    def build(dialect: Dialect, code: Code) -> Iterator[Condition]:
        yield within_bound(loops.walked(name, code), MOST_CELLS[name])

    return build


def _frame_once(name: str) -> Build:
    def build(dialect: Dialect, code: Code) -> Iterator[Condition]:
        walked = coherence.walked(coherence.Executed(name, dialect, code))
        yield Condition({}, {}, And(*(BoolVal(path.reads["frame"] <= 2) for path in walked)))

    return build


def obligations() -> Iterator[CodeObligation]:
    """Bounds for operations and for the steps of loops; and that P is read, never σ evaluated."""
    for name in ("map", "grant", "flush"):
        yield CodeObligation(
            f"kernel_{name}__touches__few_cells",
            "C12",
            f"{name} reads and writes at most {MOST_CELLS[name]} cells of the mapping tree besides what its loops do",
            _operation(name),
        )
        if name != "flush":
            yield CodeObligation(
                f"kernel_{name}__reads__frame_of_node",
                "C12",
                f"{name} finds the frame in the node, at most once for the tree and once for the entry: σ(v) is not "
                "evaluated",
                _frame_once(name),
            )
    for name in loops.LOOPS:
        yield CodeObligation(
            f"{name}__touches__few_cells",
            "C12",
            f"a step of {name} reads and writes at most {MOST_CELLS[name]} cells of the mapping tree",
            _loop(name),
        )
