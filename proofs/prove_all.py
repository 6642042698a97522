"""Obligations of several theories in one run: of address spaces, of threads and messages on top, and of ranges.

Each theory has inductive invariants of its own, which nothing in another may use. So each is proved by itself, with the
same workers, and the results come together. The verdict on a message or a range names the dialect of these as well.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from model.spaces.dialect import Dialect
from proofs.engines.pool import Workers
from proofs.extension import MESSAGES, RANGES
from proofs.obligation import Obligation, Provable
from proofs.obligations.messages.each import PREFIX
from proofs.obligations.ranges.each import PREFIX as OF_RANGES
from proofs.prove import OnResult, nothing, prove
from proofs.result import Result, Run
from proofs.two_runs import TwoRuns

OnNamed: TypeAlias = Callable[[Result], Result]


def is_of_messages(obligation: Provable) -> bool:
    """Whether an obligation speaks of threads and messages."""
    return isinstance(obligation, Obligation | TwoRuns) and obligation.id.startswith(PREFIX)


def is_of_ranges(obligation: Provable) -> bool:
    """Whether an obligation speaks of the theory of ranges."""
    return isinstance(obligation, Obligation) and obligation.id.startswith(OF_RANGES)


def _source(obligation: Provable, sources: Mapping[str, str]) -> str:
    """The theory that an obligation is of, by its source; empty for that of address spaces, and for code."""
    if is_of_messages(obligation):
        return sources[MESSAGES]
    return sources[RANGES] if is_of_ranges(obligation) else ""


def prove_all(
    dialect: Dialect,
    chosen: Iterable[Provable],
    workers: Workers,
    on_result: OnResult = nothing,
    *,
    induction: bool = False,
    messages: str = "canonical",
    ranges: str = "canonical",
) -> Run:
    """Discharge the chosen obligations of a dialect, each in its theory; see :func:`proofs.prove.prove`.

    :param messages: the dialect of messages whose obligations are among those chosen.
    :param ranges: the dialect of ranges whose obligations are among those chosen.
    """
    chosen = list(chosen)
    sources = {MESSAGES: MESSAGES + messages, RANGES: RANGES + ranges}
    names = {"": dialect.name} | {
        sources[kind]: f"{dialect.name}, {kind.removesuffix(':')} {name}"
        for kind, name in ((MESSAGES, messages), (RANGES, ranges))
    }
    by_source: dict[str, list[Provable]] = {source: [] for source in names}
    for obligation in chosen:
        by_source[_source(obligation, sources)].append(obligation)
    if len(by_source[""]) == len(chosen):
        return prove(dialect, chosen, workers, on_result, induction=induction)
    results: dict[str, Result] = {}
    runs: list[Run] = []
    for source, mine in by_source.items():
        if not mine:
            continue
        own = replace(workers, settings=replace(workers.settings, theory=source)) if source else workers

        def named(result: Result, name: str = names[source]) -> Result:
            return replace(result, dialect=name)

        def tell(result: Result, named: OnNamed = named) -> None:
            on_result(named(result))

        run = prove(dialect, mine, own, tell, induction=induction)
        results |= {result.obligation.id: named(result) for result in run.results}
        runs.append(run)
    invariants = frozenset[str]().union(*(run.invariants for run in runs))
    in_order = tuple(results[obligation.id] for obligation in chosen)
    whole = len(runs) == len(names) and all(run.whole for run in runs)
    spoken = messages if by_source[sources[MESSAGES]] else ""
    return Run(dialect, in_order, invariants, whole=whole, messages=spoken)
