"""Obligations about code that are the same in every dialect, so that one proof is for all dialects that claim them."""

from collections.abc import Iterable
from typing import Any, NoReturn, cast

from model.spaces.dialect import Dialect
from proofs.engines.jobs import Job, JobFailed, run_jobs
from proofs.engines.pool import Workers
from proofs.obligations.code import CodeObligation
from proofs.registry import registry

LIMIT = 120.0  # seconds for the obligations about one function
UNDER_WAY = 4  # jobs scheduled at a time


class LookedAtError(Exception):
    """Somebody has looked at a dialect that says nothing."""


class NoDialect:
    """What stands for a dialect where nobody may look at it; whoever does gets an error. Each is another one."""

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse."""
        raise LookedAtError(name)

    def __eq__(self, other: object) -> bool:
        """Refuse, since the answer would tell one dialect from another."""
        raise LookedAtError("==")

    def __hash__(self) -> int:
        """Tell it from all that a cache may hold."""
        return id(self)

    def __bool__(self) -> NoReturn:
        """Refuse."""
        raise LookedAtError("bool")

    def __str__(self) -> NoReturn:
        """Refuse, for ``repr`` and formatting too."""
        raise LookedAtError("str")

    __repr__ = __str__


def is_the_same_everywhere(obligation: CodeObligation) -> bool:
    """Whether the conditions are made without a look at the dialect."""
    try:
        for _ in obligation.conditions(cast(Dialect, NoDialect()), frozenset()):
            pass
    except Exception:  # whatever went wrong, it is not shown
        return False
    return True


def those_that_are(names: Iterable[str]) -> tuple[str, ...]:
    """Those of some obligations that are the same everywhere."""
    every: dict[str, Any] = dict(registry())
    return tuple(name for name in names if is_the_same_everywhere(every[name]))


def the_same_everywhere(workers: Workers, names: Iterable[str]) -> frozenset[str]:
    """The same, by workers: those about one function by one, which executes it once."""
    units: dict[str, list[str]] = {}
    for name in names:
        units.setdefault(name.partition("__")[0], []).append(name)
    jobs = [Job(unit, those_that_are, (tuple(names),)) for unit, names in units.items()]
    ended = (found for _, found in run_jobs(workers.pool, jobs, LIMIT, UNDER_WAY))
    return frozenset(name for found in ended if not isinstance(found, JobFailed) for name in found)
