"""The audit of protocols of many cores: each condition of each step dropped alone, and what no longer holds then."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from model.cores.invariants import ALIKE, SAFE
from model.cores.readings import Protocol
from model.cores.theories import conditions, theory_of_cores
from model.cores.trace import CoreTrace
from model.spaces.dialect import CANONICAL
from proofs.core_areas import shortest_of
from proofs.engines.pool import Workers
from proofs.engines.smt.outcome import Outcome
from proofs.extension import CORES, theory_of
from proofs.inductive import inductive_invariants
from proofs.obligation import Obligation
from proofs.obligations.cores.inventory import of_protocol, prefix
from proofs.verdict import Verdict


class Needed(Enum):
    """What a condition of a step is needed for."""

    BY_PROGRAMS = "needed"
    BY_PROOF = "needed for the proof: no violation was found on the machines searched"
    NOT = "not needed: all that a program notices is proved without it"
    OPEN = "not decided"


@dataclass(frozen=True, slots=True)
class Dropped:
    """What happens when a step of a protocol does not ask for one condition.

    :param outcomes: of the obligations that speak of what programs notice, by id.
    :param trace: a shortest way to a step that violates one of them; None if there is none where it was looked for.
    :param searched: where that was.
    """

    protocol: Protocol
    action: str
    condition: str
    outcomes: Mapping[str, Outcome]
    trace: CoreTrace | None
    searched: tuple[str, ...]

    @property
    def undecided(self) -> tuple[str, ...]:
        """The obligations that the tool owes an answer for."""
        owed = (Verdict.PROVED, Verdict.UNPROVED)
        return tuple(name for name, outcome in self.outcomes.items() if outcome.verdict not in owed)

    @property
    def needed(self) -> Needed:
        """What for."""
        if self.trace is not None:
            return Needed.BY_PROGRAMS
        if self.undecided:
            return Needed.OPEN
        proved = all(outcome.verdict == Verdict.PROVED for outcome in self.outcomes.values())
        return Needed.NOT if proved else Needed.BY_PROOF

    @property
    def sentence(self) -> str:
        """What follows for the condition.

        One that is not needed keeps a step from being taken where it would do nothing, or no harm.
        """
        if self.trace is not None:
            name = self.trace.obligation.removeprefix(prefix(self.protocol))
            steps = len(self.trace.operations)
            return f"needed: {name} does not hold after {steps} step{'' if steps == 1 else 's'}"
        if self.needed == Needed.OPEN:
            name = self.undecided[0]
            return f"not decided: {name} is {self.outcomes[name].verdict.value}"
        return str(self.needed.value)


@dataclass(frozen=True, slots=True)
class CoreAudit:
    """The audit; ``left`` are protocols without a condition that an interrupt left out."""

    dropped: tuple[Dropped, ...]
    left: tuple[str, ...] = ()


def is_noticed(obligation: Obligation[Any, Any]) -> bool:
    """Whether an obligation speaks of what cores use, and not of what a protocol keeps for itself."""
    return not obligation.sometimes and (not obligation.invariant or obligation.invariant in (SAFE, ALIKE))


def audit_cores(
    protocols: Iterable[Protocol],
    workers: Workers,
    on_condition: Callable[[str, CoreAudit], None] = lambda name, known: None,
) -> CoreAudit:
    """Drop each condition of each step of the protocols, alone, and ask for all that a program notices.

    :param on_condition: called with the name of each weaker protocol before it is worked on, and with what is known.
    """
    weaker = [(each, *dropped) for each in protocols for dropped in conditions(each)]
    left = [protocol.without(*dropped).name for protocol, *dropped in weaker]
    found: tuple[Dropped, ...] = ()
    for protocol, action, condition in weaker:
        on_condition(left[0], CoreAudit(found, tuple(left)))
        found += (without(protocol, action, condition, workers),)
        left.pop(0)
    return CoreAudit(found)


def without(protocol: Protocol, action: str, condition: str, workers: Workers) -> Dropped:
    """What a protocol is without one condition."""
    weaker = protocol.without(action, condition)
    obligations = {each.id: each for each in of_protocol(weaker).values() if is_noticed(each)}
    source = CORES + weaker.name
    own = replace(workers, settings=replace(workers.settings, theory=source))
    inductive = inductive_invariants(CANONICAL, own, theory_of(source))
    known = {name: outcome for name, outcome in inductive.outcomes.items() if name in obligations}
    rest = [name for name in obligations if name not in known]
    asked = {**known, **dict(own.discharge(rest, CANONICAL.name, inductive.assumed))}
    outcomes = {name: inductive.judged(each, asked[name]) for name, each in obligations.items()}
    fallen = [obligations[name] for name, outcome in outcomes.items() if outcome.verdict != Verdict.PROVED]
    if not fallen:
        return Dropped(protocol, action, condition, outcomes, None, ())
    looked = shortest_of(theory_of_cores(weaker), fallen)
    trace = None
    if looked.obligation is not None and looked.scope is not None:
        shows = f"{looked.obligation.id} ({looked.obligation.claim}) does not hold"
        trace = CoreTrace(weaker.name, looked.scope, looked.steps, shows, looked.obligation.id)
    return Dropped(protocol, action, condition, outcomes, trace, looked.searched)
