"""The numbers in a program made small: of spaces, pages and frames, and those that its steps name."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from model.scope import Scope
from refinement.check.driver.driver import StepKind
from refinement.check.driver.program import Program, scope_at

SPACES, PAGES, FRAMES = 1, 2, 3  # columns of an INIT
LARGE = 5  # a number that is tried; how those below are chosen is for whoever tries all small sequences
OPERANDS = 40  # steps of a program of which each number is tried

Lower = Callable[[int], Program]


def lowered(program: Program) -> Iterator[tuple[int, int, Lower]]:
    """Each number that may be made smaller: the least to try, what it is now, and the program with less instead.

    Where a scope shrinks, what lies outside it becomes the last of it; so a small scope is left as it is.
    """
    inits = program[program[:, 0] == StepKind.INIT]
    for column in (SPACES, PAGES, FRAMES):
        most = int(inits[:, column].max())
        yield 1 if column == FRAMES else min(most, LARGE), most, partial(with_fewer, program, column)
    for row in range(1, len(program) if len(program) <= OPERANDS else 0):
        for column in (1, 2) if program[row, 0] in (StepKind.FLUSH, StepKind.LOOK) else (1, 2, 3, 4):
            if program[row, 0] != StepKind.INIT and program[row, column] >= LARGE:
                yield 0, int(program[row, column]), partial(with_number, program, (row, column))


def with_fewer(program: Program, column: int, number: int) -> Program:
    """The program in scopes of at most so many spaces, pages or frames."""
    result = program.copy()
    inits = result[:, 0] == StepKind.INIT
    result[inits, column] = np.minimum(result[inits, column], number)
    if column == PAGES:
        result[inits, FRAMES] = np.minimum(result[inits, FRAMES], number)
    if column != FRAMES:
        last = program[program[:, 0] == StepKind.INIT][0, column] - 1
        for operand in (column, column + 2):
            inside = ~inits & (program[:, operand] <= last)
            result[inside, operand] = np.minimum(result[inside, operand], number - 1)
    return result


def with_number(program: Program, at: tuple[int, int], number: int) -> Program:
    """The program with another number in one place."""
    result = program.copy()
    result[at] = number
    return result


def smallest(least: int, most: int, fails: Callable[[int], bool], is_over: Callable[[], bool]) -> int:
    """The smallest number that fails, by bisection; ``most`` is known to.

    >>> smallest(1, 65_540, lambda number: number >= 1_025, lambda: False)
    1025
    """
    low, high = least, most
    if most > least and fails(least):
        return least
    while high - low > 1 and not is_over():
        middle = (low + high) // 2
        if fails(middle):
            high = middle
        else:
            low = middle
    return high


def renumbered(program: Program) -> Program | None:
    """The program in the smallest scope that has the spaces and pages it uses, in the same order; None if it is."""
    if (program[1:, 0] == StepKind.INIT).any():
        return None
    scope, used = scope_at(program, 0), used_slots(program)
    spaces = sorted({space for space, _ in used} | {0})
    pages = sorted({page for _, page in used} | {0})
    if max(spaces) >= scope.spaces or max(pages) >= scope.pages:
        return None
    frames = sum(page < scope.frames for page in pages)
    small = Scope(len(spaces), len(pages), frames)
    if small == scope:
        return None
    result = program.copy()
    result[0, 1:4] = (small.spaces, small.pages, small.frames)
    for n in range(1, len(result)):
        for space, page in ((1, 2),) if result[n, 0] in (StepKind.FLUSH, StepKind.LOOK) else ((1, 2), (3, 4)):
            result[n, space] = spaces.index(int(result[n, space]))
            result[n, page] = pages.index(int(result[n, page]))
    return result


def used_slots(program: Program) -> set[tuple[int, int]]:
    """The spaces and pages that the steps of a program name."""
    used = {(int(row[1]), int(row[2])) for row in program[1:] if row[0] != StepKind.INIT}
    return used | {(int(row[3]), int(row[4])) for row in program[1:] if row[0] in (StepKind.MAP, StepKind.GRANT)}


def is_out_of_range(program: Program) -> bool:
    """Return whether a step names a space or page that the first scope does not have."""
    scope = scope_at(program, 0)
    return any(space >= scope.spaces or page >= scope.pages for space, page in used_slots(program))
