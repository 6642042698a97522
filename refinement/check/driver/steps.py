"""Steps as text, and text as steps; and a file of them, which may be a trace.

A trace holds operations within one scope. What a trace cannot say (a second init, an argument out of range, a dialect
with readings of its own) is said by a list of steps: ``init 3 × 1 × 1``, ``map σ0[0] → σ1[0] rw-``,
``flush σ9[0] rights 8``.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
from numpy.typing import NDArray

from model.scope import ALL_RIGHTS, parse_rights, rights_name
from model.spaces.operation import WORDS, Kind
from model.trace import Trace
from refinement.check.driver.driver import StepKind
from refinement.check.driver.program import program_of

VERSION = 1
SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("steps.schema.json").read_text("utf-8"))

_INIT = re.compile(r"init (\d+) × (\d+) × (\d+)")
_SLOT = r"σ(\d+)\[(\d+)\]"
_LOOK = re.compile(rf"look {_SLOT}")
_OPERATION = re.compile(rf"(map|grant|flush) {_SLOT}(?: → {_SLOT})?(?: (?:([r-][w-][x-])|rights (\d+)))?")


def step_text(row: NDArray[np.uint32]) -> str:
    """A step as people write it.

    >>> step_text(np.array([1, 0, 0, 1, 0, 6], np.uint32))
    'map σ0[0] → σ1[0] rw-'
    """
    kind, a, b, c, d, rights = (int(number) for number in row)
    if kind == StepKind.INIT:
        return f"init {a} × {b} × {c}"
    if kind == StepKind.LOOK:
        return f"look σ{a}[{b}]"
    mask = "" if rights == ALL_RIGHTS else f" {rights_name(rights) if rights < ALL_RIGHTS else f'rights {rights}'}"
    to = f" → σ{c}[{d}]" if Kind(kind).names_destination else ""
    return f"{Kind(kind).word} σ{a}[{b}]{to}{mask}"


def parse_step(text: str) -> tuple[int, ...]:
    """The row that a text such as :func:`step_text` writes stands for.

    >>> parse_step("flush σ1[0] r--")
    (3, 1, 0, 0, 0, 4)

    :raises ValueError: the text is no step; the message shows one.
    """
    if match := _INIT.fullmatch(text):
        spaces, pages, frames = (int(number) for number in match.groups())
        row = (int(StepKind.INIT), spaces, pages, frames, 0, 0)
    elif match := _OPERATION.fullmatch(text):
        kind, a, b, c, d, letters, number = match.groups()
        if (c is not None) != WORDS[kind].names_destination:
            raise ValueError(f"{text!r} is no step: map and grant have a destination, flush has none")
        rights = parse_rights(letters) if letters else int(number) if number else ALL_RIGHTS
        row = (int(WORDS[kind]), int(a), int(b), int(c or 0), int(d or 0), rights)
    elif match := _LOOK.fullmatch(text):
        row = (int(StepKind.LOOK), int(match[1]), int(match[2]), 0, 0, 0)
    else:
        raise ValueError(f"{text!r} is no step: write one like 'map σ0[0] → σ1[0] rw-' or 'init 3 × 1 × 1'")
    if max(row) > 0xFFFF_FFFF:
        raise ValueError(f"{text!r} is no step: a number in it has more than 32 bits")
    return row


def parse_steps(texts: list[str]) -> NDArray[np.uint32]:
    """A program.

    :raises ValueError: a text is no step, or the first is no init.
    """
    rows = [parse_step(text) for text in texts]
    if not rows or rows[0][0] != StepKind.INIT:
        raise ValueError("a list of steps begins with an init, such as 'init 3 × 1 × 1'")
    for number, row in enumerate(rows):
        if row[0] == StepKind.INIT and (min(row[1:4]) < 1 or row[3] > row[2]):
            raise ValueError(f"step {number}: {texts[number]!r}: every frame needs a page of σ0")
    return np.array(rows, np.uint32)


def to_json(
    program: NDArray[np.uint32], dialect: str, shows: str, *, stack: int = 0, repeated: int = 0
) -> dict[str, Any]:
    """A file of steps, valid by ``steps.schema.json``."""
    return {
        "musigma_steps": VERSION,
        "dialect": dialect,
        "steps": [step_text(row) for row in program],
        "shows": shows,
        **({"stack": stack} if stack else {}),
        **({"repeated": repeated} if repeated else {}),
    }


@dataclass(frozen=True, slots=True)
class Recorded:
    """A file of steps or a trace: a program, the name of the dialect, and how it is to be run.

    ``stack``: on so many bytes of stack, 0 for what a process has; ``repeated``: so many of the last steps again and
    again; ``shows``: what was seen then; ``obligation``: what is violated then, if the file says so.
    """

    program: NDArray[np.uint32]
    dialect: str
    shows: str = ""
    stack: int = 0
    repeated: int = 0
    obligation: str = ""


def from_json(value: Any) -> Recorded:
    """Read the contents of a file of steps or a trace.

    :raises ValueError: it is neither; the message says where.
    """
    if not isinstance(value, dict) or "musigma_steps" not in value:
        trace = Trace.from_json(value)
        return Recorded(program_of(trace), trace.dialect, trace.shows, obligation=trace.obligation)
    try:
        jsonschema.validate(value, SCHEMA)
    except jsonschema.ValidationError as error:
        raise ValueError(f"no list of steps: at {error.json_path}: {error.message}") from None
    program, repeated = parse_steps(value["steps"]), value.get("repeated", 0)
    if repeated >= len(program):
        raise ValueError(f"repeated: of {len(program)} steps the last {repeated} cannot be a round")
    return Recorded(program, value["dialect"], value.get("shows", ""), value.get("stack", 0), repeated)
