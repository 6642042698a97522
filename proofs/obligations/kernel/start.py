"""The base of the induction: σ0's pages in the tree are the theory's first state, and tables show them at the start.

:func:`refinement.kernel.operations.initial` and the kernel's start are executed as they are, for any number of frames.
"""

from collections.abc import Iterator
from functools import cache, partial
from types import SimpleNamespace

from z3 import And, BoolVal, ForAll, Implies, Not, Or

from model.spaces.dialect import CANONICAL
from model.spaces.invariants import initial
from model.spaces.theory import Predicate, a, r, x
from proofs.execution.contract import CALLS, Named
from proofs.execution.path import Path, Raised, paths
from proofs.execution.values import no_node, roots
from proofs.obligations.code import Build, CodeObligation, conditions_of
from proofs.obligations.kernel.empty_tree import NOTHING, nothing_live
from proofs.obligations.kernel.frames import FRAMES, AllFrames, EachFrame, home, ranges
from proofs.obligations.kernel.kernel_terms import symbolic_kernel
from proofs.obligations.kernel.world import (
    ADDRESSES,
    World,
    accounted,
    cached_within,
    caches,
    coherent,
    database,
    f,
    only_active,
    settled,
)
from proofs.obligations.page_tables.table_contracts import TableState, tables
from proofs.obligations.source import CODE, Code
from proofs.obligations.tree.callees import Callees
from proofs.obligations.tree.invariants import room, tree_holds
from proofs.obligations.tree.loops import AT_EXIT, AT_FIRST, KEEPS
from proofs.obligations.tree.tree import SymbolicTree, TreeState, abstraction, fresh_state
from refinement.kernel.mapping_tree import MappingTree

IS_INITIAL = "is__the_theorys"

EMPTY = fresh_state(" empty")
FILLING = fresh_state(" filling")


def empty_promise(t: TreeState) -> Named:
    """Return what is proved of an empty tree with as many mappings as slots."""
    return {**tree_holds(t), **room(t), NOTHING: nothing_live(t)}


def filled(t: TreeState, frames: Predicate) -> Named:
    """The frames are held by their pages of σ0, with all rights, and nothing else is mapped."""
    node = t.node_of(x)
    held = And(node != no_node, t.parent(node, roots), t.frame(node) == r, ForAll([a], t.rights(node, a)))
    return {
        "frames that are done are held": ForAll([x, r], Implies(And(frames(r), home(x, r)), held)),
        "nothing else is mapped": ForAll(
            [x], Implies(node != no_node, And(frames(t.frame(node)), home(x, t.frame(node))))
        ),
    }


def _initial(code: Code, path: Path) -> None:
    tree = SymbolicTree(path, EMPTY)
    callees = Callees(tree, code)
    frames, all_slots = AllFrames(), object()
    scope = SimpleNamespace(frames=frames, slots=all_slots)

    def empty(some: object, more: object) -> MappingTree:
        path.demand(CALLS, lambda: BoolVal(some is all_slots and more is all_slots))
        path.assume(empty_promise(EMPTY))
        return callees.tree

    def resume() -> Named:
        tree.become(FILLING)
        return {**tree_holds(FILLING), **room(FILLING)}

    def holds(frames: Predicate) -> Named:
        now = tree.state()
        return {**filled(now, frames), **room(now)}

    callees.names["empty"] = empty
    callees.names["range"] = ranges(lambda: EachFrame(path, holds, resume))
    result = callees.bound("initial")(scope)
    end = tree.state()
    path.demand(AT_EXIT, lambda: BoolVal(result is callees.tree))
    path.demand_all(AT_EXIT, lambda: {**room(end), **filled(end, lambda r: BoolVal(True))})
    state = abstraction(end)
    # Every frame is held: by its page, which σ0 has. The theory's holder of a frame names that page.
    held = {"every frame is held": ForAll([x, r], Implies(home(x, r), state.holds(x, r)))}
    path.demand_all(IS_INITIAL, lambda: {**initial(state), **held})


