"""Models found before, tried on other hypotheses: those of one function's conditions have most of them in common."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import z3

from model.running.evaluate import Array, Structure, UnsupportedTermError
from proofs.engines.smt.confirm import Confirmation, Hypotheses, false_in, size_of
from proofs.engines.smt.smallest import is_finite
from proofs.engines.terms.smtlib import symbols

MOST_MODELS = 40  # the last that were of use

Declarations = Mapping[str, z3.FuncDeclRef]  # as terms are read: the same object for the same symbol


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    model: Structure
    declared: Declarations


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """A symbol, asked once what it is and not for each model that is tried."""

    name: str
    symbol: z3.FuncDeclRef
    domain: tuple[str, ...]
    truth: bool

    @staticmethod
    def of(symbol: z3.FuncDeclRef) -> "_Wanted":
        domain = tuple(symbol.domain(i).name() for i in range(symbol.arity()))
        return _Wanted(symbol.name(), symbol, domain, symbol.range().kind() == z3.Z3_BOOL_SORT)


class KnownModels:
    """The finite models that were of use last."""

    def __init__(self) -> None:
        """None yet."""
        self._last: deque[_Known] = deque(maxlen=MOST_MODELS)

    def add(self, model: Structure, hypotheses: Hypotheses) -> None:
        """These hypotheses were found to hold in a model."""
        declared = _declared(hypotheses)
        if declared is not None:
            self._last.appendleft(_Known(model, declared))

    def of(self, hypotheses: Hypotheses) -> Confirmation | None:
        """Show that the hypotheses are satisfiable by one of the models; None if none of them shows it.

        >>> from model.spaces.theory import before, x
        >>> derives = np.array([[[False, True], [False, False]]])
        >>> known, irreflexive = KnownModels(), {"irreflexive": z3.ForAll([x], z3.Not(before.derives(x, x)))}
        >>> known.add(Structure(1, {"Slot": 2}, {"derives": derives}), irreflexive)
        >>> known.of({**irreflexive, "something derives": z3.Exists([x], before.derives(z3.Const("src", x.sort()), x))})
        Confirmation(verdict=None, reason='', contradiction=(), sentence='evaluated in a model of 2 elements', ...)
        >>> known.of({"reflexive": z3.ForAll([x], before.derives(x, x))})
        """
        declared = _declared(hypotheses)
        if declared is None:
            return None
        sorts = [sort.name() for sort in symbols(hypotheses.values())[0]]
        wanted = [_Wanted.of(each) for each in declared.values()]
        # Those of the path come last, and are false first: the others hold in all states.
        last_first = {name: hypotheses[name] for name in reversed(list(hypotheses))}
        for place, known in enumerate(self._last):
            model = _completed(known, sorts, wanted)
            if model is not None and _is_model(model, last_first):
                del self._last[place]
                self._last.appendleft(known)
                return Confirmation(None, sentence=f"evaluated in {size_of(model)}", model=model)
        return None


def _declared(hypotheses: Hypotheses) -> Declarations | None:
    """The symbols, by name; none if they are not all those of finite structures, or two have one name."""
    _, every = symbols(hypotheses.values())
    declared = {each.name(): each for each in every}
    return declared if len(declared) == len(every) and all(map(is_finite, every)) else None


def _completed(known: _Known, sorts: Iterable[str], wanted: Iterable[_Wanted]) -> Structure | None:
    """The model as one of these sorts and symbols: what it lacks has one element, or is nothing everywhere.

    :returns: none if a symbol is another one there: of other sorts, so that its table would mean something else.
    """
    if any(known.declared.get(each.name, each.symbol) is not each.symbol for each in wanted):
        return None
    sizes, tables = {**dict.fromkeys(sorts, 1), **known.model.sizes}, dict[str, Array]()
    for each in wanted:
        if each.name in known.declared:
            tables[each.name] = known.model.symbols[each.name]
        else:
            tables[each.name] = np.zeros((1, *(sizes[sort] for sort in each.domain)), bool if each.truth else np.int64)
    return Structure(1, sizes, tables)


def _is_model(model: Structure, hypotheses: Hypotheses) -> bool:
    try:
        return not false_in(model, hypotheses)
    except UnsupportedTermError:
        return False
