"""Code that is wrong in one place, written against the rules of the proofs, falls by a named obligation or is refused.

A mutant is a function and one piece of its text replaced; it falls by the obligation named, or the execution refuses it
with those words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from model.spaces.dialect import CANONICAL, Dialect, dialect_named
from proofs.engines.smt.outcome import Settings, Solvers
from proofs.engines.smt.solver import Satisfiable, discharge_all
from proofs.execution.path import ExecutionError
from proofs.obligation import Condition
from proofs.obligations.of_code import obligations
from proofs.obligations.source import Code, making, on_the_tree
from proofs.verdict import Verdict
from refinement.kernel.kernel import Kernel
from refinement.rewriting import replaced

ALL = {obligation.id: obligation for obligation in obligations()}
TREE = dialect_named("tree")
satisfiable = Satisfiable()


@dataclass(frozen=True)
class Mutant:
    """What is replaced where, and by what it falls.

    :param name: of the function; of a method of the kernel after a dot.
    :param falls: an obligation, or after ``refused:`` words of the refusal while that obligation is built.
    """

    name: str
    changes: tuple[tuple[str, str], ...]
    falls: str
    refused: str = ""
    dialect: Dialect = CANONICAL

    @property
    def code(self) -> Code:
        """The code with it."""
        function: Callable[..., Any]
        owner, _, method = self.name.rpartition(".")
        function = getattr(Kernel, method) if owner else {**on_the_tree(), **making()}[self.name]
        for old, new in self.changes:
            function = replaced(function, old, new)
        return Code(kernel=type("Kernel", (Kernel,), {method: function})) if owner else Code({self.name: function})


def mutant(name: str, old: str, new: str, falls: str, refused: str = "", dialect: Dialect = CANONICAL) -> Mutant:
    return Mutant(name, ((old, new),), falls, refused, dialect)


STEP = "cursor = flush_step(t, top, cursor)"
INVALIDATE = "core.tlb.invalidate_page(self.tables.address(slot), tag)"
RESTRICTS = "self.restrict_below(top, ALL_RIGHTS & ~rights)"

OF_RULES = (
    # A requirement that is assumed and not demanded.
    mutant("Kernel.flush", "if top != NONE:", "if True:", "kernel_flush__calls__where_allowed"),
    mutant("flush", "if top != NONE:", "if True:", "tree_flush__calls__where_allowed"),
    # An invariant that is stronger where it is assumed.
    mutant(
        "flush_below",
        f"while t.first_child[top] != NONE:\n        {STEP}",
        f"{STEP}\n    while t.first_child[top] != NONE:\n        {STEP}",
        "flush_below__at_first",
    ),
    # The tree in a loop's hands, and statements that are not executed.
    mutant("flush_below", STEP, f"{STEP}\n    t.next_sibling[top] = NONE", "flush_below__calls__where_allowed"),
    mutant("flush_below", STEP, f"{STEP}\n    {STEP}", "flush_below__at_exit"),
    # Branches that vanish.
    mutant(
        "Kernel.invalidate",
        "if tag is not None:",
        "if tag:",
        "kernel_flush_below__keeps__invariant",
        "truth of a option",
    ),
    mutant(
        "restrict_step", "if leaving:", "if leaving == True:", "restrict_below__keeps_invariant", "equation of a truth"
    ),
    mutant(
        "tour_step", "if not leaving:", "if leaving == False:", "restrict_below__keeps_invariant", "equation of a truth"
    ),
    mutant(
        "create_leaf", "t.frame[node] = frame", "t.frame[node] = frame or NONE", "create_leaf__is__map", "the truth of"
    ),
    # Outcomes.
    mutant("Kernel.flush", RESTRICTS, f"{RESTRICTS}\n            return REFUSED", "kernel_flush__ends__in_one_way"),
    mutant(
        "flush",
        "restrict_below(t, top, ALL_RIGHTS & ~rights)",
        "restrict_below(t, top, ALL_RIGHTS & ~rights)\n            return REFUSED",
        "tree_flush__ends__in_one_way",
    ),
    # Steps without number.
    mutant("flush_step", "return parent", "return top", "flush_below__takes__linear_steps"),
    # Sorts.
    mutant(
        "Kernel.write_entry",
        "self.first_frame + self.tree.frame[node]",
        "self.tree.frame[node]",
        "kernel_map__ends__coherent",
        "mixes up",
    ),
    # The kernel's steps.
    mutant("Kernel.withdraw", "self.free_tables(detached)", "pass", "kernel_grant__frees__every_table"),
    mutant(
        "Kernel.invalidate",
        "for core in self.cores:",
        "for core in self.cores[:1]:",
        "kernel_flush_below__frees__unused_tables",
    ),
    mutant(
        "Kernel.invalidate", INVALIDATE, f"{INVALIDATE}\n            break", "kernel_flush_below__frees__unused_tables"
    ),
    mutant(
        "Kernel.invalidate", INVALIDATE, f"{INVALIDATE}\n            return", "kernel_flush_below__frees__unused_tables"
    ),
    mutant("Kernel.replace", "self.release_tables(dst)", "pass", "kernel_map__ends__coherent", "", TREE),
    mutant(
        "Kernel.replace",
        "if emptied:\n        self.release_tables(dst)",
        "pass",
        "kernel_map__ends__coherent",
        "",
        TREE,
    ),
    mutant(
        "Kernel.replace",
        "self.withdraw(dst)\n    self.remove_leaf(target)",
        "self.remove_leaf(target)\n    self.withdraw(dst)",
        "kernel_map__reaches__nothing_else",
    ),
    mutant("Kernel.admit", "return self.reserve(dst)", "return True", "kernel_map__calls__where_allowed"),
    mutant(
        "Kernel.invalidate",
        "self.tables.address(slot), tag",
        "self.tables.address(slot)",
        "kernel_flush_below__invalidates__one_page_only",
    ),
)
"""What was found to pass before the rules were closed."""

NARROW = "self.narrow_entry(slot, rights & kept)"
PAGE = "self.first_frame + self.tree.frame[node]"
CREATE = "create_leaf(t, source, dst, t.frame[source], t.rights[source] & rights)"
SHOWN = "return None if node == NONE else Mapping(self.tree.frame[node], self.tree.rights[node])"
WRITES = "self.tables.write(slot, self.first_frame + slot, ALL_RIGHTS)"

AGAINST_RULES = (
    # What one turn of a loop hands to the next.
    Mutant(
        "initial",
        (
            ("for r in range", "rights = ALL_RIGHTS\n    for r in range"),
            (
                "create_leaf(tree, ROOTS, r, r, ALL_RIGHTS)",
                "create_leaf(tree, ROOTS, r, r, rights)\n        rights = 0",
            ),
        ),
        "initial__keeps_invariant",
        "changes 'rights', of which its invariant does not speak",
    ),
    mutant(
        "Kernel.invalidate",
        INVALIDATE,
        f"{INVALIDATE}\n            tag = None",
        "kernel_flush_below__at_exit",
        "changes 'tag'",
    ),
    Mutant(
        "Kernel.invalidate",
        (
            ("for core in", "tags = [tag]\n        for core in"),
            (INVALIDATE, "core.tlb.invalidate_page(self.tables.address(slot), tags[0])\n            tags[0] = None"),
        ),
        "kernel_flush_below__at_exit",
        "'tags' is a list",
    ),
    Mutant(
        "Kernel.invalidate",
        (
            ("for core in", "self.tag = (tag,)\n        for core in"),
            (INVALIDATE, "core.tlb.invalidate_page(self.tables.address(slot), self.tag[0])"),
        ),
        "kernel_flush_below__at_exit",
        "self.tag is assigned in a loop",
    ),
    # A loop over cores that does for each what is to be done once.
    mutant(
        "Kernel.withdraw",
        "self.free_tables(detached)",
        "for core in self.cores:\n        self.free_tables(detached)",
        "kernel_flush_below__keeps__invariant",
        "does more than to change each core's buffer",
    ),
    # A kernel that remembers, or is another for a while.
    mutant(
        "Kernel.flush",
        "return DONE",
        "self.cores = self.cores[:1]\n    return DONE",
        "kernel_flush__ends__coherent",
        "self.cores is left changed",
    ),
    mutant(
        "Kernel.replace",
        "self.flush_below(target)",
        "cores = self.cores\n    self.cores = cores[:1]\n    self.flush_below(target)\n    self.cores = cores",
        "kernel_map__ends__coherent",
        "self.cores is left changed",
    ),
    mutant(
        "Kernel.flush",
        "return DONE",
        "self.invalidate = self.clear_entry\n    return DONE",
        "kernel_flush__ends__coherent",
        "is left changed",
    ),
    # What is demanded and asked by no obligation of its own.
    mutant(
        "is_below",
        "return False\n    return False",
        "return False\n        if not leaving:\n            t.rights[cursor] = 0\n    return False",
        "is_below__keeps_invariant",
    ),
    mutant(
        "Kernel.lookup",
        SHOWN,
        "found = None\n    if node != NONE:\n        found = Mapping(self.tree.frame[node], self.tree.rights[node])\n"
        "        self.tree.rights[node] = 0\n    return found",
        "kernel_lookup__shows__what_is_mapped",
    ),
    mutant(
        "Kernel.lookup",
        "node = self.tree.node_of[slot]",
        "node = self.tree.node_of[slot]\n    self.tree.first_child[node]",
        "kernel_lookup__is__executed_whole",
    ),
    mutant(
        "move_node",
        "t.node_of[slot] = node",
        "t.node_of[slot] = node\n    flush_below(t, FREE)",
        "move_node__is__executed_whole",
    ),
    mutant(
        "link_leaf",
        "t.first_child[parent] = node",
        "t.first_child[parent] = node\n    is_below(t, node, node)",
        "link_leaf__is__executed_whole",
    ),
    mutant(
        "initial",
        "return tree",
        "t = tree\n    t.first_child[t.parent[ROOTS]]\n    return tree",
        "initial__is__executed_whole",
    ),
    # A primitive that leaves invariants to the one around it.
    mutant(
        "map_",
        CREATE,
        f"{CREATE}\n    if t.first_child[FREE] != NONE:\n        unlink_leaf(t, t.first_child[FREE])",
        "tree_map__calls__where_allowed",
    ),
    # An entry that is wrong for a moment.
    mutant(
        "Kernel.narrow",
        NARROW,
        f"self.tables.write(slot, {PAGE}, ALL_RIGHTS)\n        self.tables.write(slot, {PAGE}, rights)\n"
        f"        self.invalidate(slot)\n        {NARROW}",
        "kernel_restrict_below__reaches__nothing_else",
    ),
    # Invalidation that is not the step's.
    mutant(
        "Kernel.write_entry",
        "node = self.tree.node_of[slot]",
        "node = self.tree.node_of[slot]\n    for core in self.cores:\n        core.tlb.invalidate_all()",
        "kernel_map__invalidates__one_page_only",
    ),
    mutant(
        "Kernel.flush",
        "return DONE",
        "for core in self.cores:\n        core.tlb.invalidate_all()\n    return DONE",
        "kernel_flush__is__executed_whole",
    ),
    mutant(
        "Kernel.invalidate",
        "self.tables.address(slot), tag",
        "self.tables.address(slot), tag, False",
        "kernel_flush_below__at_exit",
        "that all spaces share",
    ),
    # What Python answers by itself.
    mutant(
        "Kernel.invalidate",
        "for core in self.cores:",
        "for core in (self.cores, ())[isinstance(slot, int)]:",
        "kernel_flush_below__at_exit",
        "uses int, which is not executed",
    ),
    mutant(
        "Kernel.invalidate",
        "for core in self.cores:",
        'for core in (self.cores, ())[f"{slot}" == "1"]:',
        "kernel_flush_below__at_exit",
        "is compared",
    ),
    mutant(
        "Kernel.invalidate",
        "self.tags.current",
        "self.tables.current",
        "kernel_flush_below__at_exit",
        "no attribute 'current'",
    ),
    Mutant(
        "Kernel.replace",
        (
            ("self.release_tables(dst)", "early = self.release_tables(dst)"),
            (
                "self.withdraw(dst)",
                "self.clear_entry(dst)\n    late = self.release_tables(dst)\n    self.invalidate(dst)\n"
                "    self.free_tables(early if emptied else late)",
            ),
        ),
        "kernel_map__frees__every_table",
        "",
        TREE,
    ),
    # Exits, order, and the wrong one of two.
    mutant(
        "Kernel.free_tables",
        "self.tables.give_back(detached)",
        "self.tables.give_back(detached)\n    self.tables.give_back(detached)",
        "kernel_flush_below__frees__unused_tables",
    ),
    mutant(
        "Kernel.release_tables",
        "return self.tables.release(slot)",
        "self.tables.release(slot)\n    return []",
        "kernel_flush_below__at_exit",
        "no list of detached tables",
    ),
    mutant("Kernel.grant", "self.withdraw(src)", "self.withdraw(dst)", "kernel_grant__calls__where_allowed"),
    mutant("Kernel.grant", "passed != self.tree.rights[source]", "True", "kernel_grant__is__executed_whole"),
    mutant("Kernel.map", "return REFUSED", "return DONE", "kernel_map__simulates__map"),
    mutant(
        "Kernel._show_sigma0", WRITES, f"{WRITES}\n        self.tables.reserve(slot)", "kernel_start__keeps_invariant"
    ),
    mutant("flush_step", "return child", "return t.first_child[top]", "flush_below__decreases"),
    mutant("create_leaf", "return node", "return t.first_child[FREE]", "create_leaf__returns__its_node"),
    mutant("empty", "after[FIRST:nodes - 1]", "after[FIRST:nodes]", "empty__accesses__elements"),
    mutant("empty", "parent[ROOTS] = NONE", "parent[ROOTS] = ROOTS", "empty__has__first_of_parent"),
    mutant("empty", "filled(slots, NONE)", "filled(slots, FREE)", "empty__has__slot_node"),
    mutant("require_room", "number > MOST", "number > MOST + 1", "empty__makes__what_32_bits_count"),
    mutant(
        "initial",
        "return tree",
        "restrict_rights(tree, tree.node_of[NONE], 0)\n    return tree",
        "initial__calls__where_allowed",
    ),
)
"""Written to fool the rules."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{case.name}: {case.changes[-1][1]}") for case in (*OF_RULES, *AGAINST_RULES)]
)
def test_a_mutant_falls(case: Mutant) -> None:

    def conditions() -> Iterator[Condition]:
        yield from ALL[case.falls].conditions(case.dialect, frozenset(), case.code)

    settings = Settings(seconds=60, solvers=Solvers.Z3)
    if case.refused:
        with pytest.raises(ExecutionError) as refusal:
            list(conditions())
        assert case.refused in str(refusal.value)
    else:
        assert discharge_all(conditions(), satisfiable, settings).verdict in (Verdict.UNPROVED, Verdict.VACUOUS)