@cache
def started(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through making the initial tree."""
    return tuple(path for path, _ in paths(partial(_initial, code)))


SHOWING = World(fresh_state(" of sigma0"), tables(" showing"), caches("cached showing"))
TREE = SHOWING.tree
AS_RESET = World(
    TREE,
    TableState(lambda x, f, a: BoolVal(False), lambda x: BoolVal(False), lambda x: BoolVal(False)),
    lambda c, x, f, a: BoolVal(False),
)
"""Tables in which nothing stands, and buffers that hold nothing of them."""


def shown(world: World, frames: Predicate) -> Named:
    """The entries of σ0's pages show their frames with all rights, for the frames that are done; nothing else does."""
    t, node = world.tables, TREE.node_of(x)
    said = database(TREE)
    exact = t.entry(x, f, a) == And(said(x, f, a), frames(TREE.frame(node)))
    return {
        "entries of frames that are done show them": ForAll([x, f, a], exact),
        "what is done is reserved": ForAll([x], t.reserved(x) == And(node != no_node, frames(TREE.frame(node)))),
        "nothing is reserved twice": ForAll([x], Not(t.twice(x))),
        "buffers hold what entries show": cached_within(world.cached, t.entry),
        "buffers hold nothing of an idle space": only_active(world.cached),
        **settled(t),
    }


def _start(code: Code, path: Path) -> None:
    def resume() -> Named:
        kernel.become(SHOWING)
        return {}

    each = ranges(lambda: EachFrame(path, lambda frames: shown(kernel.world(), frames), resume))
    kernel = symbolic_kernel(path, CANONICAL.readings, code, names={"range": each})
    kernel.become(AS_RESET)
    kernel.scope.frames = AllFrames()
    kernel.tables.pool = SimpleNamespace(count="so many")
    try:
        kernel._show_sigma0()
    except Raised:
        path.demand(RAISES, lambda: Or(BoolVal(False), *kernel.machine.shortages))
        return
    path.demand(RAISES, lambda: BoolVal(True))
    now = kernel.world()
    path.demand_all(AT_EXIT, lambda: {**coherent(now), **accounted(now), **settled(now.tables)})


@cache
def begun(code: Code = CODE) -> tuple[Path, ...]:
    """All paths through the kernel's start, as far as tables and entries go."""
    return tuple(path for path, _ in paths(partial(_start, code)))


RAISES = "is__refused_for_want_of_tables_only"


def starting_requires() -> Named:
    """What holds before σ0's pages are entered in tables: the tree is that of σ0."""
    return {**FRAMES, **ADDRESSES, **tree_holds(TREE), **filled(TREE, lambda r: BoolVal(True))}


def _initial_has(what: str) -> Build:
    return lambda dialect, code: conditions_of(started(code), FRAMES, what)


def _begins(what: str) -> Build:
    return lambda dialect, code: conditions_of(begun(code), starting_requires(), what)


LOOP = {
    AT_FIRST: ("at_first", "its loop's invariant holds at first"),
    KEEPS: ("keeps_invariant", "each turn of its loop keeps the invariant"),
    CALLS: ("calls__where_allowed", "what it calls is called where it may be"),
}


INITIAL_ASKED = frozenset({*LOOP, AT_EXIT, IS_INITIAL})
START_ASKED = frozenset({*LOOP, AT_EXIT, RAISES})
"""What obligations ask about each."""


def obligations() -> Iterator[CodeObligation]:
    """σ0's tree is the theory's initial state, and the tables show it."""
    for what, (verb, sentence) in LOOP.items():
        yield CodeObligation(f"initial__{verb}", "C5", f"initial: {sentence}", _initial_has(what))
    yield CodeObligation(
        "initial__at_exit", "C5", "the initial tree has room, and its frames are held by σ0", _initial_has(AT_EXIT)
    )
    yield CodeObligation(
        f"initial__{IS_INITIAL}", "A.sigma0", "the initial tree is the theory's initial state", _initial_has(IS_INITIAL)
    )
    for what, (verb, sentence) in LOOP.items():
        yield CodeObligation(f"kernel_start__{verb}", "C4", f"the kernel's start: {sentence}", _begins(what))
    yield CodeObligation(
        "kernel_start__ends__coherent",
        "C4",
        "at first entries show σ0's pages, and buffers hold nothing else",
        _begins(AT_EXIT),
    )
    yield CodeObligation(
        f"kernel_start__{RAISES}",
        "C4",
        "the kernel's start is refused only if the pool has too few frames",
        _begins(RAISES),
    )
