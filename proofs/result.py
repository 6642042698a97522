"""The results of a run of proofs: one for each obligation, and what all of them together show."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from model.messages.readings import message_dialect_named
from model.spaces.dialect import Dialect
from model.trace import Trace
from proofs.engines.search.induction import InductionCounterexample
from proofs.engines.search.pairs import Pair
from proofs.engines.smt.outcome import Outcome
from proofs.obligation import Provable
from proofs.two_runs import about_model
from proofs.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Result:
    """What is known of an obligation in a dialect: what the engines found, and what a search found beyond that.

    ``searched`` are the areas searched for a trace, in words; ``counterexample`` is one to induction; ``pair`` two runs
    that refute an obligation about two. ``brief`` is the reason without the areas, where it names them; else empty.
    ``told`` are lines that say what of the counterexample matters, where that is known.
    """

    obligation: Provable
    dialect: str
    outcome: Outcome
    trace: Trace | None = None
    searched: tuple[str, ...] = ()
    counterexample: InductionCounterexample | None = None
    pair: Pair | None = None
    brief: str = ""
    told: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What all of it amounts to."""
        return self.outcome.verdict

    @property
    def reason(self) -> str:
        """Why it is no better."""
        return self.outcome.reason

    @property
    def seconds(self) -> float:
        """Processor time of the solvers."""
        return self.outcome.seconds

    def ended(self, verdict: Verdict, reason: str | None = None) -> "Result":
        """The same with another verdict, and another reason if one is given."""
        reason, brief = (self.reason, self.brief) if reason is None else (reason, "")
        return replace(self, outcome=replace(self.outcome, verdict=verdict, reason=reason), brief=brief)

    def searched_in_vain(self, verdict: Verdict, brief: str, searched: tuple[str, ...]) -> "Result":
        """The same after a search of these areas that found nothing, which the reason names."""
        ended = self.ended(verdict, f"{brief} within {'; '.join(searched)}")
        return replace(ended, searched=searched, brief=brief)

    @property
    def steps(self) -> int:
        """The operations of the trace, or of both runs of the pair; none if there is neither."""
        if self.pair is not None:
            return self.pair.length
        return len(self.trace.operations) if self.trace else 0


@dataclass(frozen=True, slots=True)
class Run:
    """The results for a dialect, and the invariants that were found inductive and used as hypotheses.

    ``undecided`` are the ids of obligations that an interrupt left without a verdict; ``whole`` says that the run was
    of every obligation about the model, which are those that may use the invariants. ``messages`` is the dialect of
    threads and messages, if obligations speak of these.
    """

    dialect: Dialect
    results: tuple[Result, ...]
    invariants: frozenset[str]
    undecided: tuple[str, ...] = ()
    whole: bool = False
    messages: str = ""

    @property
    def hazards(self) -> Iterator[tuple[str, str]]:
        """The known hazards of its dialects: the name of each that has one, and what it is."""
        if self.dialect.hazard:
            yield self.dialect.name, self.dialect.hazard
        of_messages = message_dialect_named(self.messages) if self.messages else None
        if of_messages and of_messages.hazard:
            yield f"messages {of_messages.name}", of_messages.hazard

    @property
    def complete(self) -> bool:
        """Nothing was left undecided."""
        return not self.undecided

    @property
    def unneeded(self) -> tuple[str, ...]:
        """The invariants that no obligation of this run needed."""
        used = {name for result in self.results for name in result.outcome.used}
        return tuple(sorted(self.invariants - used))

    @property
    def idle(self) -> tuple[str, ...]:
        """The guards and assumptions that no proof about the model needed; a contract of code may promise more."""
        proved = [r for r in self.results if r.verdict == Verdict.PROVED and about_model(r.obligation)]
        used = {name for result in proved for name in result.outcome.used}
        return tuple(sorted({name for result in proved for name in result.outcome.unused} - used - self.invariants))
