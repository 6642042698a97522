"""C on lists that does what no proof sees, or what is undefined: refused with its line, or refuted; none is proved."""

import re
import shutil
from pathlib import Path

import pytest

from proofs.execution.path import ExecutionError
from proofs.obligations.c_code.binding import BindingError
from proofs.verdict import Verdict
from tests.proofs.obligations.c_preorder.test_lists import refuted, verdict
from tests.proofs.obligations.c_preorder.variants import (
    CODE,
    NAMED_NO_MORE,
    NARROW,
    ONE_DEEPER,
    REMOVED,
    TESTED,
    obligations_of,
)

pytestmark = pytest.mark.skipif(
    not any(shutil.which(name) for name in ("clang", "clang-14", "clang-19")), reason="no clang on the PATH"
)

Change = tuple[str, str, str]

DEPTH = "    DEPTH depth; "
TURN = "    while (node != top) {\n"
OUT = "    return target && (!target->depth || is_below(source, target));"
MADE = "    create_node(source, dst_space, dst_page, source->rights & rights);"
RANGE = "return space < spaces && page < pages;"
FOUND = "    return node ? (int64_t)node->frame : -1;"

REFUSED: dict[str, Change] = {
    "a depth that is volatile": (DEPTH, "    volatile DEPTH depth; ", "lists.c:72: unsupported: .* volatile"),
    "a depth that is atomic": (DEPTH, "    _Atomic DEPTH depth; ", "lists.c:72: unsupported: .*atomic"),
    "a depth of some bits": (DEPTH, "    unsigned depth : 8; ", "no field depth, or one of some bits or in a union"),
    "a depth in a union": (
        DEPTH,
        "    union { DEPTH depth; uint32_t raw; }; ",
        "no field depth, or one of some bits or in a union",
    ),
    "a walk that calls itself": (
        TURN,
        f"    if (node != top && node->prev != top)\n        restrict_below(node, kept);\n{TURN}",
        "lists.c:96: unsupported: restrict_below is called inside of itself",
    ),
    "a pointer that is said to be an array": (
        "static void unlink_node(struct node *node)",
        "static void unlink_node(struct node node[static 1])",
        r"lists.c:53: unsupported: what an attribute, restrict or static promises of unlink_node: .*dereferenceable",
    ),
    "a mapping made at the end of its list, by a loop": (
        MADE,
        "    struct node *last = source;\n    while (last->next)\n        last = last->next;\n"
        + MADE.replace("(source,", "(last,"),
        r"functions.musigma_map.loops: musigma_map has 1 loops \(at lines 169\), here are 0",
    ),
}

