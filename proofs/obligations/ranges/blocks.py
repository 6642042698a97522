"""That aligned ranges and windows are what the theory takes them for: arithmetic, once, on numbers of 52 bits.

A page number of a 64-bit machine has 52 bits; orders go from 0 to 51. What is proved is proved of the functions of
:mod:`model.ranges.blocks`, executed on bit-vectors.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from z3 import ULE, ULT, And, BitVecs, BitVecVal, BoolRef, If, Implies, Not, Or

from model.ranges import blocks as the_functions
from model.signature import Formula
from model.spaces.dialect import Dialect
from proofs.execution.on_words import check_all_on_words
from proofs.obligation import Condition, always
from proofs.obligations.ranges.each import PREFIX

BITS = 52
ONE = BitVecVal(1, BITS)

# first pages of blocks, their orders, pages of them, and where a range lies in a window
a, b, c, s, d, f = BitVecs("a b c s d f", BITS)
i, j, k, m = BitVecs("i j k m", BITS)
p, q, offset = BitVecs("p q offset", BITS)


@dataclass(frozen=True, slots=True)
class BlockLemma:
    """A lemma about aligned blocks, the same in every dialect.

    :param build: what is given and what follows, of some functions on blocks.
    """

    id: str
    claim: str
    sentence: str
    build: Callable[[Any], tuple[dict[str, Formula], Formula]]
    applies: Callable[[Any], bool] = always

    def conditions(
        self, dialect: Dialect, invariants: frozenset[str], functions: Any = the_functions
    ) -> Iterable[Condition]:
        """The one condition; of the theory's invariants none is used.

        :param functions: the functions that it speaks of, wrong ones perhaps.
        :raises ExecutionError: one could tell a term from a number.
        """
        check_all_on_words(functions)
        given, goal = self.build(functions)
        return (Condition(given, dict.fromkeys(given, "assumption"), goal),)


def _block(of: ModuleType, base: Any, order: Any) -> BoolRef:
    return And(ULT(order, BITS), of.is_block(base, order))


def _blocks(of: ModuleType, *each: tuple[Any, Any]) -> dict[str, Formula]:
    return {f"block {base} of order {order}": _block(of, base, order) for base, order in each}


def windows(of: ModuleType) -> tuple[Any, Any, Any]:
    """Of a range (s, k) and a window (d, m): the smaller order, and where what is sent begins and arrives."""
    small, large = If(ULE(k, m), k, m), If(ULE(k, m), m, k)
    at = of.cut(offset, small, large)
    return small, If(ULE(k, m), s, s + at), If(ULE(k, m), d + at, d)


def _lemmas() -> Iterator[tuple[str, str, Callable[[Any], tuple[dict[str, Formula], Formula]]]]:
    yield (
        "within__is__containment",
        "a block within another has no page that the other has not",
        lambda of: (
            {**_blocks(of, (a, k), (b, m)), "within": of.within(a, k, b, m), "page": of.has(a, k, p)},
            of.has(b, m, p),
        ),
    )
    yield (
        "containment__is__within",
        "a block whose first and last page another has is within it",
        lambda of: (
            {
                **_blocks(of, (a, k), (b, m)),
                "first": of.has(b, m, a),
                "last": And(of.has(b, m, a + of.low(k)), ULE(a, a + of.low(k))),
            },
            of.within(a, k, b, m),
        ),
    )
    yield (
        "within__is__transitive",
        "what is within a block is within what that is within",
        lambda of: (
            {
                **_blocks(of, (a, i), (b, j), (c, k)),
                "inner": of.within(a, i, b, j),
                "outer": of.within(b, j, c, k),
            },
            of.within(a, i, c, k),
        ),
    )
    yield (
        "within__is__antisymmetric",
        "blocks within each other are one",
        lambda of: (
            {**_blocks(of, (a, k), (b, m)), "one way": of.within(a, k, b, m), "the other": of.within(b, m, a, k)},
            And(a == b, k == m),
        ),
    )
    yield (
        "blocks__are__nested_or_disjoint",
        "of two blocks with a common page one is within the other",
        lambda of: (
            {**_blocks(of, (a, k), (b, m)), "one": of.has(a, k, p), "other": of.has(b, m, p)},
            Or(of.within(a, k, b, m), of.within(b, m, a, k)),
        ),
    )
    yield (
        "blocks__around_one__are__a_chain",
        "of two blocks that a block is within one is within the other",
        lambda of: (
            {**_blocks(of, (a, i), (b, j), (c, k)), "one": of.within(a, i, b, j), "other": of.within(a, i, c, k)},
            Or(of.within(b, j, c, k), of.within(c, k, b, j)),
        ),
    )
    yield (
        "equal_blocks__are__one_or_disjoint",
        "two blocks of one order with a common page are one: no source of a range is a destination of it",
        lambda of: (
            {**_blocks(of, (a, k), (b, k)), "one": of.has(a, k, p), "other": of.has(b, k, p)},
            a == b,
        ),
    )
    yield (
        "moves__keep__blocks",
        "a block within a range that moves to a window of its order is a block there, within the window",
        lambda of: (
            {**_blocks(of, (s, k), (d, k), (a, i)), "within": of.within(a, i, s, k)},
            And(_block(of, of.moved(a, s, d), i), of.within(of.moved(a, s, d), i, d, k)),
        ),
    )
    yield (
        "moves__keep__within",
        "what is within a block before a move is so after it",
        lambda of: (
            {
                **_blocks(of, (s, k), (d, k), (a, i), (b, j)),
                "inner": of.within(a, i, b, j),
                "outer": of.within(b, j, s, k),
            },
            of.within(of.moved(a, s, d), i, of.moved(b, s, d), j),
        ),
    )
    yield (
        "moves__are__injective",
        "no two pages of a range go to one place",
        lambda of: (
            {
                **_blocks(of, (s, k), (d, k)),
                "pages": And(of.has(s, k, p), of.has(s, k, q)),
                "one place": of.moved(p, s, d) == of.moved(q, s, d),
            },
            p == q,
        ),
    )
    yield (
        "moves__back__undo",
        "what moves there and back is where it was",
        lambda of: (
            {**_blocks(of, (s, k), (d, k)), "page": of.has(s, k, p)},
            of.moved(of.moved(p, s, d), d, s) == p,
        ),
    )
    yield ("windows__send__blocks", "what is sent is a block of the range, and arrives as a block in the window", _sent)
    yield (
        "halves__make__the_block",
        "each page of a block is in one of its halves, and not in both",
        lambda of: (
            {**_blocks(of, (a, k)), "large": ULT(0, k), "page": of.has(a, k, p)},
            of.has(a, k - 1, p) != of.has(a + (ONE << (k - 1)), k - 1, p),
        ),
    )
    yield (
        "halves__are__blocks",
        "the upper half of a block is a block within it",
        lambda of: (
            {**_blocks(of, (a, k)), "large": ULT(0, k)},
            And(_block(of, a + (ONE << (k - 1)), k - 1), of.within(a + (ONE << (k - 1)), k - 1, a, k)),
        ),
    )
    yield (
        "smaller_blocks__lie__in_one_half",
        "a smaller block within a block is within one half of it",
        lambda of: (
            {**_blocks(of, (a, k), (b, j)), "large": ULT(0, k), "smaller": And(of.within(b, j, a, k), j != k)},
            Or(of.within(b, j, a, k - 1), of.within(b, j, a + (ONE << (k - 1)), k - 1)),
        ),
    )
    yield (
        "frames__follow__pages",
        "a mapping within another, of the pages that it shows, shows frames that the other shows",
        lambda of: (
            {**_blocks(of, (a, k), (f, k), (b, j)), "within": of.within(b, j, a, k)},
            of.within(of.moved(b, a, f), j, f, k),
        ),
    )
    yield (
        "buddies__merge",
        "two halves whose frames are halves as well are one mapping, with the same frames",
        lambda of: (
            {
                **_blocks(of, (a, k), (f, k)),
                "large": ULT(k + 1, BITS),
                "lower halves": And(of.is_block(a, k + 1), of.is_block(f, k + 1)),
                "page": of.has(a, k + 1, p),
            },
            of.has(f, k + 1, of.moved(p, a, f)),
        ),
    )
    yield (
        "an_entry__meets__a_range",
        "an entry has a page of a range exactly if one is within the other: these are to be invalidated",
        lambda of: (
            {**_blocks(of, (a, k), (b, m))},
            And(
                Implies(And(of.has(a, k, p), of.has(b, m, p)), Or(of.within(a, k, b, m), of.within(b, m, a, k))),
                Implies(of.within(a, k, b, m), And(of.has(a, k, a), of.has(b, m, a))),
                Implies(of.within(b, m, a, k), And(of.has(a, k, b), of.has(b, m, b))),
            ),
        ),
    )
    yield (
        "apart__is__disjoint",
        "blocks of which neither is within the other have no common page",
        lambda of: (
            {
                **_blocks(of, (a, k), (b, m)),
                "apart": Not(Or(of.within(a, k, b, m), of.within(b, m, a, k))),
                "page": of.has(a, k, p),
            },
            Not(of.has(b, m, p)),
        ),
    )


def _sent(of: Any) -> tuple[dict[str, Formula], Formula]:
    small, sent, arrives = windows(of)
    whole = And(_block(of, sent, small), _block(of, arrives, small))
    return _blocks(of, (s, k), (d, m)), And(whole, of.within(sent, small, s, k), of.within(arrives, small, d, m))


def obligations() -> Iterator[BlockLemma]:
    """The lemmas."""
    for name, sentence, build in _lemmas():
        yield BlockLemma(f"{PREFIX}blocks__{name}", "A.sets", sentence, build)
