"""Verdicts and exit statuses. Only a pass is a pass: whatever else happened has a verdict of its own."""

from collections.abc import Sequence
from enum import Enum

from refinement.statuses import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_PASSED

__all__ = [
    "EXIT_ALARM",
    "EXIT_FAILED",
    "EXIT_INCOMPLETE",
    "EXIT_INTERNAL",
    "EXIT_INTERRUPTED",
    "EXIT_PASSED",
    "EXIT_UNREAD",
    "EXIT_USAGE",
    "EXIT_WORSE",
    "Verdict",
    "exit_status",
]


class Verdict(Enum):
    """The verdict on an obligation, with the kind of evidence in its name."""

    PROVED = "proved"  # unbounded, by every solver asked, with satisfiable hypotheses
    WITNESSED = "witnessed"  # possible: shown by a trace from the initial state
    EXHAUSTED = "exhausted"  # not inductive, but no counterexample in any reachable state of the stated scopes
    REFUTED = "refuted"  # a trace from the initial state ends in a counterexample
    UNPROVED = "unproved"  # the solver has a counterexample, and no search has ruled it out or reached it
    VACUOUS = "vacuous"  # the hypotheses contradict each other, so that anything follows
    DISAGREEMENT = "disagreement"  # an alarm: two solvers, or two runs of one, contradict each other
    UNKNOWN = "unknown"  # a solver gave up, or time ran out before anything was decided
    ERROR = "error"  # the tool failed
    NOT_CLAIMED = "not claimed"  # the dialect does not have what the obligation speaks of

    @property
    def passed(self) -> bool:
        """Whether this verdict is what an obligation asks for."""
        return self in (Verdict.PROVED, Verdict.WITNESSED)


EXIT_USAGE = 2  # the command was called wrongly
EXIT_ALARM = 4  # solvers contradict each other: trust no verdict of this run
EXIT_WORSE = 5  # everything asked for is proved, but a verdict is worse than in the report it is compared with
EXIT_UNREAD = 141  # nobody reads the output any more; what a shell says of a command that SIGPIPE ended


def exit_status(verdicts: Sequence[Verdict]) -> int:
    """The exit status of a run with these verdicts; a run that decided nothing has not passed.

    >>> exit_status([Verdict.PROVED]), exit_status([Verdict.PROVED, Verdict.UNKNOWN]), exit_status([])
    (0, 3, 3)
    >>> exit_status([Verdict.REFUTED, Verdict.DISAGREEMENT])
    4
    """
    if verdicts and all(verdict.passed for verdict in verdicts):
        return EXIT_PASSED
    if Verdict.DISAGREEMENT in verdicts:
        return EXIT_ALARM
    undecided = not verdicts or any(v in (Verdict.UNKNOWN, Verdict.ERROR) for v in verdicts)
    failed = any(v in (Verdict.REFUTED, Verdict.EXHAUSTED, Verdict.UNPROVED, Verdict.VACUOUS) for v in verdicts)
    return EXIT_INCOMPLETE if undecided and not failed else EXIT_FAILED
