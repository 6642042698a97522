"""What the proofs about the kernel with ranges use, so that solvers have less to look through.

A condition with fewer hypotheses is no weaker. What is left out here is known all the same, and a proof that needs it
is not found without it.
"""

from collections.abc import Collection

from proofs.execution.contract import CALLS
from proofs.execution.values import DISTINCT
from proofs.obligations.code import SOME_WAY
from proofs.obligations.sized.contracts import b
from proofs.obligations.sized.execution import EFFECT
from proofs.obligations.sized.kernel import BETWEEN
from proofs.obligations.sized.room import ASKED_FIRST
from proofs.obligations.sized.state import holds
from proofs.obligations.sized.with_tables import WRITTEN
from proofs.obligations.tree.loops import DECREASES, KEEPS

HERE: dict[str, tuple[str, ...]] = {
    "divide": ("nothing_at_none", "one slot"),
    "unite": ("nothing_at_none", "one slot"),
    "merge": ("one_mapping", "aligned", "one slot", "nothing_at_none"),
    "flush_range": ("some_right",),
    **dict.fromkeys(("map_range", "grant_range"), ("some_right", "one_mapping", "one slot", "aligned")),
    **dict.fromkeys(("isolate_range", "next_mapping", "withdraw_pieces"), (
        "one_mapping", "aligned", "nothing_at_none", "one slot", "some_right",
    )),
    "merge_pieces": ("one_mapping", "aligned", "one slot", "nothing_at_none"),
    "move_piece": (
        "one_mapping", "aligned", "no_cycle", "closure", "live_above", "nothing_at_none", "one slot",
    ),
    "is_held": ("one_mapping", "aligned", "one parent"),
    "next_piece": ("one_mapping", "aligned", "nothing_at_none"),
    "derives_from": (
        "one_mapping", "aligned", "closure", "frames_within_below", "no_cycle", "slot_node", "nothing_at_none",
        "one slot",
    ),
    "must_stay": ("one_mapping", "aligned", "some_right", "one slot"),
    **dict.fromkeys(("crosses", "refuses", "clear_target", "map_pieces", "restrict_pieces"), ("some_right",)),
    "has_frames": ("some_right",),
    "lacks": ("one_mapping", "aligned", "nothing_at_none"),
    "move_pieces": ("some_right", "one_mapping", "aligned", "one slot"),
    "map_piece": ("one_mapping", "aligned", "in_one_list", "nothing_at_none", "one slot"),
    "take_block": (
        *("one_mapping", "aligned", "closure", "live_above", "frames_within_below", "some_right"),
        *("fewer_rights_below", "nothing_at_none", "one slot"),
    ),
    "flush_below": (
        "closure", "no_descendant", "first_child", "live_above", "live_or_free", "in_one_list", "no_cycle",
        "one_mapping", "nothing_at_none", *(f"one {column}" for column in ("parent", "first_child", "slot")),
    ),
    "restrict_below": (
        "closure", "subtree_order", "neighbours", "first_child", "next_sibling", "prev_sibling", "first_of_parent",
        "no_child", "no_descendant", "no_cycle", "live_above", "live_or_free", "in_one_list", "some_right",
        "fewer_rights_below", "one_mapping", "nothing_at_none",
        *(f"one {column}" for column in ("parent", "first_child", "next_sibling", "slot")),
    ),
    "take_rights": (
        "closure", "no_cycle", "live_above", "some_right", "fewer_rights_below", "one_mapping", "nothing_at_none",
        "one slot",
    ),
    "flush_part": (
        "closure", "subtree_order", "neighbours", "siblings", "first_child", "next_sibling", "first_of_parent",
        "no_child", "no_descendant", "no_cycle", "live_above", "live_or_free", "in_one_list", "some_right",
        "fewer_rights_below", "one_mapping", "aligned", "frames_within", "frames_within_below", "nothing_at_none",
        *(f"one {column}" for column in ("parent", "first_child", "next_sibling", "prev_sibling", "slot")),
    ),
    "isolate": (
        "one_mapping", "aligned", "nothing_at_none", "one slot", "closure", "subtree_order", "live_above",
        "live_or_free", "in_one_list",
    ),
    "split": (
        "closure", "subtree_order", "neighbours", "siblings", "first_child", "next_sibling", "prev_sibling",
        "no_descendant", "no_cycle", "live_above", "live_or_free", "in_one_list", "nothing_at_none",
        "frames_within_below", *(f"one {column}" for column in ("parent", "first_child", "next_sibling", "slot")),
    ),
}  # fmt: skip
"""The invariants that the proof of a method uses, of the tree that a loop's turn begins with or the method itself."""

