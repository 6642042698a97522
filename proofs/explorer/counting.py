"""Numbers of states by formula: oracles for the explorer that share no code with it.

The states of the dialect ``tree`` without rights are all forests on the slots of a scope whose roots hold distinct
frames: every such forest is reachable. So they can be counted without being visited.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import permutations, product
from math import comb, factorial, prod

from model.scope import Scope

Type = tuple[int, ...]  # the lengths of the cycles of a permutation, sorted


def forests(slots: int, frames: int, lost: int | None = None) -> int:
    """Forests on some of the slots whose roots hold distinct frames; all but ``lost`` of them, if that is given.

    With k slots in use and j roots: the frames are chosen and dealt to the roots in C(frames, j)·j! ways, the slots and
    the roots among them in C(slots, k)·C(k, j) ways, and by Cayley's formula the rest hangs on the roots in
    j·k^(k-j-1) ways.

    >>> forests(slots=8, frames=2)
    12302057
    >>> forests(slots=6, frames=2, lost=0)
    20670
    """
    total = 1 if lost in (None, frames) else 0
    for j in range(1, frames + 1) if lost is None else [frames - lost] if lost < frames else []:
        for k in range(j, slots + 1):
            hangings = 1 if k == j else j * k ** (k - j - 1)
            total += comb(frames, j) * factorial(j) * comb(slots, k) * comb(k, j) * hangings
    return total


def unlabelled_forests(slots: int, frames: int) -> int:
    """Forests of at most ``frames`` rooted trees with at most ``slots`` nodes in all, names disregarded.

    >>> unlabelled_forests(slots=12, frames=3)
    18055
    """
    trees = [0, 1]  # by nodes; a tree is a node and a multiset of trees
    for nodes in range(2, slots + 1):
        terms = (sum(d * trees[d] for d in range(1, k + 1) if k % d == 0) * trees[nodes - k] for k in range(1, nodes))
        trees.append(sum(terms) // (nodes - 1))
    counts = Counter({(0, 0): 1})  # by nodes and trees so far
    for size in range(1, slots + 1):
        extended: Counter[tuple[int, int]] = Counter()
        for (nodes, roots), ways in counts.items():
            for more in range(min(frames - roots, (slots - nodes) // size) + 1):
                extended[nodes + more * size, roots + more] += ways * comb(trees[size] + more - 1, more)
        counts = extended
    return counts.total()


def renamings(scope: Scope) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The group ``pages`` of :mod:`proofs.explorer.states.symmetry`: where each slot and each frame goes.

    >>> len(list(renamings(Scope(4, 2, 2))))
    96
    """
    pages, frames = scope.pages, scope.frames
    own_pages = list(permutations(range(pages)))
    for frame in permutations(range(frames)):
        for rest in permutations(range(frames, pages)):
            for space in permutations(range(1, scope.spaces)):
                for inner in product(own_pages, repeat=scope.spaces - 1):
                    others = (space[s] * pages + inner[s][v] for s in range(scope.spaces - 1) for v in range(pages))
                    yield (*frame, *rest, *others), frame


def orbits(scope: Scope) -> int:
    """The forests of a scope up to the group ``pages``, by Burnside's lemma.

    >>> orbits(Scope(4, 2, 2))
    139103
    """
    types = Counter((_cycle_type(slot), _cycle_type(frame)) for slot, frame in renamings(scope))
    total = sum(times * _fixed(slots, frames) for (slots, frames), times in types.items())
    assert total % types.total() == 0
    return total // types.total()


def _cycle_type(permutation: Sequence[int]) -> Type:
    """The lengths of the cycles."""
    seen: set[int] = set()
    lengths = []
    for start in range(len(permutation)):
        length, at = 0, start
        while at not in seen:
            seen.add(at)
            at, length = permutation[at], length + 1
        if length:
            lengths.append(length)
    return tuple(sorted(lengths))


@cache
def _fixed(slots: Type, frames: Type) -> int:
    """The forests that a renaming with these cycles leaves as they are.

    Such a forest uses whole cycles of slots. A cycle of roots holds a cycle of as many frames, in as many rotations.
    """
    of_slots, of_frames = Counter(slots), Counter(frames)
    lengths = sorted(of_slots)
    total = 0
    for used in product(*(range(of_slots[length] + 1) for length in lengths)):
        for roots in product(*(range(min(n, of_frames[k]) + 1) for k, n in zip(lengths, used, strict=True))):
            if any(used) and not any(roots):
                continue
            ways = prod(
                comb(of_slots[k], n) * comb(n, j) * comb(of_frames[k], j) * factorial(j) * k**j
                for k, n, j in zip(lengths, used, roots, strict=True)
            )
            all_cycles = [k for k, n in zip(lengths, used, strict=True) for _ in range(n)]
            hanging = [k for k, n, j in zip(lengths, used, roots, strict=True) for _ in range(n - j)]
            total += ways * _hangings(tuple(hanging), tuple(all_cycles))
    return total


@cache
def _hangings(hanging: Type, used: Type) -> int:
    """Ways to hang cycles of slots below others, by the matrix-tree theorem.

    A cycle of length l can hang below one of length k if k divides l, in k ways.
    """

    def ways(child: int, parent: int) -> int:
        return parent if child % parent == 0 else 0

    matrix = [[Fraction(-ways(child, parent)) for parent in hanging] for child in hanging]
    for i, child in enumerate(hanging):
        matrix[i][i] = Fraction(sum(ways(child, parent) for parent in used) - child)
    return int(_determinant(matrix))


def _determinant(matrix: list[list[Fraction]]) -> Fraction:
    """By elimination, exactly."""
    result = Fraction(1)
    for i in range(len(matrix)):
        pivot = next((row for row in range(i, len(matrix)) if matrix[row][i]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != i:
            matrix[i], matrix[pivot], result = matrix[pivot], matrix[i], -result
        result *= matrix[i][i]
        for row in range(i + 1, len(matrix)):
            factor = matrix[row][i] / matrix[i][i]
            for column in range(i, len(matrix)):
                matrix[row][column] -= factor * matrix[i][column]
    return result
