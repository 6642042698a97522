"""What a user asks for by a name and a file: a theory, and which of its obligations."""

from collections.abc import Sequence
from pathlib import Path

from z3 import BoolVal, Solver, unsat

from model.servers.description import Role, marked, place_of
from model.servers.theory import SubsystemTheory
from model.signature import Formula
from model.spaces.dialect import CANONICAL
from proofs.described import absolute, names_a_subsystem, subsystem
from proofs.engines.terms.fragment import outside_of_fragment
from proofs.extension import Specification, theory_of
from proofs.obligation import Condition
from proofs.theory_file import ExtensionError

MOST_SECONDS = 2  # to find a state in which a rule can be followed


def theory_and_pattern(pattern: str | None, file: str | None) -> tuple[Specification, str | None]:
    """The theory that is asked for, and which of its obligations; a subsystem's name asks for all that it guarantees.

    :param file: the file that extends the theory; none for the theory as it is.
    :raises ExtensionError: there is a mistake in the file, or a file is given beside a subsystem.
    """
    if pattern is None or not names_a_subsystem(pattern):
        return theory_of(str(Path(file).absolute()) if file else ""), pattern
    if file:
        raise ExtensionError(f"{pattern} is a subsystem, and has its theory: leave the theory out")
    source = absolute(pattern)
    found = theory_of(source)
    of = subsystem(source)
    _check_fragment(of, found)
    check_rules(of)
    return found, None


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


def check_rules(of: SubsystemTheory) -> None:
    """There is a beginning, and each rule can be followed in some state that has all invariants.

    :raises ExtensionError: there is none, or one never can.
    """
    known = [each.formula(of.theory.before) for each in of.theory.invariants.values() if not each.names_some_frame]
    if _never([*(of.theory.invariants[name].formula(of.theory.before) for name in of.assumptions)]):
        place = place_of(of.kind, of.kind.assume)
        raise ExtensionError(f"{place}: assume contradicts itself: nothing has all that it asks for")
    if _never([*of.beginning(of.theory.before).values()]):
        place = place_of(of.kind, of.kind.start)
        raise ExtensionError(f"{place}: start can never be: no state has all that it asks for, and what is assumed")
    for name in of.rules:
        asked = of.theory.actions[name](CANONICAL).guard.values()
        if of.theory.offers(name)(CANONICAL.readings) and _never([*known, *asked]):
            place = place_of(of.kind, marked(of.kind, Role.RULE)[name][1])
            raise ExtensionError(f"{place}: {name} can never be followed: no state has all that it asks for")


def _never(formulas: Sequence[Formula]) -> bool:
    """Whether no state has all of it; a longer search for one is left to the proof."""
    solver = Solver()
    solver.set("timeout", MOST_SECONDS * 1000)
    solver.add(*formulas)
    return bool(solver.check() == unsat)
