"""The base of the induction: the tree that is made, σ0's pages in it, and the tables when the kernel starts.

*What is proved of steps holds of all reachable states* needs a first state in which the invariants hold. The functions
that make it are executed as they are: :func:`refinement.mapping_tree.empty` on arrays of any length,
:func:`refinement.operations.initial` and the kernel's start for any number of frames.

A loop over the scope's frames goes through a set: any frame that was not done yet comes next, until all are done.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import chain
from types import SimpleNamespace
from typing import Any

from z3 import And, Bool, BoolSort, BoolVal, Const, ForAll, Function, If, Implies, Int, IntSort, Not, Or

from model.dialect import CANONICAL
from model.invariants import initial
from model.theory import Formula, Frame, Predicate, Right, Slot, Term, a, owner, q, r, sigma0, x, y
from proofs.execution.contract import CALLS, Named
from proofs.execution.monitor import Values, bind
from proofs.execution.path import Cut, ExecutionError, Path, Raised, paths
from proofs.execution.values import Node, Numbered, free, no_frame, no_node, no_slot, roots
from proofs.obligation import Condition
from proofs.refinement.arrays import ELEMENTS, Arrays, Elements, is_array
from proofs.refinement.callees import Callees, when
from proofs.refinement.code import Build, CodeObligation, conditions_of
from proofs.refinement.hardware import (
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
from proofs.refinement.invariants import TREE_INVARIANTS, m, n, room, tree_holds
from proofs.refinement.kernel_terms import symbolic_kernel
from proofs.refinement.loops import AT_EXIT, AT_FIRST, KEEPS
from proofs.refinement.source import CODE, Code
from proofs.refinement.table_contracts import TableState, tables
from proofs.refinement.tree import SymbolicTree, TreeState, abstraction, fresh_state
from refinement.mapping_tree import MOST, MappingTree

# The empty tree.

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
    state, defined = in_arrays(tree)
    path.assume(defined)
    for name, formula in {**tree_holds(state), NOTHING: nothing_live(state)}.items():
        path.demand(name, partial(_itself, formula))
    path.demand_all(ROOM, lambda: room(state))


def _itself(formula: Formula) -> Formula:
    return formula


MAKES = "makes__what_32_bits_count"
ROOM = "room"
IS_INITIAL = "is__the_theorys"
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


# A loop over frames.

home = Function("home", Slot, Frame, BoolSort())
done = Function("done", Frame, BoolSort())
another = Bool("another frame")
this, this_page = Const("this_frame", Frame), Const("this_page", Slot)

FRAMES: Named = {
    "a page of σ0 has the number of one frame": ForAll([x, r, q], Implies(And(home(x, r), home(x, q)), r == q)),
    "a frame has the number of one page of σ0": ForAll([x, y, r], Implies(And(home(x, r), home(y, r)), x == y)),
    "pages that have a frame's number are σ0's": ForAll(
        [x, r], Implies(home(x, r), And(owner(x) == sigma0, x != no_slot))
    ),
}
"""Frame v has the number of page v of σ0, which is slot v: ``home(x, r)`` if slot x and frame r have the same."""


@dataclass(slots=True, eq=False)
class EachFrame:
    """The rule for a loop over all frames of a scope.

    :param holds: the invariant: of the present state, and of the frames that are done.
    :param resume: makes the state any, and says what is known of it beside the invariant.
    """

    path: Path
    holds: Callable[[Predicate], Named]
    resume: Callable[[], Named]
    entered: bool = field(default=False, init=False)
    rule: Any = field(default=None, init=False)

    def __post_init__(self) -> None:
        """It is what the loop runs over."""
        self.rule = self

    def head(self, values: Values, assigned: frozenset[str]) -> Values:
        """At first no frame is done; from here on any are."""
        if self.entered:
            raise ExecutionError("the frames are gone through twice on one path: the proof speaks of one time")
        self.entered = True
        first = self.holds(lambda r: BoolVal(False))
        self.path.demand_all(AT_FIRST, lambda: first)
        known = self.resume()
        self.path.assume(when("in the loop", {**known, **self.holds(done)}))
        return {}

    def each(self, iterable: object) -> Iterator[object]:
        """Another frame, or all are done."""
        if self.path.decide(another):
            self.path.assume({"the frame is not done": Not(done(this)), "its page": home(this_page, this)})
            yield Numbered({Frame: this, Slot: this_page})
        else:
            self.path.assume({"all frames are done": ForAll([r], done(r))})

    def tail(self, values: Values) -> None:
        """One more is done."""
        now = self.holds(lambda r: Or(done(r), r == this))
        self.path.demand_all(KEEPS, lambda: now)
        raise Cut


class AllFrames:
    """The number of a scope's frames, to be counted up to and for nothing else."""


