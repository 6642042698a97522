"""Suggested invariants as text: what is lacking, code to paste, and which counterexamples it rules out."""

from collections.abc import Iterable, Iterator

from model.running.evaluate import Structure, UnsupportedTermError, compile_term
from model.servers.templates import Candidate
from model.servers.theory import SubsystemTheory
from proofs.obligation import Obligation
from proofs.result import Result
from proofs.servers.suggestion import Suggestion


def suggestion_lines(found: Suggestion) -> Iterator[str]:
    """The suggestions, line by line: what is needed as code to paste, all else by name."""
    inductive = len(found.needed) + len(found.further)
    yield f"{found.subsystem}: {found.tried} candidates; {inductive} are inductive with what is there, and say more"
    if not found.complete:
        yield "a solver did not answer in time, so that some may have fallen for want of an answer"
    if not found.lacking:
        yield "nothing is lacking: each invariant is kept by every move as the description stands"
    proved = [name for name in found.lacking if name not in found.still]
    if proved:
        yield f"from these follows what was not inductive: {', '.join(proved)}; paste them, and prove again"
    for each in found.needed:
        yield from ("", *each.code.splitlines())
    if found.still:
        yield ""
        yield f"no candidate helps {', '.join(found.still)}: what rules the counterexample out is no template's"
    if found.further:
        yield ""
        yield "inductive as well:"
        for each in found.further:
            yield from ("", *each.code.splitlines())


def ruled_out_lines(of: SubsystemTheory, results: Iterable[Result], some: Iterable[Candidate]) -> Iterator[str]:
    """For each counterexample to induction the candidates that do not hold in it."""
    chosen = list(some)
    for result in results:
        if isinstance(result.obligation, Obligation) and result.counterexample:
            names = [each.name for each in chosen if _fails(of, each, result.counterexample.structure)]
            yield f"{result.obligation.id}: " + (f"ruled out by {', '.join(names)}" if names else "ruled out by none")


def _fails(of: SubsystemTheory, candidate: Candidate, structure: Structure) -> bool:
    """Whether the candidate is false of the state; one of symbols that the state leaves open is not."""
    try:
        return not compile_term(candidate.formula(of.seen(of.theory.before)))(structure)[0]
    except UnsupportedTermError:
        return False
