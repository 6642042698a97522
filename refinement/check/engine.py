"""Check a target against a dialect, and replay a trace on it. Both return a value and print nothing."""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext

from model.dialect import CANONICAL, Dialect
from refinement.check import isolation
from refinement.check.bench import Probe
from refinement.check.calls import Call
from refinement.check.finding import Finding, Verdict, failure_of
from refinement.check.report import CheckReport, situations_named
from refinement.check.search import FEWEST, SMALLEST, Search
from refinement.check.shrink import Trial, shrink
from refinement.check.target import Target
from refinement.check.zygote import Limits, Order


def check(
    target: Target,
    dialect: Dialect = CANONICAL,
    *,
    seconds: float = 30.0,
    seed: int | None = None,
    jobs: int = 1,
    limits: Limits = Limits(),
    shrinking: float = 20.0,
    executor: Executor | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> CheckReport:
    """Whether a target agrees with the model under a dialect, as far as it was searched.

    :param seconds: for the search; the first piece of each phase is done whatever it takes.
    :param seed: of the random programs; drawn if not given.
    :param jobs: how many processes run the target at a time.
    :param shrinking: seconds to look for a shortest trace.
    :param executor: where jobs run; by default in threads here, each with processes of its own.
    :param tell: called with a line for each piece of the search.
    :raises TargetError: the target does not have the interface.
    """
    begun = time.monotonic()
    seed = secrets.randbelow(1 << 32) if seed is None else seed
    with ThreadPoolExecutor(jobs) if executor is None else nullcontext(executor) as pool:
        probe = pool.submit(isolation.perform, Order(target, Probe(), limits)).result()
        search = Search(target, dialect, limits, seconds, seed, pool, jobs, tell)
        failure = failure_of(probe)
        views: tuple[str, ...] = ()
        finding: Finding | None
        if failure is not None:
            finding = Finding(failure, probe.journal, dialect.name, "loading", shortest="it does not load")
        else:
            views = ("lookup", "lookup_hw") if probe.value["has"][Call.LOOKUP_HW] else ("lookup",)
            finding = search.run()
            if finding is not None and finding.shortest == "":
                tell(f"found: {finding.failure.sentence}; looking for a shortest trace")
                trial = Trial(target, dialect.readings, limits, search.perform)
                finding = shrink(trial, finding, shrinking)
    return CheckReport(
        target=str(target),
        dialect=dialect,
        verdict=_verdict(search, finding),
        finding=finding,
        phases=tuple(search.phases),
        seed=seed,
        seconds=time.monotonic() - begun,
        views=views,
        situations=situations_named([int(count) for count in search.situations]),
        remarks=tuple(search.remarks),
    )


def _verdict(search: Search, finding: Finding | None) -> Verdict:
    """Conforming takes all of the first sequences, and random programs besides."""
    if finding is not None:
        return finding.failure.verdict
    first = [phase for phase in search.phases if phase.name == f"sequences of {FEWEST} over {SMALLEST}"]
    walked = [phase for phase in search.phases if phase.kind == "random" and phase.operations]
    return Verdict.CONFORMS if first and all(p.complete for p in first) and walked else Verdict.UNDECIDED
