"""Invariants suggested for a subsystem: of many candidates the largest set that is inductive with what is there.

Candidates fall until none is left that fails at first or after some move of anybody, all others assumed (houdini). What
stays is inductive, which no guess about it changes; that it is worth something is another question, so the report says
which of it the proof of what is lacking needs. One solver is asked here; who pastes a suggestion has it proved by two.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

import z3

from model.running.solving import answer_of
from model.servers.templates import Candidate, candidates
from model.servers.theory import SubsystemTheory
from model.signature import Formula
from model.spaces.dialect import CANONICAL, Dialect
from proofs.engines.terms.fragment import outside_of_fragment
from proofs.obligation import Condition

QUESTION = 5.0  # seconds for one question; who is not answered about falls


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A suggestion of what may be added to a description.

    :param subsystem: its name.
    :param tried: how many candidates there were.
    :param lacking: the invariants of the description that are not inductive as it stands.
    :param still: those that are not inductive with all that is suggested either.
    :param needed: the candidates that the others are proved from; with them all is inductive but ``still``.
    :param further: all other candidates that are inductive with these.
    :param complete: whether the time was enough; if not, a candidate may have fallen for want of an answer.
    """

    subsystem: str
    tried: int
    lacking: tuple[str, ...]
    still: tuple[str, ...]
    needed: tuple[Candidate, ...]
    further: tuple[Candidate, ...]
    complete: bool


def suggest(of: SubsystemTheory, dialect: Dialect = CANONICAL, *, seconds: float = 60.0) -> Suggestion:
    """Look for invariants that are inductive with those of a description, and for those that it needs.

    :param seconds: limit for all.
    """
    own = {name: of.theory.invariants[name].formula(of.theory.before) for name in of.own}
    made = {f"candidate {n}": each for n, each in enumerate(candidates(of.kind))}
    said = {name: each.formula(of.seen(of.theory.before)) for name, each in made.items()}
    known = {name for name, formula in said.items() if any(formula.eq(other) for other in own.values())}
    said = {name: formula for name, formula in said.items() if name not in known}
    search = _Houdini(of, dialect, {**own, **said}, {name: made[name] for name in said}, monotonic() + seconds)
    alone = search.inductive(own)
    lacking = tuple(name for name in own if name not in alone)
    kept = search.inductive([*own, *said])
    still = tuple(name for name in lacking if name not in kept)
    wanted = [name for name in own if name in kept]
    strongest = search.strongest([name for name in said if name in kept])
    needed = search.supporting(wanted, [*wanted, *strongest]) if lacking != still else []
    further = [made[name] for name in strongest if name not in needed]
    return Suggestion(
        of.name,
        len(made),
        lacking,
        still,
        tuple(made[name] for name in needed),
        tuple(further),
        search.complete,
    )


