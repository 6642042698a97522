"""The audit: each claim of the paper × each dialect, and whether each side condition is needed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from model.ranges.readings import CANONICAL_RANGES, NO_CROSSING
from model.spaces.dialect import CANONICAL, CONDITIONS, DIALECTS, Dialect, SideCondition
from proofs.any_dialect import the_same_everywhere
from proofs.engines.pool import Workers
from proofs.engines.smt.outcome import Outcome
from proofs.obligation import Provable
from proofs.obligations.code import CodeObligation
from proofs.obligations.ranges.inventory import of_ranges
from proofs.paper.claims import CLAIMS
from proofs.prove import prove
from proofs.prove_all import prove_all
from proofs.registry import registry
from proofs.result import Result, Run
from proofs.two_runs import about_model
from proofs.verdict import Verdict

# The worst first: a claim is as good as the worst of its obligations.
_ORDER = (
    Verdict.DISAGREEMENT,
    Verdict.ERROR,
    Verdict.VACUOUS,
    Verdict.REFUTED,
    Verdict.UNKNOWN,
    Verdict.UNPROVED,
    Verdict.EXHAUSTED,
    Verdict.WITNESSED,
    Verdict.PROVED,
)


ALL_CONDITIONS = (*CONDITIONS, NO_CROSSING)


@dataclass(frozen=True, slots=True)
class AuditCell:
    """The state of a claim in a dialect, as far as it is known.

    ``decisive`` is the obligation that decides it: the one refuted by the shortest trace, or the first that is not
    proved. ``results`` are those of all its obligations that the dialect claims.
    """

    claim: str
    dialect: str
    verdict: Verdict
    reason: str
    decisive: Result | None
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Necessity:
    """The consequence of dropping one side condition of the canonical dialect.

    ``refuted`` are the results refuted by a trace, shortest first. With none, and everything proved, the condition is
    not needed.
    """

    condition: SideCondition
    run: Run
    refuted: tuple[Result, ...]

    @property
    def claims(self) -> tuple[str, ...]:
        """The claims C1 to C12 that fail without the condition."""
        failed = {result.obligation.claim for result in self.refuted}
        return tuple(claim for claim in CLAIMS if claim in failed)

    @property
    def clauses(self) -> tuple[str, ...]:
        """The other clauses of the paper that fail without the condition."""
        return tuple(sorted({result.obligation.claim for result in self.refuted} - set(CLAIMS)))

    @property
    def sentence(self) -> str:
        """What follows for the condition."""
        undecided = [result for result in self.run.results if not _settled(result)]
        if self.refuted:
            return "needed for " + ", ".join((*self.claims, *self.clauses))
        if undecided:
            return f"not decided: {undecided[0].obligation.id} is {undecided[0].verdict.value}"
        return "not needed: everything is proved without it"


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit; ``left`` are the dialects that an interrupt left out, those without a side condition among them."""

    cells: tuple[AuditCell, ...]
    necessities: tuple[Necessity, ...]
    left: tuple[str, ...] = ()

    def cell(self, claim: str, dialect: str) -> AuditCell:
        """The cell of a claim and a dialect."""
        return next(cell for cell in self.cells if (cell.claim, cell.dialect) == (claim, dialect))


def undecided(audit: Audit) -> list[Result]:
    """The results of an audit that the tool owes an answer for; where a cell is unproved, the one that decides it."""
    results = [result for cell in audit.cells for result in cell.results]
    results += [result for necessity in audit.necessities for result in necessity.run.results]
    owed = (Verdict.UNKNOWN, Verdict.ERROR, Verdict.VACUOUS, Verdict.DISAGREEMENT)
    unproved = [cell.decisive for cell in audit.cells if cell.verdict == Verdict.UNPROVED and cell.decisive]
    return [result for result in results if result.verdict in owed] + unproved


def _settled(result: Result) -> bool:
    return result.verdict.passed or result.verdict in (Verdict.REFUTED, Verdict.NOT_CLAIMED)


def cell_of(claim: str, dialect: Dialect, results: Sequence[Result]) -> AuditCell:
    """What the results say of a claim in a dialect."""
    mine = tuple(r for r in results if r.obligation.claim == claim and r.verdict != Verdict.NOT_CLAIMED)
    if not mine:
        return AuditCell(claim, dialect.name, Verdict.NOT_CLAIMED, _why_not_claimed(claim, dialect), None, ())
    decisive = min(mine, key=lambda r: (_ORDER.index(r.verdict), r.steps))
    verdict = Verdict.PROVED if decisive.verdict.passed else decisive.verdict
    return AuditCell(claim, dialect.name, verdict, decisive.reason, decisive, mine)


