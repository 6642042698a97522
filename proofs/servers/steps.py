"""Counterexamples to induction of a subsystem, for people: few facts, the step, what it changes, and whether it occurs.

The facts are those by which the step violates the invariant; a search of small machines says whether some run leads to
a state that has them, and so to the violation. If none is found, an invariant is missing that rules them out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

import z3

from model.messages.vocabulary import Call
from model.running.evaluate import Structure
from model.servers.description import ghosts_of, symbols_in
from model.servers.theory import SubsystemTheory
from model.signature import Formula, symbols_of
from model.spaces.dialect import Dialect
from proofs.engines.search.small_runs import shortest_run_of_size
from proofs.engines.search.telling import Fact, changed, holding, telling_facts
from proofs.engines.search.unrolled import UnrolledRun
from proofs.engines.terms.smtlib import symbols
from proofs.input.described import subsystem
from proofs.obligation import Obligation, Step
from proofs.obligations.servers.inventory import obligations
from proofs.result import Result
from proofs.searches.named_runs import named_step, run_lines
from proofs.servers.attack import constants_of, notes_of, own_sorts
from proofs.verdict import Verdict

MOST_STEPS = 4  # of a run that is looked for, the violating one among them
_OF_CONSENT = ("awaits", "ident", "window", "space", "serves")  # of what makes a step possible
SECONDS = 20.0  # for the runs of all counterexamples together


def told_steps(source: str, dialect: Dialect, refuted: Iterable[Result]) -> Iterator[Result]:
    """The results that are not inductive, each with what matters of its counterexample.

    :param source: the subsystem, by what it is called.
    """
    of, deadline = subsystem(source), monotonic() + SECONDS
    known = {each.id for each in obligations(of)}
    for result in refuted:
        reason = f"not inductive; musigma attack {source} looks for a run"
        obligation, found = result.obligation, result.counterexample
        told: tuple[str, ...] = ()
        unproved = result.verdict == Verdict.UNPROVED and obligation.id in known
        if unproved and found and isinstance(obligation, Obligation) and obligation.action:
            told = tuple(told_step(of, obligation, found.structure, dialect, deadline - monotonic()))
        yield replace(result.ended(result.verdict, reason), told=told)


def told_step(
    of: SubsystemTheory,
    obligation: Obligation[Any, Any],
    structure: Structure,
    dialect: Dialect,
    seconds: float = SECONDS,
) -> Iterator[str]:
    """Return what matters of a counterexample, a line each; nothing if that is not found.

    :param seconds: for the run that leads there.
    """
    step, guard = obligation.step(dialect)
    goal = obligation.goal(step)
    facts = telling_facts(structure, step, of.theory.rigid, goal)
    if not facts:
        return
    line, called = named_step(structure, obligation.action, of.actions, constants_of(of))
    possible = telling_facts(structure, step, of.theory.rigid, z3.Not(z3.And(z3.BoolVal(True), *guard.values())))
    own = {*ghosts_of(of.kind), *symbols_in(of.kind), *_OF_CONSENT}
    shown = [*facts, *(fact for fact in possible if fact.symbol in own and fact.value and fact not in facts)]
    yield "a counterexample to induction, by what matters of it:"
    yield "  before: " + "; ".join(_words(fact, called) for fact in shown if not _is_told(fact, called))
    yield f"  then    {line}"
    gone, new = changed(structure, step, {each.name(): each for each in symbols([goal])[1]})
    after = [*(f"no longer {_words(fact, called)}" for fact in gone), *(_words(fact, called) for fact in new)]
    yield "  after:  " + ("; ".join(after) or "the same")
    yield from (f"  {words}" for words in _reached(of, obligation, facts, dialect, structure, seconds))


def _is_told(fact: Fact, called: Callable[[str, int], str]) -> bool:
    """Whether the step's line says it, or the element's name."""
    if fact.symbol in symbols_of(Call) or fact.symbol == "sigma0":
        return True
    return not fact.arguments and isinstance(fact.value, tuple) and called(*fact.value) == fact.symbol


def _words(fact: Fact, called: Callable[[str, int], str]) -> str:
    """The fact in words.

    >>> _words(Fact("live", (("Slot", 1),), False), lambda sort, n: f"{sort}{n}")
    'not live(Slot1)'
    """
    term = fact.symbol
    if fact.arguments:
        term += f"({', '.join(called(*each) for each in fact.arguments)})"
    if isinstance(fact.value, tuple):
        return f"{term} = {called(*fact.value)}"
    return term if fact.value else f"not {term}"


def _reached(
    of: SubsystemTheory,
    obligation: Obligation[Any, Any],
    facts: Sequence[Fact],
    dialect: Dialect,
    structure: Structure,
    seconds: float,
) -> Iterator[str]:
    """Whether a run of a small machine ends by such a step."""
    if seconds < 1:
        yield "whether a run leads there was not asked: the time was over"
        return

    def ending(first: Any, step: Step[Any, Any]) -> Formula:
        return z3.And(holding(facts, step, of.theory.rigid), z3.Not(obligation.goal(step)))

    sizes = {**dict.fromkeys(own_sorts(of), 2), **of.kind.machine}
    sizes = {sort: max(number, structure.sizes.get(sort, 1)) for sort, number in sizes.items()}
    of_rules = any(each.of_rules and obligation.id.endswith(f"__{name}") for name, each in of.ensured.items())
    runs = of.stepping if of_rules else of.running
    found = shortest_run_of_size(
        runs, dialect, ending, sizes, last=[obligation.action], most=MOST_STEPS, seconds=seconds
    )
    if isinstance(found, UnrolledRun):
        steps = f"{len(found.actions)} steps lead" if len(found.actions) > 1 else "one step leads"
        yield f"reached, so that no invariant rules it out; {steps} there:"
        yield from (f"  {line}" for line in run_lines(found, of.actions, constants_of(of), notes_of(of)))
        return
    on = ", ".join(f"{number} {sort.lower()}{'s' * (number != 1)}" for sort, number in sizes.items())
    why = f" ({found.reason})" if found.reason else ""
    yield f"not reached by any run of up to {found.steps} steps on a machine with {on}{why}"
    yield "an invariant that rules this out is lacking, or a condition of a rule: --suggest looks for one"
