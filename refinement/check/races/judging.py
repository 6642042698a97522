"""Whether a history is linearizable: some order of its calls, none before one that had ended when it began, in which
the literal model answers as the database did, and shows what the database showed afterwards.

The search is that of Wing and Gong with a memory of what was tried (calls done, state), as Lowe has it. The model is
:mod:`model.spaces.literal` and no other; what it said once of a state and a call is remembered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from model.scope import ALL_RIGHTS, Scope
from model.spaces import literal as spaces
from model.spaces.dialect import Readings
from model.spaces.literal import CYCLE_MET, DONE, NIL, REFUSED
from model.spaces.operation import Kind, LiteralModel, Operation
from refinement.check.driver.driver import StepKind
from refinement.check.races.scenario import Call

Columns = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
Shown = tuple[int, int]

NOTHING: Shown = (-1, 0)


@dataclass(frozen=True, slots=True)
class Returned:
    """What a call of a history returned: a status, or for a look what the page showed.

    ``before``: a bit for each call that had returned when this one began.
    """

    call: Call
    status: int
    rights: int
    before: int


@dataclass(slots=True)
class Judge:
    """The literal model of one scope under a dialect, with a memory of its steps.

    ``may_refuse``: a call that overlaps another may be refused without a reason, as where a lock is only tried.
    """

    scope: Scope
    readings: Readings
    may_refuse: bool = False
    _numbers: dict[Columns, int] = field(default_factory=dict)
    _states: list[Columns] = field(default_factory=list)
    _steps: dict[tuple[int, Call], tuple[int, int]] = field(default_factory=dict)
    _shows: dict[tuple[int, int], tuple[int, ...] | None] = field(default_factory=dict)
    _initial: int = -1

    def initial(self) -> int:
        """The number of the first state."""
        if self._initial < 0:
            self._initial = self._number(spaces.initial(self.scope))
        return self._initial

    def _number(self, state: spaces.Spaces) -> int:
        columns = (tuple(map(int, state.sigma)), tuple(map(int, state.phys)), tuple(map(int, state.rights)))
        if columns not in self._numbers:
            self._numbers[columns] = len(self._states)
            self._states.append(columns)
        return self._numbers[columns]

    def step(self, state: int, call: Call) -> tuple[int, int]:
        """Return how the model answers a call in a state, and the state after; ``CYCLE_MET`` where it has none."""
        key = state, call
        known = self._steps.get(key)
        if known is None:
            kind, a, b, c, d, rights = call
            copy = spaces.Spaces(*(list(column) for column in self._states[state]))  # type: ignore[arg-type]
            dst = self.scope.slot(c, d) if Kind(kind).names_destination else -1
            operation = Operation(Kind(kind), self.scope.slot(a, b), dst, rights)
            status = int(operation.on(LiteralModel(copy, self.readings)))
            known = self._steps[key] = status, self._number(copy) if status == DONE else state
        return known

    def after(self, calls: Sequence[Call]) -> int | None:
        """The state after calls, one after the other; none where the model has none."""
        state = self.initial()
        for call in calls:
            if call[0] != StepKind.LOOK:
                status, state = self.step(state, call)
                if status == CYCLE_MET:
                    return None
        return state

    def shows(self, state: int, slot: int) -> frozenset[Shown]:
        """What a slot may show in a state: P_v, or where σ(v) differs from it that (as the ordinary check has it)."""
        _, phys, rights = self._states[state]
        shown = {NOTHING if phys[slot] == NIL else (phys[slot], rights[slot])}
        frame = spaces.evaluate(spaces.Spaces(*self._states[state]), slot)  # type: ignore[arg-type]
        if frame != phys[slot]:
            shown.add(NOTHING if frame < 0 else (frame, rights[slot]))
        return frozenset(shown)

    def expected(self, state: int, views: int) -> tuple[int, ...] | None:
        """What all pages show by P_v, in each view, and again after a flush of each, from the last, with its status.

        None where the model has no value on the way.
        """
        key = state, views
        if key not in self._shows:
            shown: list[int] | None = []
            for flushed in (-1, *range(self.scope.slots - 1, -1, -1)):
                if flushed >= 0:
                    space, page = divmod(flushed, self.scope.pages)
                    status, state = self.step(state, (int(StepKind.FLUSH), space, page, 0, 0, ALL_RIGHTS))
                    if status == CYCLE_MET:
                        shown = None
                        break
                    shown.append(status)  # type: ignore[union-attr]
                for phys, rights in zip(*self._states[state][1:], strict=True):
                    shown += (NOTHING if phys == NIL else (phys, rights)) * views  # type: ignore[operator]
            self._shows[key] = None if shown is None else tuple(shown)
        return self._shows[key]

    def is_shown(self, state: int, shown: Sequence[int], views: int) -> bool:
        """Return whether a state shows what was seen; the database may show σ(v) where that is not P_v."""
        expected = self.expected(state, views)
        if expected is None or tuple(shown) == expected:
            return True
        at, slots = 0, self.scope.slots
        for flushed in (-1, *range(slots - 1, -1, -1)):
            if flushed >= 0:
                space, page = divmod(flushed, self.scope.pages)
                _, state = self.step(state, (int(StepKind.FLUSH), space, page, 0, 0, ALL_RIGHTS))
                if shown[at] != expected[at]:
                    return False
                at += 1
            for slot in range(slots):
                for view in range(views):
                    seen = shown[at], shown[at + 1]
                    if seen != expected[at : at + 2] and not (view == 0 and seen in self.shows(state, slot)):
                        return False
                    at += 2
        return True

    def _answers(self, state: int, each: Returned, overlaps: bool) -> list[int]:
        """The states after a call that returned this, if it was taken now."""
        if each.call[0] == StepKind.LOOK:
            slot = self.scope.slot(each.call[1], each.call[2])
            seen = NOTHING if each.status < 0 else (each.status, each.rights)
            return [state] if seen in self.shows(state, slot) else []
        status, after = self.step(state, each.call)
        found = [after] if status == each.status else []
        if self.may_refuse and overlaps and each.status == REFUSED and status != REFUSED:
            found.append(state)
        return found

    def explains(self, setup: Sequence[Call], history: Sequence[Returned], shown: Sequence[int], views: int) -> bool:
        """Whether some order explains a history after a setup; true as well where the model has no next state."""
        start = self.after(setup)
        if start is None:
            return True
        everything = (1 << len(history)) - 1
        overlaps = [
            any(m != n and not (each.before >> m & 1 or other.before >> n & 1) for m, other in enumerate(history))
            for n, each in enumerate(history)
        ]
        tried, stack = {(0, start)}, [(0, start)]
        while stack:
            done, state = stack.pop()
            if done == everything:
                if self.is_shown(state, shown, views):
                    return True
                continue
            for n, each in enumerate(history):
                if done >> n & 1 or each.before & ~done:
                    continue
                if each.call[0] != StepKind.LOOK and self.step(state, each.call)[0] == CYCLE_MET:
                    return True
                for after in self._answers(state, each, overlaps[n]):
                    key = done | 1 << n, after
                    if key not in tried:
                        tried.add(key)
                        stack.append(key)
        return False
