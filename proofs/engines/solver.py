"""One verification condition, one fresh solver."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from time import perf_counter

import z3

from proofs.engines.fragment import outside_of_fragment
from proofs.obligation import Condition
from proofs.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the solver found.

    ``used`` are the hypotheses of the unsatisfiable core (for a vacuous condition: those that contradict each other).
    ``outside`` says why the condition is outside the decidable fragment; it is empty for one inside.
    """

    verdict: Verdict
    seconds: float = 0.0
    used: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    outside: str = ""
    reason: str = ""


def _fresh(condition: Condition, milliseconds: int, seed: int) -> z3.Solver:
    solver = z3.Solver()
    solver.set("timeout", milliseconds)
    solver.set("random_seed", seed)
    for name, formula in condition.hypotheses.items():
        solver.assert_and_track(formula, name)
    return solver


class Satisfiable:
    """Remembers which sets of hypotheses were found satisfiable, since many conditions share one."""

    def __init__(self) -> None:
        """Nothing is remembered at first."""
        self._known: dict[tuple[int, ...], tuple[Condition, z3.CheckSatResult, tuple[str, ...], str]] = {}

    def check(
        self, condition: Condition, milliseconds: int, seed: int
    ) -> tuple[z3.CheckSatResult, tuple[str, ...], str]:
        """The solver's answer for the hypotheses alone, the core if they contradict each other, and its reason."""
        key = tuple(formula.get_id() for formula in condition.hypotheses.values())
        if key not in self._known:
            solver = _fresh(condition, milliseconds, seed)
            answer = solver.check()
            core = tuple(str(name) for name in solver.unsat_core()) if answer == z3.unsat else ()
            reason = solver.reason_unknown() if answer == z3.unknown else ""
            self._known[key] = (condition, answer, core, reason)  # the condition keeps its formulas' numbers in use
        return self._known[key][1:]


def discharge(condition: Condition, satisfiable: Satisfiable, milliseconds: int = 10_000, seed: int = 0) -> Outcome:
    """Decide a verification condition: are its hypotheses satisfiable, and do they imply the goal?

    :param milliseconds: the limit for each of the two questions.
    :returns: ``PROVED``, ``UNPROVED`` (the solver has a counterexample), ``VACUOUS`` or ``UNKNOWN``.
    """
    outside = outside_of_fragment(condition)
    started = perf_counter()

    def outcome(verdict: Verdict, used: tuple[str, ...] = (), reason: str = "") -> Outcome:
        unused = tuple(name for name in condition.hypotheses if name not in used) if verdict == Verdict.PROVED else ()
        return Outcome(verdict, perf_counter() - started, used, unused, outside, reason)

    answer, core, reason = satisfiable.check(condition, milliseconds, seed)
    if answer == z3.unsat:
        return outcome(Verdict.VACUOUS, core, "the hypotheses contradict each other: " + "; ".join(core))
    if answer != z3.sat:
        return outcome(Verdict.UNKNOWN, (), f"whether the hypotheses are satisfiable: {reason}")
    solver = _fresh(condition, milliseconds, seed)
    solver.add(z3.Not(condition.goal))
    answer = solver.check()
    if answer == z3.unsat:
        return outcome(Verdict.PROVED, tuple(str(name) for name in solver.unsat_core()))
    if answer == z3.sat:
        return outcome(Verdict.UNPROVED)
    return outcome(Verdict.UNKNOWN, (), solver.reason_unknown())


def discharge_all(
    conditions: Iterable[Condition], satisfiable: Satisfiable, milliseconds: int = 10_000, seed: int = 0
) -> Outcome:
    """Decide conditions that together make one obligation: proved if each is, otherwise as the first that is not.

    What was used is what some condition used. No condition at all proves nothing.
    """
    seconds, used, hypotheses, outside = 0.0, dict[str, None](), dict[str, None](), ""
    for condition in conditions:
        outcome = discharge(condition, satisfiable, milliseconds, seed)
        seconds += outcome.seconds
        outside = outside or outcome.outside
        used |= dict.fromkeys(outcome.used)
        hypotheses |= dict.fromkeys(condition.hypotheses)
        if outcome.verdict != Verdict.PROVED:
            return replace(outcome, seconds=seconds, outside=outside)
    if not hypotheses and not seconds:
        return Outcome(Verdict.ERROR, reason="the obligation has no condition to prove")
    unused = tuple(name for name in hypotheses if name not in used)
    return Outcome(Verdict.PROVED, seconds, tuple(used), unused, outside)
