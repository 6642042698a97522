"""Primitives, loops and operations of the tree and of the kernel that are wrong in one place of their text."""

from proofs.faults.code.text import Changed, changed

_CREATES = "create_leaf(t, source, dst, t.frame[source], t.rights[source] & rights)"

_WIDENS = "self.tables.write(slots[cursor], self.first_frame + self.tree.frame[cursor], ALL_RIGHTS)"
_LOOKS_OFTEN = "; ".join(["self.tree.first_child[top]"] * 25)

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
        "create-leaf-with-all-rights",
        "A new node has all rights.",
        "create_leaf",
        "create_leaf",
        ("t.rights[node] = rights", "t.rights[node] = 7"),
    ),
    changed(
        "move-node-with-all-rights",
        "A node that is moved has all rights afterwards.",
        "move_node",
        "move_node",
        ("t.node_of[slot] = node", "t.node_of[slot] = node\n    t.rights[node] = 7"),
    ),
    changed(
        "restrict-rights-adds-rights",
        "A node that is narrowed has all rights afterwards.",
        "restrict_rights",
        "restrict_rights",
        ("t.rights[node] & kept", "7"),
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
        "restrict-below-passes-by",
        "A partial flush goes only where nothing is.",
        "restrict_below",
        "restrict_below",
        ("cursor != NONE", "cursor == NONE"),
    ),
    changed(
        "is-below-waits",
        "The walk up stays where it is, and the other goes round.",
        "is_below",
        "is_below",
        ("up = t.parent[up]", "pass"),
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
    *(
        changed(
            f"kernel-{name}-loses-table", f"A {name} of the kernel detaches tables at its end, which nobody frees.",
            f"Kernel.{name}", f"kernel_{name}", ("return DONE", f"self.release_tables({slot})\n    return DONE"),
        )
        for name, slot in (("map", "src"), ("grant", "src"), ("flush", "slot"))
    ),
    *(
        changed(
            f"kernel-{name.replace('_', '-')}-loses-table", "After its last step it detaches tables that nobody frees.",
            f"Kernel.{name}", f"kernel_{name}", (step, f"{step}\n    self.release_tables(self.tree.slot[top])"),
        )
        for name, step in (
            ("flush_below", "self.flush_step(top, cursor)"),
            ("restrict_below", "self.restrict_step(cursor, leaving, kept)"),
        )
    ),
    changed(
        "kernel-flush-widens-first", "A flush lets an entry grant all rights before it takes it.", "Kernel.flush_below",
        "kernel_flush_below", ("self.withdraw(slots[cursor])", f"{_WIDENS}\n            self.withdraw(slots[cursor])"),
    ),
    changed(
        "kernel-restrict-passes-by", "A partial flush goes only where nothing is.", "Kernel.restrict_below",
        "kernel_restrict_below", ("cursor != NONE", "cursor == NONE"),
    ),
    changed(
        "kernel-flush-passes-by", "A flush goes only where nothing is.", "Kernel.flush_below",
        "kernel_flush_below", ("children[top] != NONE", "children[top] == NONE"),
    ),
    changed(
        "kernel-flush-reads-nothing", "A flush reads what is below a node that is none.", "Kernel.flush_below",
        "kernel_flush_below",
        ("if children[cursor]", "children[self.tree.next_sibling[cursor]]\n        if children[cursor]"),
    ),
    changed(
        "kernel-restrict-reads-nothing", "A partial flush reads what is below a node that is none.",
        "Kernel.restrict_below", "kernel_restrict_below",
        ("if leaving:", "self.tree.first_child[self.tree.next_sibling[cursor]]\n            if leaving:"),
    ),
    changed(
        "kernel-narrow-widens-first", "An entry grants all rights before it is narrowed.", "Kernel.narrow",
        "kernel_restrict_below",
        ("self.narrow_entry(", "self.narrow_entry(slot, ALL_RIGHTS)\n        self.narrow_entry("),
    ),
    changed(
        "kernel-map-frees-source", "A map frees the tables of its source.", "Kernel.map", "kernel_map",
        ("return DONE", "self.free_tables(self.release_tables(src))\n    return DONE"),
    ),
    changed(
        "kernel-map-widens-first", "A map lets the new entry grant all rights for a moment.", "Kernel.map",
        "kernel_map", ("self.write_entry(dst)", "self.narrow_entry(dst, ALL_RIGHTS)\n        self.write_entry(dst)"),
    ),
    changed(
        "kernel-grant-withdraws-other", "A grant takes the destination's entry and not the source's.", "Kernel.grant",
        "kernel_grant", ("self.withdraw(src)", "self.withdraw(dst)"),
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
            f"kernel-{name.replace('_', '-')}-looks-often",
            "Each step looks at what is below the top again and again.",
            f"Kernel.{name}",
            f"kernel_{name}",
            (f"{to} = self.{step}", f"{_LOOKS_OFTEN}; {to} = self.{step}"),
        )
        for name, step, to in (
            ("flush_below", "flush_step", "cursor"),
            ("restrict_below", "restrict_step", "cursor, leaving"),
        )
    ),
)  # fmt: skip
