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

Declarations = Mapping[str, z3.FuncDeclRef]


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    model: Structure
    declared: Declarations


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
        # Those of the path come last, and are false first: the others hold in all states.
        last_first = {name: hypotheses[name] for name in reversed(list(hypotheses))}
        for place, known in enumerate(self._last):
            model = _completed(known, sorts, declared)
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


def _completed(known: _Known, sorts: Iterable[str], wanted: Declarations) -> Structure | None:
    """The model as one of these sorts and symbols: what it lacks has one element, or is nothing everywhere.

    :returns: none if a symbol is another one there: of other sorts, so that its table would mean something else.
    """
    if any(known.declared.get(name, each) != each for name, each in wanted.items()):
        return None
    sizes, tables = {**dict.fromkeys(sorts, 1), **known.model.sizes}, dict[str, Array]()
    for name, each in wanted.items():
        shape = (1, *(sizes[each.domain(i).name()] for i in range(each.arity())))
        nothing = np.zeros(shape, bool if each.range().kind() == z3.Z3_BOOL_SORT else np.int64)
        tables[name] = known.model.symbols[name] if name in known.declared else nothing
    return Structure(1, sizes, tables)


def _is_model(model: Structure, hypotheses: Hypotheses) -> bool:
    try:
        return not false_in(model, hypotheses)
    except UnsupportedTermError:
        return False
