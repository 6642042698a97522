"""Questions to the functions on trees with sizes that make the first tree, and to those that call the steps."""

from proofs.execution.contract import CALLS
from proofs.obligations.sized.effects import EFFECTS
from proofs.obligations.sized.execution import EFFECT
from proofs.obligations.sized.kernel import BETWEEN, PAGES_ARE, SAME, is_same
from proofs.obligations.tree.loops import AT_EXIT, AT_FIRST, DECREASES, KEEPS
from proofs.obligations.tree.steps import SENTENCES, STEPS
from proofs.obligations.tree.tree import INDEX

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

SEARCHING = {
    "past": {
        AT_FIRST: ("C5", "past begins with the page itself, which nothing shows"),
        KEEPS: ("C5", "past goes on to a block that ends in time and of which no mapping has a page"),
        DECREASES: ("C12", "past goes on to a larger order, and there is a largest"),
        AT_EXIT: ("C5", "past returns a later slot, no later than the end, and nothing in between is shown"),
        INDEX: ("C5", "past looks only at numbers of nodes that are kept: of aligned blocks up to the largest order"),
    },
    "next_part": {
        CALLS: ("C5", "next_part calls past where nothing is shown, and fitting where there is room, as these require"),
        AT_FIRST: ("C5", "next_part begins where it is told to"),
        KEEPS: ("C5", "nothing that next_part has gone past is shown"),
        DECREASES: ("C12", "a turn of the loop of next_part comes closer to the end"),
        AT_EXIT: (
            "C5",
            "next_part returns a block that ends in time and that one mapping shows, or the end; nothing before it is "
            "shown, and nothing changes",
        ),
    },
}
"""What is asked of the functions that look for the parts of a range."""

SENDING = {
    "windows": {
        AT_EXIT: (
            "A.sets",
            "windows returns what the lemmas about blocks speak of: where what goes begins and arrives, and its order",
        ),
    },
}
"""What is asked of the function that says which range goes where."""

Asks = dict[str, tuple[str, str]]
"""What is asked: by name a claim and a sentence."""


TAKERS = ("flush_below", "restrict_below", "take_rights")
FIRST = ", and what takes a node or rights only after its entries were cleared or narrowed and then invalidated"


def _of_method(name: str, does: str, loop: Asks, index: bool = True) -> Asks:
    """What is asked of a method of the kernel's: as no page changes, that it is so, and else what changes."""
    unchanged = f"{name} changes no page: what it shows, with which rights, and from what it derives"
    pages = {SAME: ("C5", unchanged)} if is_same(name) else {EFFECT: ("C5", f"after {name}: {EFFECTS[name][0]}")}
    found = {
        **loop,
        CALLS: ("C5", f"{name} calls each function only where this requires it{FIRST if name in TAKERS else ''}"),
        AT_EXIT: ("C5", does),
        **pages,
        INDEX: ("C5", f"in {name} fields of nodes and slots only are read, and nothing is written but by steps"),
    }
    return found if index else _only(found, INDEX)


def _loop_of(name: str, keeps: str, closer: str, counted: str = "") -> Asks:
    """What is asked of a method's loop.

    :param counted: how many steps it takes, if that is asked.
    """
    steps = {STEPS: ("C12", f"{name}, on trees with sizes: {counted}")} if counted else {}
    return {
        **steps,
        AT_FIRST: ("C5", f"the loop of {name} begins with its invariant: {keeps}"),
        KEEPS: ("C5", f"a turn of the loop of {name} keeps its invariant: {keeps}"),
        DECREASES: ("C12", f"a turn of the loop of {name} comes closer to its end: {closer}"),
    }


LATER = "it goes on to a later slot, so that it makes no more turns than the range has pages"


def _pages_are(name: str) -> tuple[str, str]:
    return ("C5", f"what {name} knows of pages holds of those that any tree with all invariants stands for")