class _Houdini:
    """Which sets of invariants are inductive, the kernel's own assumed."""

    def __init__(
        self,
        of: SubsystemTheory,
        dialect: Dialect,
        before: Mapping[str, Formula],
        made: Mapping[str, Candidate],
        deadline: float,
    ) -> None:
        self.of, self.dialect, self.before, self.made = of, dialect, before, made
        self.complete = True
        self._deadline = deadline
        kernel = of.kernel.invariants.values()
        self._kernel = [each.formula(of.theory.before) for each in kernel if not each.names_some_frame]
        self._kernel += [each.formula(of.theory.before) for each in of.relied.values()]
        moves = [name for name in of.theory.actions if of.theory.offers(name)(dialect.readings)]
        self._moves = {name: of.running.actions[name](dialect) for name in moves}
        self._after: dict[tuple[str, str], Formula] = {}

    def after(self, move: str, name: str) -> Formula:
        """Return the invariant's formula of the state after a move."""
        if (move, name) not in self._after:
            state = self._moves[move].after
            made = self.made.get(name)
            said = made.formula(self.of.seen(state)) if made else self.of.theory.invariants[name].formula(state)
            self._after[move, name] = said
        return self._after[move, name]

    def inductive(self, names: Sequence[str] | Mapping[str, Formula]) -> set[str]:
        """The largest set of those that is inductive."""
        left = self._decidable(names)
        beginning = list(self.of.beginning(self.of.theory.before).values())
        left -= self._failing(left, [*self._kernel, *beginning], self.before)
        while True:
            fallen = set[str]()
            for move in self._moves:
                while some := self._failing_after(move, left - fallen):
                    fallen |= some
            if not fallen:
                return left
            left -= fallen

    def supporting(self, wanted: Sequence[str], kept: Sequence[str]) -> list[str]:
        """Candidates that keep themselves and what is wanted; none of them can be left out alone."""
        found, open_ones = set[str](), list(wanted)
        while open_ones:
            name = open_ones.pop()
            for used in self._used(name, kept):
                if used not in found and used in self.made:
                    found.add(used)
                    open_ones.append(used)
        for name in sorted(found, key=lambda each: (-len(self.made[each].body), each)):
            rest = {*wanted, *found} - {name}
            if monotonic() < self._deadline and rest == self.inductive(sorted(rest)):
                found.remove(name)
        return [name for name in self.made if name in found]

    def strongest(self, names: Sequence[str]) -> list[str]:
        """Keep the candidates that do not follow from the others; of two that say the same the first."""
        left = list(names)
        for name in reversed(names):
            others = [each for each in left if each != name]
            solver = self._solver()
            solver.add(*self._kernel, *(self.before[each] for each in (*others, *self.of.assumptions)))
            solver.add(_broken(self.before[name]))
            if answer_of(solver) == z3.unsat:
                left = others
        return left

    def _used(self, name: str, kept: Sequence[str]) -> Iterator[str]:
        """The invariants from which it is proved that every move preserves one."""
        for move in self._moves:
            goal = self.after(move, name)
            if goal.eq(self.before[name]):
                continue
            solver = self._solver()
            solver.add(*self._kernel, *self._moves[move].guard.values(), z3.Not(goal))
            labels = {z3.Bool(f"has {each}"): each for each in kept}
            for label, each in labels.items():
                solver.add(z3.Implies(label, self.before[each]))
            if answer_of(solver, *labels) == z3.unsat:
                yield from (labels[label] for label in solver.unsat_core())
            else:
                yield from kept

    def _decidable(self, names: Sequence[str] | Mapping[str, Formula]) -> set[str]:
        """Keep the candidates in the decidable fragment, so that a solver has an answer."""
        alone = {name: Condition({"it": self.before[name]}, {}, z3.BoolVal(False)) for name in names}
        return {name for name in names if name not in self.made or not outside_of_fragment(alone[name])}

    def _failing_after(self, move: str, names: set[str]) -> set[str]:
        changed = {name for name in names if not self.after(move, name).eq(self.before[name])}
        hypotheses = [*self._kernel, *(self.before[name] for name in sorted(names)), *self._moves[move].guard.values()]
        return self._failing(changed, hypotheses, {name: self.after(move, name) for name in changed})

    def _failing(self, names: set[str], hypotheses: Sequence[Formula], goals: Mapping[str, Formula]) -> set[str]:
        """Some of those that do not follow; none if all do. What is not answered does not follow."""
        fallen = set[str]()
        solver = self._solver()
        solver.add(*hypotheses)
        labels = {z3.Bool(f"fails {name}"): name for name in sorted(names)}
        broken = {label: _broken(goals[name]) for label, name in labels.items()}
        for label, formula in broken.items():
            solver.add(z3.Implies(label, formula))
        while labels:
            answer = answer_of(solver, z3.Or(*labels))
            if answer == z3.unsat:
                return fallen
            if answer == z3.unknown:
                self.complete = False
                return fallen | set(labels.values())
            model = solver.model()
            some = [
                label
                for label in labels
                if z3.is_true(model.eval(label)) or z3.is_true(model.eval(broken[label], model_completion=True))
            ]
            fallen |= {labels.pop(label) for label in some}
        return fallen

    def _solver(self) -> z3.Solver:
        solver = z3.Solver()
        left = self._deadline - monotonic()
        solver.set("timeout", max(1, int(min(QUESTION, left) * 1000)))
        return solver


def _broken(formula: Formula, outer: tuple[z3.ExprRef, ...] = ()) -> Formula:
    """The formula's negation, in which elements stand for what it says of all: the same ones in every formula.

    :param outer: the elements that stand for variables bound around it.
    """
    if z3.is_and(formula):
        return z3.Or(*(_broken(each, outer) for each in formula.children()))
    if z3.is_quantifier(formula) and formula.is_forall():
        bound = list(outer)
        for n in range(formula.num_vars()):
            sort = formula.var_sort(n)
            bound.append(z3.Const(f"some {sort.name()} {sum(each.sort() == sort for each in bound)}", sort))
        inner = z3.substitute_vars(formula.body(), *reversed(bound[len(outer) :]))
        return _broken(inner, tuple(bound))
    return z3.Not(formula)
