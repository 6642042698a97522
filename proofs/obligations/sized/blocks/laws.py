"""The laws of aligned blocks: each proved once of numbers, and given where code has pages and frames.

*General* laws hold for all blocks. Those of halves and buddies are given for the blocks that code computes, one at a
time: as laws for all they would make blocks without end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import z3
from z3 import And, ForAll, Implies

from model.ranges import blocks as the_functions
from model.spaces.theory import Formula, Frame, Slot, Term
from proofs.execution.contract import Named
from proofs.execution.named_after import named
from proofs.obligation import Condition
from proofs.obligations.sized.blocks import formulas, tables
from proofs.obligations.sized.blocks.order import ABSTRACT, BITS, Numbers, Order


@dataclass(frozen=True, slots=True)
class Law:
    """Something that holds of blocks.

    :param sorts: of the terms of which it speaks.
    :param build: the law, in a reading, of these terms.
    :param general: it is given for all terms, not for those that code computes.
    :param half: it is of numbers in the lower half of all that there are, so that there is one behind each block.
    """

    name: str
    sentence: str
    sorts: tuple[z3.SortRef, ...]
    build: Callable[..., Formula]
    general: bool = False
    half: bool = False

    def of(self, *terms: Term) -> Named:
        """The law as a hypothesis about these terms."""
        return {f"{self.sentence}: {', '.join(map(named, terms))}": self.build(ABSTRACT, *terms)}

    def condition(self, functions: Any = the_functions) -> Condition:
        """Return the condition that it holds of numbers, by these functions."""
        terms = [z3.BitVec(f"{sort}_{place}", BITS) for place, sort in enumerate(self.sorts)]
        orders = [z3.ULT(t, BITS) for t, sort in zip(terms, self.sorts, strict=True) if sort == Order]
        given = {"orders are those of blocks": And(*orders)}
        if self.half:
            numbers = [t for t, sort in zip(terms, self.sorts, strict=True) if sort != Order]
            given["numbers are followed by as many"] = And(*(z3.ULT(t, 1 << (BITS - 1)) for t in numbers))
        return Condition(given, dict.fromkeys(given, "assumption"), self.build(Numbers(functions), *terms))


def _for(sort: z3.SortRef, word: str) -> Iterator[Law]:
    def law(name: str, sentence: str, sorts: str, build: Callable[..., Formula], general: bool = False) -> Law:
        kinds = tuple(Order if letter == "o" else sort for letter in sorts)
        return Law(f"{name}__{word}", f"{sentence} ({word})", kinds, build, general)

    yield law(
        "first__is__within",
        "a block has its first page",
        "xo",
        lambda of, b, k: Implies(of.is_block(b, k), of.has(b, k, b)),
        True,
    )
    yield law("common__is__nested", "of two blocks with a common page the larger has the other's first",
              "xoxox", formulas.nested, True)  # fmt: skip
    yield law("within__is__contained", "a block within another has no page that the other has not",
              "xoxox", formulas.contained, True)  # fmt: skip
    yield law("equal__is__one", "blocks of one order with a common page are one", "xxox", formulas.one, True)
    yield law("common__is__met", "blocks with a common page meet, and one of the two has the first page of the other",
              "xoxox", formulas.meeting, True)  # fmt: skip
    yield law("halves__make__the_block", "a block is its two halves, and nothing lies between their orders",
              "xo", formulas.halved)  # fmt: skip
    yield law("buddies__make__the_block", "two buddies are the block around one of them", "xxoo", formulas.joined)
    yield law("around__is__a_block", "around a page there is a block of each order", "xo", formulas.around)
    yield law("buddy__is__the_other", "what is computed as a buddy is the one that there is", "xoo", formulas.buddy)


@cache
def laws() -> dict[str, Law]:
    """All laws, by name."""
    every = (
        *_for(Slot, "slots"),
        *_for(Frame, "frames"),
        Law(
            "orders__are__a_chain",
            "orders are a chain, from that of a page on",
            (Order, Order, Order),
            formulas.orders,
            True,
        ),
        Law(
            "place__is__one",
            "a mapping shows one frame at a page, and a frame at one page",
            (Slot, Frame, Slot, Slot, Frame, Frame),
            formulas.one_place,
            True,
        ),
        Law(
            "alongside__is__moved",
            "what a mapping shows at a page is the page moved to where its frames begin",
            (Slot, Frame, Slot),
            formulas.moved,
        ),
        Law(
            "frame__is__moved_back",
            "the page at which a mapping shows a frame is the frame moved to where its pages begin",
            (Slot, Frame, Frame),
            formulas.moved_back,
        ),
        Law(
            "blocks__are__moved",
            "what a mapping shows at a block that is no larger begins a block",
            (Slot, Frame, Order, Slot, Frame, Order),
            formulas.blocks_of_pages,
            True,
        ),
        Law(
            "first__shows__first",
            "a mapping shows its first frame at its first page",
            (Slot, Frame),
            formulas.first_shown,
        ),
        Law(
            "frames__are__shown",
            "a mapping shows each of its frames at some page",
            (Slot, Frame, Order),
            formulas.shown,
        ),
        Law(
            "places__are__the_same_from_anywhere",
            "where a mapping shows its frames can be told from any of its pages",
            (Slot, Frame, Slot, Frame, Slot, Frame),
            formulas.same_from_anywhere,
            True,
        ),
        Law(
            "pages__show__frames",
            "a page lies in a mapping whose frame it shows",
            (Slot, Frame, Order, Slot, Frame),
            formulas.frames_of_pages,
            True,
        ),
        Law(
            "pages__have__frames",
            "a mapping shows some frame at each of its pages",
            (Slot, Frame, Order, Slot),
            formulas.frame_of_page,
        ),
        Law(
            "pair__is__one",
            "a page goes to one place, and one page to a place",
            (Slot, Slot, Slot, Slot, Slot, Slot),
            formulas.one_place,
        ),
        Law(
            "page__is__sent",
            "where a page goes is the page moved to where pages arrive",
            (Slot, Slot, Slot),
            formulas.moved,
        ),
        Law(
            "page__is__fetched",
            "the page that goes to a place is the place moved to where pages go from",
            (Slot, Slot, Slot),
            formulas.arrives,
        ),
        Law(
            "blocks__are__sent",
            "what goes from a block that is no larger arrives at the first page of a block",
            (Slot, Slot, Order, Slot, Slot, Order),
            formulas.blocks_of_pages,
        ),
        Law(
            "pairs__are__the_same_from_anywhere",
            "where pages go can be told from any of them",
            (Slot, Slot, Slot, Slot, Slot, Slot),
            formulas.same_from_anywhere,
        ),
        Law(
            "pages__arrive__in_the_window",
            "a page goes from the range if and only if it arrives in the window",
            (Slot, Slot, Order, Slot, Slot),
            formulas.frames_of_pages,
        ),
        Law(
            "pages__go__nowhere",
            "a page of a range that goes to its own place goes to its own",
            (Slot, Slot),
            formulas.stays,
        ),
        Law(
            "frames__go__along",
            "a page that goes shows the same frame where it arrives",
            (Slot, Slot, Frame, Slot),
            formulas.go_along,
        ),
        Law(
            "within__ends__no_later",
            "a block within another ends no later",
            (Slot, Order, Slot, Order),
            formulas.ends_within,
            half=True,
        ),
        Law("windows__are__filled", "to each page of the window one goes", (Slot, Slot, Order), formulas.filled),
        Law(
            "ranges__go__whole", "each page of the range goes to one of the window", (Slot, Slot, Order), formulas.whole
        ),
        Law(
            "ends_in_time__is__no_larger",
            "a block that begins in another and ends no later is no larger",
            (Slot, Order, Slot, Order),
            formulas.ends_in_time,
            half=True,
        ),
        Law(
            "pages__arrive__in_order",
            "of two pages of a range the earlier one arrives earlier",
            (Slot, Slot, Order, Slot, Slot, Slot, Slot),
            formulas.in_order,
        ),
        Law(
            "table_inside__is__in_the_block",
            "a block has all pages below a table that is inside one of its leaves",
            (Slot, Order, Slot, Slot),
            tables.all_of_it,
            half=True,
        ),
        Law(
            "table_above__has__the_block",
            "all pages of a block lie below a table that is inside none of its leaves, or none",
            (Slot, Order, Slot, Slot),
            tables.all_of_block,
            half=True,
        ),
        Law(
            "table__has__what_is_between",
            "what lies between two pages below a table lies below it",
            (Slot, Slot, Slot),
            tables.all_between,
            half=True,
        ),
        Law(
            "halves__show__the_same",
            "the upper half shows what the whole showed",
            (Slot, Frame, Order),
            formulas.halves_alike,
        ),
        Law("slots__are__in_a_row", "of two slots one is earlier", (Slot, Slot), formulas.in_a_row, True),
        Law(
            "earlier__is__transitive",
            "what is earlier than an earlier slot is earlier",
            (Slot, Slot, Slot),
            formulas.in_one_row,
        ),
        Law(
            "block__ends__at_the_next",
            "what is earlier than a block's end is earlier than the block or in it",
            (Slot, Order),
            formulas.behind,
            half=True,
        ),
        Law(
            "between__is__within",
            "a block has all that lies between two of its pages",
            (Slot, Order, Slot, Slot, Slot),
            formulas.between,
        ),
        Law(
            "page__ends__at_the_next",
            "a page begins anywhere, and what is behind it is not behind its end",
            (Slot, Slot, Order),
            formulas.page_behind,
            half=True,
        ),
        Law("order__below__is_next", "between an order and the one below there is none", (Order,), formulas.below),
        Law(
            "order__above__is_next", "between an order and the one above there is none", (Order, Order), formulas.above
        ),
        Law(
            "one_number__begins__alike",
            "blocks begin at slots and frames of the same numbers, and end likewise",
            (Slot, Frame, Order),
            formulas.begin_alike,
        ),
        Law(
            "one_number__shows__its_own",
            "a mapping from a slot on of the frames from the same number on shows each frame at the slot of its number",
            (Slot, Frame, Slot, Frame),
            formulas.own_numbers,
            True,
        ),
        Law(
            "buddies__show__the_same",
            "buddies show what the whole will show",
            (Slot, Slot, Frame, Frame, Order, Order),
            formulas.buddies_alike,
        ),
    )
    return {law.name: law for law in every}


@cache
def general() -> Named:
    """The laws that are given for all blocks."""
    return for_all(*(name for name, law in laws().items() if law.general))


def for_all(*names: str) -> Named:
    """These laws, of all terms: they may compute nothing."""
    found: Named = {}
    for law in (laws()[name] for name in names):
        terms = [z3.Const(f"{str(sort).lower()}_{place}", sort) for place, sort in enumerate(law.sorts)]
        found[law.sentence] = ForAll(terms, law.build(ABSTRACT, *terms))
    return found


OF_PARTS = ("common__is__met__slots", "common__is__met__frames", "blocks__are__moved")
"""Laws of blocks that meet."""


@cache
def of_steps() -> Named:
    """The general laws but those of blocks that meet, which no step on the tree needs."""
    left_out = {laws()[name].sentence for name in OF_PARTS}
    return {sentence: formula for sentence, formula in general().items() if sentence not in left_out}


def law_of(name: str, *terms: Term) -> Named:
    """A law about terms that code computes; of slots or frames, as the first term is."""
    sort = terms[0].sort()
    known = laws()
    law = known.get(name) or known[f"{name}__{'slots' if sort == Slot else 'frames'}"]
    return law.of(*terms)
