"""Trees that are made wrongly, and kernels that start, enter spaces and look slots up wrongly."""

from proofs.faults.code.text import Changed, changed

_ALL_LIVE = ("slot=filled(nodes, NONE)", "slot=filled(nodes, FREE)")

OF_EMPTY: tuple[Changed, ...] = tuple(
    changed(f"empty-{name}", sentence, "empty", "empty", *texts)
    for name, sentence, *texts in (
        ("below-roots", "Nodes that are free are below the roots.", ("filled(nodes, FREE)", "filled(nodes, ROOTS)")),
        ("in-no-list", "Nodes that are free have no parent.", ("filled(nodes, FREE)", "filled(nodes, NONE)")),
        ("first-child-skipped", "The first free node is left out.", ("= FIRST\n", "= FIRST + 1\n")),
        ("no-first-child", "The list of free nodes has no beginning.", ("first_child[FREE] = FIRST", "pass")),
        ("before-itself", "Each node is before itself.", ("before[FIRST + 1:nodes]", "before[FIRST:nodes - 1]")),
        ("after-shifted", "A node names the next but one.", ("after[FIRST:nodes - 1]", "after[FIRST - 1:nodes - 2]")),
        ("roots-in-list", "The parent of the roots is itself.", ("parent[ROOTS] = NONE", "parent[ROOTS] = ROOTS")),
        ("free-in-list", "The parent of the free nodes is itself.", ("parent[FREE] = NONE", "parent[FREE] = FREE")),
        (
            "with-siblings",
            "The roots come before the first free node.",
            ("filled(nodes, NONE), filled", "filled(nodes, FIRST), filled"),
        ),
        (
            "with-children",
            "Free nodes have a child.",
            ("filled(nodes, FREE), filled(nodes, NONE)", "filled(nodes, FREE), filled(nodes, FIRST)"),
        ),
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
