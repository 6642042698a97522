"""Liedtke's model of address spaces (grant, map, flush): proved, executed, and compared with yours.

The public face: what the commands do, as functions whose results print well, and the names that go with them. Each name
is imported when it is first used, so that ``import musigma`` costs next to nothing. What files of one's own are written
with is in modules: :mod:`musigma.theory`, :mod:`musigma.formats`; what runs, in :mod:`musigma.literal`,
:mod:`musigma.kernel` and :mod:`musigma.searches`; what draws, in :mod:`musigma.pictures`.

>>> import musigma
>>> print(musigma.counterexample("not-itself"))  # doctest: +ELLIPSIS
Violated: ...
"""

import musigma.early  # noqa: F401, I001  before all that takes time

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.scope import Scope as Scope
    from model.spaces.dialect import CANONICAL as CANONICAL
    from model.spaces.dialect import CONDITIONS as CONDITIONS
    from model.spaces.dialect import DIALECTS as DIALECTS
    from model.spaces.dialect import Dialect as Dialect
    from model.spaces.dialect import Passing as Passing
    from model.spaces.dialect import Readings as Readings
    from model.spaces.operation import Operation as Operation
    from model.theory import Theory as Theory
    from model.trace import Trace as Trace
    from musigma.checks import Check as Check
    from musigma.checks import Monitored as Monitored
    from musigma.checks import Race as Race
    from musigma.checks import Replay as Replay
    from musigma.experiments import Costs as Costs
    from musigma.experiments import costs as costs
    from musigma.results import Attacks as Attacks
    from musigma.results import Audit as Audit
    from musigma.results import Proof as Proof
    from musigma.results import Suggestions as Suggestions
    from musigma.runs import attack as attack
    from musigma.runs import audit as audit
    from musigma.runs import counterexample as counterexample
    from musigma.runs import explore as explore
    from musigma.runs import prove as prove
    from musigma.runs import suggest as suggest
    from musigma.targets import check as check
    from musigma.targets import monitor as monitor
    from musigma.targets import race as race
    from musigma.targets import replay as replay
    from musigma.traces import Counterexample as Counterexample
    from musigma.traces import Exploration as Exploration
    from musigma.walks import Walk as Walk
    from musigma.walks import walk as walk
    from proofs.verdict import Verdict as Verdict
    from refinement.check import TargetError as TargetError
    from refinement.check import ToolError as ToolError

# Where each public name is defined.
_PLACES = {
    "prove": "musigma.runs",
    "counterexample": "musigma.runs",
    "attack": "musigma.runs",
    "suggest": "musigma.runs",
    "explore": "musigma.runs",
    "check": "musigma.targets",
    "race": "musigma.targets",
    "monitor": "musigma.targets",
    "audit": "musigma.runs",
    "replay": "musigma.targets",
    "costs": "musigma.experiments",
    "walk": "musigma.walks",
    "Scope": "model.scope",
    "Dialect": "model.spaces.dialect",
    "Readings": "model.spaces.dialect",
    "Passing": "model.spaces.dialect",
    "CANONICAL": "model.spaces.dialect",
    "CONDITIONS": "model.spaces.dialect",
    "DIALECTS": "model.spaces.dialect",
    "Theory": "model.theory",
    "Operation": "model.spaces.operation",
    "Trace": "model.trace",
    "Verdict": "proofs.verdict",
    "Proof": "musigma.results",
    "Counterexample": "musigma.traces",
    "Attacks": "musigma.results",
    "Suggestions": "musigma.results",
    "Exploration": "musigma.traces",
    "Audit": "musigma.results",
    "Check": "musigma.checks",
    "Race": "musigma.checks",
    "Monitored": "musigma.checks",
    "Replay": "musigma.checks",
    "Costs": "musigma.experiments",
    "Walk": "musigma.walks",
    "TargetError": "refinement.check",
    "ToolError": "refinement.check",
}

__all__ = [*_PLACES]


def __getattr__(name: str) -> Any:
    """Import a public name.

    :raises ShadowedError: a foreign package is found instead of one of the project's.
    """
    if name not in _PLACES:
        raise AttributeError(f"module 'musigma' has no attribute {name!r}")
    from musigma.shadowing import refuse_foreign

    refuse_foreign()
    value = globals()[name] = getattr(import_module(_PLACES[name]), name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *_PLACES]
