"""Attacks on subsystems: shortest runs of everybody that violate what a subsystem guarantees."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import z3

from model.servers.description import ghosts_of
from model.servers.theory import SubsystemTheory
from model.signature import Formula, symbols_of
from model.spaces.dialect import CANONICAL, Dialect
from proofs.engines.search.small_runs import shortest_run_of_size
from proofs.engines.search.unrolled import NotFound, UnrolledRun, shortest_run
from proofs.obligation import Step
from proofs.searches.named_runs import run_lines

EVERY_SIZE: Mapping[str, int] = {}
"""Machines of every size, rather than of one."""


@dataclass(frozen=True, slots=True)
class Attack:
    """The result of attacking a guarantee: a run that violates it, or how far none does.

    :param subsystem: the description's name.
    :param guarantee: the name of what is guaranteed, or of what steps ensure.
    :param sentence: the guarantee in words.
    :param steps: of the run found; without one, how many steps were searched whole.
    :param lines: the run, a step a line; none if there is none.
    :param machine: how many elements of each sort the machines searched have; none for machines of every size.
    :param moves: the moves that were searched; every one, if none is named.
    :param reason: why not more was searched; empty if as many steps were as had been asked for.
    :param run: the rules and actions that the run takes.
    :param states: the run with its states, for pictures; nothing if there is none.
    """

    subsystem: str
    guarantee: str
    sentence: str
    steps: int
    lines: tuple[str, ...]
    machine: Mapping[str, int]
    moves: tuple[str, ...] = ()
    reason: str = ""
    run: tuple[str, ...] = ()
    states: UnrolledRun | None = field(default=None, repr=False, compare=False)

    @property
    def found(self) -> bool:
        """Whether the guarantee is violated."""
        return bool(self.lines)

    @property
    def where(self) -> str:
        """The machines that were searched, in words."""
        sizes = ", ".join(f"{n} {sort.lower()}{'s' * (n != 1)}" for sort, n in self.machine.items())
        by = f" by {', '.join(self.moves)} alone" if self.moves else ""
        return (f"a machine with {sizes}" if self.machine else "a machine of any size") + by

    @property
    def summary(self) -> str:
        """Return what is known, in a sentence."""
        if self.found:
            return f"{self.guarantee} is violated in {self.steps} steps; no shorter run does it on {self.where}"
        why = f" ({self.reason})" if self.reason else ""
        return f"no run of up to {self.steps} steps violates {self.guarantee} on {self.where}{why}"


def attacked(of: SubsystemTheory) -> dict[str, str]:
    """What of a subsystem can be attacked, by name: its guarantees, and what its steps ensure; each in words."""
    said = {name: of.theory.invariants[name].sentence for name in of.guarantees}
    return said | {name: ensured.sentence for name, ensured in of.ensured.items()}


def attack(
    of: SubsystemTheory,
    guarantee: str,
    *,
    dialect: Dialect = CANONICAL,
    machine: Mapping[str, int] = EVERY_SIZE,
    moves: Sequence[str] = (),
    most: int = 10,
    seconds: float = 60.0,
) -> Attack:
    """The shortest run that violates a guarantee.

    :param machine: how many elements each sort has; machines of every size if it is empty.
    :param moves: the moves that runs may take; every one if none is named.
    :param most: the most steps tried.
    :param seconds: limit for the search.
    :raises KeyError: the subsystem has no such guarantee or move.
    """
    sentence = attacked(of)[guarantee]
    ending = violating(of, guarantee)
    ensured = of.ensured.get(guarantee)
    last = [move for move in (ensured.moves if ensured else ()) if not moves or move in moves]
    if ensured and not last:
        return Attack(of.name, guarantee, sentence, most, (), machine, tuple(moves))
    runs = of.stepping if ensured and ensured.of_rules else of.running
    theory = replace(runs, actions={name: runs.actions[name] for name in moves or runs.actions})
    if machine:
        machine = {**dict.fromkeys(own_sorts(of), 2), **machine}
        found = shortest_run_of_size(theory, dialect, ending, machine, last=last, most=most, seconds=seconds)
    else:
        found = shortest_run(theory, dialect, ending, last=last, most=most, seconds=seconds)
    if isinstance(found, NotFound):
        return Attack(of.name, guarantee, sentence, found.steps, (), machine, tuple(moves), found.reason)
    lines = tuple(run_lines(found, of.actions, constants_of(of), notes_of(of)))
    steps = len(found.actions)
    return Attack(of.name, guarantee, sentence, steps, lines, machine, tuple(moves), "", found.actions, found)


def violating(of: SubsystemTheory, guarantee: str) -> Callable[[Any, Step[Any, Any]], Formula]:
    """Return the formula that the last step, or the state after it, violates the guarantee."""
    if guarantee in of.ensured:
        goal = of.ensured[guarantee].goal
        return lambda first, step: z3.Not(goal(step.before, step.after, step.called))
    invariant = of.theory.invariants[guarantee]
    return lambda first, step: z3.Not(invariant.formula(step.after))


def constants_of(of: SubsystemTheory) -> dict[str, str]:
    """The constants of a description, by which elements are called."""
    of_kernel = symbols_of(type(of.kernel.rigid))
    return {
        name: symbol.result.name()
        for name, symbol in symbols_of(type(of.theory.rigid)).items()
        if not symbol.arguments and name not in of_kernel
    }


def notes_of(of: SubsystemTheory) -> dict[str, tuple[str, ...]]:
    """The ghosts of a description, with the sorts of their arguments."""
    return {name: tuple(sort.name() for sort in ghost.sorts) for name, ghost in ghosts_of(of.kind).items()}


def own_sorts(of: SubsystemTheory) -> list[str]:
    """The sorts of a description's own symbols that the kernel does not know."""
    known = {sort.name() for symbol in of.kernel.symbols.values() for sort in (*symbol.sorts, symbol.result)}
    every = [sort.name() for symbol in of.theory.symbols.values() for sort in (*symbol.sorts, symbol.result)]
    return sorted(set(every) - known - {"Bool"})
