"""Conditions as files: one SMT-LIB 2 file each, and cvc5's proof beside those outside the decidable fragment."""

import re
from collections.abc import Sequence
from pathlib import Path

from proofs.engines.smt.cvc5_solver import proof_of
from proofs.engines.smt.outcome import Outcome, Settings
from proofs.engines.terms.fragment import outside_of_fragment
from proofs.engines.terms.smtlib import smtlib
from proofs.input.extension import theory_of
from proofs.obligation import Condition
from proofs.verdict import Verdict

_STATUS = {Verdict.PROVED: "unsat", Verdict.UNPROVED: "sat"}


def file_name(obligation: str, number: int, of: int, dialect: str) -> str:
    """The file of a condition of an obligation.

    >>> file_name("map__preserves__forest", 1, 1, "canonical without not-itself")
    'canonical-without-not-itself.map__preserves__forest.smt2'
    """
    part = f".{number}" if of > 1 else ""
    return re.sub(r"[^\w.-]+", "-", f"{dialect}.{obligation}{part}.smt2".replace(" ", "-"))


def export(
    settings: Settings, obligation: str, dialect: str, conditions: Sequence[Condition], outcome: Outcome
) -> None:
    """Write the conditions into the folder that the settings name.

    The status in a file is what it is expected to be by the outcome; of several conditions, one of which failed, it
    is not known which of the others would hold.

    :raises OSError: a file cannot be written.
    """
    folder = Path(settings.export)
    folder.mkdir(parents=True, exist_ok=True)
    status = _STATUS.get(outcome.verdict, "unknown")
    if status == "sat" and len(conditions) > 1:
        status = "unknown"
    provable = theory_of(settings.theory).registry.get(obligation)
    for number, condition in enumerate(conditions, 1):
        path = folder / file_name(obligation, number, len(conditions), dialect)
        clause = provable.claim if provable else ""
        about = f"musigma, dialect {dialect}: {provable.sentence if provable else obligation}"
        text = smtlib(condition, name=obligation, clause=clause, status=status, about=about)
        path.write_text(text + "\n", encoding="utf-8")
        if settings.proofs and outcome.verdict == Verdict.PROVED and outside_of_fragment(condition):
            _write_proof(path.with_suffix(".proof"), condition, settings)


def _write_proof(path: Path, condition: Condition, settings: Settings) -> None:
    try:
        proof = proof_of(smtlib(condition), settings.seconds, settings.seed)
    except ValueError as error:
        proof = f"; {error}"
    path.write_text(proof + "\n", encoding="utf-8")
