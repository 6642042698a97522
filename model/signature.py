"""Signatures of theories, each symbol declared once: relations, functions and constants with their sorts.

A *vocabulary* is a frozen dataclass with one field for each symbol. The field's type is for whoever reads or checks
formulas; its annotation declares the symbol by the variables that it is applied to::

    @dataclass(frozen=True, slots=True)
    class Marked(State):
        marked: Annotated[Predicate, relation(x, meaning="x is marked")]

An instance gives each symbol a meaning: uninterpreted symbols (:func:`fresh`), or functions from terms to formulas, as
an action's state after. All else that is made of a vocabulary follows from its declaration: copies under other names,
choice, what it means to be unchanged, tables to evaluate, and how formulas are typeset.

A vocabulary that extends another is a subclass of it. What speaks of the smaller one then speaks of the larger one too,
and an action that replaces some symbols of a state (``dataclasses.replace``) leaves those added as they are.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar, get_type_hints

import z3

Term: TypeAlias = z3.ExprRef
Formula: TypeAlias = z3.BoolRef


class Vocabulary:
    """A record of symbols; a subclass is a frozen dataclass that declares them, an instance interprets them."""

    __slots__ = ()


V = TypeVar("V", bound=Vocabulary)


@dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """A relation, function or constant.

    :param arguments: variables that name its arguments and give their sorts; none for a constant.
    :param result: the sort of its values; truth values for a relation.
    :param tex: how it is typeset. For a relation the whole formula, with the arguments for {0}, {1} and the mark of a
        state for {p}; for a function or constant its sign. Empty: by its name.
    :param negated: for a relation, how it is typeset that it does not hold; empty: with ¬.
    :param meaning: what it says of its arguments, in a sentence.
    """

    arguments: tuple[Term, ...] = field(repr=False)  # documentation shows what repr has, and can show no terms
    result: z3.SortRef = field(repr=False)
    tex: str = ""
    negated: str = ""
    meaning: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no variable, and no sort.

        :raises TypeError: something is not.
        """
        for each in self.arguments:
            if not isinstance(each, z3.ExprRef):
                raise TypeError(f"{each!r} is no variable; declare a symbol by variables, such as x and i")
        if not isinstance(self.result, z3.SortRef):
            raise TypeError(f"{self.result!r} is no sort; write one such as Space")

    @property
    def is_relation(self) -> bool:
        """Whether it holds or not, and has no other value."""
        return bool(self.result.kind() == z3.Z3_BOOL_SORT)

    @property
    def sorts(self) -> tuple[z3.SortRef, ...]:
        """The sorts of its arguments."""
        return tuple(variable.sort() for variable in self.arguments)

    @property
    def kind(self) -> str:
        """Its sorts in words: ``Slot × Frame`` for a relation, ``Frame → Slot`` for a function, ``Slot``."""
        domain = " × ".join(sort.name() for sort in self.sorts)
        if self.is_relation:
            return domain or "truth value"
        return f"{domain} → {self.result.name()}" if domain else str(self.result.name())

    def named(self, name: str) -> Any:
        """An uninterpreted symbol of these sorts; a term, where there are no arguments."""
        if not self.arguments:
            return z3.Const(name, self.result)
        return z3.Function(name, *self.sorts, self.result)


def relation(*arguments: Term, tex: str = "", negated: str = "", meaning: str = "") -> Symbol:
    """Declare a relation between the arguments' sorts."""
    return Symbol(arguments, z3.BoolSort(), tex, negated, meaning)


def function(*arguments: Term, result: z3.SortRef, tex: str = "", meaning: str = "") -> Symbol:
    """Declare a function from the arguments' sorts to another."""
    return Symbol(arguments, result, tex, "", meaning)


def constant(sort: z3.SortRef, *, tex: str = "", meaning: str = "") -> Symbol:
    """Declare an element of a sort."""
    return Symbol((), sort, tex, "", meaning)


