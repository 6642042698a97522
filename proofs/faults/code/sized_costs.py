"""Functions on trees with sizes that look at more cells than their proofs allow."""

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from proofs.faults.code.wrong import WrongCode
from proofs.obligations.sized.cost import MOST_CELLS, OF_NO_CELLS
from proofs.obligations.source import Code
from refinement.ranges import sized_tree
from refinement.ranges.kernel import SizedKernel
from refinement.rewriting import definition_of, rewritten

LOOKS: Mapping[str, str] = {
    "create_block": "t.links.node_of[slot]",
    "next_part": "t.links.node_of[start]",
    "find": "t.links.node_of[slot]",
    "join": "t.order[one]",
    **dict.fromkeys(("move_block", "drop_block", "narrow_block", "halve", "buddy"), "t.order[node]"),
    "unite": "self.tree.slot[one]",
    **dict.fromkeys(("divide", "take_rights"), "self.tree.slot[node]"),
    **dict.fromkeys(("split", "flush_below", "restrict_below"), "self.tree.slot[top]"),
    **dict.fromkeys(
        ("isolate", "flush_part", "is_held", "derives_from", "lacks", "map_piece"), "self.tree.node_of[slot]"
    ),
    **dict.fromkeys(("move_piece", "take_block"), "self.tree.node_of[slot]"),
    **dict.fromkeys(("next_piece", "next_mapping"), "self.tree.node_of[start]"),
    "isolate_range": "self.tree.node_of[source]",
}
"""By function a cell at which it looks first, more often than is allowed."""


def _looking(name: str, cell: str, times: int) -> Code:
    function: Callable[..., Any] = getattr(sized_tree, name, None) or getattr(SizedKernel, name)
    tree = definition_of(function)[0]
    tree.body[1:1] = [ast.parse(cell).body[0] for _ in range(times)]
    return Code(sized={name: rewritten(function, tree)})


def of_costs() -> Iterator[WrongCode]:
    """All of them."""
    for name, cell in LOOKS.items():
        subject = f"sized_{name}__" if name in MOST_CELLS else OF_NO_CELLS
        times = MOST_CELLS.get(name, 0) + 1
        make = partial(_looking, name, cell, times)
        sentence = f"In {name}, a cell is looked at {times} times more."
        yield WrongCode(
            f"sized-{name.replace('_', '-')}-looks-often", sentence, "sized-step-otherwise", (subject,), make
        )
