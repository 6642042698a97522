"""The base of the induction: the tree that is made has every invariant, whatever the number of slots and mappings.

:func:`refinement.kernel.mapping_tree.empty` is executed as it is, on arrays of any length; nodes and slots are
numbered here, as its arithmetic needs it.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

from z3 import And, BoolSort, BoolVal, ForAll, Function, If, Implies, Int, IntSort, Not

from model.spaces.dialect import Dialect
from model.spaces.theory import Formula, Right, Slot, Term, a, x, y
from proofs.execution.contract import Named
from proofs.execution.monitor import bind
from proofs.execution.path import ExecutionError, Path, Raised, paths
from proofs.execution.values import Node, free, no_frame, no_node, no_slot, roots
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation, conditions_of
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.arrays import ELEMENTS, Arrays, Elements, are_apart, is_array
from proofs.obligations.tree.invariants import TREE_INVARIANTS, m, n, room, tree_holds
from proofs.obligations.tree.tree import TreeState, fresh_state
from refinement.kernel.mapping_tree import MOST, MappingTree

mappings, slots = Int("mappings"), Int("slots")
number = Function("number", Node, IntSort())
slot_number = Function("slot_number", Slot, IntSort())
bit = Function("bit", IntSort(), Right, BoolSort())

MADE = fresh_state(" made")
"""Its functions are pinned down by what the arrays hold, see :func:`in_arrays`."""

NUMBERING: Named = {
    "nodes are numbered": ForAll([n, m], Implies(number(n) == number(m), n == m)),
    "numbers of nodes": And(number(no_node) == -1, number(free) == 0, number(roots) == 1),
    "nodes are as many as the arrays' elements": ForAll([n], And(number(n) >= -1, number(n) < mappings + 2)),
    "slots are numbered": ForAll([x, y], Implies(slot_number(x) == slot_number(y), x == y)),
    "numbers of slots": And(slot_number(no_slot) == -1, ForAll([x], And(slot_number(x) >= -1, slot_number(x) < slots))),
    "no right is in 0": ForAll([a], Not(bit(0, a))),
}
"""What the numbers that code computes with stand for."""

NUMBERS: Named = {"there are mappings and slots": And(mappings >= 1, mappings <= MOST, slots >= 1, slots <= MOST)}
ENOUGH: Named = {"there are as many mappings as slots": mappings >= slots}


def in_arrays(t: MappingTree) -> tuple[TreeState, Named]:
    """The tree that arrays hold, and what defines those of its functions that are no relations.

    At NONE, where no array has an element, a column holds NONE.
    """
    arrays: dict[str, Elements] = t._asdict()

    def link(name: str) -> Callable[[Term, Term], Formula]:
        read = arrays[name].read
        return lambda n, m: If(n == no_node, m == no_node, number(m) == read(number(n)))

    state = TreeState(
        parent=link("parent"),
        first_child=link("first_child"),
        next_sibling=link("next_sibling"),
        prev_sibling=link("prev_sibling"),
        slot=lambda n, x: If(n == no_node, x == no_slot, slot_number(x) == arrays["slot"].read(number(n))),
        frame=MADE.frame,
        rights=lambda n, a: And(n != no_node, bit(arrays["rights"].read(number(n)), a)),
        node_of=MADE.node_of,
        below=lambda n, m: And(number(n) >= 2, m == free),
        left=lambda n, m: And(number(n) >= 2, number(n) < number(m)),
        spare=MADE.spare,
    )
    frame, node_of = arrays["frame"].read, arrays["node_of"].read
    defined = {
        "node_of is what its array holds": ForAll(
            [x],
            If(
                x == no_slot,
                MADE.node_of(x) == no_node,
                number(MADE.node_of(x)) == node_of(slot_number(x)),
            ),
        ),
        "frame is what its array holds": ForAll([n], Implies(frame(number(n)) == -1, MADE.frame(n) == no_frame)),
        "the spare node of a slot is that of its number": ForAll(
            [x], number(MADE.spare(x)) == If(x == no_slot, -1, slot_number(x) + 2)
        ),
    }
    return state, defined


def _made(code: Code, path: Path) -> None:
    names: dict[str, Any] = {"np": Arrays(path)}
    for name in ("filled", "require_room"):
        names[name] = bind(code.function(name), path, dict(names))
    path.learn(NUMBERS)
    try:
        tree = bind(code.function("empty"), path, names)(slots, mappings)
    except Raised:
        path.demand(MAKES, lambda: BoolVal(False))
        return
    path.demand(MAKES, lambda: BoolVal(True))
    arrays: tuple[Any, ...] = tuple(tree) if isinstance(tree, MappingTree) else ()
    if not arrays or not all(is_array(each) for each in arrays):
        raise ExecutionError("empty returns no tree of arrays")
    lengths = [each.length == mappings + 2 for each in arrays[:-1]] + [arrays[-1].length == slots]
    path.demand(ELEMENTS, lambda: And(*lengths))
    # Code under proof finds columns of which none changes with another.
    path.demand(ELEMENTS, lambda: BoolVal(are_apart(arrays)), "no column is another")
    state, defined = in_arrays(tree)
    path.assume(defined)
    for name, formula in {**tree_holds(state), NOTHING: nothing_live(state)}.items():
        path.demand(name, partial(_itself, formula))
    path.demand_all(ROOM, lambda: room(state))


def _itself(formula: Formula) -> Formula:
    return formula


MAKES = "makes__what_32_bits_count"
ROOM = "room"
NOTHING = "nothing is mapped"


def nothing_live(t: TreeState) -> Formula:
    """No node stands for a mapping."""
    return ForAll([n], Not(t.live(n)))


@cache
def made(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through making an empty tree, of any number of slots and mappings that is not refused."""
    return tuple(path for path, _ in paths(partial(_made, code)))


