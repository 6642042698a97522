"""The calls of an action: its parameters, every call of an area, and calls as tables."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS
from model.signature import Symbol
from model.spaces.operation import Argument, Operation, members
from model.spaces.vocabulary import Right
from proofs.engines.search.deciding import SearchArea

MOST_CALLS = 100_000  # of one action in one state
BOOL = "Bool"  # the sort of truth values


class NotExecutableError(ValueError):
    """The theory has no first state to begin with, or an action that cannot be called in all ways, or not in that."""


class Calls:
    """The calls of an action whose parameters are elements of sorts and sets of them.

    :param sizes: how many elements each sort has.
    """

    def __init__(self, action: str, parameters: Mapping[str, Symbol], sizes: Mapping[str, int]) -> None:
        """Take the parameters as the action declares them."""
        self.action, self.parameters = action, parameters
        self._sizes = {**sizes, BOOL: 2}

    def every(self, area: SearchArea, varied: Collection[str]) -> list[Operation]:
        """Every call of the area in which these parameters are varied; sets of rights are those that the area names.

        What is not varied is left out, or is all rights.

        :raises NotExecutableError: a parameter is neither an element nor a set of elements, nobody says how many
            elements its sort has, or there are too many calls.
        """
        choices: list[list[Argument]] = []
        for name, symbol in self.parameters.items():
            if name in varied:
                choices.append(list(self._values(name, symbol, area)))
            elif _is_set(symbol) and symbol.sorts == (Right,):
                choices.append([Argument(name, "Right", members(ALL_RIGHTS))])
            if prod(map(len, choices)) > MOST_CALLS:
                raise NotExecutableError(f"{self.action} can be called in more than {MOST_CALLS:,} ways in {area}")
        return [Operation.call(self.action, chosen) for chosen in product(*choices)]

    def tables(self, operations: Sequence[Operation]) -> dict[str, NDArray[Any]]:
        """Tables of each operation's arguments; one that is left out is the first element, or the set of all.

        :raises NotExecutableError: an argument is for no parameter of the action, or of another sort, or too large.
        """
        for argument in dict.fromkeys(argument for operation in operations for argument in operation.arguments):
            self._check(argument)
        tables = {}
        for name, symbol in self.parameters.items():
            values: list[Any] = [operation.value(name) for operation in operations]
            if _is_element(symbol):
                tables[name] = np.array([value or 0 for value in values], bool if symbol.is_relation else np.int64)
            elif _is_set(symbol) and _sort(symbol) in self._sizes:
                elements = range(self._sizes[_sort(symbol)])
                rows = [[value is None or each in value for each in elements] for value in values]
                tables[name] = np.array(rows, bool).reshape(len(values), len(elements))
        return tables

    def _check(self, argument: Argument) -> None:
        symbol = self.parameters.get(argument.name)
        if symbol is None:
            there_are = ", ".join(self.parameters) or "none"
            raise NotExecutableError(f"{self.action} has no parameter {argument.name}; there are: {there_are}")
        is_set = isinstance(argument.value, frozenset)
        fits = (_is_set if is_set else _is_element)(symbol) and argument.sort == _sort(symbol)
        if not fits:
            given = f"a set of {argument.sort}" if is_set else f"an element of {argument.sort}"
            raise NotExecutableError(f"{self.action}: {argument.name} is {symbol.kind}; it was given {given}")
        size = self._sizes.get(argument.sort, 0)
        beyond = [each for each in _elements(argument) if each >= size]
        if beyond:
            raise NotExecutableError(
                f"{self.action}: {argument.name} names {argument.sort} {beyond[0]}; there are {size}, counted from 0"
            )

    def _values(self, name: str, symbol: Symbol, area: SearchArea) -> Iterator[Argument]:
        """Everything that a parameter can be."""
        sort = _sort(symbol)
        if not _is_element(symbol) and not _is_set(symbol):
            raise NotExecutableError(f"{self.action}: {name} is {symbol.kind}; a call has elements and sets of them")
        if sort not in self._sizes:
            raise NotExecutableError(f"{self.action}: nobody says how many elements {sort} has, for {name}")
        size = self._sizes[sort]
        if _is_element(symbol):
            yield from (Argument(name, sort, number) for number in range(size))
        elif symbol.sorts == (Right,):
            yield from (Argument(name, sort, members(rights)) for rights in area.rights)
        elif 2**size > MOST_CALLS:
            raise NotExecutableError(f"{self.action}: {name} can be more than {MOST_CALLS:,} sets of {sort}")
        else:
            for chosen in range(2**size):
                yield Argument(name, sort, frozenset(number for number in range(size) if chosen >> number & 1))


def _is_element(symbol: Symbol) -> bool:
    return not symbol.arguments


def _is_set(symbol: Symbol) -> bool:
    return symbol.is_relation and len(symbol.arguments) == 1


def _sort(symbol: Symbol) -> str:
    """The sort of an element, or of a set's elements."""
    return str((symbol.sorts[0] if symbol.arguments else symbol.result).name())


def _elements(argument: Argument) -> Collection[int]:
    return argument.value if isinstance(argument.value, frozenset) else (argument.value,)
