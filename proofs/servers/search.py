"""Every state of a description on a small machine: everybody's calls in each, what is guaranteed asked of each.

The formulas that are proved are executed. A state is what matters of it: the relations of which some condition, some
change of such a relation, or something that is checked speaks; nothing that is looked at hangs on the others. What
begins is one first state; where the machine has room, there is somebody of every kind in it.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import z3
from numpy.typing import NDArray

from model.counting import counted
from model.messages.vocabulary import machine, t, u
from model.running.evaluate import Structure, compile_term
from model.running.search import PlainSearch, PlainStep
from model.scope import ArgumentError
from model.servers.theory import SubsystemTheory
from model.signature import Formula, Symbol, applied, fresh, symbols_of
from model.spaces.abstraction import AFTER
from model.spaces.dialect import CANONICAL, Dialect
from proofs.engines.search.executed import Tables, keys_of, rows_of
from proofs.engines.search.random_runs import NoBeginningError
from proofs.engines.terms.smtlib import symbols
from proofs.explorer.result import OnProgress, Progress, SearchEnd
from proofs.searches.named_runs import all_named, named_step
from proofs.servers.attack import attacked, constants_of
from proofs.servers.runs import lively, walker_of
from proofs.verdict import EXIT_INCOMPLETE

MOST_CALLS = 1 << 18
"""As many calls of one move are tried in a state."""
EXPLORED = """\
a thread waits for nobody, for one or for anybody, opens no page or one while it waits; who sends waits for nobody \
then or calls; rights are passed on and taken all or one, and a write leaves all that stood there or nothing"""
"""Which calls are tried, in words."""


class Called(NamedTuple):
    """A call by a move: its number among those that are tried, and what its step does not ensure."""

    move: str
    number: int
    violates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerViolation:
    """What does not hold, and a shortest run there, a step a line; the last step shows it."""

    property: str
    clause: str
    sentence: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServerExploration:
    """The result of exploring a description; as :class:`proofs.explorer.explore.Exploration`.

    :param machine: how many elements each sort has.
    :param kept: the relations that make a state.
    :param followed: how many steps each rule made; one that was never followed is no evidence.
    """

    subsystem: str
    machine: Mapping[str, int]
    dialect: str
    verdict: SearchEnd
    reason: str
    states: int
    transitions: int
    depth: int
    properties: tuple[str, ...]
    violations: tuple[ServerViolation, ...]
    way: tuple[Called, ...]
    kept: tuple[str, ...]
    followed: Mapping[str, int]
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether every state was visited."""
        return self.verdict is SearchEnd.EXHAUSTED

    @property
    def exit_status(self) -> int:
        """As the verdict says; 3 if all was visited, and some rule could never be followed."""
        lacking = self.complete and not all(self.followed.values())
        return EXIT_INCOMPLETE if lacking else self.verdict.exit_status


