"""What the laws of aligned blocks say, each a function of a reading: of numbers, or of uninterpreted sorts."""

from typing import Any

from z3 import And, Implies, Not, Or

from model.spaces.theory import Formula, Frame, Slot, Term
from proofs.obligations.sized.blocks.order import Order


def nested(of: Any, a: Term, i: Term, b: Term, j: Term, p: Term) -> Formula:
    """Of two blocks with a common page the larger has the other's first."""
    both = And(of.is_block(a, i), of.is_block(b, j), of.has(a, i, p), of.has(b, j, p), of.at_most(i, j))
    return Implies(both, of.has(b, j, a))


def contained(of: Any, a: Term, i: Term, b: Term, j: Term, p: Term) -> Formula:
    """A block within another has no page that the other has not."""
    inner = And(of.is_block(a, i), of.is_block(b, j), of.has(b, j, a), of.at_most(i, j))
    return Implies(And(inner, of.has(a, i, p)), of.has(b, j, p))


def one(of: Any, a: Term, b: Term, k: Term, p: Term) -> Formula:
    """Blocks of one order with a common page are one."""
    both = And(of.is_block(a, k), of.is_block(b, k), of.has(a, k, p), of.has(b, k, p))
    return Implies(both, a == b)


def orders(of: Any, i: Term, j: Term, k: Term) -> Formula:
    """Orders are a chain."""
    return And(
        of.at_most(i, i),
        Implies(And(of.at_most(i, j), of.at_most(j, i)), i == j),
        Implies(And(of.at_most(i, j), of.at_most(j, k)), of.at_most(i, k)),
        Or(of.at_most(i, j), of.at_most(j, i)),
        of.at_most(of.zero, i),
    )


def one_place(of: Any, s: Term, f: Term, x: Term, y: Term, r: Term, q: Term) -> Formula:
    """What begins somewhere shows one frame at a page, and a frame at one page."""
    here = of.alongside(s, f, x, r)
    return And(
        Implies(And(here, of.alongside(s, f, x, q)), r == q), Implies(And(here, of.alongside(s, f, y, r)), x == y)
    )


def moved(of: Any, s: Term, f: Term, x: Term) -> Formula:
    """What is moved lies where it is moved to."""
    return of.alongside(s, f, x, of.moved(x, s, f))  # and no other frame is, by the law before


def moved_back(of: Any, s: Term, f: Term, r: Term) -> Formula:
    """So does what is moved back."""
    return of.alongside(s, f, of.moved(r, f, s), r)


def first_shown(of: Any, s: Term, f: Term) -> Formula:
    """What begins somewhere shows its first frame at its first page."""
    return of.alongside(s, f, s, f)


def arrives(of: Any, s: Term, t: Term, y: Term) -> Formula:
    """The page that is computed goes to the place."""
    return of.alongside(s, t, of.moved(y, t, s), y)


def go_along(of: Any, s: Term, t: Term, f: Term, y: Term) -> Formula:
    """What is shown at a page where it arrives is shown at the page that goes there."""
    return of.alongside(s, f, of.moved(y, t, s), of.moved(y, t, f))  # where it arrives, by the law of what is moved


def stays(of: Any, s: Term, x: Term) -> Formula:
    """Where a range goes to itself each page does."""
    return of.alongside(s, s, x, x)


def ends_in_time(of: Any, a: Term, i: Term, b: Term, j: Term) -> Formula:
    """A block that begins in another and ends no later is no larger."""
    ends = Not(of.earlier(of.upper(b, j), of.upper(a, i)))
    return Implies(And(of.is_block(a, i), of.is_block(b, j), of.has(b, j, a), ends), of.at_most(i, j))


def ends_within(of: Any, a: Term, i: Term, b: Term, j: Term) -> Formula:
    """A block within another ends no later."""
    inside = And(of.is_block(a, i), of.is_block(b, j), of.has(b, j, a), of.at_most(i, j))
    return Implies(inside, Not(of.earlier(of.upper(b, j), of.upper(a, i))))


def filled(of: Any, s: Term, t: Term, k: Term) -> Formula:
    """To each page of the second block one of the first goes."""

    def arrives(y: Term) -> Formula:
        return Implies(
            of.has(t, k, y),
            of.some_page(lambda x: And(of.has(s, k, x), of.alongside(s, t, x, y)), lambda: of.moved(y, t, s)),
        )

    return Implies(And(of.is_block(s, k), of.is_block(t, k)), of.every("any_page", Slot, arrives))


