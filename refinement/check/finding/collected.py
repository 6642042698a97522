"""What is said of a search that goes on past differences: what is new, what is known, and what that leaves unknown."""

from collections.abc import Sequence

from model.counting import counted
from refinement.check.finding.finding import Conformance
from refinement.statuses import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PASSED


def collected_status(verdict: Conformance, findings: Sequence[object], *, interrupted: bool = False) -> int:
    """0 if nothing but what is known differs and that rests on a whole scope, 1 if something does, else 3; or 130.

    :param verdict: *diverges* if only what is known differs.
    :param interrupted: the search was ended from outside.
    """
    if interrupted:
        return EXIT_INTERRUPTED
    if findings:
        return EXIT_FAILED
    return EXIT_PASSED if verdict in (Conformance.CONFORMS, Conformance.DIVERGES) else EXIT_INCOMPLETE


def collected_sentence(verdict: Conformance, first: str, findings: int, known: int, never_agreed: Sequence[str]) -> str:
    """The verdict in words.

    :param first: what the first of the findings is.
    :param known: how many known causes were met.
    :param never_agreed: kinds of operations of which all that would change something was passed over.

    >>> collected_sentence(Conformance.DIVERGES, "", 0, 2, ())
    'conforms but for 2 known causes'
    >>> collected_sentence(Conformance.UNDECIDED, "", 0, 1, ("lend",))
    'undecided: of lend nothing was seen but 1 known cause'
    """
    if findings:
        more = f", and {findings - 1} more" if findings > 1 else ""
        return f"{verdict.value}: {first}{more}"
    count = counted(known, "known cause")
    if never_agreed:
        return f"{verdict.value}: of {', '.join(never_agreed)} nothing was seen but {count}"
    said = "conforms" if collected_status(verdict, ()) == EXIT_PASSED else verdict.value
    return f"{said} but for {count}" if known else said
