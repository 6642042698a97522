"""What the functions on trees with sizes cost: cells read and written, counted on every path through the code (C12).

Of a function with a loop, a path has what comes before it, one turn, and what comes after; how many turns there are is
proved apart. What a method calls is counted where that is executed. The counters of where nodes begin are not cells of
a node: of them a step touches one for each order.
"""

from collections.abc import Callable, Iterator, Mapping

from proofs.execution.path import Path
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.kernel.cost import within_bound
from proofs.obligations.sized import calls, execution, search
from proofs.obligations.source import Code

MOST_CELLS: Mapping[str, int] = {
    "create_block": 20,
    "move_block": 5,
    "drop_block": 20,
    "narrow_block": 2,
    "halve": 43,
    "join": 32,
    "buddy": 13,
    "find": 2,
    "next_part": 1,
    "divide": 2,
    "unite": 4,
    "split": 5,
    "isolate": 1,
    "flush_below": 5,
    "restrict_below": 6,
    "take_rights": 4,
    "flush_part": 8,
    "next_piece": 1,
    "lacks": 1,
    "is_held": 1,
    "derives_from": 4,
    "map_piece": 4,
    "isolate_range": 1,
    "next_mapping": 2,
    "move_piece": 1,
}
"""The bounds."""

NO_CELLS = tuple(name for name in calls.FUNCTIONS_OF_KERNEL if name not in (*MOST_CELLS, "is_below"))
"""Methods that touch no cell but by what they call; ``is_below`` is the search of single pages, which has its bound."""

OF_NO_CELLS = "sized_walks__touch__no_cells"

Walked = Callable[[str, Code], tuple[Path, ...]]
_ON_TREES = ("create_block", "move_block", "drop_block", "narrow_block", "halve", "join", "buddy")
_WALKED: Mapping[str, Walked] = {**dict.fromkeys(_ON_TREES, execution.walked), "next_part": search.walked}


def walked(name: str, code: Code) -> tuple[Path, ...]:
    """The paths on which cells are counted."""
    return _WALKED.get(name, calls.walked)(name, code)


def _few_cells(name: str) -> Build:
    return lambda dialect, code: iter([within_bound(walked(name, code), MOST_CELLS[name])])


def _no_cells(dialect: object, code: Code) -> Iterator[Condition]:
    for name in NO_CELLS:
        yield within_bound(walked(name, code), 0)


def obligations() -> Iterator[CodeObligation]:
    """A bound for each function that touches cells itself, and that the others touch none."""
    for name, bound in MOST_CELLS.items():
        cells = "one cell" if bound == 1 else f"{bound} cells"
        sentence = f"{name} reads and writes at most {cells} of the tree with sizes besides what it calls, in a turn"
        yield CodeObligation(f"sized_{name}__touches__few_cells", "C12", sentence, _few_cells(name))
    sentence = "methods that walk along ranges read and write no cell of the tree with sizes but by what they call"
    yield CodeObligation(OF_NO_CELLS, "C12", sentence, _no_cells)
