"""Finite states of a theory in words: elements by name, and of each relation where it holds."""

from collections.abc import Iterator, Mapping

import numpy as np

from model.running.evaluate import Structure
from model.signature import Symbol

_LETTERS = {"Space": "σ", "Thread": "t", "Slot": "slot"}


def state_lines(structure: Structure, symbols: Mapping[str, Symbol]) -> Iterator[str]:
    """A finite structure in words, a symbol a line; relations that hold nowhere are left out.

    Elements have the names of constants that stand for them, or else their sort's and a number.

    >>> from model.spaces.vocabulary import Space, constant, relation, x
    >>> symbols = {"root": constant(x.sort()), "live": relation(x)}
    >>> tables = {"root": np.array([1]), "live": np.array([[True, True]])}
    >>> list(state_lines(Structure(1, {"Slot": 2}, tables), symbols))
    ['2 Slot', 'live: slot0 root']

    One without arguments that holds is named alone.

    >>> list(state_lines(Structure(1, {"Slot": 1}, {"done": np.array([True])}), {"done": relation()}))
    ['1 Slot', 'done']
    """
    yield ", ".join(f"{size} {sort}" for sort, size in structure.sizes.items())
    names = {
        (symbol.result.name(), int(structure.symbols[name][0])): name
        for name, symbol in symbols.items()
        if name in structure.symbols and not symbol.arguments and not symbol.is_relation
    }

    def element(sort: str, number: int) -> str:
        return names.get((sort, number), f"{_LETTERS.get(sort, sort.lower())}{number}")

    for name, table in sorted(structure.symbols.items()):
        symbol = symbols.get(name)
        if symbol is None:
            continue
        values = np.asarray(table[0])
        sorts = [sort.name() for sort in symbol.sorts]
        if symbol.is_relation and sorts:
            places = [
                ",".join(element(sort, int(each)) for sort, each in zip(sorts, place, strict=True))
                for place in zip(*np.nonzero(values), strict=True)
            ]
            if places:
                yield f"{name}: {' '.join(places)}"
        elif sorts:
            result = symbol.result.name()
            yield f"{name}: " + " ".join(
                f"{','.join(element(sort, each) for sort, each in zip(sorts, place, strict=True))}→"
                f"{element(result, int(values[place]))}"
                for place in np.ndindex(values.shape)
            )
        elif symbol.is_relation and values:
            yield name
