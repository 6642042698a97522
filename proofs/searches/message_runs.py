"""Runs of threads and messages: shortest ones that break an obligation or show what may happen, line by line."""

from collections.abc import Callable
from typing import Any

import z3

from model.running.evaluate import Structure
from model.signature import Formula
from model.spaces.dialect import Dialect
from proofs.engines.search.unrolled import NotFound, UnrolledRun, shortest_run
from proofs.obligation import Obligation, Step
from proofs.obligations.messages.consent import inside
from proofs.obligations.messages.effects import SCRIPTS
from proofs.searches.named_runs import RunNames, run_lines
from proofs.two_runs import TwoRuns, alike


def _broken(obligation: Obligation[Any, Any]) -> Callable[[Any, Step[Any, Any]], Formula]:
    def ending(first: Any, step: Step[Any, Any]) -> Formula:
        goal = obligation.goal(step)
        return z3.And(*obligation.assumptions(step).values(), goal if obligation.sometimes else z3.Not(goal))

    return ending


def _told_apart(obligation: TwoRuns, dialect: Dialect) -> Callable[[Any, Step[Any, Any]], Formula]:
    """What somebody outside did is not seen inside, and yet a call inside is answered otherwise than at first."""

    def ending(first: Any, step: Step[Any, Any]) -> Formula:
        one, guard = obligation.step(dialect, first)
        two, other = obligation.step(dialect, step.after)
        same_view = alike(obligation.seen(first), obligation.seen(step.after))
        assumed = [*obligation.assumes(one).values(), *obligation.assumes(two).values()]
        assumed.append(z3.Not(inside(step.before.space(step.called.actor))))
        return z3.And(same_view, *assumed, z3.Not(alike(obligation.gets(one, guard), obligation.gets(two, other))))

    return ending


def shortest(
    obligation: Obligation[Any, Any] | TwoRuns, dialect: Dialect, *, most: int = 5, seconds: float = 30.0
) -> UnrolledRun | NotFound:
    """The shortest run that breaks an obligation about messages, or that shows what it says may happen.

    One about two runs is compared with the run of no step: what comes after is said once, and answered otherwise.
    """
    theory = obligation.theory
    if isinstance(obligation, TwoRuns):
        return shortest_run(theory, dialect, _told_apart(obligation, dialect), most=most, seconds=seconds)
    script = SCRIPTS[obligation.action] if obligation.sometimes else ()
    ending = _broken(obligation)
    last = (obligation.action,) if obligation.action else ()
    return shortest_run(theory, dialect, ending, last=last, script=script, most=most, seconds=seconds)


def lines_of(obligation: Obligation[Any, Any] | TwoRuns, found: UnrolledRun) -> list[str]:
    """The run line by line; of an obligation about two runs, the call as well that tells them apart."""
    lines = run_lines(found)
    return [*lines, call_line(obligation, found)] if isinstance(obligation, TwoRuns) else lines


def call_line(obligation: TwoRuns, found: UnrolledRun) -> str:
    """The call that is answered in one way before the run, and in another after it."""
    tables = dict(found.structure.symbols)
    last = len(found.actions)
    for name in ("actor", "other", "into", "src", "dst", "mask", "word", "frame", "willing", "opens"):
        if name in tables:
            tables[f"{name}@{last}"] = tables[name]
    names = RunNames(Structure(1, found.structure.sizes, tables))
    for k, action in enumerate(found.actions):
        names.told(action, k)  # so that elements have the names that the run's lines give them
    line = names.told(obligation.action, last).line
    return f"and then {line}: done before the run and refused after it, or the reverse"
