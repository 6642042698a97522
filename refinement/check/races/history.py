"""A recorded history of calls of several threads: read from JSON lines, and judged against the literal model.

The first line is an init with the sizes. Each call is an ``invoke`` and a ``return`` of a thread, with a time; where
the times of a return and an invoke are equal the calls overlap. A call that never returns may have been done or not;
where none returns nothing can be judged. Times are kept as they are written: whole numbers have any number of digits.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import jsonschema

from model.plain_json import values_in
from model.scope import ALL_RIGHTS, ArgumentError, Scope
from model.spaces.dialect import Readings
from model.spaces.literal import CYCLE_MET, REFUSED
from model.spaces.operation import WORDS
from refinement.check.driver.driver import StepKind
from refinement.check.races.judging import NOTHING, Judge
from refinement.check.races.scenario import Call, call_text

MOST_TRIED = 2_000_000  # pairs of calls done and state that are tried; beyond nothing is decided
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call of a thread from ``begins`` to ``returns``; NEVER: it did not return, and its status is not known.

    ``status``: or for a look the frame that the page showed, with ``rights``; ``line``: of its return, or its invoke.
    """

    thread: str
    call: Call
    begins: int | float
    returns: int | float
    status: int
    rights: int
    line: int

    def text(self) -> str:
        """The call as people write it, with its thread."""
        return f"thread {self.thread}: {call_text(self.call)}"


