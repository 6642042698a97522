"""Address spaces to walk in: Appendix A's model in a scope, under a dialect, with rights, and with faults."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.scope import ALL_RIGHTS, ArgumentError, rights_name
from model.spaces.literal import CYCLE, DONE, NIL, Spaces, derives, evaluate, frame_of, initial
from model.spaces.operation import Kind
from model.trace import Trace
from proofs.explorer.case import Case
from proofs.explorer.states.goal import FUNCTIONS
from proofs.explorer.states.mapping import CHOICES
from proofs.explorer.states.properties import PROPERTIES, Property
from proofs.explorer.states.symmetry import largest_group
from proofs.explorer.states.wrong_operations import executed, perform
from proofs.report.walk.graph import Fact, Label, Look, PropertyText, Step

State = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""σ, P and the rights of each slot."""


@dataclass(frozen=True)
class SpacesToWalk:
    """A case as a system to walk in.

    :param checked: the properties to check.
    :param symmetry: whether states that differ by the names of slots are one, if properties and faults permit it.
    """

    case: Case
    checked: tuple[Property, ...] = PROPERTIES
    symmetry: bool = True

    @property
    def title(self) -> str:
        """The scope, the dialect and the faults."""
        case = self.case
        rights = "" if case.rights == "none" else f", rights {case.rights}"
        faults = "".join(f", with the fault {fault.name}" for fault in case.faults)
        return f"{case.scope}, dialect {case.dialect.name}{rights}{faults}"

    @property
    def cells(self) -> tuple[str, ...]:
        """The slots."""
        return tuple(map(self.case.scope.name, range(self.case.scope.slots)))

    @property
    def groups(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The slots by space."""
        scope = self.case.scope
        spaces = [range(space * scope.pages, (space + 1) * scope.pages) for space in range(scope.spaces)]
        return tuple((f"σ{number}", tuple(slots)) for number, slots in enumerate(spaces))

    @property
    def properties(self) -> tuple[PropertyText, ...]:
        """The properties that are checked."""
        return tuple(PropertyText(p.id, p.clause, p.sentence) for p in self.checked)

    @property
    def predicates(self) -> Mapping[str, str]:
        """The predicates of the language of goals."""
        return goal_predicates()

    @cached_property
    def labels(self) -> tuple[Label, ...]:
        """All operations of the scope."""
        return tuple(_label(*operation, self.case.rights) for operation in self._operations)

    @cached_property
    def _operations(self) -> tuple[tuple[Kind, int, int, int], ...]:
        slots, rights = range(self.case.scope.slots), rights_named(self.case.rights)
        passing = [(kind, x, y, a) for kind in (Kind.MAP, Kind.GRANT) for x in slots for y in slots for a in rights]
        return (*passing, *((Kind.FLUSH, x, x, a) for x in slots for a in rights))

    @property
    def first(self) -> State:
        """The state in which σ0 holds the frames."""
        return _key(initial(self.case.scope))

    def steps(self, state: State) -> Iterator[Step[State]]:
        """The operations that are done; a flush of a nil page, which does nothing, is left out."""
        before, readings, faults = _spaces(state), self.case.readings, executed(self.case.faults)
        of_steps = [p for p in self.checked if p.of_step]
        for label, (kind, src, dst, rights) in zip(self.labels, self._operations, strict=True):
            if kind == Kind.FLUSH and before.sigma[src] == NIL:
                continue
            after = _spaces(state)
            if perform(before, after, kind, src, dst, rights, readings, faults) == DONE:
                wrong = tuple(p.id for p in of_steps if not p.holds(before, after, kind, src, dst, rights))
                yield Step(label, _key(after), wrong)

    def violated(self, state: State) -> tuple[str, ...]:
        """The properties that do not hold, by the explorer's predicates."""
        spaces = _spaces(state)
        return tuple(p.id for p in self.checked if not p.of_step and not p.holds(spaces, self.case.scope.frames))

    def look(self, state: State) -> Look:
        """Each slot with its element and its rights, and with P where that is another frame than σ leads to."""
        spaces = _spaces(state)
        slots = range(len(spaces.sigma))
        cells = tuple(tuple(lines_of(spaces, x)) for x in slots)
        comes_from = tuple(max(-1, int(spaces.sigma[x])) for x in slots)
        return Look(cells, comes_from, {name: facts for name, facts in facts_of(spaces) if facts})

    @cached_property
    def _symmetric(self) -> bool:
        alike = all(fault.symmetric for fault in self.case.faults)
        return self.symmetry and largest_group(self.checked, True, alike) == "slots"

    def canonical(self, state: State) -> tuple[State, tuple[int, ...]]:
        """The state with its slots in an order that their contents decide, where all slots are alike.

        Slots that cannot be told apart by what is at, above and below them are told apart one after the other, the
        first one first: of a state that has a symmetry any order will do, and of one that has none but looks so (two
        circles against one) at worst two nodes stand for it.
        """
        slots = range(len(state[0]))
        if not self._symmetric:
            return state, tuple(slots)
        order = _order(state)
        place = {x: at for at, x in enumerate(order)}
        sigma = tuple(place[state[0][x]] if state[0][x] >= 0 else state[0][x] for x in order)
        return (sigma, tuple(state[1][x] for x in order), tuple(state[2][x] for x in order)), tuple(order)


def rights_named(name: str) -> tuple[int, ...]:
    """The sets of rights that operations choose from.

    :raises ArgumentError: there is no such choice.
    """
    if name not in CHOICES:
        raise ArgumentError(f"rights are {', '.join(CHOICES)}, not {name!r}: write one of these")
    return CHOICES[name]


def _label(kind: Kind, src: int, dst: int, mask: int, rights: str) -> Label:
    with_rights = () if rights == "none" else (" " + rights_name(mask),)
    return (f"{kind.word} ", src, *((" → ", dst) if kind.names_destination else ()), *with_rights)


def way_of(trace: Trace, rights: str) -> tuple[Label, ...]:
    """The operations of a trace under the names that the steps of a graph with these rights have."""
    return tuple(_label(o.kind, o.src, o.dst, o.rights, rights) for o in trace.operations)


def _order(state: State) -> list[int]:
    """The slots in an order that does not depend on their names, but for ties."""
    sigma, phys, rights = state
    slots = range(len(sigma))
    colours = _ranks([(min(sigma[x], 0), phys[x], rights[x]) for x in slots])
    while True:
        while True:
            below: list[list[int]] = [[] for _ in slots]
            for x in slots:
                if sigma[x] >= 0:
                    below[sigma[x]].append(colours[x])
            above = [colours[sigma[x]] if sigma[x] >= 0 else -1 for x in slots]
            finer = _ranks([(colours[x], above[x], sorted(below[x])) for x in slots])
            if max(finer) == max(colours):  # no finer
                break
            colours = finer
        tied = [x for x in slots if colours.count(colours[x]) > 1]
        if not tied:
            return sorted(slots, key=colours.__getitem__)
        lowest = min(tied, key=lambda x: (colours[x], x))
        colours = _ranks([(colours[x], x != lowest and colours[x] == colours[lowest]) for x in slots])


def _ranks(keys: Sequence[object]) -> list[int]:
    """Each key's place among the different keys."""
    places = {key: at for at, key in enumerate(sorted(set(map(repr, keys))))}
    return [places[repr(key)] for key in keys]


def goal_predicates() -> dict[str, str]:
    """The predicates of the language of goals, with what each means."""
    written = {name: ", ".join(kind.rstrip("?") for kind in kinds) for name, (_, kinds, _) in FUNCTIONS.items()}
    return {f"{name}({written[name]})": meaning for name, (_, _, meaning) in FUNCTIONS.items()}


def facts_of(s: Spaces) -> Iterator[tuple[str, list[Fact]]]:
    """What the predicates of goals hold of in a state."""
    slots, shown = range(len(s.sigma)), [evaluate(s, x) for x in range(len(s.sigma))]
    holding = [x for x in slots if s.sigma[x] < NIL]
    yield "accessible", [(x,) for x in slots if shown[x] >= 0]
    yield "holds", [fact for x in holding for fact in ((x,), (x, str(frame_of(int(s.sigma[x])))))]
    yield "nil", [(x,) for x in slots if s.sigma[x] == NIL]
    yield "derives", [(x, y) for x in slots for y in slots if derives(s, x, y)]
    yield "links", [(x, int(s.sigma[x])) for x in slots if s.sigma[x] >= 0]
    yield "shows", [(x, str(shown[x])) for x in slots if shown[x] >= 0]
    some = range(ALL_RIGHTS + 1)
    yield "has", [(x, rights_name(a)) for x in slots for a in some if s.rights[x] & a == a]
    yield "cyclic", [(x,) for x in slots if shown[x] == CYCLE]


def lines_of(s: Spaces, x: int) -> Iterator[str]:
    """What a slot shows: its element and rights, and where its links lead."""
    element, shown = int(s.sigma[x]), evaluate(s, x)
    if element == NIL:
        yield "φ"
    else:
        yield (f"holds frame {frame_of(element)} " if element < NIL else "") + rights_name(int(s.rights[x]))
    if element >= 0 and shown < 0:
        yield "leads round in a circle" if shown == CYCLE else "leads to nothing"
    elif element >= 0:
        yield f"leads to frame {shown}"
    if int(s.phys[x]) != (shown if shown >= 0 else NIL):
        yield f"P says {'φ' if s.phys[x] == NIL else f'frame {s.phys[x]}'}"


def _key(s: Spaces) -> State:
    sigma, phys, rights = (tuple(int(value) for value in column) for column in s)
    return sigma, phys, rights


def _spaces(state: State) -> Spaces:
    return Spaces(*(np.array(column, np.int64) for column in state))
