"""Select steps of a long trace: the first and the last, those that matter, and a few of those that are alike.

Steps are alike if they do the same with slots that follow each other, as the maps of a long chain do.

>>> from model.scope import Scope
>>> scope = Scope(1, 100, 1)
>>> chain = (*(Operation("map", page, page + 1) for page in range(99)), Operation("flush", 0))
>>> steps_shown(chain)
(0, 1, 2, 3, 99, 100)
>>> gaps(chain, steps_shown(chain), scope)[0].summary
'95 more of the same kind: map σ0[3] → σ0[4] … map σ0[97] → σ0[98]'
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from model.scope import Scope
from model.spaces.operation import Operation
from proofs.report.storyboard.scenes.scene import Gap

MOST = 40
"""A trace of fewer steps is shown in full; of a longer one, so many steps."""

ALIKE = 5
"""Of so many steps that are alike, or more, the first three and the last are shown."""


def steps_shown(operations: Sequence[Operation], important: Iterable[int] = ()) -> tuple[int, ...]:
    """The numbers of the steps that are shown, 0 for the initial state.

    :param important: steps that are shown before others.
    """
    total = len(operations)
    if total < MOST:
        return tuple(range(total + 1))
    first = [0, total, total - 1, *list(important)[: MOST // 2]]
    others = [step for one, last in _alike(operations) for step in _of_run(one, last)]
    shown = set(first) | set(others)
    if len(shown) > MOST:
        both_ends = [step for pair in zip(others, reversed(others), strict=True) for step in pair]
        shown = set(list(dict.fromkeys([*first, *both_ends]))[:MOST])
    for before, after in pairwise(sorted(shown)):
        if after - before == 2:  # a gap takes as much room as the step
            shown.add(before + 1)
    return tuple(sorted(shown))


def gaps(operations: Sequence[Operation], shown: Sequence[int], scope: Scope) -> tuple[Gap, ...]:
    """The gaps: for each how many steps are left out between two that are shown."""
    found = []
    for before, after in pairwise(shown):
        if after - before > 1:
            left_out = operations[before : after - 1]
            texts = tuple(operation.text(scope) for operation in left_out)
            found.append(Gap(before + 1, after - 1, texts, _summary(left_out, texts)))
    return tuple(found)


def _summary(operations: Sequence[Operation], texts: Sequence[str]) -> str:
    if len(_alike(operations)) == 1:
        return f"{len(texts)} more of the same kind: {texts[0]} … {texts[-1]}"
    kinds = Counter(operation.action for operation in operations)
    return f"{len(texts)} more steps: {', '.join(f'{kind} {number} times' for kind, number in kinds.items())}"


def _of_run(first: int, last: int) -> Iterable[int]:
    if last - first + 1 < ALIKE:
        return range(first, last + 1)
    return (first, first + 1, first + 2, last)


def _alike(operations: Sequence[Operation]) -> list[tuple[int, int]]:
    """Stretches of steps that are alike, each by its first and last number."""
    stretches: list[tuple[int, int]] = []
    stride: tuple[int, int] | None = None
    for number, operation in enumerate(operations, start=1):
        before = operations[number - 2] if number > 1 else operation
        step = operation.src - before.src, operation.dst - before.dst
        same = number > 1 and (operation.action, operation.rights) == (before.action, before.rights)
        if same and stretches and stride in (None, step):
            stretches[-1] = stretches[-1][0], number
            stride = step
        else:
            stretches.append((number, number))
            stride = None
    return stretches
