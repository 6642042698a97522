"""Steps on a tree with sizes that are wrong in one way each, when executed on terms."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from z3 import And, ForAll, Implies

from model.spaces.theory import Term, a, r, x
from proofs.execution.contract import Named
from proofs.execution.values import no_node
from proofs.faults.code.sized_costs import of_costs
from proofs.faults.code.sized_counts import OF_COUNTS
from proofs.faults.code.sized_entries import OF_ENTRIES
from proofs.faults.code.sized_grants import OF_GRANTS
from proofs.faults.code.sized_handing_on import of_handing_on
from proofs.faults.code.sized_maps import OF_MAPS, OF_SEARCH
from proofs.faults.code.sized_methods import OF_METHODS
from proofs.faults.code.sized_ranges import OF_RANGES
from proofs.faults.code.sized_taking import EXECUTED_IN, OF_TAKING
from proofs.faults.code.text import with_idle_branch
from proofs.faults.code.wrong import WrongCode
from proofs.obligations.sized.calls import GRANTING, MAPPING, SEEN
from proofs.obligations.sized.contracts import used_of_join
from proofs.obligations.sized.pages import laws_of_pages
from proofs.obligations.sized.state import Shown, SizedState
from proofs.obligations.source import Code
from refinement.kernel import operations
from refinement.ranges import sized_tree
from refinement.ranges.kernel import SizedKernel
from refinement.rewriting import replaced

FUNCTIONS = (
    "find",
    "divide",
    "unite",
    "split",
    "isolate",
    "merge",
    "flush_below",
    "restrict_below",
    "take_rights",
    "flush_part",
    "take_block",
    "flush_range",
    *MAPPING,
    *GRANTING,
    "windows",
    "past",
    "next_part",
    "fitting",
    "initial",
    "create_block",
    "move_block",
    "drop_block",
    "narrow_block",
    "halve",
    "join",
    "buddy",
)
ENDS = {
    "create_block": ("return node", "node", "{line}\n    return node"),
    "move_block": ("count(t, slot, 1)", "node", "count(t, slot, 1)\n    {line}"),
    "halve": ("        child = after", "node", "        child = after\n    {line}"),
    "drop_block": (
        "count(t, t.links.slot[node], -1)\n    remove_leaf(t.links, node)",
        "above",
        "above = t.links.parent[node]\n    count(t, t.links.slot[node], -1)\n    remove_leaf(t.links, node)\n"
        "    {line}",
    ),
    "narrow_block": (
        "restrict_rights(t.links, node, kept)",
        "node",
        "restrict_rights(t.links, node, kept)\n    {line}",
    ),
    "join": ("return kept", "kept", "{line}\n    return kept"),
}
"""Where each function ends: its text there, a node that is live there or ``ROOTS``, and the text with a line added."""

TURN = ("link_leaf(links, other, child)", "child", "link_leaf(links, other, child)\n            {line}")
"""Likewise where a turn of the loop of ``halve`` ends that hands a child over."""

ADDED = {
    "order": ("a mapping gets the largest order", "t.order[{node}] = t.largest"),
    "count": ("a node is counted once more", "count(t, t.links.slot[{node}], 1)"),
    "parent": ("a node is taken to a root without leaving its list", "t.links.parent[{node}] = ROOTS"),
    "sibling": ("a node loses those behind it", "t.links.next_sibling[{node}] = NONE"),
    "rights": ("a mapping loses its rights", "t.links.rights[{node}] = 0"),
    "free": ("a free node is lost", "unlink_leaf(t.links, t.links.first_child[0])"),
    "none": ("something is written at NONE", "t.links.parent[NONE] = NONE"),
}
"""What a wrong function does at its end: in words, and in a line."""

OTHER = (
    ("returns-parent", "the parent is returned for the node", "create_block", "return node", "return parent"),
    ("order-unwritten", "the new node keeps what order it had", "create_block", "t.order[node] = order", "pass"),
    (
        "returns-node",
        "a move returns the node",
        "move_block",
        "count(t, slot, 1)",
        "count(t, slot, 1)\n    return node",
    ),
    (
        "returns-node",
        "a removal returns the node",
        "drop_block",
        "remove_leaf(t.links, node)",
        "remove_leaf(t.links, node)\n    return node",
    ),
    (
        "returns-node",
        "taking rights returns the node",
        "narrow_block",
        "restrict_rights(t.links, node, kept)",
        "restrict_rights(t.links, node, kept)\n    return node",
    ),
    (
        "returns-node",
        "halving returns the node",
        "halve",
        "        child = after",
        "        child = after\n    return node",
    ),
    ("keeps-its-order", "the node that is halved stays as large", "halve", "t.order[node] = half", "pass"),
    (
        "deals-out-nothing",
        "what was mapped from the upper half stays with the lower one",
        "halve",
        "link_leaf(links, other, child)",
        "link_leaf(links, node, child)",
    ),
    (
        "uncounts",
        "a child that is handed over is no longer counted",
        "halve",
        "link_leaf(links, other, child)",
        "link_leaf(links, other, child)\n            count(t, links.slot[child], -1)",
    ),
    ("stays", "the walk along the children does not go on", "halve", "        child = after", "        child = child"),
    ("leaves-out-the-largest", "the largest order is not tried", "find", "t.largest + 1", "t.largest"),
    ("of-others", "a larger mapping is passed over", "find", "t.order[node] >= order", "t.order[node] == order + 1"),
    (
        "without-children",
        "a mapping with children is never taken for a half",
        "buddy",
        "links.first_child[node] != NONE and links",
        "links.first_child[node] != NONE or links",
    ),
    (
        "of-any-order",
        "a mapping that begins before the page is taken for one that has it",
        "find",
        " and t.order[node] >= order",
        "",
    ),
    (
        "looks-at-none",
        "what is at NONE is looked at",
        "find",
        "node = t.links",
        "t.links.slot[NONE]\n        node = t.links",
    ),
    ("begins-too-large", "an order above the largest is tried", "fitting", "order = largest", "order = largest + 1"),
    ("grows", "the next order that is tried is larger", "fitting", "order -= 1", "order += 1"),
    ("stays", "the same order is tried again", "fitting", "order -= 1", "order = order"),
    ("passes-the-end", "a block may end later", "fitting", " or end < upper(at, order)", ""),
    (
        "as-large-as-can-be",
        "each mapping has the largest order",
        "initial",
        "fitting(at, scope.frames, tree.largest)",
        "tree.largest",
    ),
    (
        "roots-free",
        "the list of roots is free",
        "initial",
        "tree = blank(scope)",
        "tree = blank(scope)\n    tree.links.parent[ROOTS] = 0",
    ),
    ("stays", "the next mapping is made at the same page", "initial", "at = upper(at, order)", "at = at"),
    ("returns-links", "the links alone are returned", "initial", "return tree", "return tree.links"),
    (
        "looks-at-none",
        "something is written at NONE",
        "initial",
        "at = upper(at, order)",
        "tree.links.parent[NONE] = NONE\n        at = upper(at, order)",
    ),
    (
        "not-the-largest",
        "the largest mapping stays whole",
        "halve",
        "links, half = (t.links, t.order[node] - 1)",
        "links, half = (t.links, t.order[node] - 1)\n    if t.order[node] == t.largest:\n        return None",
    ),
    (
        "not-to-the-largest",
        "two halves of a largest mapping stay two",
        "join",
        "kept, gone = (one, other)",
        "kept, gone = (one, other)\n    if wider == t.largest:\n        return kept",
    ),
    ("returns-gone", "the node that is gone is returned", "join", "return kept", "return gone"),
    (
        "keeps-the-leaf",
        "the half that has children is removed",
        "join",
        "links.first_child[other] != NONE",
        "links.first_child[other] == NONE",
    ),
    ("keeps-its-order", "the joined node stays a half", "join", "t.order[kept] = wider", "pass"),
    (
        "finds-nothing",
        "the other half is never found",
        "buddy",
        "return other if is_block(links.frame[lower], order + 1) else NONE",
        "return NONE",
    ),
    (
        "of-any-order",
        "a mapping of another order is taken for the other half",
        "buddy",
        "if t.order[other] != order:\n        return NONE",
        "",
    ),
    (
        "of-any-rights",
        "a mapping with other rights is taken for the other half",
        "buddy",
        "if links.rights[other] != links.rights[node]:\n        return NONE",
        "",
    ),
    (
        "looks-at-none",
        "what is not there is looked at",
        "buddy",
        "if other == NONE:\n        return NONE",
        "",
    ),
)
"""Other ways to be wrong: a name, words, the function, and a piece of its text that is replaced."""


def _knows_more(pages: Shown, f: SizedState) -> Named:
    return {**laws_of_pages(pages, f), "every page has every right": ForAll([x, a, r], pages.right(x, a, r))}


def _knows_rights(pages: Shown, f: SizedState) -> Named:
    some = ForAll([x, a, r], Implies(pages.phys(x, r), pages.right(x, a, r)))
    return {**laws_of_pages(pages, f), "what is shown has every right": some}


def _uses_more(f: SizedState, one: Term, other: Term) -> Named:
    childless = And(f.first_child(one, no_node), f.first_child(other, no_node))
    return {**used_of_join(f, one, other), "neither has a child": childless}


KNOWING: Mapping[str, tuple[str, Callable[[Shown, SizedState], Named]]] = {
    "knows-more": ("it is taken for known that every page has every right", _knows_more),
    "knows-rights": ("it is taken for known that what is shown has every right", _knows_rights),
}
"""What is known of pages, and does not hold."""


def _fault(function: str, name: str, said: str, mechanism: str, make: Callable[[], Code]) -> WrongCode:
    of = function.replace("_", "-")
    sentence = f"In {function}, {said}."
    subject = EXECUTED_IN.get(function, function)
    return WrongCode(f"sized-{of}-{name}", sentence, mechanism, (f"sized_{subject}__",), make)


def _source(function: str) -> Callable[..., Any]:
    """A function of the tree, or a method of the kernel."""
    found: Callable[..., Any] = getattr(sized_tree, function, None) or getattr(SizedKernel, function)
    return found


def _changed(function: str, old: str, new: str) -> Code:
    return Code(sized={function: replaced(_source(function), old, new)})


def _searching(old: str, new: str) -> Code:
    return Code(functions={"is_below": replaced(operations.is_below, old, new)})


def _idle(function: str) -> Code:
    return Code(sized={function: with_idle_branch(_source(function))})


def _faults() -> Iterator[WrongCode]:
    for function, (old, node, new) in ENDS.items():
        for name, (said, line) in ADDED.items():
            make = partial(_changed, function, old, new.format(line=line.format(node=node)))
            yield _fault(function, name, said, f"sized-step-{name}", make)
    old, node, new = TURN
    for name, (said, line) in ADDED.items():
        make = partial(_changed, "halve", old, new.format(line=line.format(node=node)))
        yield _fault("halve", f"turn-{name}", f"after a turn of its loop, {said}", f"sized-step-{name}", make)
    for name, said, function, old, new in (
        *OTHER,
        *OF_METHODS,
        *OF_TAKING,
        *OF_RANGES,
        *OF_MAPS,
        *OF_COUNTS,
        *OF_ENTRIES,
        *OF_GRANTS,
    ):
        yield _fault(function, name, said, "sized-step-otherwise", partial(_changed, function, old, new))
    for name, said, old, new in OF_SEARCH:
        yield _fault("is_below", f"search-{name}", said, "sized-step-otherwise", partial(_searching, old, new))
    said = "it is used that none of the two has a child"
    make = partial(Code, sized={"used_of_join": _uses_more})
    yield _fault("join", "uses-more", said, "sized-step-otherwise", make)
    for name, (said, knows) in KNOWING.items():
        for function in SEEN:
            make = partial(Code, sized={"laws_of_pages": knows})
            yield _fault(function, name, said, "sized-step-otherwise", make)
    yield from of_handing_on()
    yield from of_costs()
    for function in FUNCTIONS:
        said = "there is a branch that is never taken"
        yield _fault(function, "branch-idle", said, "sized-step-idle", partial(_idle, function))


OF_SIZED: Mapping[str, WrongCode] = MappingProxyType({fault.name: fault for fault in _faults()})
"""All of them, by name."""

MECHANISMS = {
    **{f"sized-step-{name}": f"on a tree with sizes, {said}" for name, (said, _) in ADDED.items()},
    "sized-step-otherwise": "a step on a tree with sizes makes, keeps, takes or returns another node than it should",
    "sized-step-idle": "a step on a tree with sizes has a branch that is never taken",
}
"""Their rows in the catalogue."""
