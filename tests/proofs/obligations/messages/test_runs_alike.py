"""The induction from steps to runs, tested: two runs that look alike to a set of spaces stay alike, whatever is done.

Step consistency, local respect and answers are proved of a step each; that whole runs follow is an induction over steps
that the logic does not make. Here two runs go on together. Somebody inside does the same in both; the kernel does the
same in both where it concerns somebody inside; somebody outside does what it likes in each, as long as nobody inside
agreed to it. What the set sees has to stay the same, by the very observations that are proved.

Two answers are covert channels: that an id or a space is taken (``create``), and that an interrupt is served
(``associate``). Under the canonical messages no such call is made inside; ``no-channels`` has neither channel.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from model.messages.abstraction import called_with, structure_of
from model.messages.operation import Kind, Operation
from model.messages.readings import message_dialect_named
from model.messages.scope import MessageScope
from model.messages.tables import board_of, first_row, view
from model.messages.theories import theory_of_messages
from model.running.evaluate import compile_term
from model.spaces.abstraction import AFTER
from model.spaces.dialect import CANONICAL
from model.spaces.literal import DONE
from proofs.engines.search.pairs import compiled_seen, rows_seen
from proofs.explorer.messages.calls import explored_calls
from proofs.explorer.messages.wrong import bits_of, perform
from proofs.obligation import Obligation, Step
from proofs.obligations.messages.consent import inside
from proofs.obligations.messages.inventory import of_messages
from proofs.obligations.messages.two_runs import CHANNELS, to_set

SCOPE = MessageScope(3, 1, 1, threads=4, ids=4, words=2, booted=3, common=1)
MEMBERS = (1, 2)  # the spaces inside; σ0 is outside, and has all pages at first
BOARD = board_of(SCOPE)
OF_THE_KERNEL = (Kind.TIMEOUT, Kind.INTERRUPT)
CHOSEN = np.array([[space in MEMBERS for space in range(SCOPE.spaces)]])

Row = Any


def structure(row: Row, operation: Operation | None = None) -> Any:
    """A state, perhaps with a call, and the set of spaces inside."""
    found = structure_of([row], SCOPE)
    return (found if operation is None else called_with(found, [operation])).with_symbols(**{inside.name(): CHOSEN})


@cache
def observations(messages: str) -> list[Any]:
    """What the set sees of a state, as it is proved of."""
    dialect = message_dialect_named(messages)
    return compiled_seen(to_set(dialect.readings)(theory_of_messages(dialect).before))


def seen(row: Row, messages: str) -> bytes:
    return rows_seen(observations(messages), structure(row)).tobytes()


@cache
def not_agreed(messages: str, action: str) -> Callable[[Any], Any]:
    """Whether nobody inside agreed to a step: the assumption of local respect, as it is proved."""
    dialect = message_dialect_named(messages)
    respect = of_messages(dialect)[f"messages__{action}__respects__what_is_seen_inside"]
    assert isinstance(respect, Obligation)
    theory = theory_of_messages(dialect)
    step: Any = Step(CANONICAL, theory.before, theory.after(AFTER), theory.actions[action](CANONICAL).called)
    return compile_term(z3.And(z3.BoolVal(True), *respect.assumes(step).values()))


def is_foreign(row: Row, operation: Operation, messages: str) -> bool:
    action = Kind(operation.kind).name.lower()
    return bool(not_agreed(messages, action)(structure(row, operation))[0])


@cache
def calls(messages: str) -> tuple[Operation, ...]:
    return explored_calls(SCOPE, message_dialect_named(messages))


def is_inside(row: Row, thread: int) -> bool:
    s = view(row, BOARD)
    return thread >= 0 and bool(s.life[thread]) and int(s.space[thread]) in MEMBERS


def within(row: Row, operation: Operation, messages: str) -> bool:
    """Whether a call is made inside, on pages inside and with a partner inside; covert channels excluded."""
    kind = Kind(operation.kind)
    if kind in OF_THE_KERNEL:
        return is_inside(row, operation.other)
    if not is_inside(row, operation.actor):
        return False
    if messages == "canonical" and kind.name.lower() in CHANNELS:
        return False
    if kind in (Kind.CREATE, Kind.ASSOCIATE, Kind.THINK):
        return kind != Kind.THINK and (kind != Kind.CREATE or operation.into in MEMBERS)
    slots = [slot for slot in (operation.src, operation.dst) if slot >= 0]
    if any(SCOPE.space(slot) not in MEMBERS for slot in slots):
        return False
    return operation.other < 0 or is_inside(row, operation.other)


def do(row: Row, operation: Operation, messages: str, faults: int) -> bool:
    """Do an operation in place; whether it was done."""
    before = row.copy()
    readings = message_dialect_named(messages).readings, CANONICAL.readings
    done = perform(view(before, BOARD), view(row, BOARD), BOARD, operation, *readings, faults) == DONE
    if not done:
        row[:] = before
    return done


def some(draw: Callable[[int], int], row: Row, messages: str, faults: int, *, inside: bool) -> Operation | None:
    """A call made inside, or one that nobody inside agreed to, that is done from a state.

    All are tried, in an order that is drawn. What is quick to tell is asked first.
    """
    every = calls(messages)
    for n in np.random.default_rng(draw(1 << 30)).permutation(len(every)).tolist():
        o: Operation = every[n]
        if (
            (not inside or within(row, o, messages))
            and do(row.copy(), o, messages, faults)
            and (inside or is_foreign(row, o, messages))
        ):
            return o
    return None


class DiffersError(AssertionError):
    """Two runs do not look alike any more."""


def run_both(draw: Callable[[int], int], messages: str, steps: int, faults: int = 0) -> tuple[int, int]:
    """Let two runs go on; how many steps were done inside and outside.

    :raises DiffersError: the set sees a difference.
    """
    rows = [first_row(SCOPE), first_row(SCOPE)]
    done = [0, 0]
    for _ in range(steps):
        outside = draw(3) > 0
        if outside:
            one = rows[draw(2)]
            free = some(draw, one, messages, faults, inside=False)
            if free is not None:
                do(one, free, messages, faults)
        else:
            operation = some(draw, rows[0], messages, faults, inside=True)
            if operation is None:
                continue
            if [do(row, operation, messages, faults) for row in rows] != [True, True]:
                raise DiffersError(f"{operation.text(SCOPE)} is answered otherwise")
        done[outside] += 1
        if seen(rows[0], messages) != seen(rows[1], messages):
            raise DiffersError("the states do not look alike any more")
    return done[0], done[1]


@pytest.mark.long
@pytest.mark.parametrize("messages", ["canonical", "no-channels"])
@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_runs_that_look_alike_stay_alike(messages: str, data: st.DataObject) -> None:
    run_both(lambda n: data.draw(st.integers(0, n - 1)), messages, steps=12)


def at_random(messages: str, faults: int, seeds: range, steps: int = 40) -> tuple[int, int]:
    inside_and_outside = [0, 0]
    for seed in seeds:
        source = np.random.default_rng(seed)
        for n, more in enumerate(run_both(lambda n, s=source: int(s.integers(n)), messages, steps, faults)):  # type: ignore[misc]
            inside_and_outside[n] += more
    return inside_and_outside[0], inside_and_outside[1]


@pytest.mark.long
def test_both_sides_have_done_something_in_such_runs() -> None:
    inside_done, outside_done = at_random("canonical", 0, range(2))
    assert inside_done > 10
    assert outside_done > 20


def test_a_kernel_that_lets_everybody_hear_is_caught() -> None:
    with pytest.raises(DiffersError):
        at_random("canonical", bits_of(["message-overheard"]), range(54, 154))  # the first of them does
