"""Obligations of several theories in one run: those of address spaces, and those of threads and messages on top.

Each theory has inductive invariants of its own, which nothing in another may use. So each is proved by itself, with the
same workers, and the results come together. The verdict on a message names the dialect of messages as well.
"""

from collections.abc import Iterable
from dataclasses import replace

from model.spaces.dialect import Dialect
from proofs.engines.pool import Workers
from proofs.extension import MESSAGES
from proofs.obligation import Obligation, Provable
from proofs.obligations.messages.each import PREFIX
from proofs.prove import OnResult, nothing, prove
from proofs.result import Result, Run
from proofs.two_runs import TwoRuns


def is_of_messages(obligation: Provable) -> bool:
    """Whether an obligation speaks of threads and messages."""
    return isinstance(obligation, Obligation | TwoRuns) and obligation.id.startswith(PREFIX)


def prove_all(
    dialect: Dialect,
    chosen: Iterable[Provable],
    workers: Workers,
    on_result: OnResult = nothing,
    *,
    induction: bool = False,
    messages: str = "canonical",
) -> Run:
    """Discharge the chosen obligations of a dialect, each in its theory; see :func:`proofs.prove.prove`.

    :param messages: the dialect of messages whose obligations are among those chosen.
    """
    chosen = list(chosen)
    of_threads = [obligation for obligation in chosen if is_of_messages(obligation)]
    others = [obligation for obligation in chosen if not is_of_messages(obligation)]
    if not of_threads:
        return prove(dialect, others, workers, on_result, induction=induction)
    name = f"{dialect.name}, messages {messages}"

    def named(result: Result) -> Result:
        return replace(result, dialect=name)

    own = replace(workers, settings=replace(workers.settings, theory=MESSAGES + messages))
    runs = [prove(dialect, others, workers, on_result, induction=induction)] if others else []
    runs.append(prove(dialect, of_threads, own, lambda result: on_result(named(result)), induction=induction))
    results = {result.obligation.id: result for run in runs[:-1] for result in run.results}
    results |= {result.obligation.id: named(result) for result in runs[-1].results}
    invariants = frozenset[str]().union(*(run.invariants for run in runs))
    in_order = tuple(results[obligation.id] for obligation in chosen)
    whole = len(runs) == 2 and all(run.whole for run in runs)
    return Run(dialect, in_order, invariants, whole=whole, messages=messages)
