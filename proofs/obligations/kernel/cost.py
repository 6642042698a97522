"""The cost of operations: cells of the mapping tree read and written, counted on every path through the code (C12).

The count of a path is a number; that none is above the bound is the condition. Of an operation, what its loops do is
left out, for these are counted by the step.
"""

from collections.abc import Iterable, Iterator

from z3 import And, BoolVal, IntVal

from model.spaces.dialect import Dialect
from proofs.execution.path import Path
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.kernel import coherence
from proofs.obligations.source import Code
from proofs.obligations.tree import loops

MOST_CELLS = {
    "kernel_map": 51,
    "kernel_grant": 38,
    "kernel_flush": 1,
    "kernel_flush_below": 24,
    "kernel_restrict_below": 24,
    "flush_below": 22,
    "restrict_below": 22,
    "is_below": 4,
}
"""The bounds: for an operation all cells outside its loops, for a loop those before it, of one step, and after it."""

OPERATIONS = ("map", "grant", "flush")


def cells(path: Path) -> int:
    """Return how many cells were read or written on a path."""
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


def walked(name: str, dialect: Dialect, code: Code) -> tuple[Path, ...]:
    """The paths on which cells are counted, by the name of the bound."""
    if name.startswith("kernel_"):
        return coherence.walked(coherence.ExecutedMethod(name.removeprefix("kernel_"), dialect, code))
    return loops.walked(name, code)


def _few_cells(name: str) -> Build:
    def build(dialect: Dialect, code: Code) -> Iterator[Condition]:
        yield within_bound(walked(name, dialect, code), MOST_CELLS[name])

    return build


def _frame_once(name: str) -> Build:
    def build(dialect: Dialect, code: Code) -> Iterator[Condition]:
        paths = walked(f"kernel_{name}", dialect, code)
        yield Condition({}, {}, And(*(BoolVal(path.reads["frame"] <= 2) for path in paths)))

    return build


def obligations() -> Iterator[CodeObligation]:
    """Bounds for operations and for the steps of loops; and that P is read, never σ evaluated."""
    for name, bound in MOST_CELLS.items():
        what = name.removeprefix("kernel_")
        sentence = (
            f"{what} reads and writes at most {bound} cells of the mapping tree besides what its loops do"
            if what in OPERATIONS
            else f"a step of {what} reads and writes at most {bound} cells of the mapping tree"
        )
        yield CodeObligation(f"{name}__touches__few_cells", "C12", sentence, _few_cells(name))
    for name in OPERATIONS[:2]:
        yield CodeObligation(
            f"kernel_{name}__reads__frame_of_node",
            "C12",
            f"{name} finds the frame in the node, at most once for the tree and once for the entry: σ(v) is not "
            "evaluated",
            _frame_once(name),
        )
