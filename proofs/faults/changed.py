"""Code with one piece of its text replaced: what else can be wrong in the functions and methods that are proved.

A change of a function that makes a tree, of a primitive, of an operation, or of a method of the kernel. The text is as
:func:`ast.unparse` writes it.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from proofs.refinement.source import CODE, Code
from proofs.refinement.units import UNITS, function_named
from refinement.kernel import Kernel
from refinement.rewriting import definition_of, replaced, rewritten


class Changed(NamedTuple):
    """Code that is wrong in one place.

    :param name: what it is called.
    :param sentence: how it goes wrong.
    :param of: the function that is changed; after ``Kernel.`` a method.
    :param units: what the obligations that can notice it are about: how their ids begin.
    :param code: the code with it.
    """

    name: str
    sentence: str
    of: str
    units: tuple[str, ...]
    code: Code


def with_function(of: str, function: Callable[..., Any]) -> Code:
    """The code with a function in the place of that one."""
    owner, _, method = of.rpartition(".")
    return Code(kernel=type("Kernel", (Kernel,), {method: function})) if owner else Code({of: function})


def changed(
    name: str, sentence: str, of: str, units: str, *texts: tuple[str, str]
) -> Changed:
    """A change of pieces of text; what the units are called, with spaces between them."""
    function = function_named(of, CODE)
    for old, new in texts:
        function = replaced(function, old, new)
    return Changed(name, sentence, of, tuple(units.split()), with_function(of, function))


def with_idle_branch(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with a branch that is never taken."""
    tree = deepcopy(definition_of(function)[0])
    documented = ast.get_docstring(tree) is not None
    tree.body.insert(int(documented), ast.parse("if 0 == 1:\n    return None").body[0])
    return rewritten(function, tree)


def idle() -> Iterator[Changed]:
    """In the first function of each unit a branch that is never taken."""
    for unit in UNITS:
        of = unit.home[0]
        code = with_function(of, with_idle_branch(function_named(of, CODE)))
        name = f"{unit.id.replace('_', '-')}-branch-idle"
        yield Changed(name, f"There is a branch in {of} that is never taken.", of, (unit.id,), code)


def nothing(before: str, what: str) -> tuple[str, str]:
    """A piece of text that is left out."""
    return f"{before}{what}", f"{before}pass"


_ALL_LIVE = ("slot=filled(nodes, NONE)", "slot=filled(nodes, FREE)")

OF_EMPTY: tuple[Changed, ...] = tuple(
    changed(f"empty-{name}", sentence, "empty", "empty", *texts)
    for name, sentence, *texts in (
        ("below-roots", "Nodes that are free are below the roots.", ("filled(nodes, FREE)", "filled(nodes, ROOTS)")),
        ("in-no-list", "Nodes that are free have no parent.", ("filled(nodes, FREE)", "filled(nodes, NONE)")),
        ("first-child-skipped", "The first free node is left out.", ("= FIRST\n", "= FIRST + 1\n")),
        ("no-first-child", "The list of free nodes has no beginning.", ("first_child[FREE] = FIRST", "pass")),
        ("without-before", "No node knows what is before it.", ("before[FIRST + 1:nodes]", "before[FIRST:nodes - 1]")),
        ("without-after", "No node knows what is after it.", ("after[FIRST:nodes - 1]", "after[FIRST - 1:nodes - 2]")),
        ("roots-in-list", "The parent of the roots is itself.", ("parent[ROOTS] = NONE", "parent[ROOTS] = ROOTS")),
        ("free-in-list", "The parent of the free nodes is itself.", ("parent[FREE] = NONE", "parent[FREE] = FREE")),
        (
            "with-siblings",
            "The roots come before the first free node.",
            ("filled(nodes, NONE), filled", "filled(nodes, FIRST), filled"),
        ),
        ("with-children", "Free nodes have a child.", ("first_child = (filled(nodes, FREE), filled(nodes, NONE))", "first_child = (filled(nodes, FREE), filled(nodes, FIRST))")),
        ("frames-kept", "Free nodes have a frame.", ("frame=filled(nodes, NONE)", "frame=filled(nodes, FREE)")),
        ("slots-mapped", "Slots name a node that stands for none.", ("filled(slots, NONE)", "filled(slots, FREE)")),
        ("all-live", "Free nodes stand for a slot.", _ALL_LIVE),
        (
            "all-live-with-frames",
            "Free nodes stand for a slot, each with a frame.",
            _ALL_LIVE,
            ("frame=filled(nodes, NONE)", "frame=filled(nodes, FREE)"),
        ),
        (
            "all-live-with-rights",
            "Free nodes stand for a slot, and one has rights.",
            _ALL_LIVE,
            ("return", "rights = np.zeros(nodes, np.uint8)\n    rights[FIRST] = 7\n    return"),
            ("rights=np.zeros(nodes, np.uint8)", "rights=rights"),
        ),
        ("one-too-long", "More nodes are linked than there are.", ("after[FIRST:nodes - 1]", "after[FIRST:nodes]")),
        ("one-too-few", "There is one node fewer than mappings.", ("nodes = mappings + FIRST", "nodes = mappings + 1")),
    )
)  # fmt: skip

