"""What can be named: claims, clauses, obligations, faults, dialects and so on, each a kind with its ids."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from functools import cache

from machine.formats import FORMATS, SECOND_STAGES
from model.spaces.dialect import DIALECTS
from model.spaces.invariants import INVARIANTS
from model.spaces.theory import ACTIONS
from model.theory import APPENDIX_A
from musigma_docs.base.numbered import numbers
from proofs.audits.spaces import ALL_CONDITIONS
from proofs.faults.catalogue.catalogue import CATALOGUE
from proofs.paper.claims import CLAIMS
from proofs.paper.clauses import CLAUSES
from proofs.registry import known

KINDS = (
    "claim",
    "clause",
    "obligation",
    "fault",
    "dialect",
    "condition",
    "invariant",
    "action",
    "definition",
    "format",
    "rule",
)

DEFINITIONS = (*APPENDIX_A.symbols, "parent")


@cache
def ids(kind: str) -> Collection[str]:
    """Every id of a kind."""
    found: dict[str, Iterable[str]] = {
        "claim": CLAIMS,
        "clause": CLAUSES,
        "obligation": known(),
        "fault": CATALOGUE,
        "dialect": DIALECTS,
        "condition": (condition.name for condition in ALL_CONDITIONS),
        "invariant": INVARIANTS,
        "action": ACTIONS,
        "definition": DEFINITIONS,
        "format": (format.name for format in (*FORMATS, *SECOND_STAGES)),
        "rule": map(str, numbers().values()),
    }
    return tuple(found[kind])


def unknown(kind: str, name: str) -> str:
    """What to say of an id that does not exist."""
    close = get_close_matches(name, ids(kind), n=3, cutoff=0.5)
    return f"there is no {kind} {name!r}" + (f"; did you mean {', '.join(close)}?" if close else "")
