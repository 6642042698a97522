"""Find which invariants are inductive, and say what a proof is worth that uses one still open."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace

from model.spaces.dialect import Dialect
from proofs.engines.pool import Workers
from proofs.engines.smt.outcome import Outcome
from proofs.input.extension import Specification
from proofs.obligation import Obligation, Provable
from proofs.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Inductive:
    """The result of the search for the inductive invariants.

    ``assumed`` are the invariants that no counterexample ruled out: the hypotheses of all else. ``outcomes`` are those
    of the obligations that are to show that they are inductive, and of those by which the others fall; ``shows`` says
    of each which invariant it is about.
    """

    assumed: frozenset[str]
    outcomes: dict[str, Outcome]
    shows: Mapping[str, str]

    @property
    def undecided(self) -> dict[str, Outcome]:
        """The outcomes that leave it open whether what is assumed is inductive."""
        return {
            name: outcome
            for name, outcome in self.outcomes.items()
            if self.shows[name] in self.assumed and outcome.verdict != Verdict.PROVED
        }

    @property
    def shown(self) -> frozenset[str]:
        """The invariants that are known to hold: what is assumed, or none where that is open."""
        return frozenset() if self.undecided else self.assumed

    def judged(self, obligation: Provable, outcome: Outcome) -> Outcome:
        """The outcome for what it is worth: a proof from invariants that may not hold is none, and names what is open.

        A counterexample that has all that is assumed stays one, since what holds in the end is no more than that.
        """
        undecided = self.undecided
        if not undecided or outcome.verdict != Verdict.PROVED:
            return outcome
        has_core = any(answer.solver == "z3" for answer in outcome.answers)
        used = outcome.used if has_core else obligation.invariants if isinstance(obligation, Obligation) else ()
        if self.assumed.isdisjoint(used):
            return outcome
        name, first = next(iter(undecided.items()))
        alarm = next((name for name, each in undecided.items() if each.verdict == Verdict.DISAGREEMENT), "")
        if alarm:
            name, first = alarm, undecided[alarm]
        more = f" and {len(undecided) - 1} more" if len(undecided) > 1 else ""
        why = f": {first.reason}" if first.reason else ""
        reason = f"it rests on invariants that are not decided, since {name} is {first.verdict.value}{more}{why}"
        return replace(outcome, verdict=Verdict.DISAGREEMENT if alarm else Verdict.UNKNOWN, reason=reason)


def inductive_invariants(
    dialect: Dialect,
    workers: Workers,
    theory: Specification,
    at_once: Callable[[str, Outcome], None] = lambda name, outcome: None,
    thorough: Container[str] = (),
    hypotheses: frozenset[str] | None = None,
) -> Inductive:
    """The largest set of invariants that the initial state has and that every action preserves.

    An invariant is dropped by a counterexample and by nothing else: where there is no answer, it stays, and all that
    rests on it stays open.

    :param at_once: called with what is final before the set is known: outcomes that assume no invariant.
    :param thorough: the obligations for which certificates, witnesses and the like are wanted.
    :param hypotheses: no invariant but these is assumed; all may be unless given.
    :returns: the invariants, and the outcomes of the obligations that show it (for the others: those that fail).
    :raises KeyError: the theory has no obligation that an invariant holds at first, or that an action preserves it.
    """
    matrix = theory.inductive_steps(dialect)
    shows = {obligation.id: obligation.invariant for obligation in matrix}
    initially = {obligation.id for obligation in matrix if obligation.of_initial_state}
    invariants = theory.every_invariant if hypotheses is None else hypotheses
    outcomes: dict[str, Outcome] = {}
    asked = list(shows)
    while True:
        for name, outcome in workers.discharge(asked, dialect.name, invariants, thorough):
            outcomes[name] = outcome
            if name in initially:
                at_once(name, outcome)
        fallen = {shows[name] for name, outcome in outcomes.items() if outcome.verdict == Verdict.UNPROVED}
        if fallen.isdisjoint(invariants):
            return Inductive(invariants, outcomes, shows)
        invariants -= fallen
        asked = [name for name in outcomes if name not in initially]