OF_START: tuple[Changed, ...] = (
    changed(
        "one-mapping-too-many",
        "A tree is made that has one mapping more than 32 bits count.",
        "require_room",
        "empty",
        ("number > MOST", "number > MOST + 1"),
    ),
    changed(
        "initial-makes-more",
        "There is a mapping before the first frame is given to σ0.",
        "initial",
        "initial",
        ("for r in", "create_leaf(tree, ROOTS, tree.slot[ROOTS], tree.frame[ROOTS], ALL_RIGHTS)\n    for r in"),
    ),
    changed(
        "initial-leaves-out",
        "No frame is given to σ0.",
        "initial",
        "initial",
        ("create_leaf(tree, ROOTS, r, r, ALL_RIGHTS)", "pass"),
    ),
    changed(
        "initial-without-loop",
        "The tree is returned as it was made.",
        "initial",
        "initial",
        ("for r in range(scope.frames):\n        create_leaf(tree, ROOTS, r, r, ALL_RIGHTS)", "pass"),
    ),
    changed(
        "initial-narrows-nothing",
        "Rights are taken from a node that is none.",
        "initial",
        "initial",
        ("return tree", "restrict_rights(tree, tree.node_of[NONE], 0)\n    return tree"),
    ),
    changed(
        "start-reserves-more",
        "Tables are reserved for a slot that is none.",
        "Kernel._show_sigma0",
        "kernel_start",
        ("for slot in", "self.tables.reserve(NONE)\n    for slot in"),
    ),
    changed(
        "start-reserves-twice",
        "Tables are reserved for a slot once more.",
        "Kernel._show_sigma0",
        "kernel_start",
        ("ALL_RIGHTS)", "ALL_RIGHTS)\n        self.tables.reserve(slot)"),
    ),
    changed(
        "start-writes-twice",
        "An entry that was written is cleared again.",
        "Kernel._show_sigma0",
        "kernel_start",
        ("ALL_RIGHTS)", "ALL_RIGHTS)\n        self.tables.clear(slot)"),
    ),
    changed(
        "start-reserves-nothing",
        "An entry is written where no table is reserved.",
        "Kernel._show_sigma0",
        "kernel_start",
        ("not self.tables.reserve(slot)", "False"),
    ),
    changed(
        "start-without-loop",
        "No entry of σ0 is written.",
        "Kernel._show_sigma0",
        "kernel_start",
        ("self.tables.write(slot, self.first_frame + slot, ALL_RIGHTS)", "pass"),
        ("for slot in range(self.scope.frames)", "for slot in ()"),
    ),
    changed(
        "start-refused",
        "The start is refused when there are tables enough.",
        "Kernel._show_sigma0",
        "kernel_start",
        ("not self.tables.reserve(slot)", "self.tables.reserve(slot)"),
    ),
    changed(
        "enter-without-tag",
        "A core executes from the space's root table, under the tag that untagged buffers have.",
        "Kernel.enter",
        "kernel_enter",
        ("self.tables.root(space), self.tags.of(space, core)", "self.tables.root(space)"),
    ),
    changed(
        "lookup-takes-rights",
        "A node that is looked up loses its rights.",
        "Kernel.lookup",
        "kernel_lookup",
        ("return None", "self.tree.rights[node] = 0\n    return None"),
    ),
)

