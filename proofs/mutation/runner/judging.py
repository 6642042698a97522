"""Judge the end of a mutant's process."""

import signal
from collections.abc import Sequence
from typing import Any

from proofs.mutation.record import Fate, MutantEnding
from proofs.mutation.runner.forks import Ended

SURE = 2.0  # seconds within which a test that has noticed a mutant is believed again: who waits for others is slower


def as_json(fate: Fate) -> dict[str, Any]:
    """A fate as JSON values."""
    return {
        "mutant": fate.mutant,
        "ending": fate.ending.value,
        "by": fate.by,
        "said": fate.said,
        "seconds": round(fate.seconds, 3),
    }


def asked_of(said: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The questions among what a process told."""
    return [told for told in said if "item" in told]


def is_doubtful(fate: Fate, took: float, passing: float, believed: bool) -> bool:
    """Whether a test may have noticed something else than the change: it is late, fails late, or is new to this.

    Who waits for others in vain fails when some time has passed, which is more than it takes to pass.

    :param took: seconds until it failed; ``passing``: seconds that it took with the right code.
    :param believed: it has noticed a mutant before, and the right code passed it then.
    """
    if fate.ending == MutantEnding.TEST:
        return took > max(SURE, passing) or not believed
    return fate.ending == MutantEnding.TIMEOUT


def judge(mutant: str, ended: Ended) -> tuple[Fate | None, bool, int]:
    """Judge a mutant by the end of its process."""
    last: dict[str, Any] = ended.said[-1] if ended.said else {}

    def fate(ending: MutantEnding, by: str = "", said: str = "") -> tuple[Fate, bool, int]:
        return Fate(mutant, ending, by, said, ended.seconds), False, 0

    if last.get("end") == "stale" or (last.get("end") == "survived" and last.get("fresh")):
        return None, True, 0
    if "end" in last:
        return fate(MutantEnding(last["end"]), last.get("by", ""), last.get("said", ""))
    asked = next(reversed(asked_of(ended.said)), None)
    if asked is None:
        return fate(MutantEnding.ERROR, said=last.get("error", f"the process ended with status {ended.status}"))
    if asked["proof"]:  # neither a limit nor a crash of a solver is a kill: the others are asked
        return None, False, asked["number"] + 1
    if ended.late or ended.status == -signal.SIGPROF:
        return fate(MutantEnding.TIMEOUT, asked["item"], f"stopped after {ended.seconds:.0f} seconds")
    if ended.status == -9:
        return fate(MutantEnding.ERROR, asked["item"], "the process was killed from outside")
    return fate(MutantEnding.TEST, asked["item"], last.get("error", f"the process ended with status {ended.status}"))