def _only(asks: Asks, *left_out: str) -> Asks:
    return {what: said for what, said in asks.items() if what not in left_out}


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
        "merge leaves nothing that can be joined with what has the first page of the node",
        _loop_of("merge", "what is to be joined can be", "the joined mapping is larger, and there is a largest"),
        index=False,
    ),
    "flush_below": _of_method(
        "flush_below",
        "flush_below leaves nothing below the node, and all other nodes as they were",
        _loop_of(
            "flush_below",
            "of what was below the node some is gone, nothing else has changed, and the cursor is the node or below it",
            "a node is gone, or the cursor is further down",
            counted=SENTENCES["flush_below"],
        ),
    ),
    "restrict_below": _of_method(
        "restrict_below",
        "restrict_below leaves nothing below the node with another right; gone is what had none of the rights",
        _loop_of(
            "restrict_below",
            "what the walk has left behind has no other right, and nothing else has changed",
            "the walk has gone on round the tree that it began with",
            counted=SENTENCES["restrict_below"],
        ),
    ),
    "take_rights": _of_method(
        "take_rights",
        "take_rights leaves the node and what was below it without the rights; gone is what had no other",
        {},
    ),
    "flush_part": {
        **_of_method(
            "flush_part",
            "flush_part returns nothing",
            _loop_of(
                "flush_part",
                "what was passed and shows a frame of the block has lost the rights, and no other page has changed",
                "it has one child less ahead",
                counted="its loop makes one turn for each child that the mapping has at first",
            ),
        ),
        BETWEEN: ("C5", "in flush_part the part that isolate leaves has what derives from the block, and no more"),
    },
    "take_block": {
        **_of_method("take_block", "take_block returns nothing", {}, index=False),
        BETWEEN: ("C5", "in take_block the node that isolate leaves has the block and what derives from it, no more"),
    },
    "flush_range": {
        **_of_method(
            "flush_range",
            "flush_range is done, whatever there is",
            _loop_of(
                "flush_range",
                "the pages of the range that it has passed are flushed, and no other page has changed",
                "it goes on to a later slot, so that it makes no more turns than the range has pages",
            ),
            index=False,
        ),
        PAGES_ARE: _pages_are("flush_range"),
    },
    "is_below": _only(
        _of_method(
            "is_below",
            "is_below says whether a node was mapped, directly or not, from another",
            _loop_of(
                "is_below",
                "neither the climb nor the walk has passed what it looks for",
                "the climb has gone on",
                counted=SENTENCES["is_below"],
            ),
        ),
        CALLS,
    ),
    "next_piece": _of_method(
        "next_piece",
        "next_piece returns the first part that has a right to pass on, or the end: no page before it has one",
        _loop_of("next_piece", "no page that it has passed has a right to pass on", "it goes on to a later slot"),
    ),
    "is_held": _of_method("is_held", "is_held says whether σ0 holds the pages of the mapping", {}),
    "derives_from": _of_method(
        "derives_from", "derives_from says whether a page of the one block derives from a page of the other", {}
    ),
    "crosses": {
        **_of_method(
            "crosses",
            "crosses says whether a page that goes derives from a page of the block",
            _loop_of("crosses", "no page that it has passed derives from the block", LATER),
            index=False,
        ),
        PAGES_ARE: _pages_are("crosses"),
    },
    "must_stay": {
        **_of_method(
            "must_stay",
            "must_stay says whether a page of the block holds a frame, or a page that goes derives from one of it",
            _loop_of("must_stay", "no page that it has passed has to stay", LATER),
            index=False,
        ),
        PAGES_ARE: _pages_are("must_stay"),
    },
    "lacks": _of_method(
        "lacks",
        "lacks counts each table once that the block needs, but not the page before it, and that is not there",
        _loop_of(
            "lacks", "of the tables inside the block those are counted that are there for what it has passed", LATER
        ),
        index=False,
    ),
    "has_frames": {
        **_of_method(
            "has_frames",
            "has_frames says whether there are frames for the tables that pages need where they go, each counted once",
            _loop_of("has_frames", "the tables are counted of what it has passed, where that goes", LATER),
            index=False,
        ),
        BETWEEN: (
            "C5",
            "in has_frames a piece arrives in one block, behind what it has passed and before what is behind",
        ),
        PAGES_ARE: _pages_are("has_frames"),
    },
    "refuses": {
        **_of_method(
            "refuses",
            "refuses says whether no page goes, the range goes to itself, a page to which one goes has to stay, or the "
            "pool says that it has too few frames",
            _loop_of("refuses", "no page to which one goes that it has passed has to stay", LATER),
            index=False,
        ),
        PAGES_ARE: _pages_are("refuses"),
    },
    "clear_target": {
        **_of_method(
            "clear_target",
            "clear_target returns nothing",
            _loop_of("clear_target", "the places are flushed to which the pages go that it has passed", LATER),
            index=False,
        ),
        BETWEEN: ("C5", "in clear_target a turn flushes the places to which a piece goes, and takes no page that goes"),
        PAGES_ARE: _pages_are("clear_target"),
    },
    "map_piece": {
        **_of_method("map_piece", "map_piece has entries written of what it makes, and returns nothing", {}),
        BETWEEN: ("C5", "in map_piece the node that is found shows what goes, and what is above it is above the page"),
    },
    "map_pieces": {
        **_of_method(
            "map_pieces",
            "map_pieces returns nothing",
            _loop_of("map_pieces", "the pages are mapped that it has passed, and no other page has changed", LATER),
            index=False,
        ),
        PAGES_ARE: _pages_are("map_pieces"),
    },
    "map_range": {
        **_of_method(
            "map_range",
            "map_range is refused exactly where a side condition of the theory of ranges fails, no page goes, or the "
            "pool says that it has too few frames; else it is done",
            {},
            index=False,
        ),
        BETWEEN: ("C5", "in map_range what goes is what it was when the places to which it goes are cleared"),
        PAGES_ARE: _pages_are("map_range"),
    },
    "restrict_pieces": {
        **_of_method(
            "restrict_pieces",
            "restrict_pieces returns nothing",
            _loop_of("restrict_pieces", "the pages that go keep no other rights, of those that it has passed", LATER),
            index=False,
        ),
        PAGES_ARE: _pages_are("restrict_pieces"),
    },
    "isolate_range": _of_method(
        "isolate_range", "isolate_range leaves no mapping that has a page of it and another", {}, index=False
    ),
    "next_mapping": {
        **_of_method(
            "next_mapping",
            "next_mapping returns the first mapping that has a right to pass on, whole, or the end: no page before it "
            "has one",
            {},
        ),
    },
    "withdraw_pieces": _of_method(
        "withdraw_pieces",
        "withdraw_pieces leaves those mappings of the range without entries that go, and no others, and nothing "
        "translates their pages",
        _loop_of("withdraw_pieces", "what goes is without entries, of what it has passed, and nothing else", LATER),
        index=False,
    ),
    "move_piece": {
        **_of_method("move_piece", "move_piece has entries written of what it moves, and nothing else moves", {}),
        BETWEEN: ("C5", "in move_piece the node that is found shows where it arrives what it shows where it is"),
    },
    "move_pieces": {
        **_of_method(
            "move_pieces",
            "move_pieces has entries written of all that had none",
            _loop_of(
                "move_pieces", "the pages have moved that it has passed, and what goes has no entries before", LATER
            ),
            index=False,
        ),
        BETWEEN: ("C5", "in move_pieces a turn moves the pages of a mapping, and what is ahead is what it was"),
        PAGES_ARE: _pages_are("move_pieces"),
    },
    "merge_pieces": _of_method(
        "merge_pieces",
        "merge_pieces leaves nothing that can be joined with what shows a page of the range",
        _loop_of("merge_pieces", "nothing can be joined with what shows a page that it has passed", LATER),
        index=False,
    ),
    "grant_range": {
        **_of_method(
            "grant_range",
            "grant_range is refused exactly where a side condition of the theory of ranges fails, no page goes, or the "
            "pool says that it has too few frames; else it is done",
            {},
            index=False,
        ),
        BETWEEN: ("C5", "in grant_range what goes is what it was when the places to which it goes are cleared"),
        PAGES_ARE: _pages_are("grant_range"),
    },
}
"""What is asked of the functions that call steps, and of the search for a node."""
