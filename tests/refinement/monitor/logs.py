"""Logs that the literal model answers, and states that explain a log, by trying all."""

import json
import random
from collections.abc import Iterator
from functools import cache
from typing import Any

from model.scope import Scope
from model.spaces import literal as spaces
from model.spaces.dialect import CANONICAL, Readings
from model.spaces.literal import DONE
from refinement.monitor.monitor import MonitorReport, monitor

Line = dict[str, Any]
Columns = tuple[tuple[int, ...], ...]
MASKS = (7, 7, 7, 6, 4, 2, 1, 3, 5)


def head(scope: Scope, **more: Any) -> Line:
    sizes = {"spaces": scope.spaces, "pages": scope.pages, "frames": scope.frames}
    return {"op": "log", "version": 1, **sizes, **more}


def as_lists(state: Any) -> spaces.Spaces:
    return spaces.Spaces(*([int(value) for value in column] for column in state))  # type: ignore[arg-type]


def answer(state: spaces.Spaces, line: Line, scope: Scope, d: Readings) -> Line:
    """The line with what the model answers, which changes the state."""
    src = scope.slot(*line["src"])
    if line["op"] == "lookup":
        return {**line, "frame": int(state.phys[src]), "rights": int(state.rights[src])}
    if line["op"] == "flush":
        return {**line, "status": int(spaces.flush(state, src, line["rights"], d))}
    function = spaces.map_ if line["op"] == "map" else spaces.grant
    return {**line, "status": int(function(state, src, scope.slot(*line["dst"]), line["rights"], d))}


def asked(scope: Scope, generator: random.Random) -> Line:
    """An operation or a look-up, without its answer."""
    op = generator.choice(("map", "map", "map", "grant", "flush", "lookup", "lookup", "lookup"))
    line: Line = {"op": op, "src": divmod(generator.randrange(scope.slots), scope.pages)}
    if op in ("map", "grant"):
        line["dst"] = divmod(generator.randrange(scope.slots), scope.pages)
    return line if op == "lookup" else {**line, "rights": generator.choice(MASKS)}


def right_log(scope: Scope, count: int, seed: int, readings: Readings = CANONICAL.readings) -> list[Line]:
    """A log of so many lines that the model answers, from the initial state."""
    generator, state = random.Random(seed), as_lists(spaces.initial(scope))
    return [answer(state, asked(scope, generator), scope, readings) for _ in range(count)]


def text_of(lines: list[Line]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def followed(scope: Scope, lines: list[Line], **more: Any) -> MonitorReport:
    import io

    return monitor(io.BytesIO(text_of([head(scope, **more), *lines])))


@cache
def reachable(scope: Scope) -> frozenset[Columns]:
    """Every state of the scope that canonical reaches."""
    first = tuple(tuple(column) for column in as_lists(spaces.initial(scope)))
    found, frontier = {first}, [first]
    while frontier:
        columns = frontier.pop()
        for line in _everything(scope):
            state = as_lists(columns)
            if answer(state, line, scope, CANONICAL.readings).get("status") == DONE:
                after = tuple(tuple(column) for column in state)
                if after not in found:
                    found.add(after)
                    frontier.append(after)
    return frozenset(found)


def _everything(scope: Scope) -> Iterator[Line]:
    pages = [divmod(slot, scope.pages) for slot in range(scope.slots)]
    for rights in range(1, 8):
        for src in pages:
            yield {"op": "flush", "src": src, "rights": rights}
            for dst in pages:
                yield {"op": "map", "src": src, "dst": dst, "rights": rights}
                yield {"op": "grant", "src": src, "dst": dst, "rights": rights}


def first_unexplained(scope: Scope, lines: list[Line]) -> int:
    """The number of the first line, from 2, that no reachable state explains; 0 if there is none."""
    states = set(reachable(scope))
    for number, line in enumerate(lines, 2):
        after = set()
        for columns in states:
            state = as_lists(columns)
            told = answer(state, line, scope, CANONICAL.readings)
            if told == line or (line["op"] == "lookup" and told["frame"] == line["frame"] == -1):
                after.add(tuple(tuple(column) for column in state))
        states = after
        if not states:
            return number
    return 0
