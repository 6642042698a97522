"""Constants that are named after a term: what a function would give there, without the function.

So a condition stays in the decidable fragment. But where a quantifier binds a constant of the term, the one constant
would stand for the function's values of all elements: what is said of it there would be said of too much or too little.
Such a condition is refused.
"""

from collections.abc import Iterable
from hashlib import sha256

import z3

from model.running.z3_terms import Term, noted, read, subterms

_AFTER: dict[str, frozenset[tuple[str, str]]] = {}
"""For each name that was made of a term the names and sorts of the constants in it, and of those that these are named
after."""


class CapturedNameError(Exception):
    """A quantifier binds a constant of the term after which another constant is named."""


def named(place: z3.ExprRef) -> str:
    """A name that no other term has: what a printer abbreviates may look like another term."""
    if place.num_args() == 0:
        return str(place.decl().name())
    return f"{place.decl().name()} {sha256(place.sexpr().encode()).hexdigest()[:16]}"


def constant_after(name: str, sort: z3.SortRef, *terms: z3.ExprRef) -> z3.ExprRef:
    """The constant of a name that was made of terms, for which it stands.

    >>> n = z3.Int("n")
    >>> constant_after(f"slot[{named(n)}]", z3.IntSort(), n)
    slot[n]
    """
    found = subterms(list(map(read, terms)))
    constants = {each.declaration for each in found if each.declaration is not None and not each.children}
    own = {(each.name(), each.range().name()) for each in constants}
    known = _AFTER.get(name, frozenset())
    _AFTER[name] = known.union(own, *(_AFTER.get(each, frozenset()) for each, _ in own))
    return z3.Const(name, sort)


def check_named(formulas: Iterable[z3.ExprRef]) -> None:
    """No quantifier binds what a constant within it is named after.

    :raises CapturedNameError: one does.
    """
    for formula in formulas:
        for name, bound in _captured(read(formula)):
            raise CapturedNameError(f"{name} is one constant for every {bound}, which a quantifier around it binds")


@noted
def _captured(term: Term) -> tuple[tuple[str, str], ...]:
    """The names that are captured in a term, each with what is bound."""
    found = dict.fromkeys(pair for child in term.children for pair in _captured(child))
    if term.bound:
        bound = set(zip(term.names, (sort.name() for sort in term.bound), strict=True))
        for name in _named_in(term.children[0]):
            found.update(dict.fromkeys((name, each) for each, _ in sorted(_AFTER[name] & bound)))
    return tuple(found)


@noted
def _named_in(term: Term) -> tuple[str, ...]:
    """The constants in a term that are named after terms."""
    if term.declaration is not None and not term.children:
        name = term.declaration.name()
        return (name,) if name in _AFTER else ()
    return tuple(dict.fromkeys(name for child in term.children for name in _named_in(child)))