class SubsystemStates:
    """A description on a small machine as a transition system; a state is its tables as bytes.

    :param sizes: how many elements each sort has; as many as the description says, unless given.
    :param properties: which guarantees, and which of what steps ensure, are looked at; all unless given.
    :raises NoBeginningError: the machine is too small.
    :raises ArgumentError: it is too large to try every call, or there is no such property.
    """

    def __init__(
        self,
        of: SubsystemTheory,
        sizes: Mapping[str, int] | None = None,
        properties: Collection[str] | None = None,
        dialect: Dialect = CANONICAL,
    ) -> None:
        """A system in its first state."""
        said = attacked(of)
        for name in properties or ():
            if name not in said:
                raise ArgumentError(f"{of.name} guarantees no {name!r}; write some of {', '.join(said)}")
        self.of, self.dialect = of, dialect
        self.properties = tuple(name for name in said if properties is None or name in properties)
        begun = _beginning(of, {**of.kind.machine, **(sizes or {})}, dialect)
        self.sizes, self._every, self.called = begun.sizes, begun.symbols, all_named(begun, constants_of(of))
        theory = of.running
        invariants = {
            name: theory.invariants[name].formula(theory.before) for name in self.properties if name in of.guarantees
        }
        self._invariants = {name: compile_term(z3.And(z3.BoolVal(True), each)) for name, each in invariants.items()}
        made = {move: make(dialect) for move, make in theory.actions.items()}
        ensured = {name: of.ensured[name] for name in self.properties if name in of.ensured}
        later = fresh(type(theory.before), AFTER)
        goals = {
            move: {
                n: each.goal(theory.before, later, action.called) for n, each in ensured.items() if move in each.moves
            }
            for move, action in made.items()
        }
        looked_at = [*invariants.values(), *(goal for each in goals.values() for goal in each.values())]
        self.kept = tuple(_matter(theory.state, list(made.values()), looked_at))
        self._moves = {move: _Move(self, move, action, goals[move]) for move, action in made.items()}
        self._states: dict[bytes, Tables] = {}
        self.first = self._key({name: begun.symbols[name] for name in self.kept})

    def tables(self, state: bytes) -> Tables:
        """All that is to be known of a state: what matters, and what never changes."""
        return self._every | self._states[state]

    def structure(self, state: bytes) -> Structure:
        """The state, for formulas."""
        return Structure(1, self.sizes, self.tables(state))

    def successors(self, state: bytes) -> Iterator[tuple[Called, bytes]]:
        """The calls that are possible, one of those that lead to one state by the same move."""
        tables = self.tables(state)
        for move in self._moves.values():
            found = set()
            for called, after in move.steps(tables):
                key = self._key(after)
                if (key, called.violates) not in found:
                    found.add((key, called.violates))
                    yield called, key

    def violated(self, state: bytes) -> tuple[str, ...]:
        """The guarantees that do not hold in a state."""
        structure = self.structure(state)
        return tuple(name for name, holds in self._invariants.items() if not bool(holds(structure)[0]))

    def text(self, state: bytes, called: Called) -> str:
        """A call in words, in the state before it."""
        call = {name: table[called.number][None] for name, table in self._moves[called.move].calls.items()}
        structure = self.structure(state).with_symbols(**call)
        return named_step(structure, called.move, self.of.actions, {}, self.called)[0]

    def follow(self, way: Iterable[Called]) -> Iterator[tuple[str, bytes]]:
        """Each step of a way in words, and the state after it.

        :raises KeyError: a step is not possible.
        """
        state = self.first
        for called in way:
            text, state = self.text(state, called), dict(self.successors(state))[called]
            yield text, state

    def _key(self, tables: Tables) -> bytes:
        (key,) = keys_of({name: tables[name] for name in self.kept})
        self._states.setdefault(key, tables)
        return key


