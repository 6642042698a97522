"""A subsystem as a theory: the kernel's actions, taken by outsiders, and the subsystem's rules, taken by its members.

Each move is an action of the kernel under more conditions, and changes beside it nothing but ghosts. So what the kernel
keeps in every state it keeps here, and that a subsystem's rules forbid more to its members disturbs nobody else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, make_dataclass, replace
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Annotated, Any

import z3
from z3 import ForAll, Implies, Not

from model.messages.invariants import initial
from model.messages.theories import theory_of_messages
from model.messages.vocabulary import Call, Machine, System, p
from model.running.solving import answer_of
from model.servers.description import (
    Ghost,
    Named,
    Role,
    Subsystem,
    ghosts_of,
    marked,
    mistake,
    sentence_of,
    symbols_in,
)
from model.servers.moves import are_members, by_members, by_outsiders, formula_of, formulas_of, from_state
from model.servers.reliance import check_symbols, follows, keeping, others_of, relied_invariants
from model.servers.shape import check_settings, check_shape, check_sorts
from model.servers.speaking import check_formulas
from model.signature import Formula, Symbol, Vocabulary, fresh, symbols_of
from model.spaces.invariants import Invariant
from model.theory import APPENDIX_A, Theory

BORN = "members_are_born"
_SERVED = "no interrupt is served"
_ASKED = ("__init__", "__getattr__", "__getattribute__", "__setattr__", "__new__", "state", "fixed")
"""What a description may not define: it would answer for the kernel's relations."""


@dataclass(frozen=True, slots=True)
class Ensured:
    """A goal that each step by one of the moves has to meet."""

    sentence: str
    moves: tuple[str, ...]
    goal: Callable[[Any, Any, Call], Formula]
    of_rules: bool = False
    """Whether it says that members keep to the rules of others, which nothing that these guarantee may help to show."""