AFTER: dict[str, tuple[str, ...]] = {
    "isolate": ("one_mapping",),
    "restrict_below": ("live_above",),
    **dict.fromkeys(
        (
            "flush_range",
            "clear_target",
            "map_pieces",
            "map_range",
            "restrict_pieces",
            "move_pieces",
            "grant_range",
        ),
        ("some_right",),
    ),
    "map_piece": ("nothing_at_none",),
    "merge_pieces": ("one_mapping", "aligned", "one slot"),
    "isolate_range": ("one_mapping", "aligned", "one slot"),
    "take_block": (
        "one_mapping",
        "aligned",
        "closure",
        "live_above",
        "frames_within_below",
        "some_right",
        "fewer_rights_below",
        "one slot",
    ),
    "flush_part": (
        "closure",
        "live_above",
        "one_mapping",
        "aligned",
        "frames_within_below",
        "some_right",
        "fewer_rights_below",
        "one slot",
        "one parent",
    ),
    "take_rights": ("some_right", "first_child", "closure", "one first_child", "one slot"),
}
"""Likewise of trees after calls."""


EACH_TREE = frozenset(holds(b))
"""What is assumed of each tree."""

TWO_PAGES = {"Node": 7, "Slot": 5, "Frame": 2, "Order": 2}
ONE_PAGE = {"Node": 4, "Slot": 3, "Right": 2}
SIZES = {
    **dict.fromkeys(("flush_part", "take_block"), TWO_PAGES),
    **dict.fromkeys(
        (
            "crosses",
            "must_stay",
            "refuses",
            "clear_target",
            "map_pieces",
            "map_range",
            "restrict_pieces",
            "isolate_range",
            "next_mapping",
            "withdraw_pieces",
            "move_piece",
            "move_pieces",
            "merge_pieces",
            "grant_range",
        ),
        ONE_PAGE,
    ),
    "map_piece": {"Node": 5, "Slot": 3, "Right": 2},
}
"""Of which sizes hypotheses have a model that z3 does not find: a mapping of two pages, and one made from it; or ranges
of one page each, beside each other."""

IN_THE_LOOP = (
    "closure",
    "subtree_order",
    "neighbours",
    "next_sibling",
    "no_cycle",
    "live_above",
    "live_or_free",
    "in_one_list",
    "nothing_at_none",
    "one parent",
    "one slot",
)
WHERE = (
    "the cursor is",
    "the mapping of the block is",
    "the child has the part",
    "of the child:",
)
GOING_ON = (
    *(f"{name}, in the loop" for name in IN_THE_LOOP), *(f"{name}, after" for name in ("closure", "live_above")),
    "nothing_at_none", "the cursor is", "the mapping of the block is", "the other children are", "what is behind",
    "what is left stands", "gone is",
)  # fmt: skip
BEHIND = (*(f"{name}, in the loop" for name in IN_THE_LOOP), *WHERE)

OF_SLOTS = ("of two slots one", "what is earlier than", "a block begins there, in the loop")
IN_THE_WINDOW = (
    *OF_SLOTS, "a block has its first page", "a block within another", "blocks of one order", "orders are",
    "what goes from a block", "a page goes", "where pages go", "given_source begins", "given_target begins",
    "the two differ", "the walk is", "it ends no later, in the loop", "a block that begins in another",
    "where a page goes",
)  # fmt: skip
AHEAD = (
    *OF_SLOTS, "a block has its first page", "given_source begins", "it goes to a block",
    "where it goes lies in the window", "the range and the window",
    "all mappings are", "the other mappings are", "the mapping is where it goes", "a mapping is the block, in the loop",
    "no mapping has a page of the range and another, in the loop", "the walk is", "it ends no later, in the loop",
    "one slot, in the loop", "aligned, in the loop", "one_mapping, in the loop",
)  # fmt: skip