@dataclass
class _Move:
    """A move: its calls that are tried, its conditions one after the other, and what it changes; compiled."""

    of: SubsystemStates
    name: str
    action: Any
    goals: Mapping[str, Formula]
    calls: dict[str, NDArray[Any]] = field(init=False)

    def __post_init__(self) -> None:
        before = self.of.of.theory.before
        state, parameters = symbols_of(type(before)), symbols_of(type(self.action.called))
        changed = [name for name in self.of.kept if getattr(self.action.after, name) is not getattr(before, name)]
        after = {name: applied(self.action.after, name) for name in changed}
        guard = [each for each in self.action.guard.values() if not z3.is_true(each)]
        used = _names([*guard, *after.values(), *self.goals.values()]) & parameters.keys()
        self.calls = _calls({name: parameters[name] for name in parameters if name in used}, parameters, self.of.sizes)
        self._after = {
            name: (compile_term(term, state[name].arguments), _names([term])) for name, term in after.items()
        }
        self._goals = {name: compile_term(z3.And(z3.BoolVal(True), goal)) for name, goal in self.goals.items()}
        self._guard = [(compile_term(each), _names([each])) for each in guard]
        kept = self._sparing(self.of._every)
        self.calls = {name: table[kept] for name, table in self.calls.items()}
        for holds, names in self._guard:
            if not names & state.keys():  # of what never changes
                rows = np.flatnonzero(self._asked(holds, names, self.of._every, np.arange(self.number)))
                self.calls = {name: table[rows] for name, table in self.calls.items()}
        self._guard = [(holds, names) for holds, names in self._guard if names & state.keys()]

    @property
    def number(self) -> int:
        """Return the number of calls that are tried."""
        return len(self.calls["actor"])

    def _sparing(self, tables: Tables) -> NDArray[Any]:
        """The calls that :data:`EXPLORED` says."""
        c = self.calls
        number = c["willing"].sum(axis=1)
        waits: NDArray[Any] = number > 0
        found: NDArray[Any] = waits | (c["opens"].sum(axis=1) == 0)
        if self.of.of.actions[self.name].startswith("send"):
            partner = c["willing"][np.arange(len(waits)), tables["ident"][0][c["other"]]]
            found &= ~waits | ((number == 1) & partner)
        return found

    def _asked(
        self, holds: Callable[[Structure], NDArray[Any]], names: set[str], tables: Tables, rows: NDArray[Any]
    ) -> NDArray[Any]:
        """What a compiled term is of some calls in a state."""
        number = len(rows)
        known = {n: np.broadcast_to(tables[n], (number, *tables[n].shape[1:])) for n in names if n in tables}
        called = {name: self.calls[name][rows] for name in names if name in self.calls}
        return holds(Structure(number, self.of.sizes, known | called))

    def steps(self, tables: Tables) -> Iterator[tuple[Called, Tables]]:
        """The possible calls in a state, and what matters of the state after each."""
        rows = np.arange(self.number)
        for holds, names in self._guard:
            if not rows.size:
                return
            rows = rows[self._asked(holds, names, tables, rows)]
        if not rows.size:
            return
        after = {name: np.array(self._asked(run, names, tables, rows)) for name, (run, names) in self._after.items()}
        whole = {n: after.get(n, np.broadcast_to(tables[n], (len(rows), *tables[n].shape[1:]))) for n in self.of.kept}
        later = {name + AFTER: table for name, table in whole.items()}
        names = {*tables, *self.calls}
        wrong = {
            name: ~self._asked(lambda s, goal=goal: goal(s.with_symbols(**later)), names, tables, rows)  # type: ignore[misc]
            for name, goal in self._goals.items()
        }
        for k, row in enumerate(rows.tolist()):
            violates = tuple(name for name, of_rows in wrong.items() if of_rows[k])
            yield Called(self.name, row, violates), rows_of(whole, np.array([k]))


def _beginning(of: SubsystemTheory, sizes: Mapping[str, int], dialect: Dialect) -> Structure:
    """A first state: if one is possible where there is somebody of every kind, and every thread runs, called alone so.

    :raises NoBeginningError: the machine is too small.
    """
    alike = z3.And(machine.ident(t) == machine.ident(u), t != u)
    everybody = [z3.ForAll([t], of.theory.before.runs(t)), z3.ForAll([t, u], z3.Not(alike))]
    for wished in ([*lively(of), *everybody], lively(of), everybody):
        try:
            return walker_of(of, sizes, dialect, wished).first
        except NoBeginningError:
            continue
    return walker_of(of, sizes, dialect, ()).first


def _names(terms: Iterable[Formula]) -> set[str]:
    """The symbols of some terms; those of the state after by their names before."""
    return {each.name().removesuffix(AFTER) for each in symbols(list(terms))[1]}


