"""The obligations about the tree with sizes: what its functions preserve, do, return and touch."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from proofs.execution.contract import CALLS
from proofs.execution.coverage import CoveringPath
from proofs.obligation import Condition
from proofs.obligations.code import Build, CodeObligation
from proofs.obligations.executed import Functions, Rest, Runs, executed_whole
from proofs.obligations.kernel.units import EXECUTED_WHOLE
from proofs.obligations.sized import calls, start
from proofs.obligations.sized.contracts import known
from proofs.obligations.sized.effects import EFFECTS
from proofs.obligations.sized.execution import EFFECT, RETURNS, conditions, walked
from proofs.obligations.sized.halving import DEALT
from proofs.obligations.sized.kernel import SAME
from proofs.obligations.sized.state import COUNTS, INVARIANTS, WITHIN
from proofs.obligations.source import Code
from proofs.obligations.tree.loops import AT_EXIT, AT_FIRST, DECREASES, KEEPS
from proofs.obligations.tree.tree import INDEX

CHANGING = ("create_block", "move_block", "drop_block", "halve", "join")
FUNCTIONS = (*CHANGING, "buddy")
RETURNED = {
    "create_block": "create_block returns the new node, which has that order and which the slot names",
    "move_block": "move_block returns nothing",
    "drop_block": "drop_block returns nothing",
    "halve": "halve returns nothing",
    "join": "join returns the one of the two nodes that is left, and it is one order larger",
    "buddy": "what buddy returns can be joined with the node, and is NONE only if nothing can; and nothing changes",
}
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


def _loop() -> Iterator[CodeObligation]:
    """What is asked of the loop of halve: each part of its invariant is kept, by itself."""
    for what, (claim, sentence) in LOOP.items():
        yield CodeObligation(f"sized_halve__{what}", claim, sentence, _build("halve", what))
    for group, (said, names) in GROUPS.items():
        kept = tuple(name for name in names if name in INVARIANTS and name not in WITHIN)
        sentence = f"after each turn of the loop of halve: {said}"
        yield CodeObligation(f"sized_halve__keeps__{group}", "C5", sentence, _kept(*kept))
    sentence = "halve leaves two halves of the node, which together have its pages, and all else as it was"
    yield CodeObligation(f"sized_halve__{AT_EXIT}", "C5", sentence, _build("halve", AT_EXIT))
    sentence = "a child before the cursor of halve is below the half that has it, and nothing else has changed"
    yield CodeObligation("sized_halve__keeps__dealt_out", "C5", sentence, _kept(*DEALT))


def asked(name: str) -> frozenset[str]:
    """What obligations ask about a function."""
    found = {RETURNS, INDEX}
    if name in CHANGING:
        found |= {EFFECT, *(what for _, group in GROUPS.values() for what in group)}
    return frozenset(found | {"join": {CALLS}, "halve": {AT_FIRST, KEEPS, DECREASES, AT_EXIT}}.get(name, set()))


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


def method(name: str) -> Functions:
    """A method of the kernel with ranges, likewise."""
    return lambda code: (code.sized_method(name),)


STARTING = {
    "fitting": {
        AT_FIRST: ("C5", "fitting begins with an order no larger than the largest"),
        KEEPS: ("C5", "fitting goes on to an order no larger than the largest"),
        DECREASES: ("C12", "fitting goes on to a smaller order, and there is one that fits"),
        AT_EXIT: ("C5", "a block of the order that fitting returns begins at the page, and ends no later"),
    },
    "initial": {
        CALLS: ("A.sigma0", "initial makes mappings only where create_block requires it, so that all invariants stay"),
        AT_FIRST: ("A.sigma0", "a blank tree with sizes has every invariant, and the loop of initial its own"),
        KEEPS: (
            "A.sigma0",
            "a turn of the loop of initial gives σ0 further frames at their own pages, with all rights",
        ),
        DECREASES: ("C12", "a turn of the loop of initial comes closer to the last frame"),
        AT_EXIT: ("A.sigma0", "at first σ0 holds each frame in its own page with all rights, and nothing is mapped"),
        INDEX: ("C5", "initial reads and writes fields of nodes and slots only, and nothing at NONE"),
    },
}
"""What is asked of the functions that make the first tree: claims and sentences."""


Asks = dict[str, tuple[str, str]]
"""What is asked: by name a claim and a sentence."""


def _of_method(name: str, does: str, loop: Asks, index: bool = True) -> Asks:
    """What is asked of a method of the kernel's."""
    found = {
        **loop,
        CALLS: ("C5", f"{name} calls each function only where this requires it"),
        AT_EXIT: ("C5", does),
        SAME: ("C5", f"{name} changes no page: what it shows, with which rights, and from what it derives"),
        INDEX: ("C5", f"in {name} fields of nodes and slots only are read, and nothing is written but by steps"),
    }
    return found if index else {what: said for what, said in found.items() if what != INDEX}


