"""Find what a user asks for by a name and a file: a theory, and which of its obligations."""

from functools import cache
from pathlib import Path

from z3 import BoolVal

from model.ownership.readings import OWNERSHIP
from model.servers.description import DescriptionError, Role, marked, place_of
from model.servers.theory import SubsystemTheory
from model.spaces.dialect import CANONICAL
from proofs.engines.terms.fragment import outside_of_fragment
from proofs.input.described import absolute, names_a_subsystem, subsystem
from proofs.input.extension import Specification, theory_of
from proofs.input.theory_file import ExtensionError
from proofs.obligation import Condition
from proofs.vacuous import check_vacuity


def theory_and_pattern(pattern: str | None, file: str | None) -> tuple[Specification, str | None]:
    """The theory that is asked for, and which of its obligations; a subsystem's name asks for all that it guarantees.

    :param file: the file that extends the theory, or ``ownership:NAME``; none for the theory as it is.
    :raises ExtensionError: there is a mistake in the file, or a file is given beside a subsystem.
    """
    if pattern is None or not names_a_subsystem(pattern):
        if file and file.startswith(OWNERSHIP):
            return theory_of(file), pattern
        return theory_of(str(Path(file).absolute()) if file else ""), pattern
    if file:
        raise ExtensionError(f"{pattern} is a subsystem, and has its theory: leave the theory out")
    source = absolute(pattern)
    subsystem_asked(source)
    return theory_of(source), None


def subsystem_asked(source: str) -> SubsystemTheory:
    """The subsystem of that name, of which all can be decided and something would be proved.

    :raises ExtensionError: there is none, or there is a mistake in its description.
    """
    found = subsystem(source)
    _check(found, absolute(source))
    return found


@cache
def _check(found: SubsystemTheory, source: str) -> None:
    """All conditions of a subsystem can be decided, and something would be proved; what was found right stays so.

    :raises ExtensionError: it is not so.
    """
    _check_fragment(found, theory_of(source))
    try:
        check_vacuity(found)
    except DescriptionError as error:
        raise ExtensionError(str(error)) from None


def _check_fragment(described: SubsystemTheory, of: Specification) -> None:
    """All conditions of a subsystem can be decided.

    :raises ExtensionError: one cannot; the error names what leads out, and where it stands.
    """
    kind = described.kind
    said = marked(kind, Role.INVARIANT, Role.GUARANTEE, Role.ENSURES)
    alone = {
        name: Condition({name: invariant.formula(of.theory.before)}, {name: "invariant"}, BoolVal(False))
        for name, invariant in of.invariants.items()
        if name in said
    }
    together = {
        obligation.id: condition
        for obligation in of.own
        for condition in obligation.conditions(CANONICAL, of.every_invariant)
    }
    for name, condition in {**alone, **together}.items():
        outside = outside_of_fragment(condition)
        if outside:
            about = name.rpartition("__")[2]
            place = place_of(kind, said[about][1] if about in said else kind)
            raise ExtensionError(
                f"{place}: {name} leaves the decidable fragment ({outside}); say it with fewer quantifiers"
            )
