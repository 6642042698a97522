"""The example of lists in pre-order, and what is wrong if a place of it is written in another way."""

from dataclasses import dataclass
from pathlib import Path

from proofs.c_code.shapes import by_id
from proofs.obligations.c_code.obligations import CObligation
from tests import ROOT

EXAMPLES = ROOT / "docs" / "examples"
CODE, BINDING = ((EXAMPLES / f"preorder{end}").read_text("utf-8") for end in (".c", ".toml"))

BACK = "    if (after)\n        after->prev = node;\n"
NARROW = """        if (node->rights & kept)
            node->rights &= kept;
        else
            remove_node(node);
        node = before;
"""
REMOVED = """    unlink_node(node);
    node->next = free_nodes;
    free_nodes = node;
"""
NAMED_NO_MORE = "    node_of[slot(node->space, node->page)] = NULL;\n"
TESTED = " || source->depth == DEEPEST"
GRANTED = """    source->rights &= rights;
    node_of[slot(src_space, src_page)] = NULL;
    place_node(source, dst_space, dst_page);
"""
PLACED = "    source->rights &= rights;\n    place_node(source, dst_space, dst_page);\n"
SCANNED = "for (const struct node *each = top->next; each && each->depth > top->depth; each = each->next)"
ONE_DEEPER = "node->depth = parent->depth + 1;"


@dataclass(frozen=True)
class Wrong:
    """A place of the code written in another way, and an obligation that falls."""

    old: str
    new: str
    falls: str
    depth: str = "uint32_t"


WRONG = {
    "stale cursor": Wrong(
        NARROW, NARROW.replace("node = before", "node = node->prev"), "restrict_below__uses__no_freed_node"
    ),
    "early stop": Wrong(
        "node->next->depth > top->depth)", "node->next->depth > node->depth)", "restrict_below__at_first"
    ),
    "depth wraps in 8 bits": Wrong(TESTED, "", "musigma_map__wraps__no_depth", "uint8_t"),
    "depth wraps in 16 bits": Wrong(TESTED, "", "musigma_map__wraps__no_depth", "uint16_t"),
    "missing back link": Wrong(BACK, "", "create_node__preserves__prev"),
    "wrong order of unlink": Wrong(
        REMOVED,
        "    node->next = free_nodes;\n    free_nodes = node;\n    unlink_node(node);\n",
        "remove_node__uses__no_freed_node",
    ),
    "children forgotten on grant": Wrong(
        GRANTED,
        "    target = source->prev;\n    rights &= source->rights;\n    remove_node(source);\n"
        "    create_node(target, dst_space, dst_page, rights);\n",
        "musigma_grant__calls__where_allowed",
    ),
    "rights not intersected": Wrong(
        "dst_page, source->rights & rights);", "dst_page, rights);", "musigma_map__calls__where_allowed"
    ),
    "NULL not tested": Wrong(BACK, "    after->prev = node;\n", "create_node__accesses__nodes"),
    "freed node kept in node_of": Wrong(NAMED_NO_MORE, "", "remove_node__preserves__in_one_list"),
    "grant widens": Wrong(
        "    source->rights &= rights;\n", "    source->rights = rights;\n", "musigma_grant__preserves__fewer_rights"
    ),
    "children of a grant keep their rights": Wrong(
        "    restrict_below(source, rights);\n", "", "musigma_grant__preserves__fewer_rights"
    ),
    "granted page stays with the granter": Wrong(
        "    node_of[slot(src_space, src_page)] = NULL;\n", "", "musigma_grant__preserves__slot_node"
    ),
    "frame holder overwritten": Wrong("(!target->depth || is_below", "(is_below", "musigma_map__calls__where_allowed"),
    "a child as deep as its parent": Wrong(ONE_DEEPER, "node->depth = parent->depth;", "create_node__at_exit"),
    "a child two deeper than its parent": Wrong(
        ONE_DEEPER, "node->depth = parent->depth + 2;", "create_node__preserves__steps"
    ),
    "depth cut off where it is written": Wrong(
        ONE_DEEPER, "node->depth = (uint8_t)(parent->depth + 1);", "create_node__preserves__derived"
    ),
    "depth cut off where it is compared": Wrong(
        SCANNED, SCANNED.replace("each->depth > top", "(uint8_t)each->depth > (uint8_t)top"), "is_below__at_exit"
    ),
    "depths compared with a sign": Wrong(
        SCANNED,
        SCANNED.replace("each->depth > top", "(int8_t)each->depth > (int8_t)top"),
        "is_below__at_exit",
        "uint8_t",
    ),
    "as deep counts as below": Wrong(SCANNED, SCANNED.replace(" > ", " >= "), "is_below__keeps_invariant"),
    "depth tested one too late": Wrong(TESTED, " || source->depth > DEEPEST", "musigma_map__wraps__no_depth"),
    "depth tested too early": Wrong(TESTED, " || source->depth >= 10", "musigma_map__refuses__with_the_theory"),
    "some of a turn left undone": Wrong(
        NARROW, NARROW.replace("        else\n", "        else if (!kept)\n"), "restrict_below__keeps_invariant"
    ),
    "a walk that does not move": Wrong(
        NARROW, NARROW.replace("node = before", "node = before ? node : before"), "restrict_below__decreases"
    ),
    "an answer with bits that are no rights": Wrong(
        "*rights = node ? node->rights : 0;",
        "*rights = node ? node->rights | 8 : 0;",
        "musigma_lookup__answers__what_the_database_says",
    ),
    "free nodes lost": Wrong(
        "    node->next = free_nodes;\n    free_nodes = node;\n", "", "remove_node__preserves__in_one_list"
    ),
    "granted page placed, and its new slot erased": Wrong(
        GRANTED,
        PLACED + "    node_of[slot(dst_space, dst_page)] = NULL;\n",
        "musigma_grant__simulates__grant",
    ),
    "granted page placed, and left in its old slot as well": Wrong(
        GRANTED,
        PLACED + "    node_of[slot(src_space, src_page)] = source;\n",
        "musigma_grant__simulates__grant",
    ),
    "granted page placed with its old numbers": Wrong(
        GRANTED,
        PLACED.replace("place_node(source, dst_space, dst_page)", "node_of[slot(dst_space, dst_page)] = source")
        + "    node_of[slot(src_space, src_page)] = NULL;\n",
        "musigma_grant__preserves__slot_node",
    ),
    "not the first free node": Wrong(
        "    free_nodes = node->next;\n",
        "    free_nodes = node->next ? node->next->next : NULL;\n",
        "create_node__preserves__in_one_list",
    ),
}


def obligations_of(folder: Path, old: str = "", new: str = "", depth: str = "uint32_t") -> dict[str, CObligation]:
    """The obligations of the example with one place written in another way."""
    assert old == "" or CODE.count(old) == 1, old
    (folder / "lists.c").write_text(CODE.replace(old, new, 1) if old else CODE)
    (folder / "lists.toml").write_text(BINDING.replace("../../refinement/check", f"{ROOT}/refinement/check"))
    return by_id(str(folder / "lists.c"), str(folder / "lists.toml"), (f"-DDEPTH={depth}",), "canonical")