REFUTED: dict[str, Change] = {
    "a freed node": (REMOVED, f"{REMOVED}    node->rights = 0;\n", "remove_node__uses__no_freed_node"),
    "a node freed twice": (
        REMOVED,
        f"{REMOVED}    node->next = free_nodes;\n    free_nodes = node;\n",
        "remove_node__preserves__next",
    ),
    "a pointer without a value": (
        NAMED_NO_MORE,
        f"{NAMED_NO_MORE}    struct node *m;\n    if (node->space)\n        m = node;\n    m->rights = m->rights;\n",
        "remove_node__reads__nothing_uninitialised",
    ),
    "a function that ends without an answer": (
        OUT,
        "    if (target && (!target->depth || is_below(source, target)))\n        return 1;",
        "musigma_grant__reads__nothing_uninitialised",
    ),
    "a depth that overflows as a signed number": (
        ONE_DEEPER,
        "node->depth = (int)parent->depth + 1;",
        "create_node__overflows__nowhere",
    ),
    "a shift by a depth": (
        NAMED_NO_MORE,
        f"{NAMED_NO_MORE}    if (1u << node->depth)\n        free_nodes = free_nodes;\n",
        "remove_node__overflows__nowhere",
    ),
    "a struct copied onto its neighbour": (
        NAMED_NO_MORE,
        f"{NAMED_NO_MORE}    if (node->next)\n        *node->next = *node;\n",
        "remove_node__at_exit",
    ),
    "a link copied as bytes": (
        NAMED_NO_MORE,
        f"{NAMED_NO_MORE}    __builtin_memcpy(&node->prev, &node->next, sizeof node->prev);\n",
        "remove_node__accesses__nodes",
    ),
    "a loop left early": (
        NARROW,
        f"{NARROW}        if (before->rights == 1)\n            break;\n",
        "restrict_below__at_exit",
    ),
    "a function left early": (
        NARROW,
        f"{NARROW}        if (!kept && before->depth == top->depth + 1)\n            return;\n",
        "restrict_below__at_exit",
    ),
    "a loop left early by goto": (
        NARROW,
        f"{NARROW}        if (before == top->next)\n            goto out;\n    }}\n    out:\n    {{\n",
        "restrict_below__at_exit",
    ),
    "a turn that does not move": (
        NARROW,
        f"        if (node->rights == kept)\n            continue;\n{NARROW}",
        "restrict_below__decreases",
    ),
    "a cursor that goes to the end at once": (
        NARROW,
        NARROW.replace("node = before", "node = kept ? before : top"),
        "restrict_below__keeps_invariant",
    ),
    "the depth of another node tested": (
        TESTED,
        " || (target && target->depth == DEEPEST)",
        "musigma_map__wraps__no_depth",
    ),
    "a frame's number cut off": (
        "node->frame = parent->frame;",
        "node->frame = parent->frame & 0xffff;",
        "create_node__at_exit",
    ),
    "a free node that stays free": ("    free_nodes = node->next;\n", "", "create_node__preserves__in_one_list"),
    "a look that writes": (
        FOUND,
        f"    if (node)\n        ((struct node *)node)->rights = MUSIGMA_ALL;\n{FOUND}",
        "musigma_lookup__answers__what_the_database_says",
    ),
    "an answer of 8 bits": (
        FOUND,
        FOUND.replace("int64_t", "int8_t"),
        "musigma_lookup__answers__what_the_database_says",
    ),
    "the complement flushed": (
        "restrict_below(top, MUSIGMA_ALL & ~rights);",
        "restrict_below(top, rights);",
        "musigma_flush__simulates__flush",
    ),
    "a page too many in range": (RANGE, RANGE.replace("page < ", "page <= "), "musigma_flush__stays__in_arrays"),
    "a range compared with a sign": (
        RANGE,
        "return (int)space < (int)spaces && (int)page < (int)pages;",
        "musigma_flush__stays__in_arrays",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_no_proof_sees_is_refused(tmp_path: Path, what: str) -> None:
    old, new, says = REFUSED[what]
    with pytest.raises((ExecutionError, BindingError)) as found:
        obligations_of(tmp_path, old, new)
    assert re.search(says, str(found.value))


@pytest.mark.slow
@pytest.mark.parametrize("what", REFUTED)
def test_what_is_undefined_or_wrong_is_refuted(tmp_path: Path, what: str) -> None:
    old, new, falls = REFUTED[what]
    assert refuted(obligations_of(tmp_path, old, new)[falls])


@pytest.mark.long
def test_a_depth_that_stays_at_its_greatest_is_refuted(tmp_path: Path) -> None:
    """Instead of wrapping around it says of a mapping that it is as deep as the one that it was made from."""
    code = CODE.replace(TESTED, "").replace(
        ONE_DEEPER, "node->depth = parent->depth == DEEPEST ? DEEPEST : parent->depth + 1;"
    )
    assert refuted(obligations_of(tmp_path, CODE, code, "uint8_t")["musigma_map__wraps__no_depth"])


@pytest.mark.long
def test_a_call_through_a_pointer_to_one_function_is_a_call_of_that(tmp_path: Path) -> None:
    old, new = "        remove_node(top);", "        void (*f)(struct node *) = remove_node;\n        f(top);"
    found = obligations_of(tmp_path, old, new)
    assert verdict(found["remove_tree__executes__every_block"]) == Verdict.PROVED
    assert verdict(found["musigma_map__calls__where_allowed"]) == Verdict.PROVED


@pytest.mark.long
@pytest.mark.parametrize(("test", "proved"), [("if (rights)", False), ("if (!target || rights)", False), ("", True)])
def test_what_never_is_otherwise_need_not_be_asked(tmp_path: Path, test: str, proved: bool) -> None:
    """Without a right in common the grant was refused before, so that some right is asked for here."""
    erased = "    node_of[slot(src_space, src_page)] = NULL;\n"
    found = obligations_of(tmp_path, erased, f"    {test}\n    {erased}" if test else erased)
    assert (verdict(found["musigma_grant__executes__every_block"]) == Verdict.PROVED) == proved


@pytest.mark.long
@pytest.mark.parametrize(("compared", "proved"), [("!rights", True), ("rights == 1", False)])
def test_rights_in_an_argument_are_compared_with_a_number(tmp_path: Path, compared: str, proved: bool) -> None:
    """A flush of no right does nothing; one of some right does something."""
    old = "    if (top)\n        restrict_below(top, MUSIGMA_ALL & ~rights);"
    found = obligations_of(tmp_path, old, f"    if ({compared})\n        return MUSIGMA_DONE;\n{old}")
    assert (verdict(found["musigma_flush__simulates__flush"]) == Verdict.PROVED) == proved
