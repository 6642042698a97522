"""Lines of a log as numbers, compiled: what is written as kernels write it; the rest is left to a slower reader."""

import numpy as np
from numpy.typing import NDArray

from refinement.check.driver.compiling import Integer, compiled
from refinement.monitor.expecting import BEGIN, CORE, DST, END, KIND, NUMBER, RIGHTS, SRC, STATUS, LineKind

# Cells: where the next line begins, how many lines were read, the number of the line in the log; sizes; the last begin.
AT, COUNT, LINES, SPACES, PAGES, LAST = range(6)

DONE, FULL, STRANGE, UNSORTED = 0, 1, 2, 3
"""How reading ends: no whole line is left; there is no room; the next line is for the slower reader; time goes back."""

OP, SOURCE, DESTINATION, MASK, ANSWER, SHOWN, TIME, UNTIL, WHERE = (1 << n for n in range(9))
NO_NUMBER = -(1 << 62)
LARGEST = (1 << 62) - 1
"""Of all numbers in a log, so that nanoseconds since 1970 fit, and one more can be counted."""
MOST_DIGITS = 19
QUOTE, COMMA, COLON, OPEN_LIST, CLOSE_LIST, OPEN_BRACE, CLOSE_BRACE = (ord(letter) for letter in '",:[]{}')
MINUS, BACKSLASH, NEWLINE, SPACE, TAB, RETURN, ZERO = (ord(letter) for letter in "-\\\n \t\r0")
M, G, F, L, O = (ord(letter) for letter in "mgflo")
A, C, D, E, I, R, S, T, N, P, K, U, H = (ord(letter) for letter in "acdeirstnpkuh")


@compiled
def skip_blank(text: NDArray[np.uint8], at: Integer) -> int:
    """The place of the next letter that is no blank."""
    while text[at] == SPACE or text[at] == TAB or text[at] == RETURN:
        at += 1
    return int(at)


@compiled
def number_at(text: NDArray[np.uint8], at: Integer) -> tuple[int, int]:
    """A whole number, and where it ends; NO_NUMBER if there is none."""
    negative = text[at] == MINUS
    if negative:
        at += 1
    value, digits = np.int64(0), 0
    while ZERO <= text[at] <= ZERO + 9:
        value = value * 10 + np.int64(text[at]) - ZERO
        at += 1
        digits += 1
    letter = text[at]
    ends = letter in (COMMA, CLOSE_BRACE, CLOSE_LIST, SPACE, TAB, RETURN, NEWLINE)
    if digits == 0 or digits > MOST_DIGITS or not 0 <= value <= LARGEST or not ends:
        return NO_NUMBER, int(at)
    return int(-value if negative else value), int(at)


@compiled
def pair_at(text: NDArray[np.uint8], at: Integer) -> tuple[int, int, int]:
    """Two numbers in a list, and where it ends; NO_NUMBER if there are none."""
    if text[at] != OPEN_LIST:
        return NO_NUMBER, 0, int(at)
    first, at = number_at(text, skip_blank(text, at + 1))
    at = skip_blank(text, at)
    if first < 0 or text[at] != COMMA:
        return NO_NUMBER, 0, int(at)
    second, at = number_at(text, skip_blank(text, at + 1))
    at = skip_blank(text, at)
    if second < 0 or text[at] != CLOSE_LIST:
        return NO_NUMBER, 0, int(at)
    return first, second, int(at + 1)


@compiled
def key_of(text: NDArray[np.uint8], at: Integer, size: Integer) -> int:
    """Which key the letters are; 0 for one that means nothing here."""
    a, b = text[at], text[at + 1]
    if size == 2:
        return OP if a == O and b == P else 0
    c = text[at + 2]
    if size == 3:
        if a == S and b == R and c == C:
            return SOURCE
        if a == D and b == S and c == T:
            return DESTINATION
        return UNTIL if a == E and b == N and c == D else 0
    d = text[at + 3]
    if size == 4:
        if a == T and b == I and c == M and d == E:
            return TIME
        return WHERE if a == C and b == O and c == R and d == E else 0
    e = text[at + 4]
    if size == 5:
        return SHOWN if a == F and b == R and c == A and d == M and e == E else 0
    f = text[at + 5]
    if size == 6:
        if a == R and b == I and c == G and d == H and e == T and f == S:
            return MASK
        return ANSWER if a == S and b == T and c == A and d == T and e == U and f == S else 0
    return 0


@compiled
def kind_of(text: NDArray[np.uint8], at: Integer, size: Integer) -> int:
    """Which kind of line the letters name; -1 for one that the slower reader has to look at."""
    a, b, c = text[at], text[at + 1], text[at + 2]
    if size == 3:
        return LineKind.MAP.value if a == M and b == A and c == P else -1
    d = text[at + 3]
    if size == 4:
        return LineKind.LOST.value if a == L and b == O and c == S and d == T else -1
    e = text[at + 4]
    if size == 5:
        if a == G and b == R and c == A and d == N and e == T:
            return LineKind.GRANT.value
        return LineKind.FLUSH.value if a == F and b == L and c == U and d == S and e == H else -1
    f = text[at + 5]
    if size == 6 and a == L and b == O and c == O and d == K and e == U and f == P:
        return LineKind.LOOKUP.value
    return -1