def _loop_of(name: str, keeps: str, closer: str) -> Asks:
    return {
        AT_FIRST: ("C5", f"the loop of {name} begins with its invariant: {keeps}"),
        KEEPS: ("C5", f"a turn of the loop of {name} keeps its invariant: {keeps}"),
        DECREASES: ("C12", f"a turn of the loop of {name} comes closer to its end: {closer}"),
    }


CALLING = {
    "find": {
        AT_FIRST: ("C5", "find tries every order up to the largest"),
        KEEPS: ("C5", "no mapping of an order that find has tried has the page"),
        AT_EXIT: ("C5", "find returns the mapping that has a page, or NONE if there is none, and changes nothing"),
        INDEX: ("C5", "in find fields of nodes and slots only are read and written"),
    },
    "divide": _of_method("divide", "divide leaves two halves of the node, and all else as it was", {}),
    "unite": _of_method("unite", "unite returns what is left of the two, one order larger", {}),
    "split": _of_method(
        "split",
        "split leaves two halves of the node, which together have its pages",
        _loop_of(
            "split",
            "the walk has left no node below that is as large",
            "there are fewer nodes of that size, or the walk has gone on",
        ),
    ),
    "isolate": _of_method(
        "isolate",
        "isolate returns the mapping that has the block and nothing else",
        _loop_of("isolate", "the node has the block", "the mapping of the block is smaller"),
    ),
    "merge": _of_method(
        "merge",
        "merge returns nothing",
        _loop_of("merge", "what is to be joined can be", "the joined mapping is larger, and there is a largest"),
        index=False,
    ),
}
"""What is asked of the functions that call steps, and of the search for a node."""

EXECUTED = (*STARTING, *FUNCTIONS, "find")
"""All functions that are executed whole."""


def _calls(name: str, what: str) -> Build:
    return lambda dialect, code: calls.conditions(name, what, code)


def _calling() -> Iterator[CodeObligation]:
    """What the kernel does with the steps."""
    for name, asks in CALLING.items():
        for what, (claim, sentence) in asks.items():
            verb = {CALLS: "calls__where_allowed", INDEX: "accesses__nodes"}.get(what, what)
            yield CodeObligation(f"sized_{name}__{verb}", claim, sentence, _calls(name, what))
        functions = executed(name) if name == "find" else method(name)
        runs, rest = _calling_runs(name), _calling_rest(name, frozenset(asks))
        yield executed_whole(whole(name), f"{name}, on trees with sizes", (functions, runs), rest=rest)


def _calling_runs(name: str) -> Runs:
    return lambda code: [
        CoveringPath(path, calls.known(name), partial(calls.is_used, name)) for path in calls.walked(name, code)
    ]


def _calling_rest(name: str, asked_for: frozenset[str]) -> Rest:
    return lambda code: [(calls.walked(name, code), calls.known(name), asked_for)]


def _starts(name: str, what: str) -> Build:
    return lambda dialect, code: start.conditions(name, what, code)


def _starting() -> Iterator[CodeObligation]:
    """The base of the induction."""
    for name, asks in STARTING.items():
        for what, (claim, sentence) in asks.items():
            verb = {CALLS: "calls__where_allowed", INDEX: "accesses__nodes"}.get(what, what)
            yield CodeObligation(f"sized_{name}__{verb}", claim, sentence, _starts(name, what))
        yield executed_whole(
            whole(name),
            f"{name}, on trees with sizes",
            (executed(name), _starting_runs(name)),
            rest=_starting_rest(name, frozenset(asks)),
        )


def _starting_runs(name: str) -> Runs:
    walk, given = start.WALKED[name]
    return lambda code: [CoveringPath(path, given) for path in walk(code)]


def _starting_rest(name: str, asked_for: frozenset[str]) -> Rest:
    walk, given = start.WALKED[name]
    return lambda code: [(walk(code), given, asked_for)]


def obligations() -> Iterator[CodeObligation]:
    """Functions × groups of invariants, what each does, returns and touches, and that all of it is executed."""
    yield from _starting()
    yield from _calling()
    for name in FUNCTIONS:
        if name in CHANGING:
            for group, (said, what) in GROUPS.items():
                sentence = f"after {name}: {said}"
                yield CodeObligation(f"sized_{name}__preserves__{group}", "C5", sentence, _build(name, *what))
            sentence = f"after {name}: {EFFECTS[name][0]}"
            yield CodeObligation(f"sized_{name}__{EFFECT}", "C5", sentence, _build(name, EFFECT))
        if name == "halve":
            yield from _loop()
        if name == "join":
            sentence = "join drops and moves a node only where what these require holds"
            yield CodeObligation("sized_join__calls__where_allowed", "C5", sentence, _build(name, CALLS))
        yield CodeObligation(f"sized_{name}__{RETURNS}", "C5", RETURNED[name], _build(name, RETURNS))
        sentence = f"{name} reads and writes fields of nodes and slots only, and nothing at NONE"
        yield CodeObligation(f"sized_{name}__accesses__nodes", "C5", sentence, _build(name, INDEX))
        yield executed_whole(
            whole(name), f"{name}, on trees with sizes", (executed(name), _covering(name)), rest=_rest(name)
        )
