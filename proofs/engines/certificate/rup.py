"""A checker of proofs that a set of clauses has no model: each step by reverse unit propagation (RUP).

A proof is a list of clauses to add and to delete. A clause may be added if assuming all its literals false leads, by
unit propagation alone, to a contradiction with the clauses so far. The proof is accepted if a contradiction without
any assumption comes of it. Deletion only ever takes clauses away, so it cannot make a wrong proof right; a proof whose
clauses are accepted one by one shows that the first clauses have no model, whoever wrote it.

The checker shares nothing with the solver but the clauses. It is compiled; the same functions run uncompiled.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.running.compiling import compile_on_disk

Ints = NDArray[np.int64]

NOTHING = -1  # no clause

# Literals are numbers from 0: 2v for variable v (from 0), 2v + 1 for its negation. Values: 1 true, -1 false, 0 open.


class MalformedProofError(ValueError):
    """A line of the proof is no clause; the message says which."""


def check(clauses: Sequence[Sequence[int]], proof: Iterable[str]) -> bool:
    """Return whether the proof shows that the clauses have no model.

    :param clauses: literals as numbers from 1, negative for negated ones.
    :param proof: lines of literals that end in 0; those that begin with ``d`` delete a clause.
    :raises MalformedProofError: a line is neither.

    >>> check([[1, 2], [1, -2], [-1, 2], [-1, -2]], ["1 0", "0"])
    True
    >>> check([[1, 2], [1, -2], [-1, 2]], ["1 0", "0"])
    False
    """
    added, steps = _steps(clauses, proof)
    starts = np.zeros(len(added) + 1, np.int64)
    starts[1:] = np.cumsum([len(clause) for clause in added])
    literals = np.array([literal for clause in added for literal in clause], np.int64)
    variables = int(literals.max(initial=-1)) // 2 + 1
    return bool(_check(literals, starts, len(clauses), np.array(steps, np.int64).reshape(-1, 2), variables))


def _steps(
    clauses: Sequence[Sequence[int]], proof: Iterable[str]
) -> tuple[list[tuple[int, ...]], list[tuple[int, int]]]:
    """All clauses that ever occur, and the proof as pairs: 1 to add or 0 to delete, and the number of the clause."""
    added = [_encoded(clause) for clause in clauses]
    present: dict[tuple[int, ...], list[int]] = {}
    for number, clause in enumerate(added):
        present.setdefault(clause, []).append(number)
    steps = []
    for line, text in enumerate(proof, 1):
        words = text.split()
        deletes = words[:1] == ["d"]
        try:
            *literals, end = (int(word) for word in words[deletes:])
        except ValueError:
            raise MalformedProofError(f"line {line} of the proof is no clause: {text!r}") from None
        if end != 0 or 0 in literals:
            raise MalformedProofError(f"line {line} of the proof does not end in one 0: {text!r}")
        clause = _encoded(literals)
        if not deletes:
            steps.append((1, len(added)))
            present.setdefault(clause, []).append(len(added))
            added.append(clause)
        elif present.get(clause):
            steps.append((0, present[clause].pop()))
    return added, steps


def _encoded(clause: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted({2 * (abs(literal) - 1) + (literal < 0) for literal in clause}))


# Compiled from here. ``watched[2c]`` and ``watched[2c + 1]`` are the literals that clause c watches; ``first[l]`` heads
# the list of the places (2c or 2c + 1) that watch literal l, linked by ``following``.


@compile_on_disk
def _assign(value: Any, trail: Any, length: int, literal: int) -> int:
    value[literal], value[literal ^ 1] = 1, -1
    trail[length] = literal
    return length + 1


@compile_on_disk
def _attach(literals: Any, starts: Any, clause: int, value: Any, watched: Any, first: Any, following: Any) -> int:
    """Watch two literals of a clause that are not false; the only such literal if there is one, else ``NOTHING``.

    -2: two are watched. A clause with a true literal is attached like any other.
    """
    open_one = open_two = NOTHING
    for at in range(starts[clause], starts[clause + 1]):
        if value[literals[at]] >= 0:
            if open_one == NOTHING:
                open_one = literals[at]
            else:
                open_two = literals[at]
                break
    if open_two == NOTHING:
        return open_one
    for side, literal in ((0, open_one), (1, open_two)):
        place = 2 * clause + side
        watched[place] = literal
        following[place] = first[literal]
        first[literal] = place
    return -2


@compile_on_disk
def _propagate(
    literals: Any,
    starts: Any,
    deleted: Any,
    value: Any,
    trail: Any,
    done: int,
    length: int,
    watched: Any,
    first: Any,
    following: Any,
) -> int:
    """Unit propagation from ``done`` on; the new length of the trail, or ``NOTHING`` for a contradiction."""
    while done < length:
        false = trail[done] ^ 1
        done += 1
        place, kept = first[false], NOTHING
        while place != NOTHING:
            following_place, clause = following[place], place // 2
            other = watched[place ^ 1]
            moved = deleted[clause]
            if not moved and value[other] != 1:
                for at in range(starts[clause], starts[clause + 1]):
                    literal = literals[at]
                    if literal != other and value[literal] >= 0:
                        watched[place] = literal
                        following[place] = first[literal]
                        first[literal] = place
                        moved = True
                        break
            if not moved:
                following[place] = kept
                kept = place
                if value[other] == -1:
                    while following_place != NOTHING:  # put the rest of the list back
                        after = following[following_place]
                        following[following_place] = kept
                        kept = following_place
                        following_place = after
                    first[false] = kept
                    return NOTHING
                if value[other] == 0:
                    length = _assign(value, trail, length, other)
            place = following_place
        first[false] = kept
    return length


@compile_on_disk
def _check(literals: Any, starts: Any, given: int, steps: Any, variables: int) -> bool:
    count = len(starts) - 1
    value, trail = np.zeros(2 * variables, np.int8), np.zeros(variables, np.int64)
    watched, following = np.full(2 * count, NOTHING, np.int64), np.full(2 * count, NOTHING, np.int64)
    first, deleted = np.full(2 * variables, NOTHING, np.int64), np.zeros(count, np.bool_)
    length = 0
    for step in range(given + len(steps)):
        clause = step
        if step >= given:
            clause = steps[step - given, 1]
            if steps[step - given, 0] == 0:
                deleted[clause] = True
                continue
            assumed, satisfied = length, False
            for at in range(starts[clause], starts[clause + 1]):
                if value[literals[at]] == 1:
                    satisfied = True
                elif value[literals[at]] == 0:
                    assumed = _assign(value, trail, assumed, literals[at] ^ 1)
            if not satisfied:
                reached = _propagate(
                    literals, starts, deleted, value, trail, length, assumed, watched, first, following
                )
                if reached != NOTHING:
                    return False
            for literal in range(2 * variables):
                value[literal] = 0
            for at in range(length):
                value[trail[at]], value[trail[at] ^ 1] = 1, -1
        only = _attach(literals, starts, clause, value, watched, first, following)
        if only == NOTHING:
            return True
        if only >= 0 and value[only] == 0:
            reached = _assign(value, trail, length, only)
            length = _propagate(literals, starts, deleted, value, trail, length, reached, watched, first, following)
            if length == NOTHING:
                return True
    return False