@compiled
def string_end(text: NDArray[np.uint8], at: Integer) -> int:
    """The place of the quote that ends a string; -1 if there is an escape in it, or no end."""
    while text[at] != QUOTE:
        if text[at] == BACKSLASH or text[at] == NEWLINE:
            return -1
        at += 1
    return int(at)


@compiled
def read_line(text: NDArray[np.uint8], at: Integer, cells: NDArray[np.int64], line: NDArray[np.int64]) -> bool:
    """One line into a row; whether it is as kernels write it. The text ends with a line's end."""
    line[:] = -1
    line[RIGHTS] = 7
    seen, status, frame = 0, np.int64(0), np.int64(0)
    at = skip_blank(text, at)
    if text[at] != OPEN_BRACE:
        return False
    at += 1
    while True:
        at = skip_blank(text, at)
        if text[at] != QUOTE:
            return False
        end = string_end(text, at + 1)
        if end < 0 or end - at - 1 < 2:
            return False
        key = key_of(text, at + 1, end - at - 1)
        at = skip_blank(text, end + 1)
        if text[at] != COLON:
            return False
        at = skip_blank(text, at + 1)
        if key == OP:
            end = string_end(text, at + 1)
            if text[at] != QUOTE or end < 0 or end - at - 1 < 3:
                return False
            line[KIND] = kind_of(text, at + 1, end - at - 1)
            if line[KIND] < 0:
                return False
            at = end + 1
        elif key in (SOURCE, DESTINATION):
            space, page, at = pair_at(text, at)
            if space == NO_NUMBER:
                return False
            inside = space < cells[SPACES] and page < cells[PAGES]
            line[SRC if key == SOURCE else DST] = space * cells[PAGES] + page if inside else -1
        elif key != 0:
            value, at = number_at(text, at)
            if value == NO_NUMBER:
                return False
            if key == MASK:
                line[RIGHTS] = value
            elif key == ANSWER:
                status = np.int64(value)
            elif key == SHOWN:
                frame = np.int64(value)
            elif key == TIME:
                line[BEGIN] = value
            elif key == UNTIL:
                line[END] = value
            else:
                line[CORE] = value
            if value < 0 and key != ANSWER and key != SHOWN:
                return False
        elif text[at] == QUOTE:
            end = string_end(text, at + 1)
            if end < 0:
                return False
            at = end + 1
        else:
            if text[at] == OPEN_LIST or text[at] == OPEN_BRACE:
                return False
            while text[at] != COMMA and text[at] != CLOSE_BRACE and text[at] != NEWLINE:
                at += 1
        if seen & key:
            return False
        seen |= key
        at = skip_blank(text, at)
        if text[at] == COMMA:
            at += 1
            continue
        if text[at] != CLOSE_BRACE or text[skip_blank(text, at + 1)] != NEWLINE:
            return False
        break
    kind, fits = line[KIND], False
    has = seen & (SOURCE | DESTINATION | ANSWER | SHOWN | MASK)
    if kind == LineKind.MAP or kind == LineKind.GRANT:
        fits = bool(has & ~MASK == SOURCE | DESTINATION | ANSWER)
    elif kind == LineKind.FLUSH:
        fits = bool(has & ~MASK == SOURCE | ANSWER)
    elif kind == LineKind.LOOKUP:
        fits = bool(has & ~MASK == SOURCE | SHOWN and (has & MASK != 0 or frame == -1) and frame >= -1)
    else:
        fits = bool(kind == LineKind.LOST and has == 0)
    line[STATUS] = frame if kind == LineKind.LOOKUP else status
    return bool(fits and (seen & UNTIL == 0 or (seen & TIME != 0 and line[END] >= line[BEGIN])))


@compiled
def read_lines(text: NDArray[np.uint8], length: Integer, cells: NDArray[np.int64], lines: NDArray[np.int64]) -> int:
    """The lines of a text, from ``cells[AT]``, as rows; only whole lines are read."""
    while True:
        start = cells[AT]
        end = start
        while end < length and text[end] != NEWLINE:
            end += 1
        if end >= length:
            return DONE
        first = skip_blank(text, start)
        if text[first] == NEWLINE:
            cells[AT] = end + 1
            cells[LINES] += 1
            continue
        if cells[COUNT] == len(lines):
            return FULL
        line = lines[cells[COUNT]]
        if not read_line(text, start, cells, line):
            return STRANGE
        if not settle(cells, line):
            return UNSORTED
        cells[AT] = end + 1


@compiled
def settle(cells: NDArray[np.int64], line: NDArray[np.int64]) -> bool:
    """A row that was read counts; whether it does not begin before the one before.

    Without times lines follow each other.
    """
    if line[BEGIN] < 0:
        line[BEGIN] = cells[LAST] if line[KIND] == LineKind.LOST else cells[LAST] + 1
    if line[END] < 0:
        line[END] = line[BEGIN]
    if line[BEGIN] < cells[LAST]:
        return False
    cells[LAST] = line[BEGIN]
    line[NUMBER] = cells[LINES] + 1
    cells[COUNT] += 1
    cells[LINES] += 1
    return True
