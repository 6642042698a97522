"""The obligations about the tree with sizes: what its functions preserve, do, return and touch."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from proofs.execution.contract import CALLS, Named
from proofs.execution.coverage import CoveringPath
from proofs.execution.path import Path
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.executed import Functions, Rest, Runs, executed_whole
from proofs.obligations.kernel.units import EXECUTED_WHOLE
from proofs.obligations.sized import calls, cost, handing_on, search, start, windows
from proofs.obligations.sized.asks import CALLING, SEARCHING, SENDING, STARTING
from proofs.obligations.sized.contracts import b, known, node, other, required_of_join, used_of_join
from proofs.obligations.sized.effects import EFFECTS
from proofs.obligations.sized.execution import EFFECT, RETURNS, WITH_A_CHILD, conditions, walked
from proofs.obligations.sized.halving import DEALT
from proofs.obligations.sized.state import COUNTS, INVARIANTS, WITHIN
from proofs.obligations.sized.used import SIZES, is_used
from proofs.obligations.source import Code
from proofs.obligations.tree.loops import AT_EXIT, AT_FIRST, DECREASES, KEEPS
from proofs.obligations.tree.tree import INDEX

OF_JOIN = "sized_join__uses__what_it_requires"
CHANGING = ("create_block", "move_block", "drop_block", "narrow_block", "halve", "join")
FUNCTIONS = (*CHANGING, "buddy")
RETURNED = {
    "create_block": "create_block returns the new node, which has that order and which the slot names",
    "move_block": "move_block returns nothing",
    "drop_block": "drop_block returns nothing",
    "narrow_block": "narrow_block returns nothing",
    "halve": "halve returns nothing",
    "join": "join returns the one of the two nodes that is left, and it is one order larger",
    "buddy": "what buddy returns can be joined with the node, and is NONE only if nothing can; and nothing changes",
}
LEAVES = {
    "halve": "halve leaves two halves of the node, which together have its pages, and all else as it was",
    "drop_block": "drop_block leaves all nodes as they were but the one, which is gone",
    "move_block": "move_block leaves all nodes as they were, but for where the one is",
    "narrow_block": "narrow_block leaves all nodes as they were, but for the rights of the one",
}
"""What functions leave, as whoever calls them may use it."""

OF_BLOCKS = ("aligned", "one_mapping", "frames_within", "frames_within_below")
OF_LISTS = ("first_child", "next_sibling", "prev_sibling", "first_of_parent", "no_child", "alone")
OF_GHOSTS = ("no_cycle", "closure", "subtree_order", "no_descendant", "live_above")
OF_OTHERS = (*OF_BLOCKS, *OF_LISTS, *OF_GHOSTS, "neighbours", "siblings", "begins", "room")
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "blocks": (
        "a mapping is an aligned block of slots and of frames, within its parent's; a page is in one mapping",
        OF_BLOCKS,
    ),
    "begins": ("a node is counted once, where it begins, and nothing else is", ("begins", COUNTS)),
    "room": ("there is a free node for every slot at which none begins", ("room",)),
    "lists": ("the links of parents, children and siblings fit each other", OF_LISTS),
    "ghosts": ("below is the closure of parent without a cycle, and left an order of subtrees", OF_GHOSTS),
    "neighbours": ("siblings follow the order of subtrees and leave out none", ("neighbours", "siblings")),
    "nodes": (
        "every node is live, with a slot that names it and some of its parent's rights, or free and blank",
        tuple(name for name in INVARIANTS if name not in OF_OTHERS),
    ),
}
"""The invariants in groups, an obligation each: what a group says, and what is demanded for it."""


LOOP = {
    AT_FIRST: ("C5", "the loop of halve begins with its invariant"),
    DECREASES: ("C12", "a turn of the loop of halve comes closer to the last child"),
}


def _build(name: str, *what: str) -> Build:
    def build(dialect: Any, code: Code) -> Iterator[Condition]:
        for each in what:
            yield from conditions(name, each, code)

    return build


def _kept(*parts: str) -> Build:
    return lambda dialect, code: (each for part in parts for each in conditions("halve", KEEPS, code, part))


def _used_of_join(dialect: Any, code: Code) -> Iterator[Condition]:
    hypotheses = required_of_join()
    used: Callable[[Any, Any, Any], Mapping[str, Any]] = code.sized.get("used_of_join", used_of_join)
    for formula in used(b, node, other).values():
        yield Condition(hypotheses, dict.fromkeys(hypotheses, "assumption"), formula, sizes=WITH_A_CHILD)


def _loop() -> Iterator[CodeObligation]:
    """What is asked of the loop of halve: each part of its invariant is kept, by itself."""
    for what, (claim, sentence) in LOOP.items():
        yield CodeObligation(f"sized_halve__{what}", claim, sentence, _build("halve", what))
    for group, (said, names) in GROUPS.items():
        kept = tuple(name for name in names if name in INVARIANTS and name not in WITHIN)
        sentence = f"after each turn of the loop of halve: {said}"
        yield CodeObligation(f"sized_halve__keeps__{group}", "C5", sentence, _kept(*kept))
    sentence = "a child before the cursor of halve is below the half that has it, and nothing else has changed"
    yield CodeObligation("sized_halve__keeps__dealt_out", "C5", sentence, _kept(*DEALT))


def asked(name: str) -> frozenset[str]:
    """Return what obligations ask about a function."""
    found = {RETURNS, INDEX}
    if name in CHANGING:
        found |= {EFFECT, *(what for _, group in GROUPS.values() for what in group)}
    found |= {"join": {CALLS}, "halve": {AT_FIRST, KEEPS, DECREASES}}.get(name, set())
    return frozenset(found | {AT_EXIT} if name in LEAVES else found)


def whole(name: str) -> str:
    """The id of the obligation that executes a function whole."""
    return f"sized_{name}__{EXECUTED_WHOLE}"


def _covering(name: str) -> Runs:
    return lambda code: [CoveringPath(path, known(name)) for path in walked(name, code)]


def _rest(name: str) -> Rest:
    return lambda code: [(walked(name, code), known(name), asked(name))]


def executed(name: str) -> Functions:
    """The function itself; what it calls has obligations of its own."""
    return lambda code: (code.sized_function(name),)


INSIDE = {
    "flush_below": (("withdraw",), ("flush_step",)),
    "restrict_below": (("narrow",), ("restrict_step",)),
    "map_piece": (("show",), ()),
    "withdraw_pieces": (("withdraw",), ()),
    "flush_part": ((), ("frame_at",)),
}
"""Methods, and functions on the tree, that are executed where a method calls them, and covered there."""


def executed_in(name: str) -> Functions:
    """The search for a node; a method, and what is executed in it."""
    methods, functions = INSIDE.get(name, ((), ()))
    if name == "find":
        return executed(name)
    return lambda code: (
        *(code.sized_method(each) for each in (name, *methods)),
        *(code.sized_function(each) for each in functions),
    )


EXECUTED = (*STARTING, *SEARCHING, *FUNCTIONS, "find")
"""All functions that are executed whole."""

METHODS = (*calls.FUNCTIONS_OF_KERNEL, *SENDING)
"""All methods of the kernel that are."""


@dataclass(frozen=True, slots=True)
class _Family:
    """Functions of which the same is asked in the same way.

    :param asks: claims and sentences, by function and by what is asked.
    :param conditions: those of a function that this holds of it.
    :param walked: all paths through a function.
    :param known: what its proof may use.
    :param executed: what of the code is covered by that.
    :param is_used: whether a hypothesis stays where all is to be on some way.
    """

    asks: Mapping[str, Mapping[str, tuple[str, str]]]
    conditions: Callable[[str, str, Code], Iterator[Condition]]
    walked: Callable[[str, Code], tuple[Path, ...]]
    known: Callable[[str], Named]
    executed: Callable[[str], Functions] = executed
    is_used: Callable[[str, str], bool] | None = None

    def obligations(self) -> Iterator[CodeObligation]:
        """What is asked of each, and that all of it is executed."""
        for name, asks in self.asks.items():
            for what, (claim, sentence) in asks.items():
                verb = {CALLS: "calls__where_allowed", INDEX: "accesses__nodes"}.get(what, what)
                yield CodeObligation(f"sized_{name}__{verb}", claim, sentence, self._build(name, what))
            code = (self.executed(name), self._runs(name))
            rest, sizes = self._rest(name), SIZES.get(name)
            yield executed_whole(whole(name), f"{name}, on trees with sizes", code, rest=rest, sizes=sizes)

    def _build(self, name: str, what: str) -> Build:
        return lambda dialect, code: self.conditions(name, what, code)

    def _runs(self, name: str) -> Runs:
        used = () if self.is_used is None else (partial(self.is_used, name),)
        return lambda code: [CoveringPath(path, self.known(name), *used) for path in self.walked(name, code)]

    def _rest(self, name: str) -> Rest:
        return lambda code: [(self.walked(name, code), self.known(name), frozenset(self.asks[name]))]


FAMILIES = (
    _Family(
        STARTING, start.conditions, lambda name, code: start.WALKED[name][0](code), lambda name: start.WALKED[name][1]
    ),
    _Family(SEARCHING, search.conditions, search.walked, search.known),
    _Family(SENDING, windows.conditions, windows.walked, windows.known, executed_in),
    _Family(CALLING, calls.conditions, calls.walked, calls.known, executed_in, is_used),
)
"""What makes the first tree, what looks for the parts of a range, and what the kernel does with the steps."""


def obligations() -> Iterator[CodeObligation]:
    """Functions × groups of invariants, what each does, returns and touches, and that all of it is executed."""
    for family in FAMILIES:
        yield from family.obligations()
    yield from handing_on.obligations()
    yield from cost.obligations()
    for name in FUNCTIONS:
        if name in CHANGING:
            for group, (said, what) in GROUPS.items():
                sentence = f"after {name}: {said}"
                yield CodeObligation(f"sized_{name}__preserves__{group}", "C5", sentence, _build(name, *what))
            sentence = f"after {name}: {EFFECTS[name][0]}"
            yield CodeObligation(f"sized_{name}__{EFFECT}", "C5", sentence, _build(name, EFFECT))
        if name == "halve":
            yield from _loop()
        if name in LEAVES:
            yield CodeObligation(f"sized_{name}__{AT_EXIT}", "C5", LEAVES[name], _build(name, AT_EXIT))
        if name == "join":
            sentence = "join drops and moves a node only where what these require holds"
            yield CodeObligation("sized_join__calls__where_allowed", "C5", sentence, _build(name, CALLS))
            sentence = "what the proof of join uses of its buddies follows from what join requires"
            yield CodeObligation(OF_JOIN, "C5", sentence, _used_of_join)
        yield CodeObligation(f"sized_{name}__{RETURNS}", "C5", RETURNED[name], _build(name, RETURNS))
        sentence = f"{name} reads and writes fields of nodes and slots only, and nothing at NONE"
        yield CodeObligation(f"sized_{name}__accesses__nodes", "C5", sentence, _build(name, INDEX))
        code = (executed(name), _covering(name))
        yield executed_whole(whole(name), f"{name}, on trees with sizes", code, rest=_rest(name), sizes=WITH_A_CHILD)
