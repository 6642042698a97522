"""Invariants of the loop of ``tree.c``, as a user writes them."""

from collections.abc import Callable

from z3 import BoolRef, BoolVal, ExprRef, Or

from proofs.obligations.tree.tree import TreeState

Variables = Callable[[str], ExprRef]


def seen_beside(start: TreeState, tree: TreeState, variable: Variables) -> dict[str, BoolRef]:
    """What was seen last is the cursor or its parent."""
    seen, cursor = variable("seen"), variable("cursor")
    return {"seen is the cursor or its parent": Or(seen == cursor, tree.parent(cursor, seen))}


def seen_is_cursor(start: TreeState, tree: TreeState, variable: Variables) -> dict[str, BoolRef]:
    """Wrong: holds at first, and is not kept."""
    return {"seen is the cursor": variable("seen") == variable("cursor")}


def never(start: TreeState, tree: TreeState, variable: Variables) -> dict[str, BoolRef]:
    """Wrong from the beginning."""
    return {"nothing": BoolVal(False)}


def no_formula(start: TreeState, tree: TreeState, variable: Variables) -> dict[str, bool]:
    """No invariant."""
    return {"yes": True}


def divides(start: TreeState, tree: TreeState, variable: Variables) -> dict[str, BoolRef]:
    """No invariant: it ends in an error."""
    return {"nothing": BoolVal(1 // 0 == 0)}