_CREATES = "create_leaf(t, source, dst, t.frame[source], t.rights[source] & rights)"

OF_STEPS: tuple[Changed, ...] = (
    changed(
        "create-leaf-next-dirty",
        "The next free node gets the frame as well.",
        "create_leaf",
        "create_leaf",
        ("return node", "t.frame[t.first_child[FREE]] = frame\n    return node"),
    ),
    changed(
        "create-leaf-returns-next",
        "The next free node is returned.",
        "create_leaf",
        "create_leaf",
        ("return node", "return t.first_child[FREE]"),
    ),
    changed(
        "create-leaf-linked-twice",
        "A node is linked where it is linked already.",
        "create_leaf",
        "create_leaf",
        ("return node", "link_leaf(t, parent, node)\n    return node"),
    ),
    changed(
        "remove-leaf-frame-kept",
        "A free node keeps the frame.",
        "remove_leaf",
        "remove_leaf",
        ("t.frame[node] = NONE", "pass"),
    ),
    changed(
        "remove-leaf-linked-twice",
        "A free node is put into the list where it is already.",
        "remove_leaf",
        "remove_leaf",
        ("link_leaf(t, FREE, node)", "link_leaf(t, FREE, node)\n    link_leaf(t, FREE, node)"),
    ),
    changed(
        "move-node-dirties-free",
        "A free node gets the frame of the one that is moved.",
        "move_node",
        "move_node",
        ("t.node_of[slot] = node", "t.node_of[slot] = node\n    t.frame[t.first_child[FREE]] = t.frame[node]"),
    ),
    changed(
        "restrict-rights-dirties-free",
        "A free node gets the rights of the one that is narrowed.",
        "restrict_rights",
        "restrict_rights",
        (
            "t.rights[node] = t.rights[node] & kept",
            "t.rights[node] = t.rights[node] & kept\n    t.rights[t.first_child[FREE]] = kept",
        ),
    ),
    changed(
        "restrict-rights-takes-free",
        "A free node is unlinked.",
        "restrict_rights",
        "restrict_rights",
        (
            "t.rights[node] = t.rights[node] & kept",
            "t.rights[node] = t.rights[node] & kept\n    unlink_leaf(t, t.first_child[FREE])",
        ),
    ),
)

_FLUSHES = "cursor = flush_step(t, top, cursor)"
_RESTRICTS = "cursor, leaving = restrict_step(t, cursor, leaving, kept)"
_TOURS = "cursor, leaving = tour_step(t, cursor, leaving)"

OF_LOOPS: tuple[Changed, ...] = (
    changed(
        "flush-below-writes",
        "A flush cuts off what is next to its top.",
        "flush_below",
        "flush_below",
        (_FLUSHES, f"{_FLUSHES}\n        t.next_sibling[top] = NONE"),
    ),
    changed(
        "flush-below-reads-nothing",
        "A flush reads what is below a node that is none.",
        "flush_below",
        "flush_below",
        (_FLUSHES, f"t.first_child[t.next_sibling[cursor]]\n        {_FLUSHES}"),
    ),
    changed(
        "flush-below-starts-over",
        "A flush starts again at its top after each removal.",
        "flush_step",
        "flush_below kernel_flush_below",
        ("return parent", "return top"),
    ),
    changed(
        "restrict-below-writes",
        "A partial flush cuts off what is next to its top.",
        "restrict_below",
        "restrict_below",
        (_RESTRICTS, f"{_RESTRICTS}\n            t.next_sibling[top] = NONE"),
    ),
    changed(
        "restrict-below-reads-nothing",
        "A partial flush reads what is below a node that is none.",
        "restrict_below",
        "restrict_below",
        (_RESTRICTS, f"t.first_child[t.next_sibling[cursor]]\n            {_RESTRICTS}"),
    ),
    changed(
        "restrict-step-stands-still",
        "A partial flush goes round in one place.",
        "restrict_step",
        "restrict_below kernel_restrict_below",
        ("return (follow, turned)", "return (cursor, leaving)"),
    ),
    changed(
        "is-below-reads-nothing",
        "The question what is below reads what is below a node that is none.",
        "is_below",
        "is_below",
        (_TOURS, f"t.first_child[t.next_sibling[cursor]]\n        {_TOURS}"),
    ),
    changed(
        "is-below-stands-still",
        "The walk round the nodes below stays where it is.",
        "is_below",
        "is_below",
        (_TOURS, "cursor, leaving = (cursor, leaving)"),
    ),
)