def whole(of: Any, s: Term, t: Term, k: Term) -> Formula:
    """Each page of the first block goes to one of the second."""

    def goes(x: Term) -> Formula:
        return Implies(
            of.has(s, k, x),
            of.some_page(lambda y: And(of.has(t, k, y), of.alongside(s, t, x, y)), lambda: of.moved(x, s, t)),
        )

    return Implies(And(of.is_block(s, k), of.is_block(t, k)), of.every("any_page", Slot, goes))


def frame_of_page(of: Any, s: Term, f: Term, k: Term, x: Term) -> Formula:
    """A mapping shows some frame at each of its pages."""

    def there(r: Term) -> Formula:
        return And(of.has(f, k, r), of.alongside(s, f, x, r))

    mapping = And(of.is_block(s, k), of.is_block(f, k), of.has(s, k, x))
    return Implies(mapping, of.some_frame(there, lambda: of.moved(x, s, f)))


def blocks_of_pages(of: Any, s: Term, f: Term, k: Term, x: Term, r: Term, j: Term) -> Formula:
    """What is shown at a block that is no larger begins a block."""
    mapping = And(of.is_block(s, k), of.is_block(f, k), of.alongside(s, f, x, r), of.at_most(j, k))
    return Implies(mapping, of.is_block(x, j) == of.is_block(r, j))


def meeting(of: Any, a: Term, i: Term, b: Term, j: Term, p: Term) -> Formula:
    """Blocks with a common page meet."""
    blocks, common = And(of.is_block(a, i), of.is_block(b, j)), And(of.has(a, i, p), of.has(b, j, p))
    first = Or(of.has(a, i, b), of.has(b, j, a))
    return Implies(blocks, And(of.meet(a, i, b, j) == first, Implies(common, of.meet(a, i, b, j))))


def shown(of: Any, s: Term, f: Term, k: Term) -> Formula:
    """A mapping shows each of its frames."""

    def somewhere(r: Term) -> Formula:
        return Implies(
            of.has(f, k, r),
            of.some_page(lambda x: And(of.has(s, k, x), of.alongside(s, f, x, r)), lambda: of.moved(r, f, s)),
        )

    return Implies(And(of.is_block(s, k), of.is_block(f, k)), of.every("any_frame", Frame, somewhere))


def halved(of: Any, b: Term, k: Term) -> Formula:
    """A block is its two halves."""
    h = of.less(k)
    u = of.upper(b, h)
    sort = b.sort()

    def page(p: Term) -> Formula:
        lower, higher = of.has(b, h, p), of.has(u, h, p)
        return And(of.has(b, k, p) == Or(lower, higher), Not(And(lower, higher)))

    return Implies(
        And(of.is_block(b, k), k != of.zero),
        And(of.is_block(b, h), of.is_block(u, h), u != b, next_to(of, h, k), of.every("any_page", sort, page)),
    )


def next_to(of: Any, h: Term, k: Term) -> Formula:
    """The one order is the next smaller one."""
    between = of.every("any_order", Order, lambda j: Implies(of.at_most(j, k), Or(j == k, of.at_most(j, h))))
    return And(of.at_most(h, k), h != k, between)


def halves_alike(of: Any, s: Term, f: Term, k: Term) -> Formula:
    """The upper half shows what the whole showed."""
    h = of.less(k)
    return of.alongside(s, f, of.upper(s, h), of.upper(f, h))


def same_from_anywhere(of: Any, s: Term, f: Term, t: Term, g: Term, x: Term, r: Term) -> Formula:
    """Where something is shown can be told from any place."""
    return Implies(of.alongside(s, f, t, g), of.alongside(t, g, x, r) == of.alongside(s, f, x, r))


def frames_of_pages(of: Any, s: Term, f: Term, k: Term, x: Term, r: Term) -> Formula:
    """A page lies in a block if what it shows lies in the other."""
    blocks = And(of.is_block(s, k), of.is_block(f, k), of.alongside(s, f, x, r))
    return Implies(blocks, of.has(s, k, x) == of.has(f, k, r))


def joined(of: Any, b: Term, c: Term, k: Term, top: Term) -> Formula:
    """Two buddies are the block around one of them."""
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
        And(of.is_block(a, w), of.at_most(w, top), next_to(of, k, w), begins, b != c, of.every("any_page", sort, page)),
    )


