"""Obligations of several theories in one run: of address spaces, messages, ranges, many cores, ownership.

Each theory has inductive invariants of its own, which nothing in another may use. So each is proved by itself, with the
same workers, and the results come together. The verdict on a message or a range names the dialect of these as well.
"""

from collections.abc import Iterable
from dataclasses import replace

from model.ownership.readings import OWNERSHIP
from model.spaces.dialect import Dialect
from proofs.engines.pool import Workers
from proofs.input.extension import CORES, MESSAGES, RANGES, theory_of
from proofs.obligation import Obligation, Provable
from proofs.obligations.cores.inventory import protocol_of
from proofs.obligations.messages.each import PREFIX
from proofs.obligations.ranges.each import PREFIX as OF_RANGES
from proofs.prove import OnResult, nothing, prove
from proofs.registry import known
from proofs.result import Result, Run
from proofs.two_runs import TwoRuns


def is_of_messages(obligation: Provable) -> bool:
    """Return whether an obligation speaks of threads and messages."""
    return isinstance(obligation, Obligation | TwoRuns) and obligation.id.startswith(PREFIX)


def is_of_ranges(obligation: Provable) -> bool:
    """Return whether an obligation speaks of the theory of ranges."""
    return isinstance(obligation, Obligation) and obligation.id.startswith(OF_RANGES)


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
    groups: dict[str, list[Provable]] = {}
    for obligation in chosen:
        groups.setdefault(theory_source(obligation, messages, ranges), []).append(obligation)
    if list(groups) in ([], [""]):
        return prove(dialect, chosen, workers, on_result, induction=induction)
    runs, results, fallen = [], dict[str, Result](), set[str]()
    for source in sorted(groups):
        named = _named_after(dialect, source)
        own = replace(workers, settings=replace(workers.settings, theory=source)) if source else workers

        def settle(result: Result, name: str = named) -> None:
            on_result(replace(result, dialect=name))

        runs.append(prove(dialect, groups[source], own, settle, induction=induction))
        fallen |= theory_of(own.settings.theory).every_invariant - runs[-1].invariants
        results |= {result.obligation.id: replace(result, dialect=named) for result in runs[-1].results}
    # Theories may have invariants of one name: it is inductive if it is so in each of them.
    invariants = frozenset[str]().union(*(run.invariants for run in runs)) - fallen
    in_order = tuple(results[obligation.id] for obligation in chosen)
    every = {theory_source(obligation, messages, ranges) for obligation in known().values()}
    whole = every <= groups.keys() and all(run.whole for run in runs)
    of_threads = messages if MESSAGES + messages in groups else ""
    return Run(dialect, in_order, invariants, whole=whole, messages=of_threads)


def theory_source(obligation: Provable, messages: str = "canonical", ranges: str = "canonical") -> str:
    """The source of the theory that an obligation speaks of; empty if it is that of the run."""
    if is_of_messages(obligation):
        return MESSAGES + messages
    if is_of_ranges(obligation):
        return RANGES + ranges
    if not isinstance(obligation, Obligation):
        return ""
    if obligation.theory.name.startswith(OWNERSHIP):  # by id a dialect cannot be told from one with a reading changed
        return obligation.theory.name
    protocol = protocol_of(obligation.id)
    return CORES + protocol.name if protocol else ""


def _named_after(dialect: Dialect, source: str) -> str:
    kind, _, name = source.partition(":")
    return f"{dialect.name}, {kind} {name}" if source else dialect.name
