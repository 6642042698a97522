"""Methods of the kernel with ranges that take rights wrongly in one way each, when executed on terms."""

LOOKS = ("looks-at-none", "what is at NONE is looked at")

OF_TAKING = (
    (
        "begins-above",
        "a flush begins with the parent",
        "flush_below",
        "= (top, self.tree.first_child, self.tree.slot)",
        "= (self.tree.parent[top], self.tree.first_child, self.tree.slot)",
    ),
    (
        "goes-on-above",
        "a flush goes on with the parent of its node",
        "flush_below",
        "cursor = self.flush_step(top, cursor)",
        "self.flush_step(top, cursor)\n        cursor = self.tree.parent[top]",
    ),
    (
        "stays",
        "a flush does not go on",
        "flush_below",
        "cursor = self.flush_step(top, cursor)",
        "cursor = cursor",
    ),
    (
        "begins-again",
        "a flush begins again after each step",
        "flush_below",
        "cursor = self.flush_step(top, cursor)",
        "self.flush_step(top, cursor)\n        cursor = top",
    ),
    (
        "removes-the-top",
        "a flush removes its node first",
        "flush_below",
        "self.withdraw(slots[cursor])",
        "self.remove_leaf(top)",
    ),
    (
        "stops-at-a-leaf",
        "a flush ends where it should remove a node",
        "flush_below",
        "self.withdraw(slots[cursor])",
        "return",
    ),
    (*LOOKS, "flush_below", "self.withdraw(slots[cursor])", "self.withdraw(slots[-1])"),
    (
        "drops-the-parent",
        "the parent is dropped for the node",
        "flush_step",
        "drop_block(t, cursor)",
        "drop_block(t, parent)",
    ),
    (
        "begins-leaving",
        "the walk begins where it leaves the first child",
        "restrict_below",
        "(self.tree.first_child[top], False)",
        "(self.tree.first_child[top], True)",
    ),
    (
        "leaves-at-once",
        "the walk leaves each node that it enters, without those below it",
        "restrict_below",
        "cursor, leaving = self.restrict_step(cursor, leaving, kept)",
        "cursor, leaving = self.restrict_step(cursor, leaving, kept)\n            leaving = True",
    ),
    (
        "stays",
        "the walk does not go on",
        "restrict_below",
        "cursor, leaving = self.restrict_step(cursor, leaving, kept)",
        "cursor, leaving = (cursor, leaving)",
    ),
    (
        "removes-the-top",
        "a partial flush removes its node first",
        "restrict_below",
        "self.narrow(cursor, kept)",
        "self.remove_leaf(top)",
    ),
    (
        "stops-at-a-leaf",
        "the walk ends where it should take rights",
        "restrict_below",
        "self.narrow(cursor, kept)",
        "return",
    ),
    (
        *LOOKS,
        "restrict_below",
        "self.narrow(cursor, kept)",
        "self.narrow(-1, kept)",
    ),
    (
        "narrows-what-has-none-left",
        "a node that has no right left stays",
        "restrict_step",
        "drop_block(t, cursor)",
        "narrow_block(t, cursor, kept)",
    ),
    (
        "keeps-what-goes",
        "the rights are kept, and all others go",
        "take_rights",
        "& ~rights",
        "& rights",
    ),
    (
        "leaves-what-is-below",
        "what was mapped from a node that goes is left below it",
        "take_rights",
        "self.flush_below(node)",
        "pass",
    ),
    (*LOOKS, "take_rights", "self.flush_below(node)", "self.flush_below(node)\n        self.tree.slot[-1]"),
    (
        "keeps-its-own",
        "the node keeps all its rights, and what was mapped from it loses them",
        "give_up",
        "self.restrict_rights(node, passed)",
        "pass",
    ),
    (
        "leaves-what-is-below",
        "what was mapped from the node keeps its rights",
        "give_up",
        "self.restrict_below(node, passed)",
        "pass",
    ),
    (*LOOKS, "give_up", "self.withdraw(self.tree.slot[node])", "self.withdraw(self.tree.slot[-1])"),
)
"""Ways to be wrong: a name, words, the method or the function, and a piece of its text that is replaced."""

EXECUTED_IN = {"flush_step": "flush_below", "restrict_step": "restrict_below"}
"""In which method a function is executed that has no obligations of its own."""
