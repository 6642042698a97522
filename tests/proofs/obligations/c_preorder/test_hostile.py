"""C on lists that does what no proof sees, or what is undefined: refused with its line, or refuted; none is proved."""

import re
import shutil
from pathlib import Path

import pytest

from proofs.execution.path import ExecutionError
from proofs.obligations.c_code.binding import BindingError
from tests.proofs.obligations.c_preorder.test_lists import refuted
from tests.proofs.obligations.c_preorder.variants import NAMED_NO_MORE, NARROW, ONE_DEEPER, REMOVED, obligations_of

pytestmark = pytest.mark.skipif(
    not any(shutil.which(name) for name in ("clang", "clang-14", "clang-19")), reason="no clang on the PATH"
)

Change = tuple[str, str, str]

DEPTH = "    DEPTH depth; "
TURN = "    while (node != top) {\n"
OUT = "    return target && (!target->depth || is_below(source, target));"

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