def in_a_row(of: Any, s: Term, t: Term) -> Formula:
    """Of two slots one is earlier."""
    return And(Not(of.earlier(s, s)), Or(of.earlier(s, t), of.earlier(t, s), s == t))


def in_one_row(of: Any, s: Term, t: Term, u: Term) -> Formula:
    """What is earlier than an earlier slot is earlier."""
    return Implies(And(of.earlier(s, t), of.earlier(t, u)), of.earlier(s, u))


def behind(of: Any, s: Term, k: Term) -> Formula:
    """What is earlier than a block's end is earlier than the block or in it."""
    u = of.upper(s, k)

    def page(x: Term) -> Formula:
        inside = of.has(s, k, x)
        return And(of.earlier(x, u) == Or(of.earlier(x, s), inside), Not(And(of.earlier(x, s), inside)))

    return Implies(of.is_block(s, k), And(of.earlier(s, u), of.every("any_page", Slot, page)))


def in_order(of: Any, s: Term, t: Term, k: Term, x: Term, y: Term, r: Term, q: Term) -> Formula:
    """Of two pages of a block the earlier one arrives earlier."""
    blocks = And(of.is_block(s, k), of.is_block(t, k), of.has(s, k, x), of.has(s, k, y))
    arrive = And(of.alongside(s, t, x, r), of.alongside(s, t, y, q))
    return Implies(And(blocks, arrive, of.earlier(x, y)), of.earlier(r, q))


def between(of: Any, b: Term, k: Term, x: Term, y: Term, z: Term) -> Formula:
    """What lies between two pages of a block is in it."""
    ends = And(of.is_block(b, k), of.has(b, k, x), of.has(b, k, z))
    return Implies(And(ends, of.earlier(x, y), of.earlier(y, z)), of.has(b, k, y))


def page_behind(of: Any, s: Term, end: Term, k: Term) -> Formula:
    """A page is a block, and what is behind it is not behind its end."""
    ends = Implies(of.earlier(s, end), Not(of.earlier(end, of.upper(s, k))))
    return Implies(k == of.zero, And(of.is_block(s, k), ends))


def below(of: Any, k: Term) -> Formula:
    """The order below is the next smaller one."""
    return Implies(k != of.zero, next_to(of, of.less(k), k))


def above(of: Any, k: Term, top: Term) -> Formula:
    """The order above is the next larger one."""
    w = of.more(k)
    return Implies(And(of.at_most(k, top), k != top), And(next_to(of, k, w), of.at_most(w, top)))


def begin_alike(of: Any, s: Term, f: Term, k: Term) -> Formula:
    """Blocks begin and end at slots and frames of the same numbers."""
    behind = of.have_one_number(of.upper(s, k), of.upper(f, k))
    return Implies(of.have_one_number(s, f), And(of.is_block(s, k) == of.is_block(f, k), behind))


def own_numbers(of: Any, s: Term, f: Term, x: Term, r: Term) -> Formula:
    """Each frame is shown at the slot of its number."""
    return Implies(of.have_one_number(s, f), of.alongside(s, f, x, r) == of.have_one_number(x, r))


def buddies_alike(of: Any, s: Term, t: Term, f: Term, g: Term, k: Term, top: Term) -> Formula:
    """Buddies show what the whole will show."""
    w = of.more(k)
    a, b = of.around(s, w), of.around(f, w)
    blocks = And(of.is_block(s, k), of.is_block(f, k), of.are_buddies(s, t, k), of.are_buddies(f, g, k))
    given = And(blocks, of.is_block(s, w) == of.is_block(f, w), of.at_most(k, top), k != top)
    return Implies(given, And(of.alongside(a, b, s, f), of.alongside(a, b, t, g)))


def around(of: Any, p: Term, k: Term) -> Formula:
    """The block around a page has it."""
    a = of.around(p, k)
    return And(of.is_block(a, k), of.has(a, k, p))


def buddy(of: Any, b: Term, k: Term, top: Term) -> Formula:
    """What is computed as a buddy is the one that there is."""
    c, w = of.buddy(b, k), of.more(k)
    lower = And(of.is_block(c, k), of.is_block(b, w) == Not(of.is_block(c, w)), of.are_buddies(c, b, k))
    only = of.every("any_page", b.sort(), lambda p: Implies(of.are_buddies(b, p, k), p == c))
    return Implies(And(of.is_block(b, k), of.at_most(k, top), k != top), And(of.are_buddies(b, c, k), lower, only))
