"""Effects of the functions on a tree with sizes: what each page shows through which frame, and from what."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from z3 import And, Exists, ForAll, If, Implies, Not, Or

from model.ranges.readings import CANONICAL_RANGES
from model.ranges.theory import flush_range, is_target
from model.ranges.vocabulary import called
from model.spaces.dialect import CANONICAL
from model.spaces.theory import Formula, Predicate, Term, a, r, x, y
from model.spaces.vocabulary import Relation, State, before
from proofs.execution.contract import Named
from proofs.execution.values import all_rights, no_rights, roots
from proofs.obligations.sized.blocks.order import ABSTRACT
from proofs.obligations.sized.contracts import ARGUMENTS, b, slot_of
from proofs.obligations.sized.going import going, grant_of, map_of, mapped, moved, pair, pairs_of, sent, was_at
from proofs.obligations.sized.state import Shown, SizedState, has, shown, shows
from proofs.obligations.tree.invariants import is_at_or_below, n


def shown_at(slot: Term, first: Term, order: Term, page: Term, frame: Term) -> Formula:
    """A block that begins at the slot and at the first frame shows the frame at the page."""
    return And(has(slot, order, page), has(first, order, frame), ABSTRACT.alongside(slot, first, page, frame))


def _created(f: SizedState, parent: Term, slot: Term, order: Term, first: Term, given: Predicate) -> Shown:
    s = shown(f)

    def new(page: Term, frame: Term) -> Formula:
        return shown_at(slot, first, order, page, frame)

    def above(page: Term, frame: Term) -> Formula:
        return Exists([n], And(Or(n == parent, f.below(parent, n)), shows(f, n, page, frame)))

    return Shown(
        lambda one, two, frame: Or(s.derives(one, two, frame), And(new(one, frame), above(two, frame))),
        lambda page, frame: Or(s.phys(page, frame), new(page, frame)),
        lambda page, frame: Or(s.holds(page, frame), And(new(page, frame), parent == roots)),
        lambda page, right, frame: Or(s.right(page, right, frame), And(new(page, frame), given(right))),
    )


def _moved(f: SizedState, node: Term, slot: Term) -> Shown:
    def new(page: Term, frame: Term) -> Formula:
        return shown_at(slot, f.frame(node), f.order(node), page, frame)

    def derives(one: Term, two: Term, frame: Term) -> Formula:
        up = Exists([n], And(f.below(node, n), shows(f, n, two, frame)))
        down = Exists([n], And(f.below(n, node), shows(f, n, one, frame)))
        return Or(kept.derives(one, two, frame), And(new(one, frame), up), And(new(two, frame), down))

    kept = _dropped(f, node)
    return Shown(
        derives,
        lambda page, frame: Or(kept.phys(page, frame), new(page, frame)),
        lambda page, frame: Or(kept.holds(page, frame), And(new(page, frame), f.parent(node, roots))),
        lambda page, right, frame: Or(kept.right(page, right, frame), And(new(page, frame), f.rights(node, right))),
    )


def _dropped(f: SizedState, node: Term) -> Shown:
    s = shown(f)

    def stays(page: Term) -> Formula:
        return Not(has(slot_of(node), f.order(node), page))

    return Shown(
        lambda one, two, frame: And(s.derives(one, two, frame), stays(one), stays(two)),
        lambda page, frame: And(s.phys(page, frame), stays(page)),
        lambda page, frame: And(s.holds(page, frame), stays(page)),
        lambda page, right, frame: And(s.right(page, right, frame), stays(page)),
    )


def _limited(f: SizedState, inside: Callable[[Term], Formula], keeps: Predicate) -> Shown:
    """The pages of some nodes have only those of their rights, and are nil if there is none."""
    s = shown(f)

    def there(page: Term, frame: Term) -> Formula:
        return Exists([n], And(inside(n), shows(f, n, page, frame)))

    def stays(page: Term, frame: Term) -> Formula:
        none = ForAll([a], Implies(f.rights(n, a), Not(keeps(a))))
        return Not(Exists([n], And(inside(n), shows(f, n, page, frame), none)))

    return Shown(
        lambda one, two, frame: And(s.derives(one, two, frame), stays(one, frame), stays(two, frame)),
        lambda page, frame: And(s.phys(page, frame), stays(page, frame)),
        lambda page, frame: And(s.holds(page, frame), stays(page, frame)),
        lambda page, right, frame: And(s.right(page, right, frame), Or(keeps(right), Not(there(page, frame)))),
    )


def _narrowed(f: SizedState, node: Term, rights: Predicate) -> Shown:
    return _limited(f, lambda n: n == node, rights)


def _flushed(f: SizedState, top: Term) -> Shown:
    return _limited(f, lambda n: f.below(n, top), no_rights)


def _restricted(f: SizedState, top: Term, rights: Predicate) -> Shown:
    return _limited(f, lambda n: f.below(n, top), rights)


def _taken(f: SizedState, node: Term, rights: Predicate) -> Shown:
    return _limited(f, lambda n: is_at_or_below(f, n, node), lambda right: Not(rights(right)))


def flushed(s: Shown, within: Predicate, rights: Predicate, *, own: bool = False) -> Shown:
    """What the theory of ranges says of the pages that show a frame, for each frame.

    :param own: the pages that are flushed lose the rights as well.
    """
    call = replace(called, within=within, mask=rights)

    def after(frame: Term) -> State:
        return flush_range(CANONICAL_RANGES.readings, CANONICAL, pages_with(s, frame), call, own=own).after

    return Shown(
        lambda one, two, frame: after(frame).derives(one, two),
        lambda page, frame: after(frame).phys(page, frame),
        lambda page, frame: after(frame).holds(page, frame),
        lambda page, right, frame: after(frame).right(page, right),
    )


def flushed_either(s: Shown, within: Predicate, rights: Predicate, own: Formula) -> Shown:
    """With the pages that are flushed, or without them."""
    one, other = flushed(s, within, rights, own=True), flushed(s, within, rights)
    either = {
        name: lambda *terms, name=name: If(own, getattr(one, name)(*terms), getattr(other, name)(*terms))
        for name in SAID
    }
    return Shown(**either)


def _block(slot: Term, order: Term) -> Predicate:
    return lambda page: has(slot, order, page)


def pages_with(s: Shown, frame: Term) -> State:
    """The pages that show a frame, as a state of the theory."""
    return replace(
        before,
        derives=lambda one, two: s.derives(one, two, frame),
        live=lambda page: s.phys(page, frame),
        holds=lambda page, r: s.holds(page, r),
        phys=lambda page, r: s.phys(page, r),
        right=lambda page, right: s.right(page, right, frame),
    )


def same(f: SizedState, *nodes: Term) -> Shown:
    """No page changes."""
    return shown(f)


def cleared(s: Shown, to: Relation) -> Shown:
    """The places to which pages go are flushed, with their own pages."""
    return flushed(s, lambda page: is_target(to, page), all_rights, own=True)


def _cleared(s: Shown, source: Term, target: Term, size: Term, rights: Predicate) -> Shown:
    return cleared(s, sent(s, pair(source, target, size), rights))


def _mapped(s: Shown, source: Term, target: Term, size: Term, rights: Predicate) -> Shown:
    return mapped(s, sent(s, pair(source, target, size), rights), rights)


def _map_range(s: Shown, *given: Any) -> Shown:
    *window, rights = given
    return map_of(s, sent(s, pairs_of(*window), rights), rights)


def restricted(s: Shown, within: Predicate, rights: Predicate) -> Shown:
    """Pages, and what derives from one of them, keep no other rights."""
    return flushed(s, within, lambda right: Not(rights(right)), own=True)


def _restricted_pieces(s: Shown, source: Term, size: Term, rights: Predicate) -> Shown:
    return restricted(s, going(s, source, size, rights), rights)


def _moved_piece(s: Shown, slot: Term, order: Term, target: Term) -> Shown:
    return moved(s, was_at(pair(slot, target, order), _block(slot, order)))


def _moved_pieces(s: Shown, source: Term, target: Term, size: Term, rights: Predicate) -> Shown:
    goes = sent(s, pair(source, target, size), rights)
    return moved(s, was_at(goes, going(s, source, size, rights)))


def _grant_range(s: Shown, *given: Any) -> Shown:
    *window, rights = given
    return grant_of(s, sent(s, pairs_of(*window), rights), rights)


OF_PAGES: dict[str, Callable[..., Shown]] = {
    "flush_part": lambda s, slot, order, rights: flushed(s, _block(slot, order), rights),
    "take_block": lambda s, slot, order, rights: flushed(s, _block(slot, order), rights, own=True),
    "flush_range": lambda s, slot, order, rights, own: flushed_either(s, _block(slot, order), rights, own),
    "clear_target": _cleared,
    "map_piece": lambda s, slot, order, target, rights: _mapped(s, slot, target, order, rights),
    "map_pieces": _mapped,
    "map_range": _map_range,
    "restrict_pieces": _restricted_pieces,
    "move_piece": _moved_piece,
    "move_pieces": _moved_pieces,
    "grant_range": _grant_range,
}
"""What methods make of pages of which callers know what becomes of pages, and of no node."""


def _on_tree(name: str) -> Callable[..., Shown]:
    return lambda f, *arguments: OF_PAGES[name](shown(f), *arguments)


EFFECTS: dict[str, tuple[str, Callable[..., Shown]]] = {
    "create_block": (
        "the pages of the block show its frames with the rights, each below the pages that show its frame from the "
        "parent on upwards, and nothing else changes",
        _created,
    ),
    "move_block": (
        "the frames of the node are shown from the slot on, each below and above what it was, and nothing else changes",
        _moved,
    ),
    "drop_block": ("the pages of the node become nil, and nothing else changes", _dropped),
    "narrow_block": ("the pages of the node keep the rights and lose all others, and nothing else changes", _narrowed),
    "flush_below": (
        "the pages of what was mapped, directly or not, from the node become nil, and nothing else changes",
        _flushed,
    ),
    "restrict_below": (
        "the pages of what was mapped, directly or not, from the node keep the rights and lose all others; those that "
        "have none left become nil, and nothing else changes",
        _restricted,
    ),
    "take_rights": (
        "the pages of the node, and of what was mapped from it, lose the rights; those that have none left become nil, "
        "and nothing else changes",
        _taken,
    ),
    "flush_part": (
        "the pages that derive from a page of the block lose the rights; those that have none left become nil, and "
        "nothing else changes: as the theory of ranges says of the pages that show one frame",
        _on_tree("flush_part"),
    ),
    "take_block": (
        "the pages of the block, and those that derive from one of them, lose the rights; those that have none left "
        "become nil, and nothing else changes: as the theory of ranges says of a flush with its own pages",
        _on_tree("take_block"),
    ),
    "flush_range": (
        "the pages that derive from a page of the range, and the range's own if that is asked for, lose the rights; "
        "those that have none left become nil, and nothing else changes: as the theory of ranges says",
        _on_tree("flush_range"),
    ),
    "clear_target": (
        "the places to which pages go are flushed, with their own pages: as the theory of ranges says",
        _on_tree("clear_target"),
    ),
    "map_piece": (
        "each page to which one of the block goes shows its frame, below it, with those rights that it has, and "
        "nothing else changes",
        _on_tree("map_piece"),
    ),
    "map_pieces": (
        "each page to which one of the range goes shows its frame, below it, with those rights that it has, and "
        "nothing else changes",
        _on_tree("map_pieces"),
    ),
    "map_range": (
        "the pages are what the theory of ranges says of a map, or what they were where it is refused",
        _on_tree("map_range"),
    ),
    "restrict_pieces": (
        "the pages that go, and those that derive from one of them, keep the rights that go and lose all others; those "
        "that have none left become nil, and nothing else changes: as the theory of ranges says of a flush",
        _on_tree("restrict_pieces"),
    ),
    "move_piece": (
        "each page to which one of the block goes takes its place among those that derive from each other, shows its "
        "frame and has its rights, the block shows nothing, and nothing else changes",
        _on_tree("move_piece"),
    ),
    "move_pieces": (
        "each page to which one of the range goes takes its place among those that derive from each other, shows its "
        "frame and has its rights, what has gone shows nothing, and nothing else changes",
        _on_tree("move_pieces"),
    ),
    "grant_range": (
        "the pages are what the theory of ranges says of a grant, or what they were where it is refused",
        _on_tree("grant_range"),
    ),
    "halve": ("no page changes: what it shows, with which rights, and from what it derives", same),
    "join": ("no page changes: what it shows, with which rights, and from what it derives", same),
}
"""What a function makes of what the tree stands for, in words and as a formula."""

SAID: dict[str, tuple[Term, ...]] = {"derives": (x, y, r), "phys": (x, r), "holds": (x, r), "right": (x, a, r)}


def effect(
    name: str,
    after: SizedState,
    f: SizedState = b,
    arguments: tuple[Any, ...] = (),
    points: Mapping[str, tuple[Term, ...]] | None = None,
) -> Named:
    """What a function makes of what the tree stands for: each relation gains and loses nothing but what is meant.

    :param f: the tree before.
    :param arguments: what it is called with; without any, what it is called with in its own proof.
    :param points: of which pages, frame and right it is said, by relation; without any, of all.
    """
    return changes(shown(after), EFFECTS[name][1](f, *(arguments or ARGUMENTS[name])), points)


def changes(became: Shown, meant: Shown, points: Mapping[str, tuple[Term, ...]] | None = None) -> Named:
    """Each relation has become what is meant.

    :param points: as above.
    """
    found: Named = {}
    for symbol, terms in (points or SAID).items():
        is_so, shall = getattr(became, symbol)(*terms), getattr(meant, symbol)(*terms)
        for part, formula in (("gains", Implies(is_so, shall)), ("loses", Implies(shall, is_so))):
            found[f"{symbol} {part} nothing else"] = formula if points else ForAll(terms, formula)
    return found