def _matter(state: Mapping[str, Symbol], actions: list[Any], looked_at: list[Formula]) -> list[str]:
    """The symbols of the state on which it hangs what is possible, and what is looked at."""
    found = _names([*(each for action in actions for each in action.guard.values()), *looked_at]) & state.keys()
    while True:
        more = _names(applied(action.after, name) for action in actions for name in found) & state.keys() - found
        if not more:
            return [name for name in state if name in found]
        found |= more


def _calls(
    varied: Mapping[str, Symbol], parameters: Mapping[str, Symbol], sizes: Mapping[str, int]
) -> dict[str, NDArray[Any]]:
    """Values for all parameters, those varied in all ways that are tried."""
    choices: dict[str, NDArray[Any]] = {}
    for name, symbol in parameters.items():
        size = sizes[(symbol.sorts[0] if symbol.arguments else symbol.result).name()]
        if name not in varied:
            choices[name] = np.zeros((1, size), bool) if symbol.arguments else np.zeros(1, np.int64)
        elif not symbol.arguments:
            choices[name] = np.arange(size)
        else:
            none, one, every = np.zeros((1, size), bool), np.eye(size, dtype=bool), np.ones((1, size), bool)
            kinds = {"mask": [every, one], "keeps": [none, every], "opens": [none, one]}
            choices[name] = np.unique(np.concatenate(kinds.get(name, [none, one, every])), axis=0)
    number = int(np.prod([len(each) for each in choices.values()]))
    if number > MOST_CALLS:
        raise ArgumentError(f"{number:,} calls in every state are too many: make the machine smaller, as in Thread=3")
    grid = np.indices([len(each) for each in choices.values()]).reshape(len(choices), number)
    return {name: each[rows] for (name, each), rows in zip(choices.items(), grid, strict=True)}


def explore_server(
    states: SubsystemStates, *, max_states: int | None = None, on_progress: OnProgress | None = None
) -> ServerExploration:
    """Visit every state, until none is left, something does not hold, or there are too many.

    :raises ArgumentError: an argument makes no sense.
    """
    if max_states is not None and max_states < 1:
        raise ArgumentError(f"at least one state is visited, not {max_states}")
    of, started = states.of, time.perf_counter()
    search: PlainSearch[bytes, Called] = PlainSearch(states, max_states)
    broken, way, looked_at = states.violated(states.first), tuple[Called, ...](), 1
    followed = Counter(dict.fromkeys(of.rules, 0))

    def visit(step: PlainStep[bytes, Called]) -> bool:
        nonlocal broken, way, looked_at
        wrong = step.label.violates
        followed[step.label.move] += 1
        if search.states > looked_at:
            looked_at = search.states
            wrong += states.violated(step.after)
            if on_progress is not None:
                seconds = time.perf_counter() - started
                on_progress(Progress(looked_at, search.depth, 0.0, 0, seconds, step.origin))
        if wrong:
            broken, way = wrong, (*search.path(step.origin), step.label)
        return bool(wrong)

    try:
        if not broken:
            search.run(visit)
    except KeyboardInterrupt:
        pass  # the search has noted it
    lines = tuple(text for text, _ in states.follow(way))
    sentences = attacked(of)
    end, reason = SearchEnd.EXHAUSTED, ""
    if broken:
        end, reason = SearchEnd.VIOLATED, "it ends where something does not hold"
    elif search.interrupted:
        end, reason = SearchEnd.INTERRUPTED, "interrupted"
    elif search.truncated:
        end, reason = SearchEnd.TRUNCATED, f"more than {counted(max_states or 0, 'state')}"
    return ServerExploration(
        subsystem=of.name,
        machine=states.sizes,
        dialect=states.dialect.name,
        verdict=end,
        reason=reason,
        states=search.states,
        transitions=search.transitions,
        depth=search.depth,
        properties=states.properties,
        violations=tuple(ServerViolation(name, of.kind.clause, sentences[name], lines) for name in broken),
        way=way,
        kept=states.kept,
        followed={rule: followed[rule] for rule in of.rules},
        seconds=time.perf_counter() - started,
    )