def symbols_of(vocabulary: type[Vocabulary]) -> Mapping[str, Symbol]:
    """The symbols that a vocabulary declares, by name, those of the vocabulary that it extends first.

    :raises TypeError: a field declares no symbol, or the class is no dataclass.

    >>> from model.spaces.theory import Parameters
    >>> {name: symbol.kind for name, symbol in symbols_of(Parameters).items()}
    {'src': 'Slot', 'dst': 'Slot', 'mask': 'Right'}
    """
    found: Mapping[str, Symbol] = _declared(vocabulary)  # type: ignore[arg-type]
    return found


@cache
def _declared(vocabulary: Any) -> Mapping[str, Symbol]:
    if vocabulary is Vocabulary:
        return MappingProxyType({})
    if "__dataclass_fields__" not in vars(vocabulary):
        raise TypeError(f"{vocabulary.__name__} is no dataclass; write @dataclass(frozen=True, slots=True) above it")
    hints = get_type_hints(vocabulary, include_extras=True)
    found = {}
    for name in (each.name for each in fields(vocabulary)):
        declared = [each for each in getattr(hints[name], "__metadata__", ()) if isinstance(each, Symbol)]
        if len(declared) != 1:
            raise TypeError(f"{vocabulary.__name__}.{name} declares no symbol; write Annotated[..., relation(...)]")
        found[name] = declared[0]
    return MappingProxyType(found)


def fresh(vocabulary: type[V], suffix: str = "") -> V:
    """Symbols of which nothing is known; the suffix tells them apart from those of others."""
    return vocabulary(**{name: symbol.named(name + suffix) for name, symbol in symbols_of(vocabulary).items()})


def applied(meaning: V, name: str, arguments: Iterable[Term] | None = None) -> Term:
    """A symbol's value for some arguments: by default for the variables that it was declared with."""
    symbol = symbols_of(type(meaning))[name]
    value = getattr(meaning, name)
    if not symbol.arguments:
        term: Term = value
    else:
        term = value(*(symbol.arguments if arguments is None else arguments))
    return term


def atoms(meaning: Vocabulary) -> dict[str, Term]:
    """The value of each symbol for the variables that it was declared with."""
    return {name: applied(meaning, name) for name in symbols_of(type(meaning))}


def choose(condition: Formula, then: V, otherwise: V) -> V:
    """The interpretation that is ``then`` where the condition holds, and ``otherwise`` where not."""

    def chosen(name: str) -> Any:
        def value(*arguments: Term) -> Term:
            one, other = applied(then, name, arguments), applied(otherwise, name, arguments)
            return one if one.eq(other) else z3.If(condition, one, other)

        return value

    kind = type(then)
    values = {name: chosen(name) for name in symbols_of(kind)}
    return kind(**{name: value if symbols_of(kind)[name].arguments else value() for name, value in values.items()})


def unchanged_symbols(one: V, other: V, but: Collection[str] = ()) -> dict[str, Formula]:
    """For each symbol, that both interpretations give it the same values everywhere.

    :param but: symbols of which nothing is said.
    """
    same = {}
    for name, symbol in symbols_of(type(one)).items():
        if name not in but:
            equal = applied(one, name) == applied(other, name)
            same[name] = z3.ForAll(list(symbol.arguments), equal) if symbol.arguments else equal
    return same


def rewritten(formula: Formula, symbols: V, meaning: V) -> Formula:
    """A formula with a meaning in place of uninterpreted symbols, none of which may occur in the meaning."""
    constants, functions = [], []
    for name, symbol in symbols_of(type(symbols)).items():
        declared, given = getattr(symbols, name), getattr(meaning, name)
        if symbol.arguments:
            functions.append((declared, given(*(z3.Var(n, sort) for n, sort in enumerate(symbol.sorts)))))
        else:
            constants.append((declared, given))
    result: Formula = z3.substitute(z3.substitute_funs(formula, *functions), *constants)
    return result