def ranges(over: Callable[[], EachFrame]) -> Callable[..., EachFrame]:
    """What code finds under the name of range: all frames, in whichever order."""

    def counted(*arguments: object) -> EachFrame:
        if len(arguments) != 1 or not isinstance(arguments[0], AllFrames):
            raise ExecutionError("a range that is not that of all frames")
        return over()

    return counted


# σ0's pages in the tree.

EMPTY = fresh_state(" empty")
FILLING = fresh_state(" filling")


def empty_promise(t: TreeState) -> Named:
    """What is proved of an empty tree with as many mappings as slots."""
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


# The kernel's tables at first.

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


# The obligations.


def making_conditions(what: str, code: Code) -> Iterator[Condition]:
    """That an empty tree has it."""
    given = {**NUMBERING, **NUMBERS, **(ENOUGH if what == ROOM else {})}
    return conditions_of(made(code), given, what)


def starting_requires() -> Named:
    """What holds before σ0's pages are entered in tables: the tree is that of σ0."""
    return {**FRAMES, **ADDRESSES, **tree_holds(TREE), **filled(TREE, lambda r: BoolVal(True))}


def _made_has(what: str) -> Build:
    return lambda dialect, code: making_conditions(what, code)


def _initial_has(what: str) -> Build:
    return lambda dialect, code: conditions_of(started(code), FRAMES, what)


def _begins(what: str) -> Build:
    return lambda dialect, code: conditions_of(begun(code), starting_requires(), what)


LOOP = {
    AT_FIRST: ("at_first", "its loop's invariant holds at first"),
    KEEPS: ("keeps_invariant", "each turn of its loop keeps the invariant"),
    CALLS: ("calls__where_allowed", "what it calls is called where it may be"),
}


ASKED: dict[str, frozenset[str]] = {
    "empty": frozenset({*TREE_INVARIANTS, ROOM, NOTHING, ELEMENTS, MAKES}),
    "initial": frozenset({*LOOP, AT_EXIT, IS_INITIAL}),
    "kernel_start": frozenset({*LOOP, AT_EXIT, RAISES}),
}
"""What obligations ask about each."""


def obligations() -> Iterator[CodeObligation]:
    """The empty tree has every invariant; σ0's tree is the theory's initial state; the tables show it."""
    for name, invariant in TREE_INVARIANTS.items():
        sentence = f"a tree that was just made: {invariant.sentence}"
        yield CodeObligation(f"empty__has__{name}", "A.sigma0", sentence, _made_has(name))
    for what, claim, sentence in (
        (ROOM, "C12", "there is a free node for every nil slot, if there are as many mappings as slots"),
        (NOTHING, "A.sigma0", "no node stands for a mapping"),
        (ELEMENTS, "C5", "arrays are read and written where they have elements, which fit"),
    ):
        verb = {ROOM: "has__room", NOTHING: "has__no_mapping"}.get(what, what)
        yield CodeObligation(f"empty__{verb}", claim, f"a tree that was just made: {sentence}", _made_has(what))
    yield CodeObligation(
        f"empty__{MAKES}",
        "C5",
        "a tree is made of every number of slots and mappings that 32 bits count, and of no other",
        lambda dialect, code: chain(
            conditions_of(made(code), {**NUMBERING, **NUMBERS}, MAKES), conditions_of(refused(code), {}, MAKES)
        ),
    )
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