@dataclass(frozen=True, slots=True, eq=False)
class SubsystemTheory:
    """A description as a theory, and which of its parts are which.

    :param kind: the description.
    :param kernel: the theory of the kernel that it runs on.
    :param theory: what everybody can do, with the kernel's invariants, the assumptions and the subsystem's invariants.
    :param actions: for each move the kernel's action that it is.
    :param rules: the moves of members.
    :param assumptions: what is assumed of what never changes, by name.
    :param guarantees: the invariants that others rely on, by name.
    :param ensured: what steps ensure, by name.
    :param others: the subsystems that it relies on, directly or not, each before those that rely on it.
    :param relied: what is taken for granted of these, by name; in the theory it is among the invariants.
    """

    kind: type[Subsystem]
    kernel: Theory[System]
    theory: Theory[Any]
    actions: Mapping[str, str]
    rules: tuple[str, ...]
    assumptions: tuple[str, ...]
    guarantees: tuple[str, ...]
    ensured: Mapping[str, Ensured]
    others: "tuple[SubsystemTheory, ...]" = ()
    relied: Mapping[str, Invariant[Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the subsystem is called."""
        return self.kind.__name__

    @property
    def running(self) -> Theory[Any]:
        """The theory of runs in which others keep what is relied on."""
        if not self.relied:
            return self.theory
        moves = {name: keeping(make, self.relied) for name, make in self.theory.actions.items()}
        return replace(self.theory, actions=MappingProxyType(moves))

    @property
    def stepping(self) -> Theory[Any]:
        """The theory of runs in which others have kept what is relied on until the last step, not by it."""
        first = self.theory.before
        moves = {name: keeping(make, self.relied, first) for name, make in self.theory.actions.items()}
        return replace(self.theory, actions=MappingProxyType(moves)) if self.relied else self.theory

    def seen(self, state: Any) -> Subsystem:
        """A state, as the description speaks of it."""
        return self.kind(state, self.theory.rigid)

    @property
    def own(self) -> tuple[str, ...]:
        """The invariants that are neither the kernel's nor others': the assumptions among them."""
        known = {*self.kernel.invariants, *self.relied}
        return tuple(name for name in self.theory.invariants if name not in known)

    def beginning(self, state: Any) -> Named:
        """The states in which the subsystem may begin: as its start says, its ghosts empty, its members there."""
        kind = self.kind
        found = formulas_of(kind, kind.start, "start", self.seen(state).start())
        for name, symbol in ghosts_of(kind).items():
            found[f"nothing is {name} yet"] = ForAll(
                list(symbol.arguments), Not(getattr(state, name)(*symbol.arguments))
            )
        for name in (BORN, *self.assumptions):
            found[f"{name} at first"] = self.theory.invariants[name].formula(state)
        return found

    def first(self, state: Any, invariant: Invariant[Any], /) -> Named:
        """The first states of runs: the subsystem begins on a machine where nobody waits and nothing has been said.

        Interrupts may be served from the first, by whom the subsystem's start says.
        """
        others, begun = _first(self, state)
        return {**others, **APPENDIX_A.initial(state, invariant), **begun}


@lru_cache(maxsize=64)
def _first(of: SubsystemTheory, state: Any) -> tuple[Named, Named]:
    """What is so of a first state whatever invariant is asked for: of the machine, and of the subsystem.

    It is built once for a state: who starts a run asks for each invariant, and each obligation about first states does.
    """
    quiet = {name: formula for name, formula in initial(state).items() if name != _SERVED}
    known = {name: each.formula(state) for name, each in of.kernel.invariants.items() if not each.names_some_frame}
    relied = {name: each.formula(state) for name, each in of.relied.items()}
    return {**quiet, **known, **relied}, of.beginning(state)


def theory_of_subsystem(kind: type[Subsystem]) -> SubsystemTheory:
    """The theory of a description.

    :raises DescriptionError: there is a mistake in it.
    """
    made: SubsystemTheory = _theory_of(kind)  # type: ignore[arg-type]
    return made


@cache
def _theory_of(kind: Any) -> SubsystemTheory:
    check_settings(kind)
    check_shape(kind)
    others = tuple(theory_of_subsystem(other) for other in others_of(kind))
    check_symbols(kind)
    for other in others:
        if other.kind.messages.readings != kind.messages.readings:
            raise mistake(kind, kind, f"{kind.__name__} relies on {other.name}, which runs on another kernel")
    direct = [other for other in others if other.kind in kind.relies]
    relied = dict(pair for other in direct for pair in relied_invariants(kind, other))
    kernel = theory_of_messages(kind.messages)
    state, fixed = _vocabularies(kind)
    before, rigid = fresh(state), fresh(fixed)
    check_sorts(kind, sorts_of(state, fixed))
    rules = marked(kind, Role.RULE)
    _check_names(kind, kernel, rules)
    actions = {name: by_outsiders(kind, name, make, rigid) for name, make in kernel.actions.items()}
    for name, (mark, method) in rules.items():
        if mark.moves[0] not in kernel.actions:
            known = ", ".join(kernel.actions)
            raise mistake(kind, method, f"{name}: no action {mark.moves[0]!r}; one of {known}")
        actions[name] = by_members(kind, name, method, kernel.actions[mark.moves[0]], rigid)
    bound = {name: from_state(make, before) for name, make in actions.items()}
    of_kernel = {
        **{name: name for name in kernel.actions},
        **{name: mark.moves[0] for name, (mark, _) in rules.items()},
    }
    assumed, said = _assumptions(kind, before, rigid), _invariants(kind, before, rigid)
    for name in assumed.keys() & said.keys():
        raise mistake(kind, kind, f"an assumption and an invariant are called {name}; choose another name for one")
    check_formulas(kind, before, rigid, kernel.actions)
    theory: Theory[Any] = Theory(
        name=kind.__name__,
        before=before,
        rigid=rigid,
        actions=MappingProxyType(bound),
        invariants=MappingProxyType({**kernel.invariants, **relied, **assumed, **said}),
        initial=lambda s, invariant, /: made.first(s, invariant),
        offered=MappingProxyType({move: kernel.offers(action) for move, action in of_kernel.items()}),
        base=kernel,
    )
    made: SubsystemTheory = SubsystemTheory(
        kind=kind,
        kernel=kernel,
        theory=theory,
        actions=MappingProxyType(of_kernel),
        rules=tuple(rules),
        assumptions=tuple(assumed),
        guarantees=tuple(marked(kind, Role.GUARANTEE)),
        ensured=MappingProxyType(_ensured(kind, tuple(actions), rigid) | _kept(of_kernel, tuple(rules), others, rigid)),
        others=others,
        relied=MappingProxyType(relied),
    )
    return made


def _vocabularies(kind: type[Subsystem]) -> tuple[type[Vocabulary], type[Vocabulary]]:
    """The kernel's vocabularies with the description's ghosts and constants."""
    taken = {*symbols_of(System), *symbols_of(Machine), *symbols_of(Call), *dir(Subsystem), "state", "fixed"}
    for name in symbols_in(kind):
        if name in taken:
            raise mistake(kind, kind, f"{name} stands for something else already; choose another name")
    parts = []
    for base, is_ghost in ((System, True), (Machine, False)):
        added = [
            (name, Annotated[Any, symbol])
            for name, symbol in symbols_in(kind).items()
            if isinstance(symbol, Ghost) == is_ghost
        ]
        parts.append(make_dataclass(f"{kind.__name__}{base.__name__}", added, bases=(base,), frozen=True, slots=True))
    return parts[0], parts[1]


def sorts_of(*vocabularies: type[Vocabulary]) -> frozenset[str]:
    """The sorts of what vocabularies declare, by name."""
    every = (symbol for vocabulary in vocabularies for symbol in symbols_of(vocabulary).values())
    return frozenset(sort.name() for symbol in every for sort in (*symbol.sorts, symbol.result)) - {"Bool"}


def _check_names(kind: type[Subsystem], kernel: Theory[System], rules: Mapping[str, Any]) -> None:
    said = {*symbols_of(System), *symbols_of(Machine), BORN}
    for base in kind.__mro__[: kind.__mro__.index(Subsystem)]:
        for name in vars(base).keys() & {*said, *_ASKED}:
            if not isinstance(vars(base)[name], Symbol):
                raise mistake(kind, vars(base)[name], f"{name} stands for something else already; choose another name")
    for name, (mark, method) in marked(kind, *Role).items():
        if name in said or name in kernel.actions or name in kernel.invariants or "__" in name:
            raise mistake(
                kind, method, f"a {mark.role.value} cannot be called {name}, which the kernel has; choose another name"
            )
    if not marked(kind, Role.GUARANTEE, Role.ENSURES):
        raise mistake(kind, kind, f"{kind.__name__} guarantees nothing; write @guarantee above what does")
    if not rules:
        raise mistake(kind, kind, f"{kind.__name__} has no rule; write @rule('wait') above what a member may do")
    if kind.members is Subsystem.members:
        raise mistake(kind, kind, f"{kind.__name__} has no members; write members(self, space)")


def _assumptions(kind: type[Subsystem], before: Any, rigid: Any) -> dict[str, Invariant[Any]]:
    """What is assumed of constants and sets that never change."""
    found = {}
    now, other = kind(before, rigid), kind(fresh(type(before), "'"), rigid)
    later = other.assume()
    for name, formula in formulas_of(kind, kind.assume, "assume", now.assume()).items():
        if not formula.eq(later[name]):
            raise mistake(kind, kind.assume, f"assume {name} speaks of what changes; make it an invariant")
        said = f"assumed_{name}"
        found[said] = Invariant(said, kind.clause, f"assumed: {name.replace('_', ' ')}", _constant(formula))
    return found


def _invariants(kind: type[Subsystem], before: Any, rigid: Any) -> dict[str, Invariant[Any]]:
    """State that members exist, and what the description says of every state."""
    found: dict[str, Invariant[Any]] = {}
    found[BORN] = Invariant(
        BORN,
        kind.clause,
        "the members' spaces count as given, so that nobody is given them",
        lambda s: ForAll([p], Implies(are_members(kind, s, rigid, p), s.born(p))),
    )
    for name, (_, method) in marked(kind, Role.INVARIANT, Role.GUARANTEE).items():
        found[name] = Invariant(name, kind.clause, sentence_of(kind, name, method), _said(kind, name, method, rigid))
        formula = found[name].formula(before)
        if says_nothing(formula):
            raise mistake(kind, method, f"{name} holds of every state whatever; say what can fail")
    return found


def _constant(formula: Formula) -> Callable[[Any], Formula]:
    return lambda s: formula


def _said(kind: type[Subsystem], name: str, method: Callable[..., Formula], rigid: Any) -> Callable[[Any], Formula]:
    return lambda s: formula_of(kind, method, name, method(kind(s, rigid)))


def says_nothing(formula: Formula) -> bool:
    """Return whether the formula holds of whatever there is, as far as a solver sees at once."""
    solver = z3.Solver()
    solver.set("timeout", 500)
    solver.add(Not(formula))
    return bool(answer_of(solver) == z3.unsat)


def _ensured(kind: type[Subsystem], moves: tuple[str, ...], rigid: Any) -> dict[str, Ensured]:
    found = {}
    for name, (mark, method) in marked(kind, Role.ENSURES).items():
        for move in mark.moves:
            if move not in moves:
                raise mistake(
                    kind, method, f"{name}: no move {move!r}; a rule, or an action of the kernel, was expected"
                )
        found[name] = Ensured(sentence_of(kind, name, method), mark.moves or moves, _of_step(kind, name, method, rigid))
    return found


def _kept(
    actions: Mapping[str, str], rules: tuple[str, ...], others: tuple[SubsystemTheory, ...], rigid: Any
) -> dict[str, Ensured]:
    """State that members keep to the rules of the subsystems relied on, where they are members there too."""
    return {
        f"{move}_keeps_to_{other.name}": Ensured(
            f"a member of {other.name}, too, follows its rules",
            (move,),
            follows(other, actions[move], rigid),
            of_rules=True,
        )
        for other in others
        for move in rules
    }


def _of_step(
    kind: type[Subsystem], name: str, method: Callable[..., Formula], rigid: Any
) -> Callable[[Any, Any, Call], Formula]:
    def goal(before: Any, after: Any, call: Call) -> Formula:
        return formula_of(kind, method, name, method(kind(before, rigid), kind(after, rigid), call))

    return goal