@cache
def refused(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through the check of a number of slots or mappings, which may be any."""
    some = Int("asked_for")

    def run(path: Path) -> None:
        try:
            bind(code.function("require_room"), path)("slots", some)
        except Raised:
            path.demand(MAKES, lambda: Not(And(some >= 1, some <= MOST)))
        else:
            path.demand(MAKES, lambda: And(some >= 1, some <= MOST))

    return tuple(path for path, _ in paths(run))


ASKED = frozenset({*TREE_INVARIANTS, ROOM, NOTHING, ELEMENTS, MAKES})
"""What obligations ask about it."""


def conditions(what: str, code: Code) -> Iterator[Condition]:
    """Return the conditions that an empty tree has it."""
    given = {**NUMBERING, **NUMBERS, **(ENOUGH if what == ROOM else {})}
    return conditions_of(made(code), given, what)


RESTS_ON = {
    "no_cycle": ("closure", "where below is the transitive closure of parent"),
    "nothing_at_none": (ELEMENTS, "and no array is read or written there"),
}
"""Invariants that hold by how arrays are read as a tree, and what of the code makes that reading right."""


def _has(*names: str) -> Build:
    return lambda dialect, code: (condition for what in names for condition in conditions(what, code))


def _makes(dialect: Dialect, code: Code) -> Iterator[Condition]:
    yield from conditions_of(made(code), {**NUMBERING, **NUMBERS}, MAKES)
    yield from conditions_of(refused(code), {}, MAKES)


def obligations() -> Iterator[CodeObligation]:
    """The empty tree has every invariant and room, and is made of every number that 32 bits count."""
    for name, invariant in TREE_INVARIANTS.items():
        also, said = RESTS_ON.get(name, ("", ""))
        sentence = f"a tree that was just made: {', '.join(filter(None, (invariant.sentence, said)))}"
        yield CodeObligation(f"empty__has__{name}", "A.sigma0", sentence, _has(*filter(None, (name, also))))
    for what, claim, sentence in (
        (ROOM, "C12", "there is a free node for every nil slot, if there are as many mappings as slots"),
        (NOTHING, "A.sigma0", "no node stands for a mapping"),
        (
            ELEMENTS,
            "C5",
            "arrays are read and written where they have elements, which fit, and each is one column",
        ),
    ):
        verb = {ROOM: "has__room", NOTHING: "has__no_mapping"}.get(what, what)
        yield CodeObligation(f"empty__{verb}", claim, f"a tree that was just made: {sentence}", _has(what))
    yield CodeObligation(
        f"empty__{MAKES}",
        "C5",
        "a tree is made of every number of slots and mappings that 32 bits count, and of no other",
        _makes,
    )
