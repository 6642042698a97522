"""Counterexamples to obligations about faulty code that were found before.

One is not believed: it is evaluated again in the condition that the code gives now, so that it shows as much as one
that the solver finds now, and takes no time. Where it does not refute that any more, the solver is asked. Those that
took the solver long are kept in ``counterexamples.json``; ``.ci/record_counterexamples.py`` finds them again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import z3

from model.running.evaluate import Array, Structure
from proofs.engines.smt.confirm import judged
from proofs.engines.smt.smallest import is_finite
from proofs.engines.terms.smtlib import symbols
from proofs.obligation import Condition

FILE = Path(__file__).with_name("counterexamples.json")


@dataclass(frozen=True, slots=True)
class Kept:
    """A counterexample that was found before.

    :param place: the number of the condition among the obligation's, from 0.
    :param sizes: the number of elements of each sort.
    :param tables: for a symbol the flat table of its values; of truths, the places that are true. A symbol that is left
        out is false, or the first element, everywhere.
    """

    place: int
    sizes: Mapping[str, int]
    tables: Mapping[str, tuple[int, ...]]

    @staticmethod
    def of(place: int, model: Structure) -> "Kept | None":
        """What is kept of a model; none of one that is no finite structure.

        >>> Kept.of(2, Structure(1, {"S": 2}, {"p": np.array([[False, True]]), "c": np.array([0])}))
        Kept(place=2, sizes={'S': 2}, tables={'p': (1,)})
        """
        if not model.sizes or any(table.dtype not in (bool, np.int64) for table in model.symbols.values()):
            return None
        tables = {}
        for name, table in model.symbols.items():
            values = np.flatnonzero(table[0]) if table.dtype == bool else table[0].flat
            if table.any():
                tables[name] = tuple(int(value) for value in values)
        return Kept(place, model.sizes, tables)

    def in_(self, condition: Condition) -> Structure | None:
        """The model, if the hypotheses hold in it and the goal does not; else none.

        >>> x = z3.Const("x", z3.DeclareSort("S"))
        >>> p = z3.Function("p", x.sort(), z3.BoolSort())
        >>> some = Condition({"some": z3.Exists([x], p(x))}, {}, z3.ForAll([x], p(x)))
        >>> Kept(0, {"S": 2}, {"p": (1,)}).in_(some).symbols["p"]
        array([[False,  True]])
        >>> Kept(0, {"S": 2}, {"p": (0, 1)}).in_(some)
        """
        refuted = {**condition.hypotheses, "not the goal": z3.Not(condition.goal)}
        sorts, declared = symbols(refuted.values())
        if not all(map(is_finite, declared)) or len({each.name() for each in declared}) < len(declared):
            return None
        sizes = {sort.name(): self.sizes.get(sort.name(), 1) for sort in sorts}
        try:
            tables = {each.name(): self._table(each, sizes) for each in declared}
        except (IndexError, ValueError):  # of other sorts or sizes
            return None
        found = judged(Structure(1, sizes, tables), refuted)
        return found.model if found is not None and found.verdict is None else None

    def _table(self, symbol: z3.FuncDeclRef, sizes: Mapping[str, int]) -> Array:
        """The values of a symbol.

        :raises IndexError, ValueError: what is kept of it is no such table.
        """
        shape = tuple(sizes[symbol.domain(i).name()] for i in range(symbol.arity()))
        kept = list(self.tables.get(symbol.name(), ()))
        if symbol.range().kind() == z3.Z3_BOOL_SORT:
            flat: Array = np.zeros(prod(shape), bool)
            flat[kept] = True
        else:
            flat = np.array(kept or [0] * prod(shape), np.int64)
            range_ = symbol.range()
            values = 1 << range_.size() if isinstance(range_, z3.BitVecSortRef) else sizes[range_.name()]
            if flat.min() < 0 or flat.max() >= values:
                raise ValueError(symbol.name())
        return flat.reshape((1, *shape))

    def json(self) -> dict[str, Any]:
        """What stands in the file."""
        return {
            "condition": self.place,
            "sizes": dict(self.sizes),
            "tables": {n: list(t) for n, t in self.tables.items()},
        }


@cache
def _file() -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text("utf-8"))
    return found


def kept(fault: str, obligation: str) -> Kept | None:
    """The counterexample that was found before to an obligation about code with that fault; none if none is kept."""
    found = _file().get(fault, {}).get(obligation)
    if found is None:
        return None
    tables = {name: tuple(table) for name, table in found["tables"].items()}
    return Kept(found["condition"], found["sizes"], tables)
