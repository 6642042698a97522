"""Columns of a mapping tree as plain numbers, whatever keeps them."""

from collections.abc import Iterable

from refinement.kernel.mapping_tree import Column


def values(columns: Iterable[Column]) -> list[list[int]]:
    return [[int(column[index]) for index in range(len(column))] for column in columns]