OF_OPERATIONS: tuple[Changed, ...] = (
    changed(
        "map-without-answer", "A map ends without an answer.", "map_", "tree_map",
        (f"{_CREATES}\n    return DONE", f"{_CREATES}\n    return None"),
    ),
    changed(
        "grant-without-answer", "A grant ends without an answer.", "grant", "tree_grant",
        ("move_node(t, source, dst)\n    return DONE", "move_node(t, source, dst)\n    return None"),
    ),
    changed(
        "flush-without-answer", "A flush ends without an answer.", "flush", "tree_flush",
        ("return DONE", "return None"),
    ),
    *(
        changed(
            f"kernel-{name}-without-answer", f"A {name} of the kernel ends without an answer.", f"Kernel.{name}",
            f"kernel_{name}", ("return DONE", "return None"),
        )
        for name in ("map", "grant", "flush")
    ),
    *(
        changed(
            f"kernel-{name}-loses-node", f"A {name} of the kernel lets a slot forget its node.", f"Kernel.{name}",
            f"kernel_{name}", ("return DONE", f"self.tree.node_of[{slot}] = NONE\n    return DONE"),
        )
        for name, slot in (("map", "dst"), ("grant", "dst"), ("flush", "slot"))
    ),
    changed(
        "withdrawn-table-lost", "Tables that are detached are given back by nobody.", "Kernel.withdraw",
        "kernel_map kernel_grant kernel_flush_below kernel_restrict_below",
        ("self.free_tables(detached)", "pass"),
    ),
    changed(
        "kernel-flush-loses-table", "A flush detaches the tables of its own page.", "Kernel.flush", "kernel_flush",
        ("return DONE", "self.release_tables(slot)\n    return DONE"),
    ),
    changed(
        "kernel-flush-of-nothing", "A flush of a nil slot walks below a node that is none.", "Kernel.flush",
        "kernel_flush", ("if top != NONE:", "if True:"),
    ),
    changed(
        "invalidated-without-tag", "The translations of another space go.", "Kernel.invalidate",
        "kernel_map kernel_grant kernel_flush_below kernel_restrict_below",
        ("self.tables.address(slot), tag", "self.tables.address(slot)"),
    ),
    changed(
        "kernel-flush-starts-late", "A flush makes a step before it asks whether there is any.", "Kernel.flush_below",
        "kernel_flush_below",
        ("while children[top]", "cursor = self.flush_step(top, cursor)\n    while children[top]"),
    ),
    changed(
        "kernel-restrict-starts-late", "A partial flush leaves the first node without entering it.",
        "Kernel.restrict_below", "kernel_restrict_below",
        ("self.tree.first_child[top], False", "self.tree.first_child[top], True"),
    ),
    *(
        changed(
            f"kernel-{name.replace('_', '-')}-looks-often", "Each step looks at what is below the top again and again.",
            f"Kernel.{name}", f"kernel_{name}",
            (f"cursor{more} = self.{step}", f"{'; '.join(['self.tree.first_child[top]'] * 25)}; cursor{more} = self.{step}"),
        )
        for name, step, more in (("flush_below", "flush_step", ""), ("restrict_below", "restrict_step", ", leaving"))
    ),
)  # fmt: skip

CHANGED: Mapping[str, Changed] = {
    each.name: each for each in (*OF_EMPTY, *OF_START, *OF_STEPS, *OF_LOOPS, *OF_OPERATIONS, *idle())
}
"""All of them, by name."""