ONLY: dict[tuple[str, str], tuple[str, ...]] = {
    ("merge_pieces", "nothing can be joined with what it has passed"): (
        "of two slots one is earlier", "what is earlier than an earlier slot", "a block has its first page (slots)",
        "a block within another", "aligned, in the loop", "one_mapping, in the loop",
        "a block begins there, in the loop", "one mapping shows it, in the loop", "nothing can be joined with",
        "it has the page, or is NONE",
        "what is earlier than a block's end is earlier than the block or in it: slot_in", "it is NONE only if",
        "what else there is", "nothing before it is shown",
    ),
    ("flush_part", DECREASES): GOING_ON,
    ("flush_part", "the cursor is NONE or a child"): GOING_ON,
    ("flush_part", "the child has the part"): (
        *(f"{name}, in the loop" for name in ("aligned", "one slot", "closure", "live_above", "in_one_list",
        "nothing_at_none")), "the cursor is", "the page at which", "a page lies in",
        "of two blocks with a common page the larger", "a block has its first page", "it has the block",
        "orders are", "the mapping of the block is",
    ),
    ("flush_part", "of the child: what is elsewhere stands where it stood"): (
        "the child has the part", "what is elsewhere", "in_one_list, in the loop", "nothing_at_none, in the loop",
        "live_or_free, in the loop", "closure, in the loop", "live_above, in the loop", "the cursor is",
        "the mapping of the block is",
    ),
    ("flush_part", "of the child: what is left and above of the others was so of the node"): (
        "the child has the part", "what is left and above", "in_one_list, in the loop", "nothing_at_none, in the loop",
        "live_or_free, in the loop", "closure, in the loop", "live_above, in the loop", "the cursor is",
        "the mapping of the block is",
    ),
    ("flush_part", "the part was no other child"): (
        *BEHIND, "aligned, in the loop", "one_mapping, in the loop", "a block has its first page (slots)",
        "it begins where", "one slot, after",
    ),
    ("flush_part", "the part is below the mapping of the block, and shows its frames"): (
        *(f"{name}, in the loop" for name in ("closure", "live_above", "no_cycle", "nothing_at_none", "one parent")),
        "a block has its first page", "a mapping that is as large", "a page lies in", "aligned", "in_one_list",
        "blocks of one order with a common page are one (frames)", "one_mapping", "one slot, after",
        "it begins where", "it has the block", "of the child: what is elsewhere", "the child has the part",
        "the cursor is", "the link of moved", "what is shown above of moved", "what is shown of moved",
        "the mapping of the block is", "the node is a mapping of that order", "the page at which",
    ),
    ("flush_part", "the other children are where they were, and not in the part"): (
        *BEHIND, "the part was no other child", "closure, after", "the part is below",
    ),
    ("flush_part", "what is behind a later child was so before"): (
        *BEHIND, "the part was no other child", "closure, after", "live_above, after", "the other children are",
    ),
    ("flush_part", "what is neither below the part nor behind the child has lost the rights"): (
        "of the child: what is elsewhere", "what was passed", "what is not below", "closure, in the loop",
        "no_cycle, in the loop", "live_above, in the loop", "the cursor is", "the mapping of the block is",
    ),
    ("flush_part", "the mapping of the block is what it was"): (
        *(f"{name}, in the loop" for name in ("closure", "no_cycle", "live_above", "in_one_list", "nothing_at_none")),
        "closure, after", "the cursor is", "the mapping of the block is", "of the child: what is elsewhere",
        "the part is below", "gone is", "what is left stands", "what is left is as large",
    ),
    ("flush_part", "only what derives from the block loses"): (
        "only what derives", "the rights of any_page", "what is left stands", "what is left is as large", "gone is",
        "what is left has lost", "what is below the part derives",
    ),
    ("flush_part", "what is left derives from what it did"): (
        *(f"{name}, after" for name in ("closure", "live_above", "one_mapping", "one slot", "fewer_rights_below")),
        *(f"{said} any_page" for said in ("the link of", "what is shown of", "what is held of")),
        "what is left derives",
        "gone is", "what is left stands", "what is left is as large", "what is left has lost",
    ),
    ("flush_part", "no page gains"): (
        "no page gains", *(f"{said} any_page" for said in ("the link of", "what is shown of", "what is held of",
        "the rights of")), "what is left stands", "what is left is as large", "what is left has lost",
    ),
    ("isolate", "what is elsewhere stands where it stood"): (
        *("closure", "live_above", "in_one_list", "one_mapping", "a mapping that is as large", "the node has the page"),
        "what is elsewhere stands",
    ),
    ("isolate", "the node has the page"): (
        *("both halves are", "both together have", "the node has the page", "it has the page", "it is NONE only if"),
    ),
    ("take_block", "a page of the block that shows the frame is where the node shows it"): (
        "aligned", "one slot", "one_mapping", "frames_within_below", "it begins where", "it is a block",
        "the node is a mapping of that order", "what is elsewhere", "a block has its first page",
        "a block within another has no page", "a mapping shows", "a mapping that is as large", "a page lies in",
        "of two blocks with a common page the larger", "orders are", "the page at which", "what is shown",
        "where a mapping shows its frames",
    ),
    ("take_block", "what is below the node was in the block, or derived from it"): (
        "aligned", "one slot", "one_mapping", "frames_within_below", "it begins where", "it is a block",
        "the node is a mapping of that order", "what is elsewhere", "a block has its first page",
        "a block within another has no page", "a page lies in", "orders are", "the page at which", "the link of",
        "what is shown",
    ),
    ("take_block", "what was in the block, or derived from it, is below the node"): (
        "aligned", "one slot", "one_mapping", "it begins where", "it is a block", "the node is a mapping of that order",
        "a block has its first page", "a page lies in", "the page at which", "the link of", "what is shown",
    ),
    ("move_pieces", "it goes to a block"): IN_THE_WINDOW,
    ("move_pieces", "where it goes lies in the window"): IN_THE_WINDOW,
    ("move_pieces", "the range and the window have no common page"): IN_THE_WINDOW,
    ("move_pieces", "what is ahead stands alone"): AHEAD,
    ("move_pieces", "what goes is ahead, but for what has moved"): AHEAD,
    **{("move_pieces", f"up to the next: {said} gains nothing else"): (
        f"{said} gains nothing else", "what stays came", "what arrives came",
    ) for said in ("derives", "phys", "holds", "right")},
    **{("move_pieces", f"up to the next: {said} loses nothing else"): (
        f"{said} loses nothing else", "what came is there still",
    ) for said in ("derives", "phys", "holds", "right")},
    ("move_pieces", "up to the next: what is ahead has a right to pass on as before"): (
        "a page goes if", "what a page shows came", "up to the next: right loses nothing else",
    ),
    ("grant_range", EFFECT): (
        "where a page goes", "which pages", "a page shows one frame", "what derives from a page shows",
        "what is held is shown", "one page goes to a place", "a page has a right if and only if",
        "no page that goes is cleared", "a page has its rights with", "by name:", "what stays",
    ),
    ("grant_range", "what is left has rights that it had"): (
        "where a page goes", "which pages", "a page shows one frame", "what is left shows what it did",
        "a page has a right if and only if", "what derives from a page shows", "phys loses", "right gains",
        "right loses", "a page has its rights with",
    ),
    ("move_pieces", WRITTEN): (
        *OF_SLOTS, "what goes is ahead", "it is no earlier, after", "it is not behind the end, after",
        "no mapping that begins before it has a right", "the walk is",
    ),
}  # fmt: skip
"""The beginnings of all hypotheses that are used for a demand, or a part of one, beside what code decided."""

ALWAYS = (SOME_WAY, *DISTINCT)


def is_used(name: str, hypothesis: str) -> bool:
    """Return whether a proof uses a hypothesis: all that are no invariants, and some invariants."""
    if name not in HERE:
        return True
    said, _, when = hypothesis.partition(", ")
    used = AFTER.get(name, ()) if when.startswith("after") else HERE[name]
    return said not in EACH_TREE or said in used


def unused(name: str, what: str, part: str, hypotheses: Collection[str]) -> list[str]:
    """Of the hypotheses of a condition those that its proof does not use.

    What one part alone uses says nothing of paths on which some of it is not known.
    """
    left = [each for each in hypotheses if is_used(name, each) and (what == CALLS or not each.startswith(ASKED_FIRST))]
    only = ONLY.get((name, what), ONLY.get((name, part), ()) if what in (KEEPS, BETWEEN) else ())
    if only and all(any(each.startswith(begins) for each in left) for begins in only):
        left = [each for each in left if each in ALWAYS or each.startswith(only)]
    return [each for each in hypotheses if each not in left]
