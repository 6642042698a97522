"""The laws of aligned blocks: each proved once of numbers, and given where code has pages and frames.

*General* laws hold for all blocks. Those of halves and buddies are given for the blocks that code computes, one at a
time: as laws for all they would make blocks without end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import z3
from z3 import And, ForAll, Implies, Not, Or

from model.ranges import blocks as the_functions
from model.spaces.theory import Formula, Frame, Slot, Term
from proofs.execution.contract import Named
from proofs.execution.named_after import named
from proofs.obligation import Condition
from proofs.obligations.sized.order import ABSTRACT, BITS, Numbers, Order


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


def _nested(of: Any, a: Term, i: Term, b: Term, j: Term, p: Term) -> Formula:
    both = And(of.is_block(a, i), of.is_block(b, j), of.has(a, i, p), of.has(b, j, p), of.at_most(i, j))
    return Implies(both, of.has(b, j, a))


def _contained(of: Any, a: Term, i: Term, b: Term, j: Term, p: Term) -> Formula:
    inner = And(of.is_block(a, i), of.is_block(b, j), of.has(b, j, a), of.at_most(i, j))
    return Implies(And(inner, of.has(a, i, p)), of.has(b, j, p))


def _one(of: Any, a: Term, b: Term, k: Term, p: Term) -> Formula:
    both = And(of.is_block(a, k), of.is_block(b, k), of.has(a, k, p), of.has(b, k, p))
    return Implies(both, a == b)


def _orders(of: Any, i: Term, j: Term, k: Term) -> Formula:
    return And(
        of.at_most(i, i),
        Implies(And(of.at_most(i, j), of.at_most(j, i)), i == j),
        Implies(And(of.at_most(i, j), of.at_most(j, k)), of.at_most(i, k)),
        Or(of.at_most(i, j), of.at_most(j, i)),
        of.at_most(of.zero, i),
    )


def _one_place(of: Any, s: Term, f: Term, x: Term, y: Term, r: Term, q: Term) -> Formula:
    here = of.alongside(s, f, x, r)
    return And(
        Implies(And(here, of.alongside(s, f, x, q)), r == q), Implies(And(here, of.alongside(s, f, y, r)), x == y)
    )


def _moved(of: Any, s: Term, f: Term, x: Term) -> Formula:
    return of.alongside(s, f, x, of.moved(x, s, f))  # and no other frame is, by the law before


def _moved_back(of: Any, s: Term, f: Term, r: Term) -> Formula:
    return of.alongside(s, f, of.moved(r, f, s), r)


def _first_shown(of: Any, s: Term, f: Term) -> Formula:
    return of.alongside(s, f, s, f)


def _blocks_of_pages(of: Any, s: Term, f: Term, k: Term, x: Term, r: Term, j: Term) -> Formula:
    mapping = And(of.is_block(s, k), of.is_block(f, k), of.alongside(s, f, x, r), of.at_most(j, k))
    return Implies(mapping, of.is_block(x, j) == of.is_block(r, j))


def _meeting(of: Any, a: Term, i: Term, b: Term, j: Term, p: Term) -> Formula:
    blocks, common = And(of.is_block(a, i), of.is_block(b, j)), And(of.has(a, i, p), of.has(b, j, p))
    first = Or(of.has(a, i, b), of.has(b, j, a))
    return Implies(blocks, And(of.meet(a, i, b, j) == first, Implies(common, of.meet(a, i, b, j))))


def _shown(of: Any, s: Term, f: Term, k: Term) -> Formula:
    def somewhere(r: Term) -> Formula:
        return Implies(
            of.has(f, k, r),
            of.some_page(lambda x: And(of.has(s, k, x), of.alongside(s, f, x, r)), lambda: of.moved(r, f, s)),
        )

    return Implies(And(of.is_block(s, k), of.is_block(f, k)), of.every("any_frame", Frame, somewhere))


def _halved(of: Any, b: Term, k: Term) -> Formula:
    h = of.less(k)
    u = of.upper(b, h)
    sort = b.sort()

    def page(p: Term) -> Formula:
        lower, higher = of.has(b, h, p), of.has(u, h, p)
        return And(of.has(b, k, p) == Or(lower, higher), Not(And(lower, higher)))

    return Implies(
        And(of.is_block(b, k), k != of.zero),
        And(of.is_block(b, h), of.is_block(u, h), u != b, _next(of, h, k), of.every("any_page", sort, page)),
    )


def _next(of: Any, h: Term, k: Term) -> Formula:
    between = of.every("any_order", Order, lambda j: Implies(of.at_most(j, k), Or(j == k, of.at_most(j, h))))
    return And(of.at_most(h, k), h != k, between)


def _halves_alike(of: Any, s: Term, f: Term, k: Term) -> Formula:
    h = of.less(k)
    return of.alongside(s, f, of.upper(s, h), of.upper(f, h))


def _same_from_anywhere(of: Any, s: Term, f: Term, t: Term, g: Term, x: Term, r: Term) -> Formula:
    return Implies(of.alongside(s, f, t, g), of.alongside(t, g, x, r) == of.alongside(s, f, x, r))


def _frames_of_pages(of: Any, s: Term, f: Term, k: Term, x: Term, r: Term) -> Formula:
    blocks = And(of.is_block(s, k), of.is_block(f, k), of.alongside(s, f, x, r))
    return Implies(blocks, of.has(s, k, x) == of.has(f, k, r))


def _joined(of: Any, b: Term, c: Term, k: Term, top: Term) -> Formula:
    w = of.more(k)
    a = of.around(b, w)
    sort = b.sort()

    def page(p: Term) -> Formula:
        one, other = of.has(b, k, p), of.has(c, k, p)
        return And(of.has(a, w, p) == Or(one, other), Not(And(one, other)))

    begins = And(Implies(of.is_block(b, w), a == b), Implies(Not(of.is_block(b, w)), a == c))
    given = And(of.is_block(b, k), of.are_buddies(b, c, k), of.at_most(k, top), k != top)
    return Implies(
        given,
        And(of.is_block(a, w), of.at_most(w, top), _next(of, k, w), begins, b != c, of.every("any_page", sort, page)),
    )


def _in_a_row(of: Any, s: Term, t: Term) -> Formula:
    return And(Not(of.earlier(s, s)), Or(of.earlier(s, t), of.earlier(t, s), s == t))


def _in_one_row(of: Any, s: Term, t: Term, u: Term) -> Formula:
    return Implies(And(of.earlier(s, t), of.earlier(t, u)), of.earlier(s, u))


def _behind(of: Any, s: Term, k: Term) -> Formula:
    u = of.upper(s, k)

    def page(x: Term) -> Formula:
        inside = of.has(s, k, x)
        return And(of.earlier(x, u) == Or(of.earlier(x, s), inside), Not(And(of.earlier(x, s), inside)))

    return Implies(of.is_block(s, k), And(of.earlier(s, u), of.every("any_page", Slot, page)))


def _page_behind(of: Any, s: Term, end: Term, k: Term) -> Formula:
    ends = Implies(of.earlier(s, end), Not(of.earlier(end, of.upper(s, k))))
    return Implies(k == of.zero, And(of.is_block(s, k), ends))


def _below(of: Any, k: Term) -> Formula:
    return Implies(k != of.zero, _next(of, of.less(k), k))


def _above(of: Any, k: Term, top: Term) -> Formula:
    w = of.more(k)
    return Implies(And(of.at_most(k, top), k != top), And(_next(of, k, w), of.at_most(w, top)))


def _begin_alike(of: Any, s: Term, f: Term, k: Term) -> Formula:
    behind = of.have_one_number(of.upper(s, k), of.upper(f, k))
    return Implies(of.have_one_number(s, f), And(of.is_block(s, k) == of.is_block(f, k), behind))


def _own_numbers(of: Any, s: Term, f: Term, x: Term, r: Term) -> Formula:
    return Implies(of.have_one_number(s, f), of.alongside(s, f, x, r) == of.have_one_number(x, r))


def _buddies_alike(of: Any, s: Term, t: Term, f: Term, g: Term, k: Term, top: Term) -> Formula:
    w = of.more(k)
    a, b = of.around(s, w), of.around(f, w)
    blocks = And(of.is_block(s, k), of.is_block(f, k), of.are_buddies(s, t, k), of.are_buddies(f, g, k))
    given = And(blocks, of.is_block(s, w) == of.is_block(f, w), of.at_most(k, top), k != top)
    return Implies(given, And(of.alongside(a, b, s, f), of.alongside(a, b, t, g)))


def _around(of: Any, p: Term, k: Term) -> Formula:
    a = of.around(p, k)
    return And(of.is_block(a, k), of.has(a, k, p))


def _buddy(of: Any, b: Term, k: Term, top: Term) -> Formula:
    c, w = of.buddy(b, k), of.more(k)
    lower = And(of.is_block(c, k), of.is_block(b, w) == Not(of.is_block(c, w)), of.are_buddies(c, b, k))
    only = of.every("any_page", b.sort(), lambda p: Implies(of.are_buddies(b, p, k), p == c))
    return Implies(And(of.is_block(b, k), of.at_most(k, top), k != top), And(of.are_buddies(b, c, k), lower, only))


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
              "xoxox", _nested, True)  # fmt: skip
    yield law("within__is__contained", "a block within another has no page that the other has not",
              "xoxox", _contained, True)  # fmt: skip
    yield law("equal__is__one", "blocks of one order with a common page are one", "xxox", _one, True)
    yield law("common__is__met", "blocks with a common page meet, and one of the two has the first page of the other",
              "xoxox", _meeting, True)  # fmt: skip
    yield law("halves__make__the_block", "a block is its two halves, and nothing lies between their orders",
              "xo", _halved)  # fmt: skip
    yield law("buddies__make__the_block", "two buddies are the block around one of them", "xxoo", _joined)
    yield law("around__is__a_block", "around a page there is a block of each order", "xo", _around)
    yield law("buddy__is__the_other", "what is computed as a buddy is the one that there is", "xoo", _buddy)


@cache
def laws() -> dict[str, Law]:
    """All laws, by name."""
    every = (
        *_for(Slot, "slots"),
        *_for(Frame, "frames"),
        Law("orders__are__a_chain", "orders are a chain, from that of a page on", (Order, Order, Order), _orders, True),
        Law(
            "place__is__one",
            "a mapping shows one frame at a page, and a frame at one page",
            (Slot, Frame, Slot, Slot, Frame, Frame),
            _one_place,
            True,
        ),
        Law(
            "alongside__is__moved",
            "what a mapping shows at a page is the page moved to where its frames begin",
            (Slot, Frame, Slot),
            _moved,
        ),
        Law(
            "frame__is__moved_back",
            "the page at which a mapping shows a frame is the frame moved to where its pages begin",
            (Slot, Frame, Frame),
            _moved_back,
        ),
        Law(
            "blocks__are__moved",
            "what a mapping shows at a block that is no larger begins a block",
            (Slot, Frame, Order, Slot, Frame, Order),
            _blocks_of_pages,
            True,
        ),
        Law("first__shows__first", "a mapping shows its first frame at its first page", (Slot, Frame), _first_shown),
        Law("frames__are__shown", "a mapping shows each of its frames at some page", (Slot, Frame, Order), _shown),
        Law(
            "places__are__the_same_from_anywhere",
            "where a mapping shows its frames can be told from any of its pages",
            (Slot, Frame, Slot, Frame, Slot, Frame),
            _same_from_anywhere,
            True,
        ),
        Law(
            "pages__show__frames",
            "a page lies in a mapping whose frame it shows",
            (Slot, Frame, Order, Slot, Frame),
            _frames_of_pages,
            True,
        ),
        Law(
            "halves__show__the_same", "the upper half shows what the whole showed", (Slot, Frame, Order), _halves_alike
        ),
        Law("slots__are__in_a_row", "of two slots one is earlier", (Slot, Slot), _in_a_row, True),
        Law(
            "earlier__is__transitive",
            "what is earlier than an earlier slot is earlier",
            (Slot, Slot, Slot),
            _in_one_row,
        ),
        Law(
            "block__ends__at_the_next",
            "what is earlier than a block's end is earlier than the block or in it",
            (Slot, Order),
            _behind,
            half=True,
        ),
        Law(
            "page__ends__at_the_next",
            "a page begins anywhere, and what is behind it is not behind its end",
            (Slot, Slot, Order),
            _page_behind,
            half=True,
        ),
        Law("order__below__is_next", "between an order and the one below there is none", (Order,), _below),
        Law("order__above__is_next", "between an order and the one above there is none", (Order, Order), _above),
        Law(
            "one_number__begins__alike",
            "blocks begin at slots and frames of the same numbers, and end likewise",
            (Slot, Frame, Order),
            _begin_alike,
        ),
        Law(
            "one_number__shows__its_own",
            "a mapping from a slot on of the frames from the same number on shows each frame at the slot of its number",
            (Slot, Frame, Slot, Frame),
            _own_numbers,
            True,
        ),
        Law(
            "buddies__show__the_same",
            "buddies show what the whole will show",
            (Slot, Slot, Frame, Frame, Order, Order),
            _buddies_alike,
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
