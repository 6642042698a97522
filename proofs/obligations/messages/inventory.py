"""All that is to be proved of threads and messages, in one of their dialects."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain
from types import MappingProxyType

from model.messages.readings import CANONICAL_MESSAGES, MessageDialect
from model.messages.theories import theory_of_messages
from model.messages.vocabulary import System
from model.theory import Theory
from proofs.obligation import Provable
from proofs.obligations.messages import calls, channel, consent, effects, preservation, threads, two_runs


def obligations(theory: Theory[System], dialect: MessageDialect) -> Iterator[Provable]:
    """All obligations about a theory of threads and messages, a faulty one perhaps."""
    yield from chain(preservation.obligations(theory), _others(theory, dialect))


def _others(theory: Theory[System], dialect: MessageDialect) -> Iterator[Provable]:
    """All but that invariants are preserved."""
    readings = dialect.readings
    yield from chain(
        consent.obligations(theory),
        channel.obligations(theory),
        threads.obligations(theory),
        calls.obligations(theory),
        effects.obligations(theory, readings),
        effects.possible(theory, readings),
        two_runs.respect(theory, readings),
        two_runs.two_runs(theory, readings),
    )


def may_be_of(claim: str, dialect: MessageDialect) -> bool:
    """Return whether an obligation of the dialect may be of the claim: told sooner than all of them are made."""
    theory = theory_of_messages(dialect)
    return any(each.claim == claim for each in chain(preservation.of_everything(theory), _others(theory, dialect)))


@cache
def of_messages(dialect: MessageDialect = CANONICAL_MESSAGES) -> Mapping[str, Provable]:
    """The obligations of a dialect by id.

    :raises ValueError: two have the same id.
    """
    found: dict[str, Provable] = {}
    for obligation in obligations(theory_of_messages(dialect), dialect):
        if obligation.id in found:
            raise ValueError(f"two obligations are called {obligation.id}")
        found[obligation.id] = obligation
    return MappingProxyType(found)