def claimed() -> list[Provable]:
    """What stands for a claim: the model's obligations, and of the kernel's code those for C5 and C12."""
    return [
        obligation
        for obligation in registry().values()
        if obligation.claim in (CLAIMS if about_model(obligation) else ("C5", "C12"))
    ]


def _why_not_claimed(claim: str, dialect: Dialect) -> str:
    if not any(obligation.claim == claim for obligation in registry().values()):
        return "no obligation stands for this claim yet"
    if claim == "C6":
        return f"{dialect.name} has no grant"
    if claim in ("C5", "C12"):
        return f"no mapping tree of ours implements {dialect.name}"
    return f"{dialect.name} does not have what the claim speaks of"


def _without(condition: SideCondition) -> str:
    """What the canonical dialect is called when it lacks the condition."""
    if condition is NO_CROSSING:
        return f"{CANONICAL.name}, ranges {CANONICAL_RANGES.reading(**condition.dropped).name}"
    return CANONICAL.without(condition.name).name


def _run_without(condition: SideCondition, workers: Workers) -> Run:
    """What is proved without the condition; of ranges, which invariants stay."""
    if condition is NO_CROSSING:
        ranges = CANONICAL_RANGES.reading(**condition.dropped)
        chosen = [obligation for obligation in of_ranges(ranges).values() if obligation.invariant]
        return prove_all(CANONICAL, chosen, workers, ranges=ranges.name)
    weaker = CANONICAL.without(condition.name)
    return prove(weaker, (o for o in registry().values() if about_model(o)), workers)


class _ProvedOfCode:
    """Results for one dialect after the other; what is proved of code, and the same everywhere, is proved once."""

    def __init__(self, workers: Workers, before: Mapping[str, Outcome]) -> None:
        """Begin with what is proved in the canonical dialect."""
        self._workers, self._in = workers, dict.fromkeys(before, CANONICAL.name)
        self._outcomes = dict(before)

    def results(self, dialect: Dialect) -> list[Result]:
        """What is known of all that stands for a claim, in the order of the obligations."""
        every = claimed()
        of_code = [o for o in every if isinstance(o, CodeObligation) and o.applies(dialect.readings)]
        known = {o.id for o in of_code if self._in.get(o.id) == dialect.name}
        elsewhere = [o.id for o in of_code if self._in.get(o.id, dialect.name) != dialect.name]
        known |= the_same_everywhere(self._workers, elsewhere)
        run = prove(dialect, [o for o in every if o.id not in known], self._workers)
        by_id = {result.obligation.id: result for result in run.results}
        for o in of_code:
            if o.id not in self._in and by_id[o.id].verdict == Verdict.PROVED:
                self._outcomes[o.id], self._in[o.id] = by_id[o.id].outcome, dialect.name
        return [Result(o, dialect.name, self._outcomes[o.id]) if o.id in known else by_id[o.id] for o in every]


def audit(
    workers: Workers,
    dialects: Iterable[Dialect] = tuple(DIALECTS.values()),
    conditions: Iterable[SideCondition] = ALL_CONDITIONS,
    proved_before: Mapping[str, Outcome] = MappingProxyType({}),
    on_dialect: Callable[[str, Audit], None] = lambda name, known: None,
) -> Audit:
    """Audit the claims in the dialects, and the conditions of the canonical dialect, that on ranges among them.

    What is proved of code in one dialect is not proved again in another in which it is the same.

    :param proved_before: what another run has proved in the canonical dialect; of it what is about code is taken over.
    :param on_dialect: called with the name of each dialect before it is worked on, and with what is known by then.
    """
    dialects, conditions = list(dialects), list(conditions)
    left = [*(dialect.name for dialect in dialects), *(_without(each) for each in conditions)]
    cells: tuple[AuditCell, ...] = ()
    necessities: tuple[Necessity, ...] = ()
    proved = _ProvedOfCode(workers, proved_before)
    for dialect in dialects:
        on_dialect(dialect.name, Audit(cells, necessities, tuple(left)))
        results = proved.results(dialect)
        cells += tuple(cell_of(claim, dialect, results) for claim in CLAIMS)
        left.remove(dialect.name)
    for condition in conditions:
        on_dialect(_without(condition), Audit(cells, necessities, tuple(left)))
        run = _run_without(condition, workers)
        refuted = sorted((r for r in run.results if r.verdict == Verdict.REFUTED), key=lambda r: r.steps)
        necessities += (Necessity(condition, run, tuple(refuted)),)
        left.remove(_without(condition))
    return Audit(cells, necessities)
