"""The exhaustive part of a search: which scopes, in which order, and what is known when one was gone through."""

from collections.abc import Callable, Iterable, Iterator

from model.counting import counted
from model.scope import ALL_RIGHTS, Scope, rights_name
from model.spaces.dialect import Readings
from refinement.check.driver.closure import Closure
from refinement.check.driver.sequences import Sequences
from refinement.check.process.order import Ending

EVERY_RIGHT = tuple(range(ALL_RIGHTS, -1, -1))
SMALLEST = Scope(3, 1, 1)
FEWEST = 2  # length to which all sequences of the smallest scope must be tried before anything conforms


def name_of(length: int) -> str:
    """The sequences of a length over the smallest scope."""
    return f"sequences of {length} over {SMALLEST}"


def scopes(readings: Readings) -> Iterator[tuple[str, Callable[[float], Sequences | Closure], float]]:
    """The works by their names, made when it is known how many seconds they have, and their share of what is left."""
    full = (ALL_RIGHTS,)

    def sequences(
        scope: Scope, rights: tuple[int, ...], length: int, *, looks: bool = False
    ) -> Callable[[float], Sequences]:
        return lambda seconds: Sequences(readings, scope, rights, length, seconds, looks=looks)

    def closure(scope: Scope, rights: tuple[int, ...], *, partly: bool = False) -> Callable[[float], Closure]:
        return lambda seconds: Closure(readings, scope, rights, seconds, partly=partly)

    for length in (1, 2, 3):
        yield name_of(length), sequences(SMALLEST, full, length), 0.5
    pair = Scope(2, 1, 1)
    for right in (2, 1, 4):  # what is remembered of one right shows when it is taken away again
        yield f"sequences of 4 over {pair}, rights rwx or {rights_name(right)}", sequences(pair, (7, right), 4), 0.3
    for length in (2, 3):
        yield f"{name_of(length)}, with look-ups", sequences(SMALLEST, full, length, looks=True), 0.3
    yield f"states of {SMALLEST}, all rights", closure(SMALLEST, EVERY_RIGHT), 0.3
    small, row = Scope(2, 2, 2), Scope(4, 1, 1)
    for scope in (small, row):  # soon, for they are few, and show what takes a second page or a fourth space
        yield f"states of {scope}", closure(scope, full, partly=True), 0.3
    for length in (1, 2):
        yield f"{name_of(length)}, all rights", sequences(SMALLEST, EVERY_RIGHT, length), 0.3
    yield f"sequences of 3 over {pair}, all rights", sequences(pair, EVERY_RIGHT, 3), 0.3
    yield name_of(4), sequences(SMALLEST, full, 4), 0.4
    yield f"{name_of(4)}, with look-ups", sequences(SMALLEST, full, 4, looks=True), 0.3
    yield f"states of {Scope(3, 2, 2)}", closure(Scope(3, 2, 2), full), 0.25
    yield f"states of {SMALLEST}, all rights, probed in part", closure(SMALLEST, EVERY_RIGHT, partly=True), 0.3
    yield f"sequences of 3 over {pair}, all rights, with look-ups", sequences(pair, EVERY_RIGHT, 3, looks=True), 0.3
    yield f"states of {small}, some rights", closure(small, (7, 6, 5)), 0.2
    yield f"{name_of(3)}, all rights", sequences(SMALLEST, EVERY_RIGHT, 3), 0.4
    yield f"states of {Scope(4, 2, 1)}", closure(Scope(4, 2, 1), full), 0.5
    yield name_of(5), sequences(SMALLEST, full, 5), 1.0


def guarantee(work: Sequences | Closure, endings: Iterable[Ending], complete: bool) -> str:
    """What is known after an exhaustive work that found nothing."""
    rights = "" if work.rights == (ALL_RIGHTS,) else ", with every set of rights"
    if 0 not in work.rights and len(work.rights) > 1:
        names = [rights_name(each) for each in work.rights]
        rights = f", rights {', '.join(names[:-1])} or {names[-1]}"
    values = [ending.value for ending in endings if ending.how == "answered"]
    if isinstance(work, Sequences):
        done = sum(value["done"] for value in values)
        of = f"{counted(work.count, 'sequence')} of {_steps(work)} over {work.scope}{rights}"
        return f"all {of}" if complete else f"{done:,} of {of}"
    value = values[0] if values else {"states": 0, "transitions": 0, "level": 0, "expanded": 0}
    probes = "a flush of all or of one right, or a grant, of each page" if work.partly else "every flush"
    if complete:
        states = counted(value["states"], "state")
        return f"every operation, and then {probes}, in all {states} of {work.scope}{rights}"
    states, reached = counted(value["expanded"], "state"), "not all of any depth"
    if value["level"]:
        reached = f"all that {counted(value['level'] - 1, 'operation')} can reach"
    return f"every operation, and then {probes}, in {states} of {work.scope}{rights} ({reached})"


def _steps(work: Sequences) -> str:
    """What a sequence is made of."""
    number = counted(work.length, "operation")
    return f"{number} or look-ups" if work.looks else number
