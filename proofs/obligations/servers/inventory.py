"""All that is to be proved of a subsystem: each invariant at first and after each move, and what its steps ensure.

The kernel's own invariants are hypotheses; that they hold is proved of the kernel, whose steps every move takes. What
is relied on is a hypothesis too, of the state before a step and of the state after: it is proved of another subsystem,
which does not rely on this one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from z3 import And

from model.messages.vocabulary import Call
from model.servers.reliance import within
from model.servers.theory import SubsystemTheory
from model.signature import Formula
from model.spaces.dialect import Dialect
from model.theory import Theory
from proofs.obligation import Condition, Obligation, Step, condition_of
from proofs.obligations.messages.each import universal
from proofs.obligations.messages.preservation import says_the_same
from proofs.obligations.spaces.preservation import preserves, starts_with


@dataclass(frozen=True, slots=True)
class Relying(Obligation[Any, Any]):
    """An obligation that takes for granted what others guarantee, after the step as before it.

    :param relied: the invariants taken for granted, by name.
    """

    relied: tuple[str, ...] = ()

    def conditions(self, dialect: Dialect, invariants: frozenset[str]) -> Iterable[Condition]:
        """The condition, with each of those invariants of both states, as far as it is known to hold."""
        step, _ = self.step(dialect)
        condition = condition_of(self, dialect, invariants)
        hypotheses = dict(condition.hypotheses)
        for name in self.relied:
            if name in hypotheses and condition.about[name] == "invariant":
                hypotheses[name] = And(hypotheses[name], self.theory.invariants[name].formula(step.after))
        return (replace(condition, hypotheses=hypotheses),)


def _relying(obligation: Obligation[Any, Any], of: SubsystemTheory) -> Obligation[Any, Any]:
    """The obligation, with what its subsystem relies on."""
    if not of.relied:
        return obligation
    parts = {each.name: getattr(obligation, each.name) for each in fields(obligation)}
    invariants = tuple(dict.fromkeys((*obligation.invariants, *of.relied)))
    return Relying(**{**parts, "invariants": invariants}, relied=tuple(of.relied))


@cache
def theory_within(of: SubsystemTheory) -> Theory[Any]:
    """The theory of a subsystem that others rely on: its own invariants bear its name."""
    own = {name: within(of.name, name) for name in of.own}
    found = {
        own.get(name, name): replace(invariant, name=own.get(name, name))
        for name, invariant in of.theory.invariants.items()
    }
    return replace(of.theory, invariants=MappingProxyType(found))


def obligations_within(of: SubsystemTheory) -> Iterator[Obligation[Any, Any]]:
    """The obligations of a subsystem that others rely on, under its name."""
    for obligation in _obligations(of, theory_within(of), {name: within(of.name, name) for name in of.own}):
        yield replace(obligation, id=within(of.name, _last(of.name, obligation.id)))


def _last(subsystem: str, name: str) -> str:
    """The obligation's id without the subsystem's name in it."""
    return name.replace(within(subsystem, ""), "")


def obligations(of: SubsystemTheory) -> Iterator[Obligation[Any, Any]]:
    """The obligations of a subsystem, those of the kernel that it runs on and of others that it relies on left out."""
    return _obligations(of, of.theory, {name: name for name in of.own})


def _obligations(of: SubsystemTheory, theory: Theory[Any], own: Mapping[str, str]) -> Iterator[Obligation[Any, Any]]:
    for obligation in _unaided(of, theory, own):
        of_rules = obligation.id.rpartition("__")[2] in {name for name, each in of.ensured.items() if each.of_rules}
        yield obligation if of_rules else _relying(obligation, of)


def _unaided(of: SubsystemTheory, theory: Theory[Any], own: Mapping[str, str]) -> Iterator[Obligation[Any, Any]]:
    for name in own.values():
        invariant = theory.invariants[name]
        begins = starts_with(theory, invariant)
        yield replace(begins, id=f"start__has__{name}", assumes=_beginning(of), invariants=universal(of.kernel))
        for move in theory.actions:
            if not says_the_same(theory, move, name):
                yield replace(preserves(theory, move, invariant), invariants=universal(theory))
    for name, ensured in of.ensured.items():
        for move in ensured.moves:
            yield Obligation(
                id=f"{move}__ensures__{name}",
                claim=of.kind.clause,
                sentence=f"by {move}: {ensured.sentence}",
                action=move,
                goal=_of_step(ensured.goal),
                invariants=universal(theory),
                applies=theory.offers(move),
                theory=theory,
            )


def _beginning(of: SubsystemTheory) -> Callable[[Step[Any, Any]], dict[str, Formula]]:
    return lambda step: of.beginning(step.before)


def _of_step(goal: Callable[[Any, Any, Call], Formula]) -> Callable[[Step[Any, Any]], Formula]:
    return lambda step: goal(step.before, step.after, step.called)