@dataclass(frozen=True, slots=True)
class History:
    """Calls of threads from the first state of a scope."""

    scope: Scope
    calls: tuple[RecordedCall, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judgement of linearizability: ``explained`` is None if undecided, with the reason in ``undecided``.

    ``culprit``: the first call, by its return, up to which no order explains the answers; ``calls``: those that it
    overlaps or that came before, in the order in which they began; ``tried``: how much was tried.
    """

    explained: bool | None
    culprit: RecordedCall | None
    overlapping: tuple[RecordedCall, ...]
    tried: int
    undecided: str = ""


@cache
def history_schema() -> dict[str, Any]:
    """The JSON schema of a line of a history."""
    text = resources.files("refinement.check.races").joinpath("history.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def read_history(lines: Iterable[str]) -> History:
    """The history that lines of JSON tell.

    :raises ValueError: a line is none of a history; the message has its number.
    """
    validator = jsonschema.Draft202012Validator(history_schema())
    scope: Scope | None = None
    opened: dict[str, RecordedCall] = {}
    last: dict[str, int | float] = {}
    calls: list[RecordedCall] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = values_in(line)
        except ValueError as error:
            raise ValueError(f"line {number}: this is no JSON: {error}") from None
        unfit = next(iter(sorted(validator.iter_errors(value), key=lambda each: len(each.path))), None)
        if unfit is not None:
            raise ValueError(f"line {number}: at {unfit.json_path}: {unfit.message}")
        if value["event"] == "init":
            if scope is not None:
                raise ValueError(f"line {number}: a second init; a history has one, in its first line")
            try:
                scope = Scope(int(value["spaces"]), int(value["pages"]), int(value["frames"]))
            except ArgumentError as wrong:
                raise ValueError(f"line {number}: {wrong}") from None
            continue
        if scope is None:
            raise ValueError(f"line {number}: the first line is an init with spaces, pages and frames")
        thread, time = value["thread"], value.get("time", number)
        thread = thread if isinstance(thread, str) else str(int(thread))
        if not -NEVER < time < NEVER:
            raise ValueError(f"line {number}: a time is a number that is finite")
        if time < last.get(thread, -NEVER):
            raise ValueError(f"line {number}: thread {thread} goes back in time, to {time}")
        last[thread] = time
        if value["event"] == "invoke":
            if thread in opened:
                raise ValueError(f"line {number}: thread {thread} has not returned from its call before")
            opened[thread] = RecordedCall(thread, _call(value, scope, number), time, NEVER, 0, 0, number)
        else:
            if thread not in opened:
                raise ValueError(f"line {number}: thread {thread} returns from no call")
            calls.append(_returned(opened.pop(thread), value, time, number))
    if scope is None:
        raise ValueError("there is no line; the first is an init with spaces, pages and frames")
    return History(scope, tuple(sorted([*calls, *opened.values()], key=lambda call: (call.begins, call.line))))


def _call(value: dict[str, Any], scope: Scope, line: int) -> Call:
    op = value["op"]
    a, b, c, d = (int(each) for each in (*value["src"], *value.get("dst", (0, 0))))  # 1.0 is whole to JSON's schemas
    try:
        scope.slot(a, b)
        if "dst" in value:
            scope.slot(c, d)
    except ValueError as error:
        raise ValueError(f"line {line}: {error}") from None
    kind = int(StepKind.LOOK) if op == "lookup" else int(WORDS[op])
    rights = 0 if op == "lookup" else int(value.get("rights", ALL_RIGHTS))
    return kind, a, b, c, d, rights


def _returned(opened: RecordedCall, value: dict[str, Any], time: int | float, line: int) -> RecordedCall:
    looks = opened.call[0] == StepKind.LOOK
    if (looks and "frame" not in value) or (not looks and "status" not in value):
        wanted = "frame and rights" if looks else "status"
        raise ValueError(f"line {line}: a return of {call_text(opened.call)} has its {wanted}")
    status = int(value["frame"] if looks else value["status"])
    return replace(opened, returns=time, status=status, rights=int(value.get("rights", 0)), line=line)


def judge_history(history: History, readings: Readings, *, may_refuse: bool = False) -> Judgement:
    """Whether some order of the calls explains all their answers; if not, up to which return none does."""
    judge = Judge(history.scope, readings, may_refuse)
    if all(call.returns == NEVER for call in history.calls):
        return Judgement(None, None, (), 0, "no call has returned, so there is no answer to judge")
    explained, tried = _explains(judge, history.calls)
    if explained is not False:
        return Judgement(explained, None, (), tried, "" if explained else _why(tried))
    returns = sorted({call.returns for call in history.calls if call.returns != NEVER})
    low, high = 0, len(returns) - 1
    while low < high:  # what no order explains up to some time none explains up to a later one
        middle = (low + high) // 2
        some, more = _explains(judge, _until(history.calls, returns[middle]))
        tried += more
        if some is None:
            return Judgement(None, None, (), tried, _why(tried))
        low, high = (middle + 1, high) if some else (low, middle)
    culprit = min((call for call in history.calls if call.returns == returns[low]), key=lambda call: call.line)
    overlaps = tuple(each for each in history.calls if each is not culprit and _overlap(each, culprit))
    return Judgement(False, culprit, overlaps, tried)


def _why(tried: int) -> str:
    """Why nothing was decided, though calls returned."""
    if tried > MOST_TRIED:
        return f"given up after {tried:,} pairs of calls done and state: too many calls overlap"
    return "no order explains it but those in which a call comes where the model has no next state"


def _overlap(one: RecordedCall, other: RecordedCall) -> bool:
    """Whether two calls were inside at the same time, as far as the times tell."""
    return one.begins <= other.returns and other.begins <= one.returns


def _until(calls: Sequence[RecordedCall], time: float) -> tuple[RecordedCall, ...]:
    """What was known at that time: calls that return later have not yet."""
    begun = (call for call in calls if call.begins <= time)
    return tuple(call if call.returns <= time else replace(call, returns=NEVER) for call in begun)


def _explains(judge: Judge, calls: Sequence[RecordedCall]) -> tuple[bool | None, int]:
    """Whether some order explains calls in the order of their begin; none if that was not decided: too many were
    tried, or no order does but the model has no next state on the way of one.

    A state of the search is how many calls from the first are all done, which of the others are, and the state.
    """
    pending = {n for n, call in enumerate(calls) if call.returns == NEVER}
    needed = len(calls) - len(pending)
    overlaps = _overlapping(calls) if judge.may_refuse else frozenset[int]()
    start = (0, frozenset[int](), judge.initial())
    tried, stack, defined = {start}, [(start, 0)], True
    while stack:
        (first, done, state), count = stack.pop()
        if count == needed:
            return True, len(tried)
        end, candidates = NEVER, []
        for n in range(first, len(calls)):
            if n in done:
                continue
            if calls[n].begins > end:
                break
            candidates.append(n)
            end = min(end, calls[n].returns)
        for n in reversed(candidates):
            call = calls[n]
            if call.begins > end:
                continue
            states = _answers(judge, state, call, overlaps=n in overlaps)
            if states is None:
                defined = False
                continue
            for after in states:
                at, more = first, done | {n}
                while at in more:
                    at += 1
                key = (at, frozenset(m for m in more if m > at), after)
                if key not in tried:
                    tried.add(key)
                    stack.append((key, count + (n not in pending)))
        if len(tried) > MOST_TRIED:
            return None, len(tried)
    return False if defined else None, len(tried)


def _overlapping(calls: Sequence[RecordedCall]) -> frozenset[int]:
    """Which of the calls, in the order of their begin, overlap another."""
    found, longest = set(), -1
    for n, call in enumerate(calls):
        if longest >= 0 and calls[longest].returns >= call.begins:
            found |= {longest, n}
        if longest < 0 or call.returns > calls[longest].returns:
            longest = n
        if n + 1 < len(calls) and _overlap(call, calls[n + 1]):
            found.add(n)
    return frozenset(found)


def _answers(judge: Judge, state: int, call: RecordedCall, *, overlaps: bool) -> list[int] | None:
    """The states after a call that answered so, if it was taken now; none where the model has no next state."""
    unknown = call.returns == NEVER
    if call.call[0] == StepKind.LOOK:
        slot = judge.scope.slot(call.call[1], call.call[2])
        seen = NOTHING if call.status < 0 else (call.status, call.rights)
        return [state] if unknown or seen in judge.shows(state, slot) else []
    status, after = judge.step(state, call.call)
    if status == CYCLE_MET:
        return None
    if unknown:
        return [after]
    found = [after] if status == call.status else []
    if judge.may_refuse and overlaps and call.status == REFUSED and status != REFUSED:
        found.append(state)
    return found
